"""Messages through a real Kannel and a simulated network: out, receipts back, in; and what sick gateways do to them."""

from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web
from asyncpg import Record

from ccore.breaker import Breaker
from ccore.config import Secrets
from ccore.db.pool import Database
from ccore.errors import KannelFailed
from ccore.messaging.embedded import BEARERBOX, NETWORK, SMSBOX, EmbeddedKannel
from ccore.messaging.encoding import length
from ccore.messaging.gateways.chosen import account, chosen
from ccore.messaging.gateways.kannel import KannelGateway
from ccore.messaging.model import Incoming
from tests.support.commands import running as running_commands
from tests.support.kannel import QUICK, SECRETS, Surroundings, by_kannel, kannel_running, texting_config
from tests.support.ports import free_port
from tests.support.texting import ORDER, Box, answering, messaging
from tests.support.waiting import beside, until
from tests.support.wirecut import wire

CARD = "+8613800138000"
_tests = count(1)


@pytest.fixture
async def box(database: Database) -> Box:
    """The outbox, whose numbers are no other test's: late receipts of those come to the same Kannel's ccore."""
    made = Box(database)
    await made.sql("SELECT setval(pg_get_serial_sequence('outbox', 'message_id'), $1)", 1000 * next(_tests))
    return made


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Surroundings]:
    """A Kannel, and its network."""
    async with kannel_running(texting_config(tmp_path_factory.mktemp("kannel"), QUICK)) as surroundings:
        yield surroundings


@pytest.fixture
def around(running: Surroundings) -> Surroundings:
    """The same, and no telephone has got anything yet."""
    running.network.got.clear()
    return running


async def test_an_orders_message_is_delivered_and_says_what_it_should(
    around: Surroundings, database: Database, dsn: str, box: Box
) -> None:
    async with messaging(around.config, around.secrets, database, dsn, by_kannel(around)):
        number = await box.queue(CARD, kind="order-accepted", params=ORDER)
        row = await delivered(box, number)
        await until(lambda: _receipted(box, number))
        await around.network.until(1)
    (text,) = around.network.texts(CARD)
    assert text == "您于11月22日20:34订购的“畅享包”（19.90元）已受理。如非本人操作，请致电10086。"
    assert (row["body"], row["parts"], row["gateway"], row["tries"]) == (text, 1, "kannel", 1)
    assert row["sent_at"] <= row["ended_at"]


async def delivered(box: Box, number: int) -> Record:
    """A message that has been, once the gateway's own answer is written down as well: a receipt may overtake it."""

    async def settled() -> bool:
        row = await box.row(number)
        return bool(row["state"] == "delivered" and row["tries"])

    await until(settled)
    return await box.row(number)


async def _receipted(box: Box, number: int) -> bool:
    words = await box.sql("SELECT word FROM receipts WHERE message_id = $1 ORDER BY 1", number)
    return [one["word"] for one in words] == ["accepted", "delivered"]


async def test_a_text_has_as_many_parts_as_kannel_makes(
    around: Surroundings, database: Database, dsn: str, box: Box
) -> None:
    texts = ["short", "[x]" * 60 + "€", "a" * 160, "a" * 161, "你" * 70, "你" * 71, "long " * 90 + ".", "汉字" * 80]
    async with messaging(around.config, around.secrets, database, dsn, by_kannel(around)):
        for index, text in enumerate(texts):
            card = f"+8613800138{index:03}"
            row = await delivered(box, await box.queue(card, text))
            found = length(text)
            await until(lambda card=card, parts=found.parts: around.network.times()[card] == parts)
            assert row["parts"] == found.parts
            whole = b"".join(got.content for got in around.network.got if got.recipient == card)
            assert whole.decode("utf-8" if found.gsm else "utf-16-be") == text


async def test_what_telephones_send_comes_in_once(around: Surroundings, database: Database, dsn: str, box: Box) -> None:
    seen: list[Incoming] = []

    async def handle(message: Incoming) -> str:
        seen.append(message)
        return "seen"

    async with messaging(around.config, around.secrets, database, dsn, by_kannel(around), handle):
        for count, text in enumerate(("10001", "你好，TD10", "Y"), 1):
            await around.network.send("13800138000", "10086", text)
            await until(lambda count=count: len(seen) == count)  # Kannel brings what comes at once in any order
        rows = await box.sql("SELECT * FROM inbox ORDER BY inbox_id")
        await until(lambda: _done(box))
    assert [message.text for message in seen] == ["10001", "你好，TD10", "Y"]
    assert {(message.sender, message.receiver) for message in seen} == {(CARD, "10086")}
    assert [message.key for message in seen] == [f"sms!{row['inbox_id']}" for row in rows]


async def _done(box: Box) -> bool:
    rows = await box.sql("SELECT state, outcome FROM inbox")
    return [tuple(row) for row in rows] == [("done", "seen")] * 3


async def test_a_gateway_that_is_away_holds_nothing_up_and_gets_each_message_once(
    around: Surroundings, database: Database, dsn: str, box: Box
) -> None:
    port, messages = free_port(), around.config.messages
    # Long enough left alone that some looks of this test find it so.
    alone = around.config.model_copy(
        update={"messages": messages.model_copy(update={"breaker": Breaker(failures=5, open_s=2)})}
    )
    async with messaging(alone, around.secrets, database, dsn, by_kannel(around, port, patient=True)) as made:
        numbers = await box.queue_many(60)
        await until(lambda: bool(made.health()["left_alone"]))
        assert any("does not take them" in warning for warning in made.warnings())
        # While it is left alone one message at a time tries it; the others have not even been claimed.
        [row] = await box.sql("SELECT count(*) FILTER (WHERE claim = 0) AS untouched FROM outbox")
        assert row["untouched"] >= 60 - 10 - 5
        async with wire(port, around.kannel.ports.sendsms):
            await box.all_come_to("delivered", 60)
            assert not made.health()["left_alone"]
            await around.network.until(60)
    assert around.network.times() == dict.fromkeys(numbers, 1)


async def test_a_gateway_that_hangs_gets_a_message_twice_only_where_its_answer_was_lost(
    around: Surroundings, database: Database, dsn: str, box: Box
) -> None:
    port = free_port()
    async with (
        wire(port, around.kannel.ports.sendsms) as held,
        messaging(around.config, around.secrets, database, dsn, by_kannel(around, port)),
    ):
        held.hold()
        numbers = await box.queue_many(20, first=100)
        await until(lambda: _lost(box, 5))
        held.release()
        await box.all_come_to("delivered", 20)
        await until(lambda: around.network.times().keys() == set(numbers))
        asked = {row["recipient"]: row["claim"] for row in await box.sql("SELECT recipient, claim FROM outbox")}
    got = around.network.times()
    assert set(got) == set(numbers)
    assert all(got[number] <= asked[number] for number in numbers)


async def test_an_answer_that_is_cut_off_is_asked_for_again(
    around: Surroundings, database: Database, dsn: str, box: Box
) -> None:
    port = free_port()
    async with (
        wire(port, around.kannel.ports.sendsms) as cut,
        messaging(around.config, around.secrets, database, dsn, by_kannel(around, port, patient=True)),
    ):
        cut.loses_answers = 3
        numbers = await box.queue_many(10, first=200)
        await box.all_come_to("delivered", 10)
        await until(lambda: around.network.times().keys() >= set(numbers))
        await until(lambda: cut.loses_answers == 0)
        tried = await box.sql("SELECT recipient FROM outbox WHERE claim > 1")
    got = Counter({number: times for number, times in around.network.times().items() if number in numbers})
    assert set(got) == set(numbers)
    twice = {number for number, times in got.items() if times > 1}
    assert twice <= {row["recipient"] for row in tried}
    assert sum(got.values()) <= 10 + 3


async def _lost(box: Box, count: int) -> bool:
    (row,) = await box.sql("SELECT count(*) AS n FROM outbox WHERE reason LIKE 'no answer%'")
    return bool(row["n"] >= count)


@pytest.mark.parametrize(
    ("status", "text", "state"),
    [(500, "trouble", "queued"), (503, "Temporal failure", "queued"), (403, "Authorization failed", "queued"),
     (400, "no such number", "failed")],
)  # fmt: skip
async def test_what_a_gateway_says_decides_whether_it_is_asked_again(
    status: int, text: str, state: str, tmp_path: Path, database: Database, dsn: str, box: Box
) -> None:
    settings, secrets = texting_config(tmp_path), Secrets.model_validate(SECRETS)
    async with answering(lambda _: web.Response(status=status, text=text)) as url:
        gateway = KannelGateway(account(settings, secrets, url), 10, 15.0)
        async with messaging(settings, secrets, database, dsn, gateway):
            number = await box.queue(CARD, "hello")
            await until(lambda: _tried(box, number))
            row = await box.comes_to(number, state)
    assert text in row["reason"]
    assert (row["ended_at"] is None) == (state == "queued")


async def _tried(box: Box, number: int) -> bool:
    row = await box.row(number)
    return bool(row["tries"] and row["state"] != "sending")


async def test_a_part_of_kannel_that_dies_is_started_again_and_loses_nothing(
    tmp_path: Path, database: Database, dsn: str, box: Box
) -> None:
    async with (
        kannel_running(texting_config(tmp_path, QUICK)) as own,
        beside(own.kannel.keep()),
        messaging(own.config, own.secrets, database, dsn, by_kannel(own)),
    ):
        await box.comes_to(await box.queue(CARD, "before"), "delivered")
        await own.kannel.kill(SMSBOX)
        await box.comes_to(await box.queue(CARD, "after smsbox"), "delivered")
        await own.kannel.kill(BEARERBOX)
        # The network of the test does not come back by itself: what is sent now is in Kannel's store.
        await box.comes_to(await box.queue(CARD, "after bearerbox"), "sent")
        async with own.network.connected(own.kannel):
            await until(lambda: "after bearerbox" in own.network.texts(CARD))
            await box.all_come_to("delivered", 3)
        asked = dict(map(tuple, await box.sql("SELECT params ->> 'text', claim FROM outbox")))
    got = Counter(own.network.texts(CARD))
    assert list(got) == ["before", "after smsbox", "after bearerbox"]
    assert all(times <= asked[text] for text, times in got.items())


async def test_what_a_killed_ccore_left_running_is_ended(tmp_path: Path) -> None:
    settings, secrets = texting_config(tmp_path), Secrets.model_validate(SECRETS)
    first, second = EmbeddedKannel(settings, secrets), EmbeddedKannel(settings, secrets)
    for one in (first, second):
        await one.prepare(print)
    await first.start()
    left = {name: int((first.directory / f"{name}.pid").read_text()) for name in (BEARERBOX, SMSBOX, NETWORK)}
    try:
        await second.start()
        now = {name: int((first.directory / f"{name}.pid").read_text()) for name in left}
        assert not set(left.values()) & set(now.values())
        await until(lambda: all(process.returncode == -9 for process in first._running.values()))
    finally:
        await second.stop()
        await first.stop()
    assert [pid for pid in (*left.values(), *now.values()) if Path(f"/proc/{pid}/cwd").exists()] == []


async def test_a_command_plays_a_telephone_of_the_simulated_network(
    tmp_path: Path, database: Database, dsn: str, box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, secrets = texting_config(tmp_path), Secrets.model_validate(SECRETS)
    ccore = running_commands(settings, capsys, "messages")
    with pytest.raises(KannelFailed, match="no network is simulated"):
        await ccore("receive", "13800138000", "10001")
    kannel = EmbeddedKannel(settings, secrets)
    await kannel.prepare(print)
    await kannel.start()
    try:
        async with messaging(settings, secrets, database, dsn, chosen(settings, secrets, kannel.sendsms)):
            assert await ccore("receive", "13800138000", "订购10001") == (0, ["sent: ccore messages incoming"])

            async def came() -> bool:
                rows = await box.sql("SELECT sender, receiver, body FROM inbox")
                return [tuple(row) for row in rows] == [(CARD, "10086", "订购10001")]

            await until(came)
            await box.comes_to(await box.queue(CARD, "thank you"), "delivered")
        await until(lambda: "thank you" in kannel.network_log.read_text(encoding="utf-8"))
    finally:
        await kannel.stop()
