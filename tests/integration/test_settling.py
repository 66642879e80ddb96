"""What came of attempts whose calls are gone, by all that was told of them, and what becomes of their contacts."""

import json
from pathlib import Path
from typing import Any

import pytest

from ccore.db.pool import Database
from ccore.dialer.live import Live
from ccore.dialer.model import Outcome, State
from ccore.dialer.settling import Settling
from ccore.dialer.trunks.state import Trunks
from tests.integration.test_claiming import campaign, number, people
from tests.support.asterisk import NODE, node_config
from tests.support.shop import sql

EVENT = """INSERT INTO cel (node, linkedid, uniqueid, digest, eventtype, event_at, cid_name, cid_num, cid_ani,
    cid_rdnis, cid_dnid, exten, context, channame, appname, appdata, amaflags, accountcode, userfield, peer, eventextra)
VALUES ($1, 'attempt-1000000', 'c.1', sha256(($2 || $4)::bytea), $2, now(), '', '',
    '', '', '', '', '', $3, '', '', '', '', '', '', $4)"""
LINE = "PJSIP/trunk-far-00000001"
RETRIED = {name: {"after_s": 600} for name in ("busy", "machine", "lost", "no-answer")}
SPRING = campaign(attempts={"retry": RETRIED})

Event = tuple[str, str]
OVER, ANSWER = ("LINKEDID_END", ""), ("ANSWER", "")


def says(words: str, kind: str = "CCORE_DIAL") -> Event:
    return kind, words


CASES: dict[str, tuple[State, list[Event], Outcome, str]] = {
    "a machine": (
        State.PICKED_UP, [ANSWER, says("picked-up 1"), says("machine 1 LONGGREETING-1-2"), OVER],
        Outcome.MACHINE, "open",
    ),
    "a fax": (State.PICKED_UP, [ANSWER, says("fax 1"), OVER], Outcome.FAX, "done"),
    "hung up while it was found out": (State.PICKED_UP, [ANSWER, says("picked-up 1"), OVER], Outcome.HUNG_UP, "done"),
    "busy": (State.DIALLING, [says("ended 1 BUSY 17 486"), OVER], Outcome.BUSY, "open"),
    "no such number": (State.RINGING, [says("ended 1 CHANUNAVAIL 1 404"), OVER], Outcome.INVALID, "done"),
    "abandoned": (State.DIALLING, [ANSWER, says("answered 1"), says("abandoned 1"), OVER], Outcome.ABANDONED, "done"),
    "talked, though nobody saw it": (
        State.RINGING, [ANSWER, says("answered 1"), says("answered outbound outbound 1001 c.1", "CCORE_QUEUE"), OVER],
        Outcome.TALKED, "done",
    ),
    "nobody told anything": (State.DIALLING, [OVER], Outcome.LOST, "open"),
}  # fmt: skip


async def settling(database: Database, directory: Path) -> Settling:
    built = Settling(database, Trunks(node_config(directory), database, {}), lambda _live, _outcome: None)
    built.use({"spring": SPRING})
    return built


async def attempt(dsn: str, state: State, **more: Any) -> Live:
    """Attempt 1, in a state, and nothing is known of it but that."""
    await sql(dsn, "TRUNCATE contacts, attempts, cel RESTART IDENTITY CASCADE")
    await people(dsn, 1, state="claimed")
    await sql(
        dsn,
        "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, state, trunk, dialled_at)"
        f" VALUES ('spring', 1, 'people', '{number(0)}', '{NODE}', 'predictive', 1, $1, 'far',"
        " CASE WHEN $1 <> 'claimed' THEN now() END)",
        state.value,
    )
    return Live(1_000_000, "spring", NODE, "attempt-1000000", state, gone_at=0.0, **more)


async def result(dsn: str) -> tuple[object, ...]:
    [row] = await sql(
        dsn, "SELECT outcome, c.state, c.last_outcome FROM attempts JOIN contacts c USING (contact_id)"
    )  # fmt: skip
    return tuple(row)


async def test_the_channel_events_tell_what_no_ccore_saw(database: Database, dsn: str, tmp_path: Path) -> None:
    parts = await settling(database, tmp_path)
    for case, (state, events, outcome, contact) in CASES.items():
        live = await attempt(dsn, state)
        for kind, words in events:
            await sql(dsn, EVENT, NODE, kind, LINE, json.dumps({"extra": words}) if words else "")
        assert await parts.settle(live), case
        assert await result(dsn) == (outcome, contact, outcome), case


async def test_events_are_waited_for_but_not_for_ever(
    database: Database, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = await settling(database, tmp_path)
    live = await attempt(dsn, State.RINGING)
    monkeypatch.setattr("ccore.dialer.settling.NEVER_TOLD_S", float("inf"))
    assert not await parts.settle(live)
    monkeypatch.setattr("ccore.dialer.settling.NEVER_TOLD_S", 0.0)
    assert await parts.settle(live)
    assert await result(dsn) == ("lost", "open", "lost")
    assert await parts.settle(live), "it is over, whoever asks again"


async def test_what_was_never_dialled_leaves_the_contact_as_it_was(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    parts = await settling(database, tmp_path)
    assert await parts.settle(await attempt(dsn, State.CLAIMED))
    assert await result(dsn) == ("not-sent", "open", None)


async def test_what_the_agent_has_said_of_the_contact_goes_before(database: Database, dsn: str, tmp_path: Path) -> None:
    parts = await settling(database, tmp_path)
    live = await attempt(dsn, State.CONNECTED)
    await sql(dsn, "UPDATE contacts SET state = 'open', next_at = now() + interval '5 days', last_outcome = 'talked'")
    assert await parts.settle(live)
    [(days,)] = await sql(dsn, "SELECT round(extract(epoch FROM next_at - now()) / 86400) FROM contacts")
    assert (await result(dsn), days) == (("talked", "open", "talked"), 5)


async def test_the_same_outcome_again_and_again_comes_to_an_end(database: Database, dsn: str, tmp_path: Path) -> None:
    parts = await settling(database, tmp_path)
    live = await attempt(dsn, State.DIALLING)
    await sql(
        dsn,
        "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, state, outcome, dialled_at,"
        " attempt_id) OVERRIDING SYSTEM VALUE SELECT 'spring', 1, 'people', number, node, mode, epoch, 'over', 'busy',"
        " now(), -n FROM attempts, generate_series(1, 3) n",
    )
    await sql(dsn, EVENT, NODE, "CCORE_DIAL", "", json.dumps({"extra": "ended 1 BUSY 17 486"}))
    await sql(dsn, EVENT, NODE, *OVER[:1], "", "")
    assert await parts.settle(live)
    [(state,)] = await sql(dsn, "SELECT state FROM contacts")
    assert state == "done"
