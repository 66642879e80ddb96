"""Publishes the operators' working copy, and goes back: checked, tried apart, switched to on trial, undone if bad."""

import asyncio
import contextlib
import getpass
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import asyncpg

from ccore import local
from ccore.check import check_dialplan
from ccore.config import Config
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.errors import CcoreError, FaultsFound
from ccore.local import Say
from ccore.ordering.number import PLAN_FILE, load_plan
from ccore.pbx.caller import address_towards
from ccore.pbx.changes import RELOADS
from ccore.pbx.probe import Probed, is_there, probe, regrets_of
from ccore.running import with_dialplan
from ccore.trial import lets_in, probed_numbers, tried
from ccore.versions import disk
from ccore.versions.diff import changed
from ccore.versions.model import Files, Live, Reason
from ccore.versions.service import Versions

BACK_WITHIN_S = 10.0  # after the switch a version that does not do runs nowhere any more
TRIAL_S = 8.5  # then the running ccores go back by themselves, which takes them a look and a reload
APPLY_LIMIT_S = 4.0
JUDGED_WITHIN_S = 7.5
LOOK_EVERY_S = 0.1
MOST_TOLD = 20  # of Asterisk's complaints, one often bringing others
# Files that lie on a node's own disk; menus and numbers do not.
_ON_NODES = (
    *("extensions.d/", "sounds/", "prompts/", "transfers.toml"),
    *("queues/", "phones.toml", "centre.toml", "recording.toml"),
)


class NoWorkingCopy(CcoreError):
    """This site runs the dialplan that came with ccore: copy it, and name the copy as [paths] dialplan, ccore.toml."""


class PublishedMeanwhile(CcoreError):
    """Another version is live than the one that was seen; the message says whose. Nothing was changed."""


def who() -> str:
    """The person at the keyboard, as far as this machine knows."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants it, and why. ``after``: only if that version is live (0: none), None for whichever is.

    ``follows``: the working copy, which is to have what was published from elsewhere, where nobody has changed it.
    """

    by: str = field(default_factory=who)
    note: str = ""
    after: int | None = None
    follows: Path | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Files on their way to be live: those of version ``number``, lying in ``config.dialplan``.

    ``changed`` are the paths at which they differ from what is live; ``plan_before`` is its number plan.
    """

    config: Config
    number: int
    files: Files
    changed: list[str]
    plan_before: bytes
    by: str


async def publish(config: Config, wish: Wish, say: Say, *, apart: bool = True) -> bool:
    """Make the working copy live, tried on an Asterisk ``apart`` before; whether it is.

    Raises FaultsFound with all its faults, PublishedMeanwhile; nothing is changed then.
    """
    if config.paths.dialplan is None:
        raise NoWorkingCopy(NoWorkingCopy.__doc__)
    with tempfile.TemporaryDirectory(prefix="ccore-publish-") as name:
        candidate = with_dialplan(config, Path(name) / "dialplan")
        disk.copy(config.dialplan, candidate.dialplan)
        files = disk.read(candidate.dialplan)
        _refuse_faults(config.dialplan, candidate)
        say(f"checked: {len(files)} files, no fault")
        async with _turn(config) as (dsn, versions):
            live = await _seen(versions, config, wish, say)
            before = {} if live is None else await versions.listing(live.number)
            different = changed(before, disk.hashed(files))
            if live is not None and not different:
                say(f"nothing to do: version {live.number}, which is live, is exactly this")
                return True
            if apart and not await _stands_trial(candidate, dsn, say):
                return False
            number = await versions.publish(files, wish.by, wish.note)
            say(f"version {number} kept: {_count(different)} different from what is live")
            wanted = Candidate(candidate, number, files, different, await _plan_of(versions, before), wish.by)
            done = await _make_live(versions, wanted, "publish", live, say)
    if done and wish.follows is not None:
        _follow(wish.follows, wanted, before, say)
    return done


async def roll_back(config: Config, number: int | None, say: Say, wish: Wish | None = None) -> bool:
    """Make version ``number`` live, or the one that the live version replaced; whether it is."""
    with tempfile.TemporaryDirectory(prefix="ccore-publish-") as name:
        async with _turn(config) as (_, versions):
            wish = wish or Wish()
            live = await _seen(versions, config, wish, say)
            if live is None:
                raise CcoreError("nothing was ever published")
            target = number or (await versions.version(live.number)).previous
            if target is None:
                raise CcoreError(f"version {live.number} is the first: there is none before it")
            await versions.version(target)
            if target == live.number:
                say(f"nothing to do: version {target} is live")
                return True
            files, before = await versions.files(target), await versions.listing(live.number)
            candidate = with_dialplan(config, Path(name) / "dialplan")
            disk.write(candidate.dialplan, files)
            different = changed(before, disk.hashed(files))
            wanted = Candidate(candidate, target, files, different, await _plan_of(versions, before), wish.by)
            done = await _make_live(versions, wanted, "rollback", live, say)
    if own := changed(disk.hashed(files), disk.hashes(config.dialplan)):
        say(f"the working copy, {config.dialplan}, is as it was: {_count(own)} different from version {target}")
    return done


async def _plan_of(versions: Versions, listing: Mapping[str, bytes]) -> bytes:
    """The number plan of a version."""
    if PLAN_FILE not in listing:
        return b""
    return (await versions.contents([listing[PLAN_FILE]]))[listing[PLAN_FILE]]


async def _seen(versions: Versions, config: Config, wish: Wish, say: Say) -> Live | None:
    """What is live, if it is what was seen. Raises PublishedMeanwhile.

    What came with ccore becomes a version of its own where it runs, so that there is one to go back to.
    """
    live = await versions.live()
    if live is None and disk.live(config.versions_dir) is not None and not disk.is_laid(config.versions_dir):
        await versions.begin(disk.read(config.versions_dir / disk.LIVE), wish.by)
        live = await versions.live()
        say("what came with ccore is version 1")
        for _ in range(round(APPLY_LIMIT_S / LOOK_EVERY_S)):  # one that runs takes it up before it is replaced
            if await versions.running():
                break
            await asyncio.sleep(LOOK_EVERY_S)
    elif live is not None and wish.after is not None and wish.after != live.number:
        version = await versions.version(live.number)
        note = f" ({version.note})" if version.note else ""
        raise PublishedMeanwhile(
            f"{live.by} made version {live.number}{note} live at {live.at.astimezone(config.zone):%Y-%m-%d %H:%M}: "
            "look at what is different from it, then publish again; nothing was changed"
        )
    return live


def _follow(working: Path, wanted: Candidate, before: Mapping[str, bytes], say: Say) -> None:
    """Have the working copy what was published from elsewhere, but for files that somebody has changed in it."""
    theirs, own = disk.hashes(working), []
    try:
        for path in wanted.changed:
            if theirs.get(path) != before.get(path):
                own.append(path)
            elif (content := wanted.files.get(path)) is None:
                (working / path).unlink()
            else:
                (working / path).parent.mkdir(parents=True, exist_ok=True)
                (working / path).write_bytes(content)
    except OSError as error:
        say(f"the working copy, {working}, is as it was ({error.strerror}): publishing it would undo this")
        return
    say(f"the working copy, {working}, has it too" + (f", but for its own changes in {', '.join(own)}" if own else ""))


def _refuse_faults(working: Path, candidate: Config) -> None:
    """Raise FaultsFound, with each fault told of the file that the operator knows."""
    if faults := check_dialplan(candidate):
        raise FaultsFound([replace(fault, file=_working_file(working, candidate, fault.file)) for fault in faults])


def _working_file(working: Path, candidate: Config, file: Path) -> Path:
    inside = file.is_relative_to(candidate.dialplan)
    return working / file.relative_to(candidate.dialplan) if inside else file


@asynccontextmanager
async def _turn(config: Config) -> AsyncIterator[tuple[str, Versions]]:
    """The DSN and the versions of the site's database, while nobody else publishes."""
    async with local.database(config) as dsn:
        await migrate(dsn)
        async with Database.opened(dsn, config.database) as database:
            versions = Versions(database)
            async with versions.turn():
                yield dsn, versions


async def _stands_trial(candidate: Config, dsn: str, say: Say) -> bool:
    """Whether an Asterisk apart takes the files as they are, and every number answers there."""
    probed, complaints = await tried(candidate, dsn)
    for complaint in complaints[:MOST_TOLD]:
        say(f"FAULT: Asterisk says: {complaint}")
    if _told_faults(probed, "on an Asterisk apart", say) or complaints:
        say("NOT PUBLISHED: what is live has not been touched")
        return False
    say(f"tried on an Asterisk apart: {len(probed)} numbers answered, and something was heard")
    return True


async def _make_live(versions: Versions, wanted: Candidate, reason: Reason, live: Live | None, say: Say) -> bool:
    """Switch to what is wanted, on trial where a ccore runs; back again by ourselves if it does not do."""
    if not await versions.running():
        await versions.make_live(wanted.number, wanted.by, reason, live)
        _lay(wanted)
        say(f"version {wanted.number} is live; no ccore runs on this database: it takes effect when one starts")
        return True
    assert live is not None, "a running ccore has seen to it that something is live"
    there = await _nodes_there(wanted.config, say)
    began = time.monotonic()
    switch = await versions.make_live(wanted.number, wanted.by, reason, live, timedelta(seconds=TRIAL_S))
    say(f"switched from version {live.number} to {wanted.number}, on trial")
    fault = "broken off"
    try:
        fault = await _judged(versions, wanted, there, switch, began, say)
        if not fault and not await versions.confirm(switch):
            fault = "the trial took too long"
    except (CcoreError, OSError, asyncpg.PostgresError) as error:
        fault = str(error)
    finally:
        if fault:
            await _go_back(versions, wanted.by, live, switch, fault, began, say)
    if not fault:
        say(f"version {wanted.number} is live, {time.monotonic() - began:.1f} s after the switch")
    return not fault


async def _nodes_there(config: Config, say: Say) -> list[str]:
    """The nodes that answer before the switch: one that is away does not keep the others from a new version."""
    there = [await is_there(str(node.host), node.sip_port) for node in config.nodes.values()]
    for name, answers in zip(config.nodes, there, strict=True):
        if not answers:
            say(f"{name} is away: it will not be called")
    return [name for name, answers in zip(config.nodes, there, strict=True) if answers]


async def _judged(
    versions: Versions, wanted: Candidate, nodes: Collection[str], switch: int, began: float, say: Say
) -> str:
    """What is wrong with the version that runs on trial; "" if nothing is."""
    try:
        async with asyncio.timeout(JUDGED_WITHIN_S):
            if fault := await _applied(versions, switch, wanted.number, say):
                return fault
            say(f"running everywhere {time.monotonic() - began:.1f} s after the switch")
            for name in nodes:
                if fault := await _probed_live(wanted, name, say):
                    return fault
    except TimeoutError:
        return f"it was not through within {JUDGED_WITHIN_S:.0f} s"
    return ""


async def _applied(versions: Versions, switch: int, number: int, say: Say, limit_s: float = APPLY_LIMIT_S) -> str:
    """Wait until every ccore runs version ``number``; what keeps one from it, or ""."""
    until = time.monotonic() + limit_s
    told: set[str] = set()
    while True:
        running = await versions.running()
        for one in running:
            if one.switch >= switch and one.instance not in told:
                told.add(one.instance)
                if one.error:
                    return f"{one.instance}: {one.error}"
                nodes = f", and its Asterisk {', '.join(one.nodes)}" if one.nodes else ""
                say(f"{one.instance} runs version {one.number}{nodes}")
        late = [one.instance for one in running if one.switch < switch]
        if not late:
            return "" if told else "no ccore is there any more"
        if time.monotonic() > until:
            return f"{', '.join(late)} did not take version {number} up within {limit_s:.0f} s"
        await asyncio.sleep(LOOK_EVERY_S)


async def _probed_live(wanted: Candidate, name: str, say: Say) -> str:
    """What is wrong with calls to the node ``name``, or ""."""
    node = wanted.config.nodes[name]
    numbers = set(probed_numbers(load_plan(wanted.config.dialplan)))
    if node.kind == "external":
        numbers = _told_external(wanted, name, numbers, say)
    if not lets_in(wanted.config, name, address_towards(str(node.host))):
        say(f"{name}: not called, because no trunk lets this machine call it")
        return ""
    probed = await probe(str(node.host), node.sip_port, sorted(numbers), regrets_of(wanted.files))
    if _told_faults(probed, f"on {name}", say):
        return f"calls to {name} are not as they have to be"
    say(f"{name}: {len(probed)} numbers called, all answered")
    return ""


def _told_external(wanted: Candidate, name: str, numbers: set[str], say: Say) -> set[str]:
    """Of a node whose files ccore cannot write: say what to do there; the numbers that its files answer already."""
    files = [path for path in wanted.changed if path.startswith(_ON_NODES)]
    if not files:
        return numbers
    say(f"{name} is not ccore's own. There, menus are new from now on; these files are not: {', '.join(files)}")
    commands = ", ".join(f"'{command}'" for _, command, _ in RELOADS)
    say(f"  install them: python -m ccore.pbx {name} DIRECTORY, then by asterisk -rx: {commands}")
    with tempfile.TemporaryDirectory(prefix="ccore-publish-") as before:
        disk.write(Path(before) / "dialplan", {PLAN_FILE: wanted.plan_before})
        return numbers & set(probed_numbers(load_plan(Path(before) / "dialplan")))


async def _go_back(versions: Versions, by: str, live: Live, switch: int, fault: str, began: float, say: Say) -> None:
    say(f"ROLLING BACK to version {live.number}: {fault}")
    seen = await versions.live()
    if seen is not None and seen.switch == switch:
        back = await versions.make_live(live.number, by, "automatic-rollback", seen)
    else:  # a ccore was quicker
        back = switch + 1
    left_s = max(BACK_WITHIN_S - (time.monotonic() - began), 0.5)
    fault = await _applied(versions, back, live.number, lambda _: None, left_s)
    took_s = time.monotonic() - began
    say(f"NOT ROLLED BACK: {fault}" if fault else f"version {live.number} runs again, {took_s:.1f} s after the switch")


def _told_faults(probed: Collection[Probed], where: str, say: Say) -> bool:
    faulty = [one for one in probed if one.fault]
    for one in faulty:
        say(f"FAULT: {one.number} {one.fault} ({where})")
    return bool(faulty)


def _lay(wanted: Candidate) -> None:
    """Have the next ccore in this var directory begin with it."""
    with contextlib.suppress(local.AlreadyRunning), local.only_one(wanted.config):
        listing = disk.hashed(wanted.files)
        contents = {listing[path]: content for path, content in wanted.files.items()}
        disk.lay(wanted.config.versions_dir, wanted.number, listing, contents)
        disk.use(wanted.config.versions_dir, wanted.number)


def _count(paths: Collection[str]) -> str:
    return f"{len(paths)} file{'' if len(paths) == 1 else 's'}"
