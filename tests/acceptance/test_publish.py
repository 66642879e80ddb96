"""`ccore publish` on a whole site: what is broken goes nowhere, what is live is whole, and callers notice nothing."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.pbx import console
from ccore.pbx.probe import is_there
from ccore.pbx.process import AsteriskProcess
from ccore.publishing import BACK_WITHIN_S
from ccore.shipped import shipped
from ccore.versions import disk
from ccore.versions.service import Versions
from tests.support import sip
from tests.support.asterisk import NODE
from tests.support.command import Ended, Home, Process, embedded_home, lonely_home
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import dialled
from tests.support.ports import free_port
from tests.support.waiting import until

HOTLINE = "10086"
NEW = "1001019"  # a quick line that the tests add
ANSWERS = " same => n,Answer()\n same => n,Playback(ccore/order-placed)\n same => n,Hangup()\n"

pytestmark = pytest.mark.usefixtures("asterisk_root")


class Desk:
    """Where the operator works: a site that runs, and the working copy of its files."""

    def __init__(self, home: Home, run: Process) -> None:
        self.home = home
        self.run = run
        self.files = home.directory / "dialplan"
        self.root = home.config.versions_dir
        self.sip_port = home.config.nodes[NODE].sip_port
        self._shipped = disk.read(self.files)

    @property
    def dsn(self) -> str:
        return EmbeddedPostgres(self.home.config.var / "postgres").dsn

    def start_over(self) -> None:
        """The working copy is what is live again."""
        shutil.rmtree(self.files)
        disk.write(self.files, disk.read(self.root / disk.LIVE))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.files / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        with (self.files / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def add_line(self, number: str = NEW, steps: str = ANSWERS) -> None:
        """A quick line of its own, with these steps after its first one."""
        self.add("numbers.toml", f'\n[[quick_line]]\nnumber = "{number}"\nname_zh = "试"\nname_en = "Try"\n')
        self.add(
            "extensions.d/zz-own.conf",
            f"[from-trunk](+)\nexten => {number},1,Goto(own-{number},s,1)\n\n[own-{number}]\ninclude => every-call\n"
            f"exten => s,1,Gosub(trunk,s,1)\n{steps}\n",
        )

    def change(self, note: str) -> None:
        """Something that makes another version, also for Asterisk."""
        self.add("extensions.d/numbers.conf", f"; {note}\n")

    async def publish(self, *arguments: str) -> Ended:
        return await self.home.ccore("publish", *arguments)

    async def dialplan(self, number: str = NEW) -> str:
        """What Asterisk answers the number with."""
        return (await console.ask(self.home.node_directory / "run", f"dialplan show {number}@from-trunk"))[1]

    async def version(self) -> int:
        """The version that ccore says it runs, once it says anything."""
        while not isinstance(parts := (await self.home.get("/health"))[1].get("parts"), dict):
            await asyncio.sleep(0.1)
        return int(parts["dialplan"]["version"])

    @asynccontextmanager
    async def versions(self) -> AsyncIterator[Versions]:
        database = Database(self.dsn, self.home.config.database)
        await database.open()
        try:
            yield Versions(database)
        finally:
            await database.close()


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One site for all these tests; each begins with a working copy that is what is live."""
    directory = tmp_path_factory.mktemp("publish")
    home = embedded_home(directory)
    # A telephone hears the narrow sounds alone; the wide ones, if they are there, are three quarters of all bytes.
    shutil.copytree(shipped("dialplan"), directory / "dialplan", ignore=shutil.ignore_patterns("*.sln16"))
    with (directory / "ccore.toml").open("a", encoding="utf-8") as file:
        file.write('[paths]\ndialplan = "dialplan"\n')
    try:
        async with home.started("run") as run:
            await run.says("version_applied")
            yield Desk(home, run)
            if run.process.returncode is None:
                await run.ended(signal.SIGTERM)
            assert "Traceback" not in run.err
        home.assert_nothing_left()
    finally:
        await home.take_down()


@pytest.fixture(autouse=True)
def start(desk: Desk) -> None:
    desk.start_over()


async def test_what_a_site_starts_with_is_its_first_version(desk: Desk) -> None:
    assert (disk.live(desk.root), await desk.version()) == (1, 1)
    assert await is_there("127.0.0.1", desk.sip_port)
    assert not await is_there("127.0.0.1", free_port(socket.SOCK_DGRAM))
    ended = await desk.publish()
    assert (ended.code, "nothing to do: version 1, which is live, is exactly this" in ended.out) == (0, True)


async def test_a_broken_copy_is_refused_with_every_line_and_nothing_is_touched(desk: Desk) -> None:
    desk.edit("extensions.d/service.conf", "Playback(", "Palyback(")
    desk.edit("numbers.toml", f'number = "{HOTLINE}"', f'nubmer = "{HOTLINE}"')
    before = await desk.version()
    ended = await desk.publish()
    assert (ended.code, ended.out) == (1, "")
    assert re.search(rf"^{desk.files}/extensions.d/service.conf:\d+ DP213 .*Playback", ended.err, re.MULTILINE)
    assert re.search(rf"^{desk.files}/numbers.toml:\d+ NUMBER ", ended.err, re.MULTILINE)
    assert await desk.version() == before
    assert (await sip.place(desk.sip_port, [("13812345678", HOTLINE)], hold_ms=100))[0].code == 200


async def test_numbers_that_do_not_do_keep_a_version_from_callers(desk: Desk) -> None:
    faults = {
        "1001015": (" same => n,Goto(service,busy,1)\n", "is answered, and the caller hears that the system is busy"),
        "1001016": (" same => n,Hangup(17)\n", "is refused with SIP 486"),
        "1001017": (" same => n,Ringing()\n same => n(on),Wait(3)\n same => n,Goto(on)\n", "rings, and nobody answers"),
        "1001018": (
            " same => n,Answer()\n same => n,Wait(3)\n same => n,Hangup()\n",
            "is answered, and nothing is heard",
        ),
    }
    for number, (steps, _) in faults.items():
        desk.add_line(number, steps)
    before = await desk.version()
    ended = await desk.publish()
    assert ended.code == 1
    for number, (_, fault) in faults.items():
        assert f"FAULT: {number} {fault}" in ended.out
    assert "what is live has not been touched" in ended.out
    assert (await desk.version(), "There is no existence" in await desk.dialplan("1001016")) == (before, True)


async def test_calls_go_on_while_versions_come_and_go_one_after_the_other(desk: Desk) -> None:
    before, over = await desk.version(), asyncio.Event()
    said: list[Ended] = []
    codes: list[int] = []

    async def call() -> None:
        while not over.is_set():
            rows = [(f"1381234{number:04}", HOTLINE) for number in range(len(codes), len(codes) + 20)]
            codes.extend(call.code for call in await sip.place(desk.sip_port, rows, rate=10, hold_ms=700))

    calling = asyncio.create_task(call())
    for number in range(3):
        desk.change(f"change {number}")
        async with desk.home.started("publish", "--note", f"change {number}") as first:
            await first.says("checked")
            if number == 0:
                await asyncio.sleep(0.5)
                second = await desk.publish()
                assert (second.code, "Somebody else publishes" in second.err) == (1, True), second
            said.append(await first.ended())
    over.set()
    await calling
    assert [ended.code for ended in said] == [0, 0, 0], said
    assert (set(codes), len(codes) >= 60) == ({200}, True)
    assert await desk.version() == before + 3
    history = (await desk.home.ccore("history")).out
    assert re.search(rf"^ *{before + 3} .* change 2  LIVE$", history, re.MULTILINE), history
    shown = (await desk.home.ccore("history", "--diff", str(before + 3))).out
    assert shown.splitlines()[:2] == ["--- a/extensions.d/numbers.conf", "+++ b/extensions.d/numbers.conf"]
    assert shown.splitlines()[-1] == "+; change 2"


async def test_a_call_in_progress_keeps_the_menus_it_began_with(desk: Desk) -> None:
    sounds = Sounds(sounds_in(desk.files / "sounds/zh"))
    async with dialled(desk.sip_port, HOTLINE, sounds=sounds) as caller:
        await caller.until("main-welcome")
        desk.edit("menus/main.toml", '1 = "account", 2 = "broadband"', '1 = "broadband", 2 = "account"')
        assert (await desk.publish("--note", "two keys change places")).code == 0
        await caller.until("main-menu")
        await caller.key("1")
        await caller.until("account-menu")
    async with dialled(desk.sip_port, HOTLINE, sounds=sounds) as later:
        await later.until("main-menu")
        await later.key("1")
        await later.until("broadband-menu")


async def test_back_and_forth(desk: Desk) -> None:
    before = await desk.version()
    desk.add_line()
    assert (await desk.publish("--note", "a line more")).code == 0
    assert NEW in await desk.dialplan()
    back = await desk.home.ccore("rollback")
    assert (back.code, await desk.version()) == (0, before), back
    assert "There is no existence" in await desk.dialplan()
    assert "the working copy" in back.out
    forth = await desk.home.ccore("rollback", str(before + 1))
    assert (forth.code, await desk.version()) == (0, before + 1)
    assert NEW in await desk.dialplan()
    assert (await desk.home.ccore("rollback", "999")).said == [
        "ccore: there is no version 999: `ccore history` lists them"
    ]
    assert (await desk.home.ccore("rollback", str(before))).code == 0


@contextlib.contextmanager
def kept_from_writing(desk: Desk, name: str) -> Iterator[None]:
    """ccore cannot write the file ``name`` of the node."""
    obstacle = desk.home.node_directory / "etc/extensions.d" / f".{name}.new"
    obstacle.mkdir()
    try:
        yield
    finally:
        obstacle.rmdir()


async def test_a_ccore_that_cannot_take_it_up_makes_it_go_back_within_10_s(desk: Desk) -> None:
    before = await desk.version()
    desk.add_line()
    with kept_from_writing(desk, "zz-own.conf"):
        ended = await desk.publish()
    assert (ended.code, await desk.version()) == (1, before)
    took = re.search(rf"version {before} runs again, ([\d.]+) s after the switch", ended.out)
    assert took is not None, ended
    assert float(took[1]) < BACK_WITHIN_S
    assert (await sip.place(desk.sip_port, [("13812345678", HOTLINE)], hold_ms=100))[0].code == 200


async def test_a_publisher_that_is_killed_after_the_switch_leaves_no_trial_behind(desk: Desk, tmp_path: Path) -> None:
    before = await desk.version()
    desk.change("killed")
    async with desk.home.started("publish", environment={"TMPDIR": str(tmp_path)}) as publish:
        await publish.says("on trial")
        await publish.ended(signal.SIGKILL)

    async def went_there() -> bool:
        return await desk.version() > before

    async def went_back() -> bool:
        return await desk.version() == before

    await until(went_there)
    await until(went_back, BACK_WITHIN_S + 30)
    assert f"automatic-rollback by {desk.home.config.instance}" in (await desk.home.ccore("history")).out


async def test_a_second_ccore_is_waited_for_and_a_late_one_comes_to_what_is_live(desk: Desk, tmp_path: Path) -> None:
    second = lonely_home(tmp_path, desk.dsn)
    async with second.started("run") as run:
        await run.says("daemon_started")
        assert disk.live(second.config.versions_dir) == disk.live(desk.root)
        desk.change("for two")
        ended = await desk.publish()
        assert (ended.code, len(re.findall(r"ccore-\w+ runs version", ended.out))) == (0, 2), ended
        assert disk.live(second.config.versions_dir) == disk.live(desk.root)
        assert (await run.ended(signal.SIGTERM)).code == 0
    async with desk.versions() as versions:
        await versions.make_live(1, "op@desk", "rollback", await versions.live())
    await until(lambda: disk.live(desk.root) == 1)
    async with second.started("run") as run:
        await run.says("daemon_started")
        assert disk.live(second.config.versions_dir) == disk.live(desk.root)
        assert "from it in" in run.out, "its own working copy is the one that ships"
        await run.ended(signal.SIGTERM)


async def test_killed_while_it_takes_a_version_up_ccore_has_it_whole_after_a_restart(desk: Desk) -> None:
    """The last one: it ends the site's ccore and starts another."""
    asterisk = AsteriskProcess.found_in(desk.home.node_directory)
    assert asterisk is not None
    desk.add_line()
    pipe = desk.home.node_directory / "etc/extensions.d/.zz-own.conf.new"
    os.mkfifo(pipe)  # whoever writes to it waits for a reader
    async with desk.versions() as versions:
        number = await versions.publish(disk.read(desk.files), "op@desk")
        await versions.make_live(number, "op@desk", "publish", await versions.live())
    await until(lambda: disk.live(desk.root) == number)
    assert "There is no existence" in await desk.dialplan()
    await desk.run.ended(signal.SIGKILL)
    pipe.unlink()
    async with desk.home.started("run") as run:
        await run.says("ami_link_came_up")
        assert await desk.version() == number
        assert disk.read(desk.root / disk.LIVE) == disk.read(desk.files)
        assert NEW in await desk.dialplan()
        same = AsteriskProcess.found_in(desk.home.node_directory)
        assert same is not None
        assert same.pid == asterisk.pid, "calls went on"
        await run.ended(signal.SIGTERM)
