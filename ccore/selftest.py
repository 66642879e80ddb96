"""The self-test: one real call to an order code, and a look at all that must have come of it."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from asyncpg import Record

from ccore.config import Config
from ccore.daemon import Daemon
from ccore.db.pool import Database
from ccore.local import Say
from ccore.log import mask_number
from ccore.money import yuan
from ccore.ordering.demo import DEMO_CODE, seed
from ccore.pbx.caller import Call, place_call

READY_WAIT_S = 10.0  # for the link to the manager, which is made while calls are taken already
RECORD_WAIT_S = 5.0  # how long after the call its record may take
MESSAGE_WAIT_S = 10.0  # how long its text message may, through Kannel and back
_FIRST_DIGITS = "+86139"
Note = Callable[[str, bool, str], None]  # of a step: its name, whether it held, what was seen


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the self-test looked at: whether it held, what was seen, and when, in seconds since the start."""

    name: str
    held: bool
    seen: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """All steps; ``held`` only if there are any and every one held."""

    steps: tuple[Step, ...]

    @property
    def held(self) -> bool:
        """Whether the whole self-test held."""
        return bool(self.steps) and all(step.held for step in self.steps)

    def as_data(self) -> dict[str, object]:
        """The report as plain data, for JSON."""
        return {"held": self.held, "steps": [asdict(step) for step in self.steps]}


async def run(config: Config, daemon: Daemon, say: Say) -> Report:
    """Seed the demo data and report what came of it to dial, at every node, the demo order code.

    Each call is from a number that never ordered. An external node is called as well: it has to let 127.0.0.1 in.
    """
    began = time.monotonic()
    steps: list[Step] = []

    def note(name: str, held: bool, seen: str) -> None:
        steps.append(Step(name, held, seen, round(time.monotonic() - began, 3)))
        say(f"{'ok  ' if held else 'FAIL'} {name:12} {seen}")

    await seed(daemon.database)
    note("ready", *await _readiness(daemon))
    for name in config.nodes:
        await _call(config, name, daemon, note)
    return Report(tuple(steps))


async def _call(config: Config, name: str, daemon: Daemon, note: Note) -> None:
    database = daemon.database
    node, subscriber = config.nodes[name], await _new_subscriber(database)
    where = f"{node.host}:{node.sip_port}" + (f" ({name})" if len(config.nodes) > 1 else "")
    note("dialling", True, f"{DEMO_CODE} from {mask_number(subscriber)} at {where}")
    call = await place_call(str(node.host), node.sip_port, DEMO_CODE, subscriber.removeprefix("+86"))
    note("call", call.answered and call.ended_by == "callee", _call_seen(call))
    row = await database.fetch_row("selftest.order_of_caller", subscriber, DEMO_CODE)
    for step, held, seen in _order_seen(row):
        note(step, held, seen)
    if row is not None and row["message_id"] is not None:
        note("message", *await _message(database, row, daemon.health().parts["messages"]["gateway"] == "kannel"))
    if row is not None:
        record = await _record(database, row["call_key"])
        of_this_call = record is not None and record["order_id"] == row["order_id"]
        note("call record", of_this_call and row["call_key"].startswith(f"{name}!"), _record_seen(record))


async def _readiness(daemon: Daemon) -> tuple[bool, str]:
    links = [link.wait_up() for link in daemon.links.values()]
    with contextlib.suppress(TimeoutError):  # then the reasons say so
        await asyncio.wait_for(asyncio.gather(*links), READY_WAIT_S)
    reasons = [*daemon.health().not_ready]
    reasons = reasons or [f"{name} is not linked" for name, link in daemon.links.items() if not link.up]
    return not reasons, ", ".join(reasons) or "PostgreSQL answers, FastAGI listens, Asterisk's manager is linked"


def _call_seen(call: Call) -> str:
    if not call.answered or call.answered_ms is None:
        return f"refused with SIP {call.code}" if call.code else "nothing answered"
    took = f"answered after {call.answered_ms:.0f} ms"
    if call.ended_by != "callee" or call.ended_ms is None:
        return f"{took}, and Asterisk did not hang up"
    return f"{took}, prompt heard for {(call.ended_ms - call.answered_ms) / 1000:.2f} s, then Asterisk hung up"


def _order_seen(row: Record | None) -> list[tuple[str, bool, str]]:
    if row is None:
        return [("order", False, "no try to order was written")]
    if row["order_id"] is None:
        return [("order", False, f"refused: {row['outcome']}")]
    return [
        ("order", True, f"#{row['order_id']} product {row['product']} {row['name_zh']} ({row['name_en']}), "
         f"¥{yuan(row['price_fen'])}"),
        ("employee", row["employee"] is not None, f"credited to {row['employee']} {row['employee_name']}"),
        ("commission", row["amount_fen"] is not None, f"¥{yuan(row['amount_fen'] or 0)} booked"),
        *([("message", False, "no text message was queued")] if row["message_id"] is None else []),
    ]  # fmt: skip


async def _message(database: Database, row: Record, through_kannel: bool) -> tuple[bool, str]:
    """Whether the order's message is on its way; through a Kannel it has to be delivered, as its receipt says."""
    until, named = time.monotonic() + MESSAGE_WAIT_S, f"#{row['message_id']} {row['message_kind']}"
    while (message := await database.fetch_row("messaging.message", row["message_id"])) is not None:
        if not through_kannel or message["state"] == "delivered" or time.monotonic() > until:
            break
        await asyncio.sleep(0.05)
    assert message is not None, "messages are never deleted"
    way = f" through {message['gateway']}, {message['parts']} part(s)" if message["gateway"] else ""
    seen = f"{named} to {mask_number(str(row['recipient']))}: {message['state']}{way}"
    return not through_kannel or message["state"] == "delivered", seen


async def _record(database: Database, call_key: str) -> Record | None:
    until = time.monotonic() + RECORD_WAIT_S
    while True:
        record = await database.fetch_row("selftest.call_record", call_key)
        if record is not None or time.monotonic() > until:
            return record
        await asyncio.sleep(0.05)


def _record_seen(record: Record | None) -> str:
    if record is None:
        return f"none within {RECORD_WAIT_S:.0f} s"
    return f"{record['disposition']}, {record['duration_ms'] / 1000:.2f} s, order #{record['order_id']}"


async def _new_subscriber(database: Database) -> str:
    while True:
        number = f"{_FIRST_DIGITS}{random.randrange(10**8):08}"  # noqa: S311 - a test number, not a secret
        if not await database.fetch_value("selftest.has_ordered", number):
            return number
