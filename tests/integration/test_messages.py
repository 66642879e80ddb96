"""The outbox and the inbox in a real PostgreSQL: rules, receipts in any order, crashes, and what nobody can handle."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from ccore.centre.centre import Centre, CentreFile
from ccore.centre.messages import MessageTemplate
from ccore.clock import utc_now
from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.hours import Calendar, Hours
from ccore.messaging import outbox
from ccore.messaging.gateways.file import FileGateway
from ccore.messaging.model import Handle, Incoming
from ccore.messaging.service import Messaging
from tests.support.kannel import SECRETS, texting_config
from tests.support.texting import NOW, Box, messaging, nothing
from tests.support.waiting import until

ALWAYS = Hours(workdays=("00:00-24:00",), weekends=("00:00-24:00",), holidays=("00:00-24:00",))
CARD, OTHER = "+8613800138000", "+8613800138001"
OFFER = MessageTemplate(purpose="marketing", zh="新品{product_zh}", en="New: {product_en}")
SECRETS_ = Secrets.model_validate(SECRETS)

Runs = Callable[..., AbstractAsyncContextManager[Messaging]]


def centre(hours: Hours = ALWAYS) -> Centre:
    """Files in which one kind advertises, in these hours."""
    return Centre({}, (), CentreFile(), {"calling": hours}, Calendar(country=""), {}, messages={"claim-kit": OFFER})


@pytest.fixture
def box(database: Database) -> Box:
    """The outbox."""
    return Box(database)


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    """What a site may configure, with caps that are reached soon."""
    caps = "caps = { service_per_hour = 6, service_per_day = 8, marketing_per_hour = 2, marketing_per_day = 3 }"
    return texting_config(tmp_path, f'per_second = 2000\nincoming_tries = 3\nmarketing_consent = "offers"\n{caps}')


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Where the file gateway writes."""
    return tmp_path / "gateway"


@pytest.fixture
def runs(settings: Config, database: Database, dsn: str, files: Path) -> Runs:
    """Runs messaging by a file gateway."""

    def run(hours: Hours = ALWAYS, handle: Handle = nothing) -> AbstractAsyncContextManager[Messaging]:
        return messaging(settings, SECRETS_, database, dsn, FileGateway(files), handle, centre(hours))

    return run


async def offer(box: Box, recipient: str = CARD) -> int:
    """Queue what advertises."""
    return await box.queue(recipient, kind="claim-kit", params={"product_zh": "畅享包", "product_en": "Data pack"})


async def consent(box: Box, *numbers: str) -> None:
    """Their owners agree to offers."""
    await box.sql(
        "INSERT INTO consents (number, purpose, given_at, evidence, noted_by)"
        " SELECT n, 'offers', now(), 'form', 'test' FROM unnest($1::text[]) n",
        list(numbers),
    )


async def test_the_file_gateway_has_a_file_for_each_message(runs: Runs, box: Box, files: Path) -> None:
    async with runs():
        number = await box.queue(CARD, "你好")
        await box.comes_to(number, "sent")
        assert json.loads((files / f"out/{number}.json").read_text(encoding="utf-8")) == {
            "id": number, "recipient": CARD, "text": "你好",
        }  # fmt: skip
        put(files / "receipts", "1", {"id": number, "word": "delivered", "detail": "DELIVRD"})
        put(files / "receipts", "2", {"id": number, "word": "lost in the post"})
        put(
            files / "in",
            "1",
            {"id": "a1", "sender": "13800138000", "receiver": "10086", "text": "10001", "received_at": NOW},
        )
        await box.comes_to(number, "delivered")
        await until(lambda: has(box, "SELECT FROM inbox WHERE sender = $1 AND body = '10001' AND state = 'done'", CARD))
        await until(lambda: [path.name for path in (files / "bad").iterdir()] == ["2.json"])


def put(directory: Path, name: str, content: object) -> None:
    """As programs beside ccore do: whole, by renaming."""
    fresh = directory / f"{name}.new"
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.rename(directory / f"{name}.json")


async def has(box: Box, statement: str, *arguments: object) -> bool:
    """Whether there is a row."""
    return bool(await box.sql(statement, *arguments))


async def test_nobody_gets_more_than_the_caps_allow(runs: Runs, box: Box) -> None:
    await consent(box, CARD, OTHER)
    async with runs():
        offers = [await offer(box) for _ in range(3)]
        answers = [await box.queue(CARD, f"answer {index}") for index in range(3)]
        others = await offer(box, OTHER)
        for number in (*offers[:2], *answers, others):
            await box.comes_to(number, "sent")
        await until(lambda: has(box, "SELECT FROM outbox WHERE message_id = $1 AND reason = 'cap-per-hour'", offers[2]))
        held = await box.row(offers[2])
        assert held["state"] == "queued"
        first = await box.row(offers[0])
        assert held["next_at"] == first["sent_at"] + timedelta(hours=1)
        # An hour later.
        await box.sql("UPDATE outbox SET sent_at = sent_at - interval '1 h', next_at = now()")
        await box.comes_to(offers[2], "sent")
        last = await offer(box)
        await until(lambda: has(box, "SELECT FROM outbox WHERE message_id = $1 AND reason = 'cap-per-day'", last))


async def test_advertising_heeds_quiet_hours_consent_and_the_word_of_who_wants_no_calls(runs: Runs, box: Box) -> None:
    await consent(box, CARD)
    async with runs(Hours()):
        held, answer = await offer(box), await box.queue(CARD, "your order")
        await until(lambda: has(box, "SELECT FROM outbox WHERE message_id = $1 AND reason = 'quiet-hours'", held))
        await box.comes_to(answer, "sent")
        row = await box.row(held)
        assert (row["state"], row["next_at"] > utc_now()) == ("queued", True)
    async with runs():
        await box.sql("UPDATE outbox SET next_at = now()")
        assert (await box.comes_to(held, "sent"))["body"] == "新品畅享包"
        without = await offer(box, OTHER)
        assert (await box.comes_to(without, "withheld"))["reason"] == "no-consent"
        await box.sql("INSERT INTO do_not_call (number, reason, made_by) VALUES ($1, 'asked', 'test')", CARD)
        assert (await box.comes_to(await offer(box), "withheld"))["reason"] == "do-not-call"
        await box.comes_to(await box.queue(CARD, "your order"), "sent")


async def test_what_is_of_no_use_any_more_is_not_sent(runs: Runs, box: Box) -> None:
    number = await box.queue(CARD, kind="sign-in-code", params={"code": "123456"})
    await box.sql("UPDATE outbox SET queued_at = queued_at - interval '5 min'")
    told = await box.queue(CARD, "until yesterday")
    await box.sql("UPDATE outbox SET not_after = now() WHERE message_id = $1", told)
    async with runs():
        await box.comes_to(number, "expired")
        await box.comes_to(told, "expired")
        code = await box.queue(CARD, kind="sign-in-code", params={"code": "123456"})
        row = await box.comes_to(code, "sent")
    assert row["body"] is None  # it would let others in


async def test_each_gets_the_language_that_is_theirs(runs: Runs, box: Box) -> None:
    await box.sql(
        "INSERT INTO customers (number, name, tier, language, tags, source) VALUES ($1, '', '', 'en', '{}', '')", CARD
    )
    async with runs():
        theirs = await box.queue(CARD, kind="help")
        sites = await box.queue(OTHER, kind="help")
        said = await box.queue(OTHER, kind="help")
        await box.sql("UPDATE outbox SET language = 'en' WHERE message_id = $1", said)
        bodies = [(await box.comes_to(number, "sent"))["body"] for number in (theirs, sites, said)]
    assert [body[0].isascii() for body in bodies] == [True, False, True]


async def test_a_message_that_lacks_something_fails_and_those_behind_it_go(runs: Runs, box: Box) -> None:
    async with runs():
        broken = await box.queue(CARD, kind="order-accepted", params={"product_zh": "x"})
        await box.comes_to(await box.queue(CARD, "next"), "sent")
        row = await box.row(broken)
    assert (row["state"], row["gateway"]) == ("failed", None)
    assert "called_at" in row["reason"]


async def test_what_a_killed_ccore_was_sending_is_sent_by_the_next(
    runs: Runs, box: Box, database: Database, files: Path
) -> None:
    number = await box.queue(CARD, "hello")
    (claimed,) = await database.fetch(
        "messaging.claim", "killed", 10, timedelta(seconds=20), [], None, timedelta(hours=24)
    )
    assert claimed["message_id"] == number
    async with runs():
        later = await box.queue(CARD, "later")
        row = await box.row(number)
        assert row["state"] == "sending"
        assert row["next_at"] - utc_now() <= timedelta(seconds=20)  # then, and a look, at most thirty
        assert (await box.row(later))["claim"] == 0  # its telephone gets one at a time, in order
        await box.sql("UPDATE outbox SET next_at = now() WHERE message_id = $1", number)
        await box.comes_to(number, "sent")
        await box.comes_to(later, "sent")
        # Another was killed after its gateway had taken the message: the receipt says so before anybody sends it again.
        taken = await box.queue(OTHER, "taken")
        await box.comes_to(taken, "sent")
        await box.sql(
            "UPDATE outbox SET state = 'sending', claim = claim + 1, sent_at = NULL, next_at = now() + interval '1 h'"
            " WHERE message_id = $1",
            taken,
        )
        put(files / "receipts", "1", {"id": taken, "word": "accepted"})
        assert (await box.comes_to(taken, "sent"))["tries"] == 1
        # The killed one was only stopped, and says now that its gateway did not take it.
        again = await database.fetch_value(
            "messaging.again", number, claimed["claim"], "file", "late", timedelta(0), "hello", 1
        )
        assert again is None
        assert (await box.row(number))["state"] == "sent"


async def test_what_no_gateway_takes_in_time_is_given_up_and_told(
    tmp_path: Path, database: Database, dsn: str, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SWEEP_EVERY_S", 3600.0)  # else it may be given up before it is tried
    quick = texting_config(tmp_path, "longest_pause_s = 0.2\ngive_up_after_s = 1\nbreaker = { failures = 100 }")
    nowhere = tmp_path / "taken"
    async with messaging(quick, SECRETS_, database, dsn, FileGateway(nowhere)) as made:
        await until((nowhere / "out").is_dir)
        (nowhere / "out").rmdir()
        (nowhere / "out").write_text("no directory")
        number = await box.queue(CARD, "hello")
        row = await box.comes_to(number, "given_up")
        assert row["tries"] >= 1
        assert row["reason"] == "Not a directory"
        await until(lambda: any("given up" in warning for warning in made.warnings()))
        (nowhere / "out").unlink()
        (nowhere / "out").mkdir()
        assert await database.fetch_value("messaging.retry", number, "anna", ["given_up"]) == number
        await box.comes_to(number, "sent")
    (noted,) = await box.sql("SELECT actor, action, subject FROM audit")
    assert tuple(noted) == ("anna", "message-retried", f"message:{number}")


async def test_receipts_come_twice_late_and_in_any_order(runs: Runs, settings: Config, box: Box) -> None:
    async with runs() as made:
        number = await box.queue(CARD, "hello")
        await box.comes_to(number, "sent")
        for word in (1, 8, 1, 2, 4, 16, 8):
            assert await bring(settings, f"receipt?id={number}&word={word}&detail=x") == 200
        row = await box.row(number)
        assert row["state"] == "delivered"
        assert len(await box.sql("SELECT FROM receipts")) == 5
        # One whose answer was lost is queued again; its receipt says that it was sent, so it is not sent again.
        made.use(centre())
        [(lost,)] = await box.sql(
            "INSERT INTO outbox (kind, recipient, params, next_at)"
            " VALUES ('test', $1, $2, now() + interval '1 h') RETURNING message_id",
            OTHER, {"text": "lost"},
        )  # fmt: skip
        assert await bring(settings, f"receipt?id={lost}&word=8") == 200
        assert (await box.row(lost))["state"] == "sent"
        assert await bring(settings, f"receipt?id={lost}&word=2&detail=no+such+number") == 200
        failed = await box.row(lost)
    assert (failed["state"], failed["reason"]) == ("failed", "no such number")


@pytest.mark.parametrize(
    "asked",
    ["receipt?id=x&word=1", "receipt?id=1&word=3", f"receipt?id={2**70}&word=1", "receipt?id=1", "incoming?from=1"],
)
async def test_nonsense_of_a_gateway_is_refused(asked: str, runs: Runs, settings: Config, box: Box) -> None:
    async with runs():
        assert await bring(settings, asked) == 400
        assert await bring(settings, "receipt?id=99&word=1") == 200  # of a message that is not there: nothing is known
        assert await box.sql("SELECT FROM receipts UNION ALL SELECT FROM inbox") == []


async def test_only_who_knows_the_key_is_let_in(runs: Runs, settings: Config, box: Box) -> None:
    async with runs():
        for key in ("", "wrong", SECRETS["messages_key"] + "x"):
            assert await bring(settings, "incoming?id=1&from=13800138000&text=10001", key) == 403
        assert await box.sql("SELECT FROM inbox") == []


async def bring(settings: Config, asked: str, key: str = SECRETS["messages_key"]) -> int:
    """Ask as Kannel does; the status."""
    url = f"http://127.0.0.1:{settings.http.port}/sms/{asked}&key={key}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert await answer.text() == "" or answer.status != 200
        return answer.status


async def test_a_message_is_taken_in_once_in_whatever_letters(runs: Runs, settings: Config, box: Box) -> None:
    seen: list[Incoming] = []

    async def handle(message: Incoming) -> str:
        seen.append(message)
        return "ok"

    async with runs(handle=handle):
        text = "%4F%60%59%7D"  # 你好 in UTF-16
        for _ in range(3):
            assert (
                await bring(settings, f"incoming?id=m1&from=13800138000&to=10086&charset=UTF-16BE&text={text}") == 200
            )
        assert await bring(settings, "incoming?id=m2&from=CMCC&to=10086&text=%E4%BD%A0&at=2026-11-22+10:00:00") == 200
        await until(lambda: len(seen) == 2)
    first, second = sorted(seen, key=lambda message: message.inbox_id)
    assert (first.sender, first.receiver, first.text) == (CARD, "10086", "你好")
    assert (second.sender, second.text, second.received_at.isoformat()) == ("CMCC", "你", "2026-11-22T10:00:00+00:00")


async def test_what_nobody_can_handle_is_set_aside_and_the_rest_goes_on(
    runs: Runs, settings: Config, box: Box, database: Database
) -> None:
    handled: list[str] = []
    poisoned = True

    async def handle(message: Incoming) -> str:
        if message.text == "poison" and poisoned:
            raise ZeroDivisionError
        if message.text == "later" and "later" not in handled:
            handled.append("later")
            raise Unavailable("PostgreSQL is away")
        handled.append(message.text)
        return "ok"

    async with runs(handle=handle) as made:
        for index, (sender, text) in enumerate(
            [("1380013800", "poison"), ("1380013801", "10001"), ("1380013802", "later")]
        ):
            await bring(settings, f"incoming?id={index}&from={sender}0&text={text}")
        await until(lambda: handled.count("later") == 2 and "10001" in handled)
        await hurry(box)
        (row,) = await box.sql("SELECT * FROM inbox WHERE state = 'set_aside'")
        assert (row["body"], row["tries"], row["outcome"]) == ("poison", 3, "ZeroDivisionError")
        await until(lambda: any("wait for a person" in warning for warning in made.warnings()))
        poisoned = False
        assert await database.fetch_value("messaging.retry_incoming", row["inbox_id"], "anna") == row["inbox_id"]
        await until(lambda: "poison" in handled)


async def hurry(box: Box) -> None:
    """Have time pass until the poisoned message has had its tries."""

    async def aside() -> bool:
        await box.sql("UPDATE inbox SET next_at = now() WHERE state = 'new' AND outcome <> ''")
        return await has(box, "SELECT FROM inbox WHERE state = 'set_aside'")

    await until(aside)


async def test_a_sender_is_woken_by_what_is_queued(runs: Runs, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LOOK_EVERY_S", 3600.0)  # by itself it would not look in this test
    async with runs():
        listens = "SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%ccore_outbox%' AND state = 'idle'"
        await until(lambda: has(box, listens))
        for index in range(3):
            await box.comes_to(await box.queue(CARD, f"hello {index}"), "sent")


async def test_a_rush_tells_the_sender_once(database: Database, dsn: str, box: Box) -> None:
    rung: list[object] = []
    connection = await database._connections.take()
    try:
        await connection.add_listener("ccore_outbox", lambda *told: rung.append(told))
        await box.queue_many(3)
        for number in range(20):
            await box.queue(f"+86139{number:08}", "hello")
        await connection.execute("SELECT 1")
    finally:
        await connection.reset()
        database._connections.drop(connection)
    assert len(rung) == 1
