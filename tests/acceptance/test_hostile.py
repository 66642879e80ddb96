"""Rows 1 to 58 of the bad inputs in reliability.md, sent by SIP to a whole site: nothing executed, nothing forged."""

import asyncio
import os
import re
import struct
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ccore.config import Paths
from ccore.nodes import SipTrunk
from tests.acceptance import hostile_rows
from tests.acceptance.hostile_rows import CODE, HOTLINE, ROWS, Row
from tests.support.asterisk import NODE, complaints, until_channels
from tests.support.ear import Ear, listening
from tests.support.menus import over_at_once
from tests.support.prompts import short_sounds
from tests.support.rawsip import Caller, call_once, calling
from tests.support.shop import books
from tests.support.site import Site, site
from tests.support.waiting import until

CODE_OF_ANOTHER_PRODUCT = b"1008611001"
NO_ANSWER_WITHIN_S = 1.0
SOON_S = 30.0  # what has only to be waited for
FLOOD_PACKETS, FLOOD_PER_S = 2000, 2000
SILENCE = struct.pack("!BBHII", 0x80, 8, 0, 0, 1) + b"\xd5" * 160  # one RTP packet of A-law
NAME_MENDED = "CallerID Name"  # Asterisk warns that it has replaced bytes that are no UTF-8
# Figures that no caller may move: refused AGI sessions, a lost manager link, events that failed or were dropped.
ALARMS = re.compile(r'ccore_(agi_refused|ami_reconnects)_total|ccore_ami_events_total\{.*outcome="(failed|dropped)"')


@pytest.fixture(scope="module")
async def shop(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One site for all rows; at the end every record is in and nobody has anything to complain about."""
    trunks = {
        "local": SipTrunk(kind="sip", peers=[IPv4Network(hostile_rows.LOCAL)], channels=1000),
        "carrier": SipTrunk(kind="sip", peers=[IPv4Network(hostile_rows.CARRIER)], trust_identity=True),
    }
    directory = tmp_path_factory.mktemp("hostile")
    paths = Paths(var=directory / "var", dialplan=over_at_once(directory / "plan"))
    async with site(directory, trunks=trunks, paths=paths) as built:
        yield built
        await until_channels(built.node, 0)
        await built.all_records_in()
        assert await built.rows("SELECT reason, raw FROM call_record_rejects") == []
        await books(built.postgres.dsn)
        built.assert_log_is_clean()
        assert complaints(built.node, [NAME_MENDED]) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_row(shop: Site, row: Row) -> None:
    figures, attempts, calls = await shop.metrics(), await last_attempt(shop), await ended_calls(shop)
    assert await place(shop, row) == (row.status, list(row.heard))
    await until_channels(shop.node, 0)
    assert await attempts_after(shop, attempts) == ([row.attempt] if row.attempt else [])
    records = "SELECT count(*) FROM call_records WHERE state = 'ended'"
    await shop.until(records, calls + (row.record is not None))
    if row.record is not None:
        assert await last_record(shop) == row.record
    await until_told(shop, ended(figures) + row.hangups, refused(figures) + row.refused, exactly=not row.poisonous)
    assert alarms(await shop.metrics()) == alarms(figures)
    assert_nothing_executed(shop)


async def place(shop: Site, row: Row) -> tuple[int, list[str]]:
    """Send the row's call and stay until it is over: the final status (0: none), and the prompts heard."""
    async with listening() as ear, calling(shop.sip_port, row.source) as phone:
        call_id = uuid.uuid4().hex
        phone.invite(
            row.dialled, row.caller, call_id=call_id, branch=call_id, headers=row.header, display=row.display,
            body=offer(ear),
        )  # fmt: skip
        statuses = await phone.until_finals(1, SOON_S if row.status else NO_ANSWER_WITHIN_S)
        if statuses == [200]:
            ear.say(SILENCE, media_port(phone))  # without a word from the caller Asterisk waits 0.5 s for one
            await phone.until_hung_up(1, SOON_S)
        return statuses[0] if statuses else 0, ear.hear(short_sounds())


async def test_rows_33_and_35_digits_during_a_prompt_are_ignored(shop: Site) -> None:
    async with listening() as ear, answered(shop, ear, b"13812340033") as phone:
        for number in range(40):
            digit = b"Signal=%d\r\nDuration=40\r\n" % (number % 10)
            phone.within_call(b"INFO", 2 + number, b"Content-Type: application/dtmf-relay\r\n", digit)
        await phone.until_hung_up(1, SOON_S)
        assert ear.hear(short_sounds()) == ["order-placed"]
        assert {200} <= set(phone.answers(b"INFO")) <= {200, 481}, (
            "Asterisk took digits for as long as there was a call"
        )
    assert await orders_of(shop, "+8613812340033") == 1


async def test_row_34_a_flood_of_digits_in_rtp_does_not_disturb_the_call(shop: Site) -> None:
    # The flooder alone hears the prompt late: Asterisk works each digit off.
    async with listening() as ear, answered(shop, ear, b"13812340034") as phone:
        for number in range(100):
            for packet in rtp_digit(number):
                ear.say(packet, media_port(phone))
            await asyncio.sleep(0.02)
        await phone.until_hung_up(1, SOON_S)
        assert (ear.hear(short_sounds()), phone.hung_up()) == (["order-placed"], 1)
    assert await orders_of(shop, "+8613812340034") == 1


async def test_row_41_the_same_number_again(shop: Site) -> None:
    before = await last_attempt(shop)
    for _ in range(2):
        assert await call_once(shop.sip_port, CODE, b"13812340041") == 200
    assert [attempt[2:] for attempt in await attempts_after(shop, before)] == [
        ("placed", "placed"),
        ("already-yours", "live-order"),
    ]


async def test_row_44_two_products_from_one_number_at_once(shop: Site) -> None:
    codes = (CODE, CODE_OF_ANOTHER_PRODUCT)
    statuses = await asyncio.gather(*(call_once(shop.sip_port, code, b"13812340044") for code in codes))
    assert statuses == [200, 200]
    assert await orders_of(shop, "+8613812340044") == 2


async def test_row_47_an_answer_that_is_never_acknowledged(shop: Site) -> None:
    """The caller hears the prompt all the same, and the channel goes with the telephone."""
    async with listening() as ear, calling(shop.sip_port) as phone:
        phone.acknowledges = False
        assert await invited(phone, ear, b"13812340047") == 200
        await until(lambda: len(phone.heard) > 5)  # Asterisk says it again and again
        assert ear.hear(short_sounds()) == ["order-placed"]
    await until_channels(shop.node, 0)
    assert await orders_of(shop, "+8613812340047") == 1


async def test_row_49_no_sdp(shop: Site) -> None:
    """Asterisk offers media itself. A caller who does not accept it hears nothing, and has ordered nevertheless."""
    assert await call_once(shop.sip_port, CODE, b"13812340049", body=b"") == 200
    await until_channels(shop.node, 0)
    assert await orders_of(shop, "+8613812340049") == 1


@pytest.mark.parametrize(
    "media", [b"video 9 RTP/AVP 96\r\na=rtpmap:96 VP8/90000", b"audio 9 RTP/AVP 18"], ids=["50", "51"]
)
async def test_rows_50_and_51_no_codec_of_ours(shop: Site, media: bytes) -> None:
    assert await call_once(shop.sip_port, CODE, b"13812340050", body=sdp(media)) == 488
    assert await orders_of(shop, "+8613812340050") == 0


async def test_row_52_a_storm_of_re_invites(shop: Site) -> None:
    async with listening() as ear, answered(shop, ear, b"13812340052", HOTLINE) as phone:
        for number in range(100):
            phone.within_call(b"INVITE", 2 + number, b"Content-Type: application/sdp\r\n", offer(ear))
        await phone.until_hung_up(1, SOON_S)
        assert phone.hung_up() == 1
        assert ear.hear(short_sounds()) == list(hostile_rows.HOTLINE_HEARD)
        assert set(phone.answers(b"INVITE")) <= {200, 491, 500}  # 500: one is under way already (RFC 3261, 14.2)


@pytest.mark.parametrize("method", [b"REGISTER", b"OPTIONS", b"INVITE", b"junk"], ids=["54", "55", "55 INVITE", "junk"])
async def test_rows_54_and_55_floods_of_strangers_reach_neither_calls_nor_the_disk(shop: Site, method: bytes) -> None:
    log = shop.node.directory / "log/messages"
    before = log.stat().st_size
    async with calling(shop.sip_port, hostile_rows.STRANGER) as stranger:
        flooding = asyncio.create_task(flood(stranger, method))
        async with asyncio.timeout(SOON_S):
            assert await call_once(shop.sip_port, CODE, b"1381234%04d" % (5400 + len(method))) == 200
        await flooding
        answers = {data[8:11] for data in stranger.heard}
    assert answers == (set() if method == b"junk" else {b"401"})
    assert log.stat().st_size - before < FLOOD_PACKETS  # less than a byte each: 10 MB an hour at 2,000 a second


async def test_row_58_a_call_cannot_be_sent_on_to_the_outside(shop: Site) -> None:
    """Asterisk's trunk may not transfer: REFER is not even answered, and no second leg comes to be."""
    async with listening() as ear, answered(shop, ear, b"13812340058", HOTLINE) as phone:
        phone.within_call(b"REFER", 2, b"Refer-To: <sip:0085212345678@127.0.0.1>\r\n")
        await phone.until_hung_up(1, SOON_S)
        assert ear.hear(short_sounds()) == list(hostile_rows.HOTLINE_HEARD)
        assert not set(phone.answers(b"REFER")) & {200, 202}
    await until_channels(shop.node, 0)
    await shop.all_records_in()
    legs = "SELECT legs, transferred FROM call_records WHERE caller = '13812340058'"
    assert [tuple(row) for row in await shop.rows(legs)] == [(1, False)]


async def test_a_forgers_call_does_not_keep_the_manager_link_down(shop: Site) -> None:
    """At each login ccore asks for all channels: the forgery was washed off this one before it was answered."""
    await until_channels(shop.node, 0)
    async with listening() as ear, calling(shop.sip_port) as phone:
        phone.acknowledges = False  # the channel stays for as long as the telephone
        assert await invited(phone, ear, hostile_rows.FORGED_EVENT, HOTLINE) == 200
        links = shop.log.read_text().count("ami_link_came_up")
        shown = (await shop.node.cli("manager show connected")).splitlines()
        # One session: by the time another is thrown out it may be one of the new link.
        (session,) = [line.split()[-4] for line in shown if line.lstrip().startswith("ccore-events")]
        await shop.node.cli(f"manager kick session {session}")
        await until(lambda: shop.log.read_text().count("ami_link_came_up") > links)
        await shop.until_ready()
        (line,) = [line for line in shop.log.read_text().splitlines() if "ami_link_came_up" in line][links:]
        assert '"channels": 1, "unreadable": 0' in line


@asynccontextmanager
async def answered(shop: Site, ear: Ear, caller: bytes, dialled: bytes = CODE) -> AsyncIterator[Caller]:
    """A caller whose call was just answered."""
    async with calling(shop.sip_port) as phone:
        assert await invited(phone, ear, caller, dialled) == 200
        yield phone


async def invited(phone: Caller, ear: Ear, caller: bytes, dialled: bytes = CODE) -> int:
    """Place a call; its final status."""
    call_id = uuid.uuid4().hex
    phone.invite(dialled, caller, call_id=call_id, branch=call_id, body=offer(ear))
    (status,) = await phone.until_finals(1, SOON_S)
    return status


def offer(ear: Ear) -> bytes:
    """SDP of a telephone that hears with ``ear``, and sends its digits in RTP."""
    return sdp(b"audio %d RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000" % ear.port)


def sdp(media: bytes) -> bytes:
    """SDP with this one kind of media."""
    return b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=" + media + b"\r\n"


def media_port(phone: Caller) -> int:
    """Where Asterisk wants to hear the caller."""
    found = re.search(rb"m=audio (\d+)", phone.answer())
    assert found is not None
    return int(found[1])


def rtp_digit(number: int) -> list[bytes]:
    """The RTP packets (RFC 4733) of the ``number``-th key pressed: its beginning, and its end three times over."""
    return [
        struct.pack("!BBHIIBBH", 0x80, 101, 4 * number + part, 160 * number, 1, number % 10, 10 | (part > 0) << 7, 160)
        for part in range(4)
    ]


async def flood(stranger: Caller, method: bytes) -> None:
    """Send FLOOD_PACKETS at FLOOD_PER_S."""
    for number in range(FLOOD_PACKETS):
        stranger.send(os.urandom(200) if method == b"junk" else request(stranger, method, number))
        if number % 20 == 0:
            await asyncio.sleep(20 / FLOOD_PER_S)


def request(stranger: Caller, method: bytes, number: int) -> bytes:
    """A request outside any call; its user is another one each time."""
    return (
        method + b" sip:%d@127.0.0.1:%d SIP/2.0\r\n" % (number, stranger.port)
        + b"Via: SIP/2.0/UDP " + stranger.address + b";rport;branch=z9hG4bK" + os.urandom(8).hex().encode()
        + b"\r\nFrom: <sip:%d@127.0.0.1>;tag=1\r\nTo: <sip:%d@127.0.0.1>\r\n" % (number, number)
        + b"Call-ID: " + os.urandom(8).hex().encode() + b"\r\nCSeq: 1 " + method
        + b"\r\nContact: <sip:1@" + stranger.address + b">\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )  # fmt: skip


async def last_attempt(shop: Site) -> int:
    """The id of the newest try to order."""
    found = await shop.value("SELECT coalesce(max(attempt_id), 0) FROM order_attempts")
    assert isinstance(found, int)
    return found


async def attempts_after(shop: Site, attempt_id: int) -> list[tuple[str, ...]]:
    """Caller, subscriber, outcome and reason of the tries to order since."""
    query = "SELECT caller, subscriber, outcome, reason FROM order_attempts WHERE attempt_id > $1 ORDER BY attempt_id"
    return [tuple(row) for row in await shop.rows(query, attempt_id)]


async def orders_of(shop: Site, subscriber: str) -> int:
    """How many orders the subscriber has."""
    found = await shop.value("SELECT count(*) FROM orders WHERE subscriber = $1", subscriber)
    assert isinstance(found, int)
    return found


async def ended_calls(shop: Site) -> int:
    """How many calls have their record, once those of the calls before are all in."""
    await shop.all_records_in()
    found = await shop.value("SELECT count(*) FROM call_records WHERE state = 'ended'")
    assert isinstance(found, int)
    return found


async def last_record(shop: Site) -> tuple[str, ...]:
    """Caller and name in the newest call record."""
    (row,) = await shop.rows("SELECT caller, caller_name FROM call_records ORDER BY started_at DESC LIMIT 1")
    return tuple(row)


async def until_told(shop: Site, ends: int, refusals: int, *, exactly: bool) -> None:
    """Wait until ccore has been told of so many calls' ends, and has refused so much; if ``exactly``, nothing more."""

    async def all_told() -> bool:
        figures = await shop.metrics()
        return ended(figures) >= ends and refused(figures) >= refusals

    await until(all_told)
    figures = await shop.metrics()
    assert ended(figures) == ends
    assert refused(figures) == refusals or not exactly


def ended(figures: Mapping[str, float]) -> int:
    """Calls that ccore was told the end of."""
    return round(figures.get(f'ccore_call_facts_total{{kind="ended",node="{NODE}"}}', 0))


def refused(figures: Mapping[str, float]) -> int:
    """Messages refused as malformed or forged."""
    return round(sum(value for key, value in figures.items() if key.startswith("ccore_ami_refused_total")))


def alarms(figures: Mapping[str, float]) -> dict[str, float]:
    """Those figures that no caller may move."""
    return {name: value for name, value in figures.items() if ALARMS.match(name) and value}


def assert_nothing_executed(shop: Site) -> None:
    """No command of a caller has made its file, neither inside Asterisk's root nor outside."""
    inside = Path(f"/proc/{shop.node.pid}/root")
    for path in hostile_rows.PWNED.split():
        assert not Path(path).exists()
        assert not inside.joinpath(path.removeprefix("/")).exists()
