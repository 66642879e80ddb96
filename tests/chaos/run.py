"""One run from start to end: calls and faults side by side, then quiet, then judgement."""

import asyncio
import random
import shutil
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from ccore.cdr.rows import LOGS
from ccore.db.connections import LOST
from tests.chaos import evidence, history, nemesis
from tests.chaos.checker import check
from tests.chaos.faults import FAULTS
from tests.chaos.generator import Calls
from tests.chaos.history import Scribe
from tests.chaos.model import Evidence, Heard, History, Op, Verdict
from tests.chaos.quiet import remains, until_quiet
from tests.chaos.rig import Rig, rig
from tests.support.waiting import beside

SAMPLE_EVERY_S = 1.0
ANSWER_WITHIN_S = 0.7
LEAD_S = 2.0  # of calls before the first fault
HISTORY = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: until ``seconds``, ``orders`` and ``min_faults`` are all reached, and a schedule is at its end."""

    seed: int
    seconds: float = 60.0
    rate: float = 20.0
    every_s: float = 3.0
    orders: int = 0
    min_faults: int = 0
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. ``not_run`` are the names of faults this machine does not allow."""

    plan: Plan
    history: History
    evidence: Evidence
    complaints: list[str]
    quiet_s: float
    not_run: dict[str, str]


def again(plan: Plan) -> str:
    """The command that repeats a run."""
    words = [f"--seed {plan.seed} --seconds {plan.seconds:g} --rate {plan.rate:g} --faults-every {plan.every_s:g}"]
    if plan.orders or plan.min_faults:
        words.append(f"--orders {plan.orders} --min-faults {plan.min_faults}")
    if plan.schedule:
        words.append(f"--schedule '{plan.schedule}'")
    return f"python -m tests.chaos {' '.join(words)}"


async def run(plan: Plan, directory: Path) -> Result:
    """Run it in ``directory``, where the history and everything the site wrote stay."""
    chance = random.Random(plan.seed)
    async with rig(directory) as built:
        scribe = Scribe(directory / HISTORY)
        async with beside(built.guard()), beside(_sample(built, scribe)):
            await _struck(plan, built, scribe, chance)
            quiet_s, noises = await until_quiet(built)
        found = await evidence.gather(built.site)
        _write_told(scribe, list(evidence.heard(found.cel, built.site.node.name)), directory / HISTORY)
        scribe.close()
        happened = history.read(directory / HISTORY)
        complaints = [*noises, *remains(built), *check(happened, found)]
        if complaints:
            _keep_files(built, directory)
        possible = nemesis.possible(built)
        not_run = {name: fault.needs for name, fault in FAULTS.items() if fault not in possible}
    return Result(plan, happened, found, complaints, quiet_s, not_run)


def _keep_files(built: Rig, directory: Path) -> None:
    """What Asterisk wrote, for whoever looks for the cause: its own disk goes with the run."""
    for name in ("log", "spool"):
        shutil.copytree(built.site.node.directory / name, directory / f"asterisk-{name}")


async def _struck(plan: Plan, built: Rig, scribe: Scribe, chance: random.Random) -> None:
    calls = Calls(built.site.sip_port, scribe, random.Random(chance.random()), plan.rate)
    striker = nemesis.Nemesis(built, scribe, random.Random(chance.random()), plan.every_s)
    schedule = nemesis.by_schedule(plan.schedule) if plan.schedule else []

    def enough() -> bool:
        return (
            scribe.now >= plan.seconds
            and calls.orders >= plan.orders
            and striker.struck >= plan.min_faults
            and (striker.over or not schedule)
        )

    async with asyncio.TaskGroup() as group:
        group.create_task(calls.run(enough))
        await asyncio.sleep(LEAD_S)
        if schedule:
            await striker.follow(schedule)
        else:
            await striker.run(nemesis.by_chance(chance, nemesis.possible(built)), enough)


async def _sample(built: Rig, scribe: Scribe) -> None:
    """Write down what waits, every second; while PostgreSQL does not answer, nothing more has been stored."""
    stored = 0
    asked: asyncio.Task[int] | None = None
    while True:
        asked = asked or asyncio.create_task(_stored(built))
        await asyncio.wait((asked,), timeout=ANSWER_WITHIN_S)
        if asked.done():
            stored = max(stored, asked.result())
            asked = None
        site = built.site
        paths = [site.config.log_dir(site.node.name) / log.path for log in LOGS]
        written = sum(path.stat().st_size for path in paths if path.exists())
        waiting = len(list((site.config.spool_dir(site.node.name) / "new").glob("*")))
        scribe.write("sample", spool=waiting, unread=max(written - stored, 0))
        await asyncio.sleep(SAMPLE_EVERY_S)


async def _stored(built: Rig) -> int:
    with suppress(*LOST, asyncpg.PostgresError, asyncpg.InterfaceError):  # it is being broken just now
        return int((await built.site.rows("SELECT coalesce(sum(position), 0) FROM call_log_places"))[0][0])
    return 0


def _write_told(scribe: Scribe, heard: list[Heard], path: Path) -> None:
    """What each caller was told, as Asterisk wrote down, into the history."""
    by_name: dict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        by_name[one.name].append(one)
    for op in history.read(path).ops:
        mine = by_name[f"op-{op.op}"]
        told = [prompt for one in mine for prompt in one.told]
        scribe.write(
            "told",
            op=op.op,
            verdict=_verdict(op, told, len(mine)),
            told=told,
            call_keys=[one.call_key for one in mine],
        )


def _verdict(op: Op, told: list[str], channels: int) -> Verdict:
    """failed: the switch turned the call away before it had a channel, so no dialplan ran. 487: the caller gave up."""
    if any(op.kind == "hotline" or prompt.startswith("order-") for prompt in told):
        return "ok"
    return "failed" if op.status >= 300 and op.status != 487 and channels == 0 else "unknown"
