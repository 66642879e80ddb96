"""Orders that agents enter for who they talk with, and those who sell for a customer: the same orders as by a call."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ccore.calls.tracker import Tracker
from ccore.centre.centre import load_centre
from ccore.claiming import Claims
from ccore.clock import utc_now
from ccore.config import Config, Secrets, Site
from ccore.db.pool import Database
from ccore.dry_orders import dry_orders
from ccore.marketing.service import Marketing
from ccore.ordering.assembly import Selling
from ccore.ordering.demo import seed
from ccore.ordering.number import load_plan
from ccore.people.model import Role
from ccore.people.service import People
from ccore.queues.model import Device, Presence, State
from ccore.reports.story import Sought, Stories
from ccore.shipped import shipped
from ccore.web.auth import Auth
from ccore.web.once import Once
from ccore.web.rates import Rates
from ccore.web.v1 import order_entry
from ccore.web.v1.live_calls import LiveCalls
from ccore.web.v1.operations import Served
from tests.support.api import Answer, Api, api
from tests.support.asterisk import node_config
from tests.support.call_records import CALL as FOLDED
from tests.support.kannel import SECRETS
from tests.support.shop import earned, life, product, sql, texts, value
from tests.support.switch import event

CUSTOMER, OTHER = "13812345678", "13812345679"
CALL, KEY = "node1-1.1", "a-key-of-its-own"
OF_E001 = "+8613700000001"  # a telephone of E001, as the demo firm has it
# Abel takes calls, eve takes calls and sells as E001, emil sells as E002.
PEOPLE = {"abel": (Role.AGENT, "1001", ""), "eve": (Role.AGENT, "1002", "E001"), "emil": (Role.EMPLOYEE, "", "E002"),
          "mona": (Role.MANAGER, "", "")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """The operations, and a node that tells of its calls."""

    api: Api
    tracker: Tracker
    selling: Selling

    def call(self, caller: str = CUSTOMER, phone: str = "1001", call: str = CALL) -> None:
        """Somebody calls, and the agent at ``phone`` talks to them."""
        for uniqueid, name, number in (
            (call, "PJSIP/trunk-local-00000001", caller),
            (f"{call}9", f"PJSIP/phone-{phone}-00000002", phone),
        ):
            self.tracker.heard(
                event("Newchannel", uniqueid=uniqueid, linkedid=call, channel=name, channelstatedesc="Up",
                      calleridnum=number),
                utc_now(),
            )  # fmt: skip

    async def order(self, who: str, key: str = KEY, **said: object) -> Answer:
        """Somebody asks for an order."""
        return await self.api.ask("POST", "/api/v1/orders", who, json=said, Idempotency_Key=key)


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Nobody calls; agents sit at the phones of their own numbers."""
    config: Config = node_config(tmp_path, site=Site(instance="test"))
    await seed(database)
    await sql(dsn, "UPDATE products SET ways = '{call,sms,web,agent}'")
    people, given = People(database), dict[str, str]()
    for login, (role, agent, employee) in PEOPLE.items():
        assert await people.add(login, login, role, agent, "test", employee)
        made = await people.new_token(login, 1, "", "test")
        assert made is not None
        given[login] = made.token
    plan, tracker = load_plan(shipped("dialplan")), Tracker("node1")
    selling = Selling(config, Secrets.model_validate(SECRETS), database, plan)
    marketing = Marketing(database, Claims(), dry_orders(config, plan, load_centre(shipped("dialplan"))))
    seats = {
        agent: Presence(agent, State.TALKING, utc_now(), Device("phone", agent, "node1")) for agent in ("1001", "1002")
    }
    auth = Auth(people)
    operations = order_entry.operations(
        database, config, selling, marketing, LiveCalls({"node1": tracker}, lambda: seats)
    )
    routes = Served(auth, Once(database, auth), Rates()).routes(operations)
    async with api(routes, given) as running:
        yield Desk(running, tracker, selling)


async def test_an_agent_orders_for_whoever_they_talk_with(desk: Desk, dsn: str) -> None:
    desk.call()
    for repeated in (False, True):  # the answer was lost: it is asked again
        answer = await desk.order("abel", code="10002", call=CALL)
        assert (answer.status, answer.data["outcome"], answer.data["order"]) == (200, "placed", 1)
        assert ("Idempotent-Replayed" in answer.headers) == repeated
    assert (await earned(dsn), await texts(dsn)) == (200, ["order-accepted"])
    (row,) = await sql(
        dsn, "SELECT subscriber, channel, trunk, number, call_key FROM orders JOIN employees USING (employee_id)"
    )
    assert (row["subscriber"], row["channel"], row["trunk"], row["number"]) == (
        "+8613812345678",
        "agent",
        "local",
        "E002",
    )
    assert row["call_key"].startswith(f"node1!{CALL}!")
    assert await value(dsn, "SELECT actor FROM audit WHERE action = 'order-placed'") == "abel"
    answer = await desk.order("abel", "another-key", code="1008610002", call=CALL)
    assert (answer.data["outcome"], answer.data["order"]) == ("already-yours", None)
    assert (await desk.order("abel", "a-third-key", code="11002", call=CALL)).data["outcome"] == "placed"


async def test_the_call_tells_of_the_order_that_its_agent_entered(desk: Desk, database: Database, dsn: str) -> None:
    desk.call()
    assert (await desk.order("abel", code="10000", call=CALL)).data["outcome"] == "unknown-code"
    now = utc_now()
    await sql(dsn, FOLDED, "node1", CALL, now, f"node1!{CALL}")
    stories = Stories(database, ["node1"], "CN")
    sought = Sought(now - timedelta(hours=1), now + timedelta(hours=1), 10)
    # That an agent told a caller that it cannot be is not what came of the call.
    assert [(row["order_id"], row["outcome"]) for row in await stories.found(sought)] == [(None, "answered")]
    assert (await desk.order("abel", "another-key", code="10002", call=CALL)).data["order"] == 1
    assert await value(dsn, "SELECT order_id FROM call_records") == 1
    assert [(row["order_id"], row["outcome"]) for row in await stories.found(sought)] == [(1, "ordered")]
    story = await stories.of(CALL)
    assert story is not None
    told = {step.kind: [(why.word, dict(why.params)) for why in step.why] for step in story.steps}
    assert ("order-by", {"by": "abel"}) in told["order-placed"]
    assert ("order-by-agent", {}) in told["order-refused"]
    assert story.these("order-placed", "order") == [1]


async def test_without_a_claim_it_is_the_agents_own_if_they_sell(desk: Desk, dsn: str) -> None:
    desk.call(phone="1002")
    answer = await desk.order("eve", product="10", call=CALL)
    assert answer.data["outcome"] == "placed"
    assert await value(dsn, "SELECT number FROM orders JOIN employees USING (employee_id)") == "E001"
    answer = await desk.order("eve", "for-another", product="11", claim="002", call=CALL)
    assert answer.data["outcome"] == "placed"
    sold = await sql(dsn, "SELECT number FROM orders JOIN employees USING (employee_id) ORDER BY order_id")
    assert [row["number"] for row in sold] == ["E001", "E002"]
    desk.call(phone="1001", call="node1-2.1", caller=OTHER)
    assert (await desk.order("abel", "who-sells-nothing", product="10", call="node1-2.1")).status == 403


@pytest.mark.parametrize(
    ("caller", "code", "outcome"),
    [
        ("", "10001", "caller-withheld"),
        (OF_E001, "10001", "caller-not-allowed"),
        (CUSTOMER, "10999", "unknown-code"),
        (CUSTOMER, "123", "unknown-code"),
        (CUSTOMER, "19001", "not-on-sale"),
        ("02088886666", "12001", "caller-not-allowed"),
    ],
)
async def test_an_agents_order_is_refused_as_a_call_is(
    desk: Desk, dsn: str, caller: str, code: str, outcome: str
) -> None:
    desk.call(caller)
    answer = await desk.order("abel", code=code, call=CALL)
    assert (answer.status, answer.data["outcome"], answer.data["state"]) == (200, outcome, None)
    assert await value(dsn, "SELECT channel || ' ' || outcome FROM order_attempts") == f"agent {outcome}"
    assert await texts(dsn) == [], "the agent tells them"


async def test_an_agent_is_in_the_call_or_orders_nothing(desk: Desk, dsn: str) -> None:
    desk.call(phone="1002")
    for who, key in (("abel", "not-in-it"), ("mona", "no-agent-at-all")):
        assert (await desk.order(who, key, code="10001", call=CALL)).status == 404
    assert (await desk.order("eve", "there-is-none", code="10001", call="node1-9.9")).status == 404
    assert await value(dsn, "SELECT count(*) FROM order_attempts") == 0


async def test_a_customer_confirms_by_text_what_was_entered_for_them(desk: Desk, dsn: str) -> None:
    answer = await desk.order("emil", product="10", subscriber=CUSTOMER)
    told: Any = answer.data
    assert (told["outcome"], told["state"], told["confirm_by"]) == ("confirm-text", "pending_confirm", "sms")
    assert await earned(dsn) == 0, "nothing before they confirm"
    assert await texts(dsn, f"+86{CUSTOMER}") == ["confirm-request"]
    (row,) = await sql(dsn, "SELECT channel, demanded_by FROM orders")
    assert (row["channel"], row["demanded_by"]) == ("web", ["by-seller"])
    assert await desk.selling.by_text.handle(Reply(f"+86{CUSTOMER}")) == "confirmed"
    assert await life(dsn) == ["pending_confirm", "active"]
    assert (await desk.order("emil", "once-more", product="10", subscriber=CUSTOMER)).data["outcome"] == "already-yours"


async def test_a_seller_enters_orders_on_their_own_claims_for_others(desk: Desk, dsn: str) -> None:
    for key, said in enumerate(({"code": "10001"}, {"product": "10", "claim": "001"}, {"product": "77"})):
        assert (await desk.order("emil", f"not-theirs-{key}", subscriber=CUSTOMER, **said)).status == 409
    assert (await desk.order("abel", "sells-nothing", product="10", subscriber=CUSTOMER)).status == 403
    assert (await desk.order("emil", "no-number", product="10", subscriber="12")).status == 400
    both = await desk.order("emil", "call-and-number", product="10", subscriber=CUSTOMER, call=CALL)
    assert (both.status, (await desk.order("emil", "neither", product="10")).status) == (400, 400)
    assert await value(dsn, "SELECT count(*) FROM order_attempts") == 0
    answer = await desk.order("emil", "as-it-is-dialled", code="10002", subscriber=CUSTOMER)
    assert answer.data["outcome"] == "confirm-text"
    answer = await desk.order("emil", "cannot-read-texts", product="11", subscriber="02088886666")
    assert answer.data["outcome"] == "caller-not-allowed"


async def test_a_sellers_own_and_family_numbers_are_refused_whoever_holds_the_claim(desk: Desk, dsn: str) -> None:
    await sql(dsn, "INSERT INTO employee_numbers (employee_id, number, kind) "
                   "SELECT employee_id, '+8613912345678', 'family' FROM employees WHERE number = 'E001'")  # fmt: skip
    await sql(dsn, "UPDATE claims SET employee_id = NULL, department_id = (SELECT department_id FROM employees "
                   "WHERE number = 'E001') WHERE code = '001'")  # fmt: skip
    await sql(dsn, "UPDATE people SET employee = NULL WHERE login = 'emil'")
    await product(dsn, "10", confirm="none")
    desk.call(OF_E001, phone="1002")
    for number, key in ((OF_E001, "their-own"), ("13912345678", "of-their-family")):
        answer = await desk.order("eve", key, product="10", subscriber=number)
        assert answer.data["outcome"] == "caller-not-allowed", "a department's claim, for its own member"
    assert (await desk.order("eve", "in-a-call", code="10001", call=CALL)).data["outcome"] == "caller-not-allowed"
    reasons = await sql(dsn, "SELECT DISTINCT reason FROM order_attempts")
    assert [row["reason"] for row in reasons] == ["own-number"]
    assert (await desk.order("eve", "for-a-customer", product="10", subscriber=CUSTOMER)).data[
        "outcome"
    ] == "confirm-text"


@dataclass(frozen=True, slots=True)
class Reply:
    """``Y``, as it comes in."""

    sender: str
    key: str = "sms!1"
    receiver: str = "10086"
    text: str = "Y"

    @property
    def received_at(self) -> Any:
        """Now."""
        return utc_now()
