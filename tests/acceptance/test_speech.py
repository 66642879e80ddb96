"""Callers say what they want to a real Asterisk; in place of Whisper, which is not installed here, tones are heard."""

import asyncio
import itertools
import math
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ccore.config import Paths
from ccore.shipped import shipped
from ccore.speech import Speech
from tests.support.alaw import encoded
from tests.support.asterisk import complaints, until_no_channels
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.menus import for_every_number
from tests.support.prompts import people_alone
from tests.support.site import Site, site
from tests.support.waiting import until

HOTLINE = "10086"
MENUS = """
[main]
do = "menu"
prompt = "t-main"
keys = { 1 = "low", 2 = "high", 3 = "bye" }
speech = { 1 = ["余额"], 2 = ["故障"] }
timeout_s = 5

[low]
do = "hang-up"
prompt = "t-low"

[high]
do = "hang-up"
prompt = "t-high"

[bye]
do = "hang-up"
prompt = "t-bye"

[people]
do = "queue"
"""
PROMPTS = ["t-main", "t-low", "t-high", "t-bye", "keys-please", "key-invalid", "key-missing", "goodbye"]
# A tone means the menu's first key if it is below 600 Hz, else the second; it is told by how often it changes sign.
LISTENER = """
import base64, itertools, json, sys
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    told = json.loads(line)
    signs = [code >> 7 for code in base64.b64decode(told["sound"]) if code & 0x7F not in (0x55, 0x54, 0x57, 0x56)]
    turns = sum(one != other for one, other in itertools.pairwise(signs))
    keys = sorted(told["words"])
    key = "" if len(signs) < 800 else keys[turns / len(signs) * 4000 > 600]
    print(json.dumps({"id": told["id"], "key": key}), flush=True)
"""
LOW, HIGH = (
    encoded(round(8000 * math.sin(2 * math.pi * hertz * at / 8000)) for at in range(6400)) for hertz in (400, 900)
)
STRAIGHT_AFTER_S = 0.2  # the prompt: while what is said is recorded


def operators(directory: Path) -> Path:
    """The shipped dialplan with a menu that callers may speak to."""
    shutil.copytree(shipped("dialplan"), directory)
    for part in ("menus", "prompts", "sounds"):
        shutil.rmtree(directory / part)
        (directory / part).mkdir()
    shutil.copy(shipped("dialplan") / "prompts/order.toml", directory / "prompts")
    people_alone(directory)
    (directory / "menus/test.toml").write_text(MENUS, encoding="utf-8")
    (directory / "hotlines.toml").write_text(for_every_number(directory, "people"), encoding="utf-8")
    notes = itertools.combinations(range(500, 1800, 130), 2)
    prompts = (
        f'[{name}]\nzh = "一"\nen = "One."\ntone = [[{low}, 150], [{high}, 150]]\n'
        for name, (low, high) in zip(PROMPTS, notes, strict=False)
    )
    (directory / "prompts/test.toml").write_text("".join(prompts), encoding="utf-8")
    for name in ("lookups", "texts", "transfers"):
        (directory / f"{name}.toml").unlink(missing_ok=True)
    return directory


@pytest.fixture(scope="module")
async def line(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    directory = tmp_path_factory.mktemp("speech")
    (directory / "listener.py").write_text(LISTENER, encoding="utf-8")
    paths = Paths(var=directory / "var", dialplan=operators(directory / "plan"))
    speech = Speech(enabled=True, command=(sys.executable, str(directory / "listener.py")))
    async with site(directory, paths=paths, speech=speech) as built:
        await until(lambda: b"listener_started" in built.log.read_bytes())
        yield built
        assert not (lines := complaints(built.node, ())), "\n".join(lines)
        built.assert_log_is_clean()


async def said(phone: Keypad, sound: bytes) -> list[str]:
    """What somebody heard who spoke after the prompt, to the end of the call."""
    prompt = await phone.until("t-main", whole=True)
    await asyncio.sleep(STRAIGHT_AFTER_S)
    await phone.say(sound)
    await phone.until(after=prompt.at + prompt.seconds)
    return await over(phone)


async def keyed(phone: Keypad) -> list[str]:
    """The same of somebody who pressed a key then."""
    await phone.until("t-main", whole=True)
    await asyncio.sleep(STRAIGHT_AFTER_S)
    await phone.key("3")
    return await over(phone)


async def silent(phone: Keypad) -> list[str]:
    """The same of somebody who says nothing, and a key once they are asked for one."""
    asked = await phone.until("keys-please")
    assert asked.at - phone.answered_at > 4  # they had as long as for a key
    await phone.until("t-main", after=asked.at)
    await phone.key("1")
    return await over(phone)


async def over(phone: Keypad) -> list[str]:
    await phone.until_over()
    return [heard.name for heard in phone.heard()]


async def test_what_callers_say_counts_as_the_key_and_keys_count_as_ever(line: Site) -> None:
    sounds = Sounds(sounds_in(line.node.directory / "sounds/ccore"))

    async def called(caller: str, does: Callable[[Keypad], Awaitable[list[str]]]) -> list[str]:
        async with dialled(line.sip_port, HOTLINE, caller, sounds=sounds) as phone:
            return await does(phone)

    heard = await asyncio.gather(
        called("13812345671", lambda phone: said(phone, LOW)),
        called("13812345672", lambda phone: said(phone, HIGH)),
        called("13812345673", keyed),
        called("13812345674", silent),
    )
    assert list(heard) == [
        ["t-main", "t-low"], ["t-main", "t-high"], ["t-main", "t-bye"], ["t-main", "keys-please", "t-main", "t-low"],
    ]  # fmt: skip
    async with dialled(line.sip_port, HOTLINE, "13812345675", sounds=sounds) as phone:
        await phone.until("t-main", whole=True)
        await phone.say(LOW[:2400])  # and hangs up
    await until_no_channels(line.node)
    await until(lambda: not list((line.node.directory / "recorded").iterdir()))
    metrics = await line.metrics()
    assert metrics['ccore_ivr_said_total{outcome="understood"}'] == 2
    assert await line.value("SELECT count(*) FROM voicemails") == 0
