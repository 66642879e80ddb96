"""What of a browser's SIP reaches Asterisk: that phone's own, whole, proved with what its session was given."""

import pytest

from ccore.centre.phones import PASS_S, endpoint, pass_ends_s, passes, password
from ccore.web.sip_gate import MOST_CHARACTERS, Phone, Refused, from_browser, response

SECRET = "a-secret-of-the-site-1234"
NOW, PREVIOUS = passes(SECRET, "3001", 7, 10_000.0)
PHONE = Phone(endpoint("3001"), password(SECRET, "3001"), (NOW, PREVIOUS))
CHALLENGE = {"username": PHONE.user, "realm": "ccore", "nonce": "1/abc", "uri": "sip:ccore.invalid", "qop": "auth"}
COUNTED = {"nc": "00000001", "cnonce": "c0ffee"}


def message(
    first: str = "REGISTER sip:ccore.invalid SIP/2.0",
    user: str = PHONE.user,
    to: str = "",
    more: tuple[str, ...] = (),
    content: str = "",
    length: int | None = None,
) -> str:
    return "\r\n".join(
        [
            first,
            "Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bK1",
            "Max-Forwards: 69",
            f"From: <sip:{user}@ccore.invalid>;tag=x1",
            f"To: {to or f'<sip:{user}@ccore.invalid>'}",
            "Call-ID: call-1",
            "CSeq: 1 REGISTER",
            f'Contact: <sip:{user}@browser.invalid;transport=ws>;+sip.instance="<urn:uuid:1>";expires=120',
            *more,
            f"Content-Length: {len(content.encode()) if length is None else length}",
            "",
            content,
        ]
    )


def proof(secret: str, user: str = PHONE.user, method: str = "REGISTER") -> str:
    said = {**CHALLENGE, **COUNTED, "username": user}
    words = ", ".join(f'{name}="{text}"' for name, text in said.items() if name not in {"qop", "nc"})
    return (
        f'Authorization: Digest algorithm=MD5, {words}, response="{response(said, method, secret)}", '
        f"qop=auth, nc={said['nc']}"
    )


def refused(text: str) -> str:
    found = from_browser(text, PHONE)
    assert isinstance(found, Refused), found
    return found.why


def test_what_a_phone_says_for_itself_passes_as_it_is() -> None:
    for text in (
        message(),
        message("INVITE sip:2001@ccore.invalid SIP/2.0", to="<sip:2001@ccore.invalid>"),
        message("BYE sip:ccore@127.0.0.1:15088;transport=ws SIP/2.0", to='"<script>" <sip:138%0a@x>;tag=y'),
        message("SIP/2.0 200 OK", user="ccore", to=f"<sip:{PHONE.user}@browser.invalid>;tag=z", content="v=0\r\n"),
    ):
        contact = text.replace("sip:ccore@browser", f"sip:{PHONE.user}@browser")
        assert from_browser(contact, PHONE) == contact


@pytest.mark.parametrize("secret", [NOW, PREVIOUS])
def test_the_pass_of_the_session_becomes_the_phones_own_proof(secret: str) -> None:
    said = message(more=(proof(secret),))
    assert from_browser(said, PHONE) == message(more=(proof(PHONE.password),))


@pytest.mark.parametrize(
    "secret",
    [
        password(SECRET, "3001"),  # the phone's own: no browser has it
        passes(SECRET, "3001", 8, 10_000.0)[0],  # another session's
        passes(SECRET, "3002", 7, 10_000.0)[0],  # another phone's
        passes(SECRET, "3001", 7, 10_000.0 - 2 * PASS_S)[0],  # too old
        "",
    ],
)
def test_what_is_no_pass_of_the_session_proves_nothing_to_asterisk(secret: str) -> None:
    told = from_browser(message(more=(proof(secret),)), PHONE)
    assert isinstance(told, str)
    assert f'response="{"0" * 32}"' in told


def test_a_pass_is_good_for_as_long_as_is_said_and_no_longer() -> None:
    given = passes(SECRET, "3001", 7, 10_000.0)[0]
    ends = pass_ends_s(10_000.0)
    assert given in passes(SECRET, "3001", 7, ends - 1)
    assert given not in passes(SECRET, "3001", 7, ends)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (message(user="phone-3002"), "another phone's name"),
        (message(to="<sip:phone-3002@ccore.invalid>"), "another phone's registration"),
        (message(more=(proof(NOW, "phone-3002"),)), "another phone's proof"),
        (message("INVITE sip:013812345678%0d@x SIP/2.0", to="<sip:1@x>"), "nothing that phones ask for"),
        (message("INVITE sip:office@x SIP/2.0", to="<sip:office@x>"), "nothing that can be dialled"),
        (message("REFER sip:2001@x SIP/2.0", to="<sip:2001@x>;tag=1"), "nothing that phones ask for"),
        (message("MESSAGE sip:2001@x SIP/2.0", to="<sip:2001@x>"), "nothing that phones ask for"),
        (
            message(more=("P-Asserted-Identity: <sip:10086@x>",)),
            "a header that phones do not send: P-Asserted-Identity",
        ),
        (message(more=("Replaces: a;to-tag=b;from-tag=c",)), "a header that phones do not send: Replaces"),
        (message(more=(f"From: <sip:{PHONE.user}@x>;tag=2",)), "from twice"),
        (message(more=("f: <sip:phone-3002@x>",)), "a header that phones do not send: f"),
        (message(more=("Supported: a\n  folded",)), "a header that phones do not send"),
        (message(length=5), "no whole message"),
        (message() + "x", "no whole message"),
        ("REGISTER sip:x SIP/2.0\r\n\r\n", "no whole message"),
        ("x" * (MOST_CHARACTERS + 1), "too long, or nothing"),
        ("", "too long, or nothing"),
    ],
)
def test_what_no_decent_phone_says_is_refused(text: str, why: str) -> None:
    assert refused(text) == why


def test_a_contact_leads_to_the_phone_alone() -> None:
    assert (
        refused(message().replace("Contact: <sip:phone-3001@", "Contact: <sip:phone-3002@")) == "another phone's name"
    )
    several = message().replace(";expires=120", ";expires=120, <sip:phone-3001@elsewhere.example>")
    assert refused(several) == "another phone's name"
