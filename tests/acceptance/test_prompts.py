"""Prompts on a real Asterisk: each language has its own sound, heard byte by byte; a tone where there is none."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccore.config import Config
from ccore.pbx.tones import wav
from ccore.prompts.catalogue import LANGUAGES, Language, load_catalogue
from ccore.prompts.chain import alaw, read_wav, to_integers
from ccore.prompts.sounds import Built, Manifest, save_manifest, sound_file
from ccore.shipped import shipped
from ccore.speech import Prompts
from tests.support.asterisk import NODE, node_config, running
from tests.support.ear import Ear, listening
from tests.support.heard import Sounds
from tests.support.prompts import CUT_BYTES
from tests.support.sip import place

TONE = ((440, 200),)
PLAYED = {"100": "", "101": "zh", "102": "en", "103": "fr"}  # extension: the language it sets
EXTENSIONS = "[from-trunk]\n" + "".join(
    f"""exten => {number},1,Answer()
 same => n,Set(CHANNEL(language)={language or "${CHANNEL(language)}"})
 same => n,Playback(ccore/${{IF($["${{CALLERID(num)}}" = "200"]?only-tone:order-placed)}})
 same => n,Hangup()
"""
    for number, language in PLAYED.items()
)
CATALOGUE = """
[order-placed]
zh = "一"
en = "one"
tone = [[880, 200]]
[only-tone]
zh = "二"
en = "two"
tone = [[440, 200]]
"""


@dataclass(frozen=True, slots=True)
class Phone:
    """Hears one call at a time."""

    port: int
    ear: Ear
    sounds: Sounds

    async def heard(self, callee: str, caller: str = "13800138000") -> list[str]:
        """What is played to who calls ``callee``."""
        await place(self.port, [(caller, callee, "")], media_port=self.ear.port)
        return self.ear.hear(self.sounds)


def short(language: Language) -> bytes:
    """The beginning of a shipped sound."""
    return sound_file(shipped("dialplan"), language, "order-placed").read_bytes()[:CUT_BYTES]


def operators_directory(directory: Path) -> dict[str, bytes]:
    """A dialplan with two prompts, of which one is built; returns its sounds and the tones."""
    (directory / "prompts").mkdir(parents=True)
    (directory / "extensions.d").mkdir()
    (directory / "prompts/test.toml").write_text(CATALOGUE, encoding="utf-8")
    (directory / "extensions.d/test.conf").write_text(EXTENSIONS, encoding="utf-8")
    prompt = load_catalogue(directory)["order-placed"]
    built = {
        language: {"order-placed": Built(key=hashlib.sha256().hexdigest(), wording=prompt.wording(language), ms=1000)}
        for language in LANGUAGES
    }
    for language in LANGUAGES:
        target = sound_file(directory, language, "order-placed")
        target.parent.mkdir(parents=True)
        target.write_bytes(short(language))
    save_manifest(directory, Manifest(sounds=built))
    return {language: short(language) for language in LANGUAGES} | {
        "tone": alaw(to_integers(read_wav(wav(TONE))[0])),
        "tone of order-placed": alaw(to_integers(read_wav(wav(((880, 200),)))[0])),
    }


@pytest.fixture(scope="module")
async def phone(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Phone]:
    directory = tmp_path_factory.mktemp("prompts")
    sounds = operators_directory(directory / "dialplan")
    config: Config = node_config(directory, directory / "dialplan", prompts=Prompts(language="en"))
    async with listening() as ear, running(config):
        yield Phone(config.nodes[NODE].sip_port, ear, Sounds(sounds))


@pytest.mark.parametrize(
    ("callee", "heard"),
    [("100", "en"), ("101", "zh"), ("102", "en"), ("103", "tone of order-placed")],
    ids=["the configured language", "Mandarin", "English", "a language without sounds"],
)
async def test_each_language_has_its_own_sound(phone: Phone, callee: str, heard: str) -> None:
    assert await phone.heard(callee) == [heard]


async def test_a_prompt_without_a_sound_is_its_tone(phone: Phone) -> None:
    assert await phone.heard("101", "200") == ["tone"]


async def test_an_alaw_call_hears_the_file_byte_by_byte(phone: Phone) -> None:
    await place(phone.port, [("13800138000", "101", "")], media_port=phone.ear.port)
    assert phone.ear.payload()[:CUT_BYTES] == short("zh")
