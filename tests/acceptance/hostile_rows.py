"""The bad inputs 1 to 57 of reliability.md, section 8, that one SIP call each can bring, and what has to come of them.

A name begins with the row's number. What the table leaves open is what happens here, and is said in the name or a
comment.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ccore.ordering.model import Outcome

# Who calls: a trunk whose From counts, a stranger, a carrier whose P-Asserted-Identity counts.
LOCAL, STRANGER, CARRIER = "127.0.0.1", "127.0.0.2", "127.0.0.3"
ALICE, CODE = b"13812340000", b"1008610001"
HOTLINE, HOTLINE_HEARD = b"10086", ("agents-busy",)
PWNED = "/tmp/ccore-pwned /srv/ccore/run/ccore-pwned"  # the files a caller's command would make, if it ran


@dataclass(frozen=True, slots=True)
class Row:
    """One bad input: what is sent, and what has to come of it.

    ``status`` is SIP's, 0: no answer. ``attempt`` is what ccore writes down: the caller as the dialplan tells it, the
    subscriber, outcome and reason; ``record`` is in the call's record: caller and name, word for word. None: no such.
    ``hangups`` counts the ends of calls that ccore is told of, ``refused`` the events it refuses as forged; at
    least so many if the call is ``poisonous`` all the time: a look at Asterisk may meet it too.
    """

    name: str
    status: int = 200
    heard: tuple[str, ...] = ()
    attempt: tuple[str, str | None, str, str] | None = None
    record: tuple[str, str] | None = None
    hangups: int = 0
    refused: int = 0
    poisonous: bool = False
    dialled: bytes = CODE
    caller: bytes = ALICE
    display: bytes = b""
    header: bytes = b""
    source: str = LOCAL


def no_call(name: str, status: int, **sent: Any) -> Row:
    """SIP itself refuses, or drops the packet."""
    return Row(name, status, **sent)


def refused(
    name: str, outcome: Outcome, reason: str, caller: bytes, told: str | None = None, recorded: str | None = None,
    subscriber: str | None = None, **sent: Any,
) -> Row:  # fmt: skip
    """The call is answered with a prompt that says why there is no order."""
    number = unquote(caller)
    attempt = (number if told is None else told, subscriber, outcome, reason)
    record = (number if recorded is None else recorded, "")
    return Row(name, 200, (f"order-{outcome}",), attempt, record, hangups=1, caller=caller, **sent)


def invalid(name: str, caller: bytes, **sent: Any) -> Row:
    """The caller's number is no number: ccore is told so, and nothing else of it."""
    return refused(name, Outcome.CALLER_NOT_ALLOWED, "invalid-number", caller, "invalid", **sent)


def placed(name: str, caller: bytes, subscriber: str, told: str = "", recorded_name: str = "", **sent: Any) -> Row:
    """The call is fine, however odd it looks."""
    number = told or caller.decode()
    attempt, record = (number, subscriber, Outcome.PLACED, "placed"), (number, recorded_name)
    return Row(name, 200, ("order-placed",), attempt, record, hangups=1, caller=caller, **sent)


def named(name: str, number: int, display: bytes, recorded_name: str | None = None) -> Row:
    """A display name that somebody could take for more than a name; in the record it is what it was."""
    caller = f"138123400{number:02}"
    recorded_name = display.decode() if recorded_name is None else recorded_name
    return placed(
        name, caller.encode(), f"+86{caller}", recorded_name=recorded_name, display=b'"' + display + b'" '
    )  # fmt: skip


def hotline(name: str, caller: bytes, refused: int = 0) -> Row:
    """The hotline serves everybody; what is told of the call once its forgery is washed off is told."""
    record = unquote(caller), ""
    return Row(name, 200, HOTLINE_HEARD, None, record, 1, refused, poisonous=True, dialled=HOTLINE, caller=caller)


FORGED_EVENT = b"1%0D%0A%0D%0AEvent%3A%20Hangup%0D%0AChannel%3A%20s%0D%0AUniqueid%3A%201%0D%0A%0D%0A"
FORGED_ANSWER = b"138%0A%0A200%20result%3D1%20%28x%29"
FORGED_HEADER = b"138%0Aagi_extension%3A%2010086999"
FORGED_DIVERSION = b"Diversion: <sip:123%0Aagi_callerid%3A%2019999999999@127.0.0.1>\r\n"

ROWS = [
    no_call("1 too short", 404, dialled=b"100861000"),
    no_call("2 too long", 404, dialled=b"10086100011"),
    no_call("3 letters", 404, dialled=b"1008610ABC"),
    no_call("4 full-width digits", 404, dialled=b"%EF%BC%91%EF%BC%90%EF%BC%90%EF%BC%98%EF%BC%9610001"),
    no_call("4 the same not encoded: no SIP", 0, dialled="１００８６10001".encode()),
    invalid("5 Arabic digits in From", b"%D9%A1%D9%A3%D9%A8"),
    no_call("5 the same not encoded: no SIP", 0, caller="١٣٨".encode()),
    no_call("6 line feed in the number", 404, dialled=b"10086%0A10001"),
    invalid("7 From forges an AGI header", FORGED_HEADER),
    hotline("7 at the hotline", FORGED_HEADER),
    invalid("8 From forges an event", FORGED_EVENT),
    hotline("8 at the hotline", FORGED_EVENT),
    invalid("9 From ends the AGI headers", FORGED_ANSWER, refused=1),  # the event of its beginning: not washed yet
    hotline("9 at the hotline", FORGED_ANSWER, refused=1),
    invalid("10 Diversion forges an AGI header", ALICE, header=FORGED_DIVERSION),
    refused("11 NUL", Outcome.CALLER_WITHHELD, "withheld", b"%00", "withheld", ""),
    # A number ends at a NUL wherever it stands.
    refused("11 NUL within", Outcome.CALLER_NOT_ALLOWED, "invalid-number", b"138%0012345678", "138", "138"),
    Row("11 NUL in the number dialled", 200, HOTLINE_HEARD, None, ("13812340000", ""), 1, dialled=b"10086%0010001"),
    invalid("12 200 digits, of which Asterisk keeps 79", b"1" * 200, recorded="1" * 79),
    no_call("13 no user in From: no SIP", 0, caller=b""),
    refused("14 anonymous", Outcome.CALLER_WITHHELD, "withheld", b"anonymous", "withheld"),
    placed("15 with +86", b"+8613812340015", "+8613812340015"),
    placed("16 with 0086", b"008613812340016", "+8613812340016"),
    placed("17 with 86", b"8613812340017", "+8613812340017"),
    placed("18 with 0", b"013812340018", "+8613812340018"),
    refused("19 landline, mobile product", Outcome.CALLER_NOT_ALLOWED, "not-a-mobile", b"02088886666",
            dialled=b"1008612001", subscriber="+862088886666"),
    refused("20 the hotline calls", Outcome.CALLER_NOT_ALLOWED, "invalid-number", b"10086"),
    named("21 SQL", 21, b'\\";DROP TABLE cdr;--'),
    named("22 dialplan", 22, f"${{SHELL(touch {PWNED})}}".encode()),
    named("23 shell", 23, f"`touch {PWNED}`;id".encode()),
    named("24 quote", 24, b'a\\"b'),
    named("25 no UTF-8", 25, b"\xff\xfe\xe5\xae", "\ufffd\ufffd\ufffd"),
    named("26 10 KB, of which Asterisk keeps 79 bytes", 26, b"x" * 10240, "x" * 79),
    named("26 cut between characters", 76, "客".encode() * 40, "客" * 26),
    named("27 emoji and right-to-left", 27, "客户张三 \U0001f600 \u202etxt".encode()),
    named("28 HTML", 28, b"<img src=x onerror=alert(1)>"),
    named("29 formula", 29, b"=cmd|' /C calc'!A0"),
    no_call("30 two legs in one number", 404, dialled=b"8200%26Local%2F400"),
    no_call("31 phone-context", 404, dialled=b"100;phone-context=x"),
    no_call("31 phone-context at a code", 404, dialled=CODE + b";phone-context=x"),
    # In From it is a parameter of the number, which ends before it.
    placed("31 phone-context in From", b"13812340031;phone-context=x", "+8613812340031", told="13812340031"),
    no_call("32 star", 404, dialled=b"10086*1000"),
    no_call("32 hash", 404, dialled=b"10086%231000"),
    no_call("32 DTMF letter", 404, dialled=b"100861000D"),
    refused("36 unknown product", Outcome.UNKNOWN_CODE, "no-such-code", b"13812340036", dialled=b"1008699001",
            subscriber="+8613812340036"),
    refused("37 no longer on sale", Outcome.NOT_ON_SALE, "outside-sale", b"13812340037", dialled=b"1008619001",
            subscriber="+8613812340037"),
    refused("38 employee 000", Outcome.UNKNOWN_CODE, "no-such-code", b"13812340038", dialled=b"1008610000",
            subscriber="+8613812340038"),
    refused("39 employee left", Outcome.CLAIM_ENDED, "employee-left", b"13812340039", dialled=b"1008610901",
            subscriber="+8613812340039"),
    refused("40 own number", Outcome.CALLER_NOT_ALLOWED, "own-number", b"13700000001", subscriber="+8613700000001"),
    no_call("53 a stranger", 401, source=STRANGER),
    placed("56 a trunk that may not assert identities", b"13812340056", "+8613812340056",
           header=b"P-Asserted-Identity: <sip:19999999999@127.0.0.1>\r\n"),
    placed("56 a carrier that may", b"13812340156", "+8613812340256", told="13812340256", source=CARRIER,
           header=b"P-Asserted-Identity: <sip:13812340256@127.0.0.1>\r\n"),
    invalid("56 a carrier passes a forgery on", ALICE, source=CARRIER, recorded="138\nagi_callerid: 19999999999",
            header=b"P-Asserted-Identity: <sip:138%0Aagi_callerid%3A%2019999999999@127.0.0.1>\r\n"),
    no_call("57 abroad", 404, dialled=b"0085212345678"),
    no_call("57 international", 404, dialled=b"00"),
    no_call("57 premium", 404, dialled=b"96812345"),
]  # fmt: skip
