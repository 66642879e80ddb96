"""Agents look at contacts and call them, on a real site: who is heard when, what is seen, and what becomes of them."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from ccore.clock import utc_now
from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.pbx.far_end import HOST
from ccore.people.model import Role
from ccore.people.service import People
from tests.support.agents import Phone, phone
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import Desk
from tests.support.calling_out import QUEUE, QUEUES, CallingOut, calling_out, campaign, put
from tests.support.far_end import Far
from tests.support.ports import free_port
from tests.support.toned import Choir, singing
from tests.support.waiting import until

WORDS = "[disposition.sold]\n[disposition.later]\n[disposition.never]\n"
WRAPPED = {
    QUEUE: QUEUES[QUEUE].replace("wrap_up_s = 0", 'wrap_up_s = 1\ndispositions = ["sold", "later", "never"]')
    + '[recording]\nwhen = "always"\n'
}
BECOMES = {"sold": "done", "later": "call-back", "never": "do-not-call"}
SCRIPT = "您好，{name}，您的{plan}快到期了。"
CAMPAIGNS = {
    "looked": campaign("seen", mode="preview", dispositions=BECOMES, script=SCRIPT),
    # It rings at the agent's while the test looks at their screen.
    "paced": campaign("rung", mode="progressive", dispositions=BECOMES, script=SCRIPT, pacing={"answer_grace_s": 10}),
    "heard": campaign("machines", mode="progressive", detection={"mode": "human-first", "sample_percent": 100}),
}
RINGING_HZ = 450  # of China
TONES = {"agent": 700, "customer": 900}
STATE = "SELECT state FROM presences WHERE agent = '1001'"
CONTACT = "SELECT state FROM contacts WHERE contact_id = $1"


@dataclass
class Desktop:
    """The site as agent 1001 has it, whose phone sings, as does the customer's."""

    out: CallingOut
    agent: Phone
    customer: Phone
    choir: Choir
    token: str
    keys: Any

    async def ask(self, method: str, path: str, said: object = None) -> tuple[int, Any]:
        """What the API answers the agent."""
        url = f"http://127.0.0.1:{self.out.site.config.http.port}/api/v1/{path}"
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"preview-{next(self.keys):06}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, url, json=said) as answer,
        ):
            return answer.status, await answer.json()

    async def contact(self, name: str, number: str) -> int:
        """Somebody in a list."""
        columns = {"name": "王小明", "fields": '{"plan": "<b>金卡</b>"}', "zone": "Asia/Shanghai", "region": "CN"}
        await put(self.out.site.postgres.dsn, [{"list": name, "number": f"+86{number}", **columns}])
        rows = await self.out.site.rows("SELECT contact_id FROM contacts WHERE number = $1", f"+86{number}")
        return int(rows[0]["contact_id"])

    async def previewed(self) -> dict[str, Any]:
        """The next contact before the agent, who is there."""
        await self.out.site.until(STATE, "ready")
        status, found = await self.ask("POST", "desk/preview", {})
        assert status == 200, found
        assert found["preview"] is not None
        return cast(dict[str, Any], found)


@pytest.fixture(scope="module")
async def desktop(asterisk_root: object, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desktop]:
    port = free_port(socket.SOCK_DGRAM)
    far = cast(Far, SimpleNamespace(port=port))  # of an exchange only its port is asked
    directory = tmp_path_factory.mktemp("previews")
    async with AsyncExitStack() as stack:
        calling = calling_out(directory, far, CAMPAIGNS, [Desk("1001", "2001", {})], queues=WRAPPED, words=WORDS)
        out = await stack.enter_async_context(calling)
        behind = phone(out.site.sip_port, "customer", host=HOST, port=port, register=False)
        customer = await stack.enter_async_context(behind)
        agent, choir = out.centre.phones["1001"], Choir(TONES)
        await stack.enter_async_context(singing(choir, {"agent": agent, "customer": customer}))
        database = Database.opened(out.site.postgres.dsn, Settings(acquire_timeout_s=30))
        people = People(await stack.enter_async_context(database))
        assert await people.add("li", "Li", Role.AGENT, "1001", "test")
        made = await people.new_token("li", 1, "", "test")
        assert made is not None
        yield Desktop(out, agent, customer, choir, made.token, count(1))
        out.site.assert_log_is_clean()


async def test_an_agent_looks_at_a_contact_and_calls_them(desktop: Desktop) -> None:
    site, agent, customer = desktop.out.site, desktop.agent, desktop.customer
    contact = await desktop.contact("seen", "13800000001")
    await desktop.out.set("looked", "running")
    found = await desktop.previewed()
    assert [part["text"] for part in found["screen"]["script"]] == [
        "您好，",
        "王小明",
        "，您的",
        "<b>金卡</b>",
        "快到期了。",
    ]
    assert await site.value("SELECT reason FROM presences WHERE agent = '1001' AND state = 'paused'") == "preview"
    customer.answers_after_s = None
    assert await desktop.ask("POST", f"desk/preview/{found['preview']['number']}/dial") == (200, {})
    await customer.until_rung()
    hears = desktop.choir.singers["agent"].ear
    await until(lambda: "ringing" in hears.hears({"ringing": RINGING_HZ}))
    customer.pick_up()
    await desktop.choir.until({"agent": {"customer"}, "customer": {"agent"}})
    await site.until(STATE, "talking")
    call = cast(str, await site.value("SELECT channel FROM attempts WHERE contact_id = $1", contact))
    status, seen = await desktop.ask("GET", "desk/call")
    assert (status, seen["screen"]["call"], seen["screen"]["contact"]["name"]) == (200, call, "王小明")
    await site.until("SELECT state FROM attempts", "connected")
    agent.hang_up()
    await site.until("SELECT count(*) > 0 FROM presence_log WHERE agent = '1001' AND state = 'wrap-up'", expected=True)
    path, at = f"calls/{call}/disposition", (utc_now() + timedelta(hours=1)).isoformat()
    assert (await desktop.ask("POST", path, {"disposition": "later"}))[0] == 422, "when is missing"
    said = {"disposition": "later", "at": at, "own": True}
    assert await desktop.ask("POST", path, said) == (201, {})
    await site.until(STATE, "ready")
    assert [row["outcome"] for row in await site.rows("SELECT outcome FROM attempts")] == ["talked"]
    await site.until(f"SELECT agent FROM contacts WHERE contact_id = {contact}", "1001")  # carried over by and by
    assert [row["state"] for row in await site.rows(CONTACT, contact)] == ["open"]
    status, listed = await desktop.ask("GET", "contact-callbacks")
    assert [each["number"] for each in listed["callbacks"]] == ["+86138****0001"]
    (told,) = await site.rows("SELECT state, reason FROM previews")
    assert (told["state"], told["reason"]) == ("over", "talked")
    await until_no_channels(site.node)


async def test_the_gate_is_asked_when_the_agent_is_there(desktop: Desktop) -> None:
    """Whoever asked meanwhile not to be called is not, and the agent is free again."""
    site, rung = desktop.out.site, len(desktop.customer.calls)
    await desktop.contact("seen", "13800000002")
    found = await desktop.previewed()
    await site.rows("INSERT INTO do_not_call (number, made_by) VALUES ('+8613800000002', 'test')")
    before = len(desktop.agent.calls)
    assert await desktop.ask("POST", f"desk/preview/{found['preview']['number']}/dial") == (200, {})
    call = await desktop.agent.until_answered(before + 1)
    await until(lambda: call.ended_at > 0)
    await site.until("SELECT reason FROM previews ORDER BY preview_id DESC LIMIT 1", "refused")
    await site.until(STATE, "ready")
    assert len(desktop.customer.calls) == rung, "nobody was called"
    reason = "SELECT reason FROM attempts ORDER BY attempt_id DESC LIMIT 1"
    assert await site.value(reason) == "do-not-call"
    await until_no_channels(site.node)


async def test_an_agent_who_is_not_at_their_phone_calls_nobody(desktop: Desktop) -> None:
    site, rung = desktop.out.site, len(desktop.customer.calls)
    contact = await desktop.contact("seen", "13800000003")
    found = await desktop.previewed()
    desktop.agent.status = 486
    try:
        assert await desktop.ask("POST", f"desk/preview/{found['preview']['number']}/dial") == (200, {})
        await site.until("SELECT outcome FROM attempts ORDER BY attempt_id DESC LIMIT 1", "not-sent")
    finally:
        desktop.agent.status = 200
    await site.until(STATE, "ready")
    assert len(desktop.customer.calls) == rung
    assert [row["state"] for row in await site.rows(CONTACT, contact)] == ["open"]
    await site.rows("UPDATE contacts SET state = 'removed' WHERE contact_id = $1", contact)


async def test_who_is_called_ahead_is_on_the_screen_as_the_phone_rings(desktop: Desktop) -> None:
    site, agent = desktop.out.site, desktop.agent
    await desktop.out.set("looked", "stopped")
    agent.answers_after_s, desktop.customer.answers_after_s = None, 0.1
    before = len(agent.calls)
    await desktop.contact("rung", "13800000004")
    await desktop.out.set("paced", "running")
    await agent.until_rung(before + 1)
    await site.until(STATE, "ringing")

    async def shown() -> bool:
        screen = (await desktop.ask("GET", "desk/call"))[1]["screen"]
        return screen is not None and screen["contact"]["number"] == "+86138****0004"

    await until(shown)
    agent.pick_up()
    await desktop.choir.until({"agent": {"customer"}, "customer": {"agent"}})
    call = await site.value("SELECT channel FROM attempts ORDER BY attempt_id DESC LIMIT 1")
    assert await desktop.ask("POST", f"calls/{call}/disposition", {"disposition": "never"}) == (201, {})
    agent.hang_up()
    await site.until("SELECT count(*) FROM do_not_call WHERE source = 'campaign paced'", 1)
    await site.until(STATE, "ready")
    await desktop.out.set("paced", "stopped")
    await until_no_channels(site.node)
    (row,) = await site.rows("SELECT direction, queue, number, rule FROM recordings WHERE campaign = 'paced'")
    assert tuple(row) == ("out", QUEUE, "+8613800000004", f"queue {QUEUE}")


async def test_machines_are_put_before_people(desktop: Desktop) -> None:
    site, boss = desktop.out.site, desktop.out.centre
    await desktop.contact("machines", "13800000005")  # who sings on and on
    await desktop.out.set("heard", "running")
    await site.until("SELECT outcome FROM attempts ORDER BY attempt_id DESC LIMIT 1", "machine")
    await desktop.out.set("heard", "stopped")
    await site.until("SELECT count(*) FROM machine_samples", 1)
    (sample,) = (await boss.ask("GET", "/api/v1/campaigns/heard/machines"))["machines"]
    assert sample["cause"].startswith(("LONGGREETING-", "MAXWORDLENGTH-"))
    assert await site.value("SELECT campaign FROM recordings WHERE recording_id = $1", sample["recording"]) == "heard"
    path = f"/api/v1/campaigns/heard/machines/{sample['attempt']}"
    assert await boss.ask("PUT", path, {"verdict": "person"}) == {}
    told = await boss.ask("GET", "/api/v1/campaigns/heard/machines?judged=true")
    assert [each["verdict"] for each in told["machines"]] == ["person"]
    assert (told["rates"]["far"]["persons"], told["rates"]["far"]["false_positive_percent"]) == (1, None), "too few"
    await until_no_channels(site.node)
