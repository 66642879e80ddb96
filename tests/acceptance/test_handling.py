"""Agents handle their calls on a real site: who hears whom after each step, by tones, and what is written down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.ordering.demo import seed
from ccore.queues.staff import Staff
from ccore.subscriber import e164
from tests.support.asterisk import NODE
from tests.support.handled import CALLER, QUEUES, WORDS, Handled, handled
from tests.support.waiting import until

TRUNK = 'outside_trunk = "local"\n'
OUTSIDE = "+8613900000003"
DISPOSITIONS = """
[disposition.solved]
[disposition.order]
fields = { order = { kind = "number" }, colour = { kind = "choice", choices = ["red", "blue"], required = false } }
"""


@pytest.fixture(scope="module")
async def centre(asterisk_root: object, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Handled]:
    wanting = QUEUES["beta"].replace("wrap_up_s = 0", 'wrap_up_s = 10\ndispositions = ["order", "solved"]')
    queues = {**QUEUES, "orders": wanting}
    async with handled(tmp_path_factory.mktemp("handling"), queues, TRUNK + WORDS + DISPOSITIONS) as built:
        yield built
        built.site.assert_log_is_clean()


async def test_hold_and_keys(centre: Handled) -> None:
    async with centre.call("service"):
        call = await centre.talking("1001")
        assert await centre.ask("li", "POST", f"calls/{call}/hold") == (200, {})
        await centre.choir.until({"caller": set(), "1001": set()})
        assert await centre.ask("li", "POST", f"calls/{call}/resume") == (200, {})
        await centre.choir.until({"caller": {"1001"}, "1001": {"caller"}})
        assert await centre.ask("li", "POST", f"calls/{call}/keys", {"digits": "12#"}) == (200, {})
        await until(lambda: centre.line_of("caller").keys == "12#")
        assert centre.line_of("1001").keys == "", "they are for the caller's side"
        assert await centre.ask("li", "POST", f"calls/{call}/hang-up") == (200, {})
        await until(lambda: centre.phones["1001"].current is None)
    await centre.until_quiet()


async def test_an_agent_who_hangs_up_lets_a_caller_on_hold_go_on(centre: Handled) -> None:
    async with centre.call("beta") as caller:
        call = await centre.talking("1002")
        assert await centre.ask("wang", "POST", f"calls/{call}/hold") == (200, {})
        await centre.choir.until({"caller": set(), "1002": set()})
        centre.phones["1002"].hang_up()
        await caller.until_over()
    await centre.until_quiet()


async def test_blind_transfers_to_a_queue_an_agent_and_outside(centre: Handled) -> None:
    async with centre.call("service") as caller:
        call = await centre.talking("1001")
        path = f"calls/{call}/transfer"
        assert (await centre.ask("li", "POST", path, {"queue": "nowhere"}))[0] == 404
        assert (await centre.ask("li", "POST", path, {"outside": "police"}))[0] == 404
        assert (await centre.ask("li", "POST", path, {"agent": "1009"}))[0] == 404
        assert (await centre.ask("li", "POST", path, {"agent": "1002", "queue": "beta"}))[0] == 400
        assert await centre.ask("li", "POST", path, {"queue": "beta"}) == (200, {})
        await centre.choir.until({"caller": {"1002"}, "1002": {"caller"}})
        await until(lambda: centre.phones["1001"].current is None)
        assert await centre.talking("1002") == call, "it is one call"
        assert await centre.ask("wang", "POST", path, {"agent": "1001"}) == (200, {})
        assert await centre.talking("1001") == call
        assert await centre.ask("li", "POST", path, {"outside": "office"}) == (200, {})
        await centre.choir.until({"caller": {"office"}, "office": {"caller"}})
        assert not caller.is_over
    await centre.until_quiet()
    query = (
        "SELECT agent, by_whom, what, detail->>'queue' AS queue FROM handlings WHERE call_id = $1 ORDER BY handling_id"
    )
    assert [tuple(row) for row in await centre.site.rows(query, call)] == [
        ("1001", "li", "transferred", "beta"),
        ("1002", "wang", "transferred", None),
        ("1001", "li", "transferred", None),
    ]


async def test_a_transfer_nobody_answers_brings_the_caller_back_to_the_queue(centre: Handled) -> None:
    async with centre.call("service") as caller:
        call = await centre.talking("1001")
        centre.phones["1002"].status = 486
        answered = sum(bool(each.answered_at) for each in centre.phones["1001"].calls)
        try:
            assert await centre.ask("li", "POST", f"calls/{call}/transfer", {"agent": "1002"}) == (200, {})
            await centre.phones["1001"].until_answered(answered + 1)
        finally:
            centre.phones["1002"].status = 200
        assert await centre.talking("1001") == call
        assert not caller.is_over
    await centre.until_quiet()


async def test_ask_go_back_ask_again_and_put_through(centre: Handled) -> None:
    async with centre.call("service"):
        call = await centre.talking("1001")
        path = f"calls/{call}/consult"
        assert (await centre.ask("li", "PUT", path, {"how": "complete"}))[0] == 409, "nobody is asked yet"
        assert await centre.ask("li", "POST", path, {"agent": "1002"}) == (200, {})
        await centre.choir.until({"1001": {"1002"}, "1002": {"1001"}, "caller": set()})
        assert await centre.ask("li", "PUT", path, {"how": "swap"}) == (200, {})
        await centre.choir.until({"1001": {"caller"}, "caller": {"1001"}, "1002": set()})
        assert await centre.ask("li", "PUT", path, {"how": "swap"}) == (200, {})
        await centre.choir.until({"1001": {"1002"}, "1002": {"1001"}, "caller": set()})
        assert await centre.ask("li", "PUT", path, {"how": "cancel"}) == (200, {})
        await centre.choir.until({"1001": {"caller"}, "caller": {"1001"}, "1002": set()})
        await until(lambda: centre.phones["1002"].current is None)
        assert await centre.ask("li", "POST", path, {"outside": "office"}) == (200, {})
        await centre.choir.until({"1001": {"office"}, "office": {"1001"}, "caller": set()})
        assert await centre.ask("li", "PUT", path, {"how": "complete"}) == (200, {})
        await centre.choir.until({"caller": {"office"}, "office": {"caller"}})
        await until(lambda: centre.phones["1001"].current is None)
    await centre.until_quiet()


async def test_an_agent_outside_is_asked_and_takes_the_call_over(centre: Handled) -> None:
    """They are asked for key 1 before they are heard: what answers without is no agent."""
    device = {"kind": "outside", "number": OUTSIDE, "node": NODE}
    async with Database.opened(centre.site.postgres.dsn, Settings(acquire_timeout_s=30)) as database:
        await Staff(database, "CN").write("1003", "agent 1003", {}, by="test", mobile=OUTSIDE)

    async def signed_in() -> bool:
        return (await centre.ask("boss", "POST", "agents/1003/sign-in", device))[0] == 200

    await until(signed_in)
    office = centre.phones["office"]
    async with centre.call("service"):
        call = await centre.talking("1001")
        path = f"calls/{call}"
        assert (await centre.ask("li", "POST", f"{path}/transfer", {"agent": "1003"}))[0] == 409, "blindly: a voicemail"
        answered = sum(bool(each.answered_at) for each in office.calls) + 1
        assert await centre.ask("li", "POST", f"{path}/consult", {"agent": "1003"}) == (200, {})
        await office.until_answered(answered)
        await asyncio.sleep(1)
        assert centre.choir.heard()["1001"] == set()

        async def let_in() -> bool:  # a key is heard only once it is asked for
            assert office.media is not None
            await office.media.press("1", 120, 100)
            with suppress(AssertionError):
                await centre.choir.until({"1001": {"office"}}, within_s=3)
            return centre.choir.heard()["1001"] == {"office"}

        await until(let_in)
        await centre.choir.until({"1001": {"office"}, "office": {"1001"}, "caller": set()})
        assert await centre.ask("li", "PUT", f"{path}/consult", {"how": "complete"}) == (200, {})
        await centre.choir.until({"caller": {"office"}, "office": {"caller"}})
        await until(lambda: centre.phones["1001"].current is None)
    await centre.until_quiet()
    assert (await centre.ask("boss", "POST", "agents/1003/sign-out"))[0] == 200


async def test_three_talk_and_the_agent_leaves(centre: Handled) -> None:
    async with centre.call("service"):
        call = await centre.talking("1001")
        assert await centre.ask("li", "POST", f"calls/{call}/consult", {"agent": "1002"}) == (200, {})
        await centre.choir.until({"1001": {"1002"}, "1002": {"1001"}})
        assert await centre.ask("li", "PUT", f"calls/{call}/consult", {"how": "three-way"}) == (200, {})
        await centre.choir.until({"1001": {"caller", "1002"}, "1002": {"caller", "1001"}, "caller": {"1001", "1002"}})
        centre.phones["1001"].hang_up()
        await centre.choir.until({"caller": {"1002"}, "1002": {"caller"}})
    await centre.until_quiet()


async def test_to_the_survey(centre: Handled) -> None:
    async with centre.call("service") as caller:
        call = await centre.talking("1001")
        assert await centre.ask("li", "POST", f"calls/{call}/transfer", {"survey": True}) == (200, {})
        await until(lambda: centre.phones["1001"].current is None)

        async def answered() -> object:
            await caller.key("5")
            return await centre.site.value("SELECT count(*) > 0 FROM survey_answers WHERE score = 5")

        await until(answered, 20)
    await centre.until_quiet()


async def test_nobody_handles_another_agents_call_but_a_supervisor(centre: Handled) -> None:
    async with centre.call("service"):
        call = await centre.talking("1001")
        assert (await centre.ask("wang", "POST", f"calls/{call}/hold"))[0] == 404
        assert (await centre.ask("wang", "GET", f"calls/{call}"))[0] == 404
        assert (await centre.ask("wang", "POST", f"calls/{call}/notes", {"text": "x"}))[0] == 404
        assert [each["call"] for each in await centre.calls("li")] == [call]
        assert await centre.calls("wang") == []
        (listed,) = await centre.calls("boss")
        assert listed["caller"] == "138****5678"
        assert await centre.ask("boss", "POST", f"calls/{call}/hang-up") == (200, {})
        await until(lambda: centre.phones["1001"].current is None)
    await centre.until_quiet()


async def test_a_text_is_sent_with_the_values_the_agent_gives(centre: Handled) -> None:
    status, known = await centre.ask("li", "GET", "texts")
    assert status == 200
    (template,) = [each for each in known["texts"] if each["name"] == "visit-agreed"]
    assert template["values"] == {"zh": ["day", "hour"], "en": ["day", "hour"]}
    async with centre.call("service"):
        path = f"calls/{await centre.talking('1001')}/text"
        for values, wrong in (
            ({}, "day is missing; hour is missing"),
            ({"day": "Monday", "hour": "9", "street": "x"}, "there is no value street"),
            ({"day": "Monday", "hour": "{day}"}, "values.hour"),
            ({"day": "Monday\nor Tuesday", "hour": "9"}, "values.day"),
            ({"day": "x" * 101, "hour": "9"}, "values.day"),
            ({"day": " ", "hour": "9"}, "values.day"),
        ):
            status, answer = await centre.ask("li", "POST", path, {"text": "visit-agreed", "values": values})
            assert (status, wrong in answer["error"]) == (400, True), answer
        for day in ("周一", "周一", "周二"):
            said = {"text": "visit-agreed", "values": {"day": day, "hour": "9点"}}
            assert await centre.ask("li", "POST", path, said) == (201, {})
    await centre.until_quiet()
    query = (
        "SELECT params->'values'->'day'->>'text' FROM outbox WHERE params->>'template' = 'visit-agreed'"
        " ORDER BY message_id"
    )
    assert [row[0] for row in await centre.site.rows(query)] == ["周一", "周二"], "once each"


async def test_what_came_of_a_call_is_written_before_the_wrap_up_ends(centre: Handled) -> None:
    async with centre.call("orders"):
        call = await centre.talking("1002")
        assert (await centre.ask("wang", "POST", f"calls/{call}/notes", {"text": "老客户"}))[0] == 201
        assert await centre.ask("wang", "POST", f"calls/{call}/text", {"text": "quick-numbers"}) == (201, {})
    state = "SELECT state FROM presences WHERE agent = '1002'"
    await centre.site.until(state, "wrap-up")
    assert (await centre.ask("wang", "POST", "agents/1002/wrap-up", {"seconds": 60}))[0] == 200
    path = f"calls/{call}/disposition"
    for said, wrong in (
        ({"disposition": "gone"}, "there is no result gone"),
        ({"disposition": "order"}, "order is missing"),
        ({"disposition": "order", "fields": {"order": "x"}}, "order is no number"),
        ({"disposition": "order", "fields": {"order": "7", "colour": "green"}}, "colour is no choice: red, blue"),
        ({"disposition": "solved", "fields": {"more": "7"}}, "there is no field more"),
    ):
        status, answer = await centre.ask("wang", "POST", path, said)
        assert (status, wrong in answer["error"]) == (422, True), answer
    status, answer = await centre.ask("wang", "DELETE", "agents/1002/wrap-up")
    assert (status, answer) == (409, {"error": "say first what came of the call"})
    assert await centre.site.value(state) == "wrap-up", "as long as nothing was said"
    assert await centre.ask("wang", "POST", path, {"disposition": "order", "fields": {"order": "7"}}) == (201, {})
    assert (await centre.ask("wang", "DELETE", "agents/1002/wrap-up"))[0] == 200
    await centre.until_quiet()
    status, written = await centre.ask("boss", "GET", f"calls/{call}/written")
    assert status == 200
    assert [(each["disposition"], each["fields"]) for each in written["dispositions"]] == [("order", {"order": "7"})]
    assert [(each["by_whom"], each["text"]) for each in written["notes"]] == [("wang", "老客户")]
    assert await centre.site.value("SELECT count(*) FROM outbox WHERE kind = 'menu-quick-numbers'") == 1


async def test_an_agent_orders_for_who_they_talk_with(centre: Handled) -> None:
    async with Database.opened(centre.site.dsn, Settings(acquire_timeout_s=30)) as database:
        await seed(database)
    await centre.site.rows("UPDATE products SET ways = '{call,sms,agent}'")
    async with centre.call("service"):
        call = await centre.talking("1001")
        wanted = {"code": "10001", "call": call}
        assert (await centre.ask("wang", "POST", "orders", wanted))[0] == 404, "it is no call of hers"
        status, told = await centre.ask("li", "POST", "orders", wanted)
        assert (status, told["outcome"], told["state"]) == (200, "placed", "active")
        await centre.choir.until({"caller": {"1001"}, "1001": {"caller"}})
    await centre.until_quiet()
    (row,) = await centre.site.rows("SELECT subscriber, channel, trunk, call_key FROM orders")
    assert (row["subscriber"], row["channel"], row["trunk"]) == (e164(CALLER, "CN"), "agent", "local")
    assert row["call_key"].startswith(f"{NODE}!{call}!")
    assert await centre.site.value("SELECT recipient FROM outbox WHERE kind = 'order-accepted'") == row["subscriber"]
