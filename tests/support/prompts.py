"""The shipped dialplan with prompts cut short: callers of tests have other things to do than to hear them out."""

import atexit
import shutil
import tempfile
import tomllib
from contextlib import suppress
from functools import cache
from pathlib import Path

from ccore.errors import FaultsFound
from ccore.prompts.catalogue import LANGUAGES, load_catalogue
from ccore.prompts.sounds import SOUNDS, Built, Manifest, load_manifest, replace, save_manifest, sound_file
from ccore.prompts.values import VALUES_FILE
from ccore.shipped import shipped
from tests.support.heard import Sounds

CUT_BYTES = 4800  # 0.6 s: enough to tell one from another


@cache
def short_dialplan() -> Path:
    """A copy of the shipped ``dialplan/``, the same for all tests of a run, with 0.6 s of each sound.

    The clips of values are left out: a thousand files, which every node of every test would be given.
    """
    directory = Path(tempfile.mkdtemp(prefix="ccore-dialplan-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    directory.chmod(0o755)
    unwanted = shutil.ignore_patterns("sounds", VALUES_FILE)
    shutil.copytree(shipped("dialplan"), directory, dirs_exist_ok=True, ignore=unwanted)
    for language in LANGUAGES:
        for name in load_catalogue(directory):
            if (sound := sound_file(shipped("dialplan"), language, name)).is_file():
                replace(sound_file(directory, language, name), sound.read_bytes()[:CUT_BYTES])
    save_manifest(directory, load_manifest(shipped("dialplan")))
    return directory


def people_alone(directory: Path) -> None:
    """Leave an operator's ``directory`` no queue but the one of people, and give it what the dialplan itself says.

    For tests that have thrown away the shipped prompts: those of queues and of agents come back, spoken, cut short.
    """
    shutil.rmtree(directory / "queues")
    shutil.rmtree(directory / "campaigns", ignore_errors=True)
    save_manifest(directory, load_manifest(short_dialplan()))
    for file in ("queue", "waiting", "desk", "campaign", "enquiry"):
        shutil.copy(short_dialplan() / f"prompts/{file}.toml", directory / "prompts")
        for name in tomllib.loads((directory / f"prompts/{file}.toml").read_text(encoding="utf-8")):
            for language in LANGUAGES:
                sound = sound_file(short_dialplan(), language, name)
                replace(sound_file(directory, language, name), sound.read_bytes())


@cache
def short_sounds(language: str = "zh") -> Sounds:
    """The sounds of that copy, by the names of their prompts."""
    return Sounds({path.stem: path.read_bytes() for path in (short_dialplan() / "sounds" / language).glob("*.alaw")})


def as_if_built(directory: Path) -> None:
    """Give every prompt of an operator's ``directory`` a sound, as far as the check can tell; none if it has faults."""
    with suppress(FaultsFound):
        catalogue = load_catalogue(directory)
        if (directory / SOUNDS).is_symlink():  # to the shipped ones, which are not to be changed
            (directory / SOUNDS).unlink()
        for language in LANGUAGES:
            for name in catalogue:
                sound_file(directory, language, name).parent.mkdir(parents=True, exist_ok=True)
                sound_file(directory, language, name).touch()
        built = {
            language: {
                name: Built(key="0" * 64, wording=prompt.wording(language), ms=1000)
                for name, prompt in catalogue.items()
            }
            for language in LANGUAGES
        }
        save_manifest(directory, Manifest(sounds=built))
