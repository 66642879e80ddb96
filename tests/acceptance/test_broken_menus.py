"""While an operator breaks files in thirty ways none of it goes live, each is told its line, and callers are served."""

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from itertools import cycle
from pathlib import Path

import pytest

from ccore import publishing
from ccore.config import Paths
from ccore.errors import FaultsFound
from ccore.shipped import shipped
from tests.support.big_hotline import write_sounds
from tests.support.broken import SLIPS, Slip
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import dialled
from tests.support.site import Site, site

HOTLINE = "10086"
WELCOME = "main-welcome"
SERVED = 3  # callers at least, while files are broken

pytestmark = pytest.mark.usefixtures("asterisk_root")


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that runs, and its operator's working copy in ``dialplan/`` beside it."""
    directory = tmp_path_factory.mktemp("broken")
    directory.chmod(0o755)
    shutil.copytree(shipped("dialplan"), directory / "dialplan", ignore=shutil.ignore_patterns("sounds"))
    write_sounds(directory / "dialplan")
    async with site(directory, paths=Paths(var=directory / "var", dialplan=directory / "dialplan")) as built:
        yield built


async def is_served(desk: Site) -> bool:
    """Whether a caller of the hotline hears its menu."""
    zh = desk.directory / "dialplan" / "sounds" / "zh"
    async with dialled(desk.sip_port, HOTLINE, sounds=Sounds(sounds_in(zh))) as phone:
        await phone.until(WELCOME)
    return True


async def calls(desk: Site, over: asyncio.Event, served: list[bool]) -> None:
    """Callers, one after another until it is over, hear the menu; fails with the first who does not."""
    while not over.is_set():
        served.append(await is_served(desk))
        await asyncio.sleep(2)  # listening is work, which keeps the publisher waiting


async def refusal(desk: Site, slip: Slip) -> list[tuple[str, int, str]]:
    """The faults that publishing tells of the working copy once the slip has happened in it."""
    path = desk.directory / "dialplan" / slip.file
    sound = path.read_bytes()
    slip.make(desk.directory / "dialplan")
    try:
        with pytest.raises(FaultsFound) as refused:
            # In a loop of its own: it checks at one go, and the callers' telephones wait for nobody.
            await asyncio.to_thread(asyncio.run, publishing.publish(desk.config, publishing.Wish(), lambda _: None))
    finally:
        path.write_bytes(sound)
    return [(fault.file.name, fault.line, fault.code) for fault in refused.value.faults]


@pytest.mark.timeout(300)
async def test_thirty_broken_sets_are_refused_while_the_hotline_answers(desk: Site) -> None:
    over, served = asyncio.Event(), list[bool]()
    calling = asyncio.create_task(calls(desk, over, served))
    try:
        for number, slip in enumerate(cycle(SLIPS)):
            if number >= len(SLIPS) and len(served) >= SERVED:
                break
            assert (Path(slip.file).name, slip.line(), slip.code) in await refusal(desk, slip), slip.name
            assert not calling.done(), "a caller was not served"
    finally:
        over.set()
        await calling


async def test_a_ccore_that_starts_beside_a_broken_copy_serves_what_was_live(desk: Site) -> None:
    SLIPS[0].make(desk.directory / "dialplan")
    await desk.signal_ccore(signal.SIGTERM)
    await desk.start_ccore()
    assert await is_served(desk)
    refused = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ccore", "--config", desk.directory / "ccore.toml", "publish",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await refused.communicate()
    assert (refused.returncode, out) == (1, b"")
    assert f"{desk.directory}/dialplan/{SLIPS[0].file}:{SLIPS[0].line()} {SLIPS[0].code} " in err.decode()
    assert await is_served(desk)
    desk.assert_log_is_clean()
