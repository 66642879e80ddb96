"""Supervisors in agents' calls on a real site: who hears whom, by their tones, and what is written down of it."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from tests.support.handled import BOSS_PHONE, QUEUES, TONES, WORDS, Handled, handled
from tests.support.waiting import until


@pytest.fixture(scope="module")
async def centre(asterisk_root: object, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Handled]:
    words = "spy_warning = true\n" + WORDS
    async with handled(tmp_path_factory.mktemp("supervision"), QUEUES, words) as built:
        yield built
        built.site.assert_log_is_clean()


async def test_listen_whisper_barge_and_take_over(centre: Handled) -> None:
    async with centre.call("service") as caller:
        call = await centre.talking("1001")
        status, said = await centre.ask("boss", "POST", f"calls/{call}/listening", {"phone": BOSS_PHONE}, "listen-01")
        assert status == 201, said
        assert (await centre.ask("boss", "POST", f"calls/{call}/listening", {"phone": BOSS_PHONE}, "listen-01")) == (
            status,
            said,
        ), "a request that was sent again rings no second time"
        await centre.choir.until({"boss": {"caller", "1001"}, "1001": {"caller"}, "caller": {"1001"}})
        assert len(centre.phones["boss"].calls) == 1

        session = said["session"]
        status, said = await centre.ask("boss", "PUT", f"listening/{session}", {"mode": "whisper"})
        assert status == 201, said
        await centre.choir.until({"boss": {"caller", "1001"}, "1001": {"caller", "boss"}, "caller": {"1001"}})

        status, said = await centre.ask("boss", "PUT", f"listening/{said['session']}", {"mode": "barge"})
        assert status == 201, said
        await centre.choir.until({"boss": {"caller", "1001"}, "1001": {"caller", "boss"}, "caller": {"1001", "boss"}})

        assert (await centre.ask("boss", "DELETE", f"listening/{said['session']}"))[0] == 200
        await centre.choir.until({"1001": {"caller"}, "caller": {"1001"}})
        await until(lambda: centre.phones["boss"].current is None)

        listening = await centre.ask("boss", "POST", f"calls/{call}/listening", {"phone": BOSS_PHONE})
        await centre.choir.until({"boss": {"caller", "1001"}})
        status, said = await centre.ask("boss", "POST", f"calls/{call}/take-over", {"phone": BOSS_PHONE})
        assert status == 201, said
        assert said["session"] > listening[1]["session"]
        await centre.choir.until({"boss": {"caller"}, "caller": {"boss"}})
        await until(lambda: centre.phones["1001"].current is None)
        assert not caller.is_over
    await centre.until_quiet()
    await centre.site.until("SELECT count(*) FROM spied_sessions WHERE ended_at IS NULL", 0)
    rows = await centre.site.rows("SELECT * FROM spied_sessions ORDER BY session_id")
    assert [row["mode"] for row in rows] == ["listen", "whisper", "barge", "listen", "take-over"]
    assert {(row["who"], row["agent"], row["phone"], row["call_id"]) for row in rows} == {
        ("boss", "1001", BOSS_PHONE, call)
    }
    for before, after in pairwise(rows[:3]):
        assert before["ended_at"] == after["began_at"], "each second belongs to one mode"
    audited = "FROM audit WHERE action = 'listened' AND actor = 'boss'"
    await centre.site.until(f"SELECT count(*) >= 2 {audited}", expected=True)
    seconds = [
        row["seconds"] for row in await centre.site.rows(f"SELECT (detail->>'seconds')::float8 AS seconds {audited}")
    ]
    assert all(each > 0 for each in seconds)


async def test_the_agent_hears_a_tone_before(centre: Handled) -> None:
    async with centre.call("beta"):
        call = await centre.talking("1002")
        agent, boss = (centre.choir.singers[name].ear for name in ("1002", "boss"))
        began = time.monotonic()
        asked = asyncio.create_task(centre.ask("boss", "POST", f"calls/{call}/listening", {"phone": BOSS_PHONE}))
        await until(lambda: agent.first(TONES["warning"], began) is not None)
        warned_at = agent.first(TONES["warning"], began)
        await until(lambda: boss.first(TONES["1002"], began) is not None)
        listens_at = boss.first(TONES["1002"], began)
        assert warned_at is not None
        assert listens_at is not None
        assert warned_at < listens_at, "before anybody listens"
        status, said = await asked
        assert status == 201, said
        await centre.choir.until({"boss": {"caller", "1002"}, "1002": {"caller"}, "caller": {"1002"}})
        centre.phones["boss"].hang_up()
    await centre.until_quiet()


async def test_only_supervisors_may_and_only_with_a_phone_of_the_site(centre: Handled) -> None:
    async with centre.call("service"):
        call = await centre.talking("1001")
        path = f"calls/{call}/listening"
        assert (await centre.ask("wang", "POST", path, {"phone": BOSS_PHONE}))[0] == 403
        assert (await centre.ask("li", "POST", f"calls/{call}/take-over", {"phone": BOSS_PHONE}))[0] == 403
        assert (await centre.ask("boss", "POST", path, {"phone": "2999"}))[0] == 409
        assert (await centre.ask("boss", "POST", path, {}))[0] == 409, "the boss is signed in nowhere"
        assert (await centre.ask("boss", "POST", path, {"phone": "2001"}))[0] == 409, "the agent's own"
        assert (await centre.ask("boss", "POST", path, {"phone": "1380000"}))[0] == 400
        assert (await centre.ask("boss", "POST", "calls/node1-1.1/listening", {"phone": BOSS_PHONE}))[0] == 404
        assert centre.phones["boss"].current is None
        await centre.choir.until({"caller": {"1001"}, "1001": {"caller"}})
    await centre.until_quiet()


async def test_a_waiting_caller_is_moved(centre: Handled) -> None:
    """From the queue of an agent who does not answer to another one's."""
    centre.phones["1001"].answers_after_s = None
    calls = len(centre.phones["1001"].calls) + 1  # it may ring before the next line
    try:
        async with centre.call("service") as caller:
            await centre.phones["1001"].until_rung(calls)

            async def known() -> bool:
                return any(each["waits_in"] for each in await centre.calls())

            await until(known)
            (call,) = [each for each in await centre.calls() if each["waits_in"]]
            path = f"calls/{call['call']}/move"
            assert (await centre.ask("li", "POST", path, {"queue": "beta"}))[0] == 403
            assert (await centre.ask("boss", "POST", path, {"queue": "gamma"}))[0] == 404
            assert (await centre.ask("boss", "POST", path, {}))[0] == 400
            before = await centre.site.value("SELECT came_at FROM visits ORDER BY entered_at DESC LIMIT 1")
            assert (await centre.ask("boss", "POST", path, {"queue": "beta"}))[0] == 200
            await centre.choir.until({"caller": {"1002"}, "1002": {"caller"}})
            query = "SELECT queue, came_at FROM visits ORDER BY entered_at DESC LIMIT 1"
            (visit,) = await centre.site.rows(query)
            assert (visit["queue"], visit["came_at"]) == ("beta", before), "all the waiting counts"
            assert not caller.is_over
            moved = "SELECT actor, detail->>'to' AS queue FROM audit WHERE action = 'caller-moved'"
            assert [tuple(row) for row in await centre.site.rows(moved)] == [("boss", "beta")]
    finally:
        centre.phones["1001"].answers_after_s = 0.2
    await centre.until_quiet()


async def test_a_listening_that_ends_while_ccore_is_away_has_its_end(centre: Handled) -> None:
    async with centre.call("service"):
        call = await centre.talking("1001")
        status, said = await centre.ask("boss", "POST", f"calls/{call}/listening", {"phone": BOSS_PHONE})
        assert status == 201, said
        await centre.choir.until({"boss": {"caller", "1001"}})
        await centre.site.signal_ccore(signal.SIGKILL)
        centre.phones["boss"].hang_up()
        await centre.choir.until({"caller": {"1001"}, "1001": {"caller"}})
        await asyncio.sleep(1.5)
        await centre.site.start_ccore()
    await centre.site.until("SELECT count(*) FROM spied_sessions WHERE ended_at IS NULL", 0, 60)
    query = "SELECT ended_at, began_at FROM spied_sessions ORDER BY session_id DESC LIMIT 1"
    (row,) = await centre.site.rows(query)
    gone = await centre.site.value(
        "SELECT max(event_at) FROM cel JOIN spied_sessions s ON uniqueid = s.channel WHERE eventtype = 'HANGUP' "
        "AND session_id = (SELECT max(session_id) FROM spied_sessions)"
    )
    assert row["ended_at"] == gone, "not when ccore came back"
    assert row["began_at"] is not None
    await centre.until_quiet()
