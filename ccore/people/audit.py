"""The audit: who did what to which thing, never changed, and the chain of seals that shows it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asyncpg import Record

from ccore.db.pool import Database, Statements

AT_ONCE = 1000  # entries sealed, or looked at, in one go
# What became of what was done is in the word for it: most was done.
_ENDINGS: Mapping[str, str] = {"refused": "refused", "failed": "failed|unanswered"}
OUTCOMES = ("done", *_ENDINGS)
SEALED_WITHIN = timedelta(seconds=60)  # an entry that has no seal then will not get one by itself


async def note(
    statements: Statements, who: str, action: str, subject: str, detail: Mapping[str, object] | None = None
) -> None:
    """Write down that ``who`` (a login, or ``ccore``) did ``action`` to ``subject``, such as ``call:node1!1763.4``.

    ``statements`` is the database, or the transaction in which it becomes true. ``action`` is in the past tense:
    ``agent-paused``.
    """
    await statements.execute("people.note", who, action, subject, dict(detail or {}))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are looked for; None: any. ``before`` is the number of an entry that was seen already.

    ``subject`` with : at its end stands for all that begin so; ``find`` is in who, subject or detail.
    """

    who: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    before: int | None = None
    until: datetime | None = None
    find: str | None = None
    outcome: str | None = None  # as ``outcome_of`` says it


def outcome_of(action: str) -> str:
    """What became of it: ``refused``, ``failed``, else ``done``."""
    return next((outcome for outcome in _ENDINGS if re.search(_ending(outcome), action)), "done")


def _ending(outcome: str) -> str:
    """What matches actions of this outcome, in Python and in PostgreSQL."""
    ending = _ENDINGS.get(outcome)
    return f"-({ending})$" if ending else f"^(?!.*-({'|'.join(_ENDINGS.values())})$)"


async def noted(statements: Statements, wanted: Wanted, most: int) -> list[Record]:
    """Entries, the newest first: audit_id, at, actor, action, subject, detail."""
    which = wanted.before, wanted.who, wanted.action, wanted.subject, wanted.since
    ending = None if wanted.outcome is None else _ending(wanted.outcome)
    return await statements.fetch("people.noted", *which, most, wanted.until, wanted.find, ending)


def sealed(previous: bytes, entry: str) -> bytes:
    """The hash of an entry whose predecessor's is ``previous``."""
    return hashlib.sha256(previous + entry.encode()).digest()


async def seal(database: Database) -> tuple[int, str]:
    """Seal what is not sealed yet: how much that was, and the end of the chain.

    Of two who do so at once, one is refused by PostgreSQL.
    """
    async with database.transaction() as transaction:
        last = await transaction.fetch_row("people.last_seal")
        number, head = (0, b"") if last is None else (last["seal"], last["hash"])
        rows = await transaction.fetch("people.unsealed", AT_ONCE)
        seals = []
        for number, row in enumerate(rows, number + 1):  # noqa: B020 - it goes on from where the chain ends
            seals.append((number, row["audit_id"], head, head := sealed(head, row["entry"])))
        await transaction.execute_many("people.seal", seals)
    return len(seals), head.hex()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at the whole chain found: how long it is, its end, and in words what is wrong with it."""

    seals: int
    head: str
    faults: Sequence[str]


async def verify(statements: Statements, head: str = "") -> Checked:
    """Look at every seal; ``head`` is an earlier end of the chain (of the log), which must be in it still."""
    faults: list[str] = []
    previous, number, heads = b"", 0, {""}
    while rows := await statements.fetch("people.sealed", number, AT_ONCE):
        for row in rows:
            faults += _faults(row, number, previous)
            number, previous = row["seal"], row["hash"]
            heads.add(previous.hex() if previous.hex() == head else "")
    if late := await statements.fetch_value("people.count_unsealed", SEALED_WITHIN):
        faults.append(f"{late} entries have no seal: does a ccore run?")
    if head not in heads:
        faults.append(f"the chain has no seal {head}: it was cut, or written anew")
    return Checked(number, previous.hex(), faults)


def _faults(row: Record, before: int, previous: bytes) -> list[str]:
    if row["seal"] != before + 1:
        return [f"seal {before + 1} is missing"]
    if row["previous"] != previous:
        return [f"seal {row['seal']} does not follow the one before"]
    if row["gone"]:
        return [f"entry {row['audit_id']} is missing"]
    if row["hash"] != sealed(previous, row["entry"]):
        return [f"entry {row['audit_id']} is not as it was sealed"]
    return []
