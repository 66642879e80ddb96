"""All files of a node's directory that ccore writes: configuration, dialplan, AGI script, sounds."""

import os
import shutil
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ccore.centre.centre import load_centre
from ccore.config import Config, Secrets
from ccore.nodes import SipTrunk
from ccore.pbx import campaign_trunk, desk, outside
from ccore.pbx.render import render
from ccore.pbx.tones import HOLD, wav
from ccore.pbx.transfers import dialplan, load_transfers
from ccore.prompts.catalogue import LANGUAGES, load_catalogue
from ccore.prompts.sounds import NARROW, WIDE, load_manifest, says_its_text, sound_file

# Asterisk reads these and never writes them; they are made anew for every start.
WRITTEN = ("etc", "agi-bin", "sounds")
# Asterisk writes these, and they outlive it.
KEPT = ("lib", "log", "log/cdr-custom", "log/cel-custom", "run", "spool", "spool/orders")
# ccore takes the files out of these, also where it is another user than Asterisk, of Asterisk's group.
SHARED = ("spool/orders/tmp", "spool/orders/new", "spool/orders/bad", "recorded")
# ccore writes to this one while Asterisk runs, and Asterisk only reads.
HEARD = "heard"
# Asterisk writes raw recordings into folders that ccore makes here, and takes them out of.
MONITOR = "spool/monitor"
_FALLBACK = "order_fallback.py"


@dataclass(frozen=True, slots=True)
class Owner:
    """The user and group Asterisk runs as, outside its root file system."""

    uid: int
    gid: int


def files_of(config: Config, name: str, secrets: Secrets) -> dict[str, bytes]:
    """What ccore writes for the node ``name``: path within its directory → content. Raises FaultsFound, NotOneValue."""
    files = {f"etc/{path}": text.encode() for path, text in render(config, name, secrets).items()}
    for path in (config.dialplan / "extensions.d").glob("*.conf"):
        files[f"etc/extensions.d/{path.name}"] = path.read_bytes()
    if targets := load_transfers(config.dialplan):
        trunks = config.trunks_of(name)
        files["etc/extensions.d/ccore-transfers.conf"] = dialplan(targets, trunks).encode()
        files["etc/extensions.d/ccore-desk.conf"] = desk.dialplan(targets, trunks).encode()
    centre = load_centre(config.dialplan)
    if centre.outgoing:
        calling_out = campaign_trunk.dialplan(centre.outgoing, config.trunks_of(name))
        files[f"etc/extensions.d/{campaign_trunk.CONTEXT}.conf"] = calling_out.encode()
    trunk = centre.words.outside_trunk
    if trunk is not None and (line := config.trunks_of(name).get(trunk)):
        files[f"etc/extensions.d/{outside.CONTEXT}.conf"] = outside.dialplan(trunk, line).encode()
    # Without the host's own name here every call waits for a name look-up.
    files["etc/hosts"] = f"127.0.0.1 localhost {socket.gethostname()}\n".encode()
    files[f"agi-bin/{_FALLBACK}"] = _agi_script(_FALLBACK)
    files["sounds/ccore/hold/hold.wav"] = wav(HOLD)
    return files | _prompts(config, name)


def _prompts(config: Config, node: str) -> dict[str, bytes]:
    """Sounds that say what is written, each in the folder of its language; beside those folders tones, for the rest."""
    files: dict[str, bytes] = {}
    manifest, suffixes = load_manifest(config.dialplan), (NARROW, WIDE) if hears_more(config, node) else (NARROW,)
    for name, prompt in load_catalogue(config.dialplan).items():
        if prompt.tone is not None:
            files[f"sounds/ccore/{name}.wav"] = wav(prompt.tone)
        for language in LANGUAGES:
            if says_its_text(config.dialplan, manifest, language, name, prompt):
                for suffix in suffixes:
                    if (path := sound_file(config.dialplan, language, name, suffix)).is_file():
                        files[f"sounds/ccore/{language}/{name}{suffix}"] = path.read_bytes()
    return files


def hears_more(config: Config, node: str) -> bool:
    """Whether a call can come that carries more than a telephone."""
    trunks = config.trunks_of(node).values()
    return any(isinstance(trunk, SipTrunk) and {"g722", "opus"} & set(trunk.codecs) for trunk in trunks)


def write(directory: Path, files: dict[str, bytes], owner: Owner) -> None:
    """Make ``directory`` a node's: ``files`` readable by Asterisk and nobody else, and the places it writes to."""
    _folder(directory, Owner(os.geteuid(), owner.gid))
    for part in WRITTEN:
        if (directory / part).exists():
            shutil.rmtree(directory / part)
    for folder in sorted({folder for path in files for folder in Path(path).parents[:-1]}):
        _folder(directory / folder, Owner(os.geteuid(), owner.gid))
    for path, content in files.items():
        with open(os.open(f"{directory}/{path}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            os.fchown(file.fileno(), -1, owner.gid)
            os.fchmod(file.fileno(), 0o750 if path.startswith("agi-bin/") else 0o640)
            file.write(content)
    for part in (*KEPT, *SHARED, HEARD, MONITOR):
        _give(directory / part, owner)
    for part in SHARED:
        (directory / part).chmod(0o770)
    for part in (HEARD, MONITOR):
        (directory / part).chmod(0o2770)  # what ccore puts there is of Asterisk's group, whatever its own is


def _agi_script(name: str) -> bytes:
    # Found, not imported: it is a program for another machine's Python, and what imports it stands above this package.
    package = find_spec("agi_scripts")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / name).read_bytes()


def _folder(path: Path, owner: Owner) -> None:
    path.mkdir(mode=0o750, parents=True, exist_ok=True)
    os.chown(path, owner.uid, owner.gid)


def _give(path: Path, owner: Owner) -> None:
    """Make ``path`` a folder that Asterisk may write to, with all that is in it if it was another user's."""
    path.mkdir(mode=0o750, parents=True, exist_ok=True)
    if path.stat().st_uid != owner.uid:
        for found in (path, *path.rglob("*")):
            os.chown(found, owner.uid, owner.gid)
