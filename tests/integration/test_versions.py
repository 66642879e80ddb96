"""Versions in the database: kept whole and once, switched one after the other, undone when nobody confirms."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from ccore.db.pool import Database
from ccore.errors import AsteriskFailed
from ccore.versions import disk
from ccore.versions.following import Following
from ccore.versions.model import Files
from ccore.versions.service import NoSuchVersion, NotYourTurn, SwitchedMeanwhile, Versions
from tests.support.shop import sql
from tests.support.waiting import until

FIRST = {"numbers.toml": b"a = 1\n", "sounds/zh/a.alaw": b"\x00\xff" * 500}
SECOND = {**FIRST, "numbers.toml": b"a = 2\n"}
WHO = "op@desk"
TRIAL = timedelta(seconds=0.4)


@pytest.fixture
async def versions(database: Database) -> Versions:
    return Versions(database)


async def published(versions: Versions, *several: Files) -> list[int]:
    """Make each of them live, the first one as the first."""
    await versions.begin(several[0], WHO)
    numbers = [1]
    for files in several[1:]:
        numbers.append(await versions.publish(files, WHO, "note"))
        await versions.make_live(numbers[-1], WHO, "publish", await versions.live())
    return numbers


async def test_a_version_is_kept_whole_and_each_content_once(versions: Versions, dsn: str) -> None:
    assert await versions.live() is None
    assert await published(versions, FIRST, SECOND, FIRST) == [1, 2, 3]
    assert [await versions.files(number) for number in (1, 2, 3)] == [FIRST, SECOND, FIRST]
    assert [(version.number, version.previous, version.note) for version in (await versions.history())[0]] == [
        (3, 2, "note"), (2, 1, "note"), (1, None, ""),
    ]  # fmt: skip
    assert len(await sql(dsn, "SELECT FROM dialplan_contents")) == 3
    with pytest.raises(NoSuchVersion):
        await versions.version(4)


async def test_of_two_who_begin_one_is_first(versions: Versions) -> None:
    await asyncio.gather(*(versions.begin(FIRST, f"op{number}") for number in range(5)))
    made, switches = await versions.history()
    assert [version.number for version in made] == [1]
    assert [switch.reason for switch in switches] == ["first-start"]


async def test_of_two_who_switch_at_once_one_is_refused(versions: Versions) -> None:
    await published(versions, FIRST, SECOND)
    seen = await versions.live()
    tries = [versions.make_live(1, f"op{number}", "rollback", seen) for number in range(5)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(isinstance(answer, SwitchedMeanwhile) for answer in answers) == [False, True, True, True, True]


async def test_one_publishes_at_a_time_for_as_long_as_it_takes(versions: Versions) -> None:
    async with versions.turn():
        await asyncio.sleep(6)  # PostgreSQL ends a transaction that pauses for 5 s
        with pytest.raises(NotYourTurn):
            async with versions.turn():
                pass
    async with versions.turn():
        pass


async def test_a_trial_is_confirmed_in_time_or_not_at_all(versions: Versions) -> None:
    await published(versions, FIRST, SECOND)
    switch = await versions.make_live(1, WHO, "rollback", await versions.live(), timedelta(seconds=30))
    live = await versions.live()
    assert live is not None
    assert (live.on_trial, live.overdue, live.number_before) == (True, False, 2)
    assert await versions.confirm(switch)
    live = await versions.live()
    assert live is not None
    assert (live.on_trial, live.overdue) == (False, False)
    late = await versions.make_live(2, WHO, "publish", live, TRIAL)
    await asyncio.sleep(0.5)
    assert not await versions.confirm(late)
    live = await versions.live()
    assert live is not None
    assert live.overdue


class Site:
    """One ccore that follows; ``fails`` is what applying a version raises."""

    def __init__(self, versions: Versions, root: Path, name: str) -> None:
        self.applied: list[int] = []
        self.fails: dict[int, Exception] = {}
        self.root = root / name
        contents = {disk.hashed(FIRST)[path]: content for path, content in FIRST.items()}
        disk.lay(self.root, disk.NOT_PUBLISHED, disk.hashed(FIRST), contents)
        disk.use(self.root, disk.NOT_PUBLISHED)
        self.following = Following(versions, self.root, name, self._apply)

    async def _apply(self, number: int, _directory: Path, lay: Callable[[], None]) -> Sequence[str]:
        if number in self.fails:
            raise self.fails[number]
        lay()
        self.applied.append(number)
        return ["node1"]

    async def runs(self, number: int) -> None:
        """Wait until it runs the version."""
        await until(lambda: self.following.number == number and disk.live(self.root) == number)


async def test_every_ccore_comes_to_what_is_live_and_says_so(versions: Versions, tmp_path: Path) -> None:
    sites = [Site(versions, tmp_path, name) for name in ("one", "two")]
    tasks = [asyncio.create_task(site.following.run()) for site in sites]
    try:
        for site in sites:
            await site.runs(1)
        assert [version.made_by for version in (await versions.history())[0]] in (["one"], ["two"])
        number = await versions.publish(SECOND, WHO)
        await versions.make_live(number, WHO, "publish", await versions.live())
        for site in sites:
            await site.runs(2)
            assert disk.read(site.root / disk.LIVE) == SECOND

        async def both_say_so() -> bool:
            told = [(one.instance, one.number, one.nodes, one.error) for one in await versions.running()]
            return told == [("one", 2, ("node1",), None), ("two", 2, ("node1",), None)]

        await until(both_say_so)
        tasks[0].cancel()
        await asyncio.wait([tasks[0]])
        await sites[0].following.leave()
        assert [one.instance for one in await versions.running()] == ["two"]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_a_version_that_cannot_be_applied_is_reported_and_tried_again(
    versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccore.versions.following.RETRY_S", 0.1)
    await published(versions, FIRST)
    site = Site(versions, tmp_path, "one")
    site.fails[2] = AsteriskFailed("it does not want to")
    following = asyncio.create_task(site.following.run())
    try:
        await site.runs(1)
        await versions.make_live(await versions.publish(SECOND, WHO), WHO, "publish", await versions.live())
        await until(lambda: "trouble" in site.following.health())

        async def told() -> bool:
            why = "version 2 could not be applied: it does not want to"
            return [(one.number, one.error) for one in await versions.running()] == [(1, why)]

        await until(told)
        site.fails.clear()
        await site.runs(2)
        assert "trouble" not in site.following.health()
    finally:
        following.cancel()
        await asyncio.wait([following])


async def test_a_trial_that_nobody_confirms_is_undone_once_by_whoever_sees_it(
    versions: Versions, tmp_path: Path, dsn: str
) -> None:
    await published(versions, FIRST)
    sites = [Site(versions, tmp_path, name) for name in ("one", "two")]
    tasks = [asyncio.create_task(site.following.run()) for site in sites]
    try:
        for site in sites:
            await site.runs(1)
        number = await versions.publish(SECOND, WHO)
        await versions.make_live(number, WHO, "publish", await versions.live(), timedelta(minutes=5))
        for site in sites:
            await site.runs(2)
        await sql(dsn, "UPDATE dialplan_switches SET confirm_by = clock_timestamp() WHERE confirm_by IS NOT NULL")
        for site in sites:
            await site.runs(1)
        assert [(switch.reason, switch.number) for switch in (await versions.history())[1]] == [
            ("automatic-rollback", 1), ("publish", 2), ("first-start", 1),
        ]  # fmt: skip
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
