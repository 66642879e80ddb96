"""What of a browser's SIP may reach Asterisk: whole messages of that very phone, with its proof made one for Asterisk.

A browser never knows the phone's password. Its sign-in gives it a short-lived one, which is worth something here only:
the answer to Asterisk's challenge that it makes of that is checked, and replaced by one made of the real password under
the same nonce. So Asterisk needs no account for each sign-in, nothing is written there or loaded anew, no right of
ccore's in Asterisk grows, and who has a browser's password cannot use it anywhere but in that browser's own session.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 32_768  # a browser's offer with its candidates is some 3,000
_METHODS = frozenset(
    {"REGISTER", "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "PRACK"}
)  # no REFER, no MESSAGE
_HEADERS = frozenset(
    {"via", "max-forwards", "from", "to", "call-id", "cseq", "contact", "allow", "supported", "require", "user-agent"}
    | {"expires", "min-expires", "accept", "reason", "authorization", "content-type", "content-length", "min-se"}
    | {"session-expires", "record-route", "rack", "rseq", "retry-after", "warning"}
)
_SEVERAL = frozenset({"via", "record-route", "reason", "warning"})
_NEEDED = frozenset({"via", "from", "to", "call-id", "cseq"})
_AT = r"[A-Za-z0-9.\[\]:-]{1,100}(?:;[A-Za-z0-9=._-]+)*"
_REQUEST = re.compile(rf"([A-Z]+) sip:(?:([A-Za-z0-9*_.+-]{{1,64}})@)?{_AT} SIP/2\.0")
_ANSWER = re.compile(r"SIP/2\.0 [1-6][0-9]{2} [^%]{0,100}")
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]{0,30}) ?: ?([^\x00-\x08\x0a-\x1f\x7f]*)")
_OURS = re.compile(rf"<sip:([A-Za-z0-9_.-]{{1,64}})@{_AT}>(?:;tag=[A-Za-z0-9._-]{{1,100}})?")
_DIALLED = re.compile(r"[0-9*]{1,20}")
_WORD = re.compile(r'(\w+)=(?:"([^"\\]*)"|([^",\s]+))')


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as its own socket knows it: user name, real password, and the short-lived ones that are good now."""

    user: str
    password: str
    passes: Collection[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not let through, and the socket ends: no decent phone sends that."""

    why: str


def from_browser(message: str, phone: Phone) -> str | Refused:
    """What Asterisk is given of a message."""
    if not 0 < len(message) <= MOST_CHARACTERS:
        return Refused("too long, or nothing")
    head, end, content = message.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = _headers(lines)
    if isinstance(headers, Refused):
        return headers
    if not end or not headers.keys() >= _NEEDED or headers.get("content-length", "0") != str(len(content.encode())):
        return Refused("no whole message")
    why = _wrong(first, headers, phone.user)
    return Refused(why) if why else _proved(message, first, headers, phone)


def _headers(lines: Sequence[str]) -> dict[str, str] | Refused:
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None or (name := found[1].lower()) not in _HEADERS:
            return Refused(f"a header that phones do not send{'' if found is None else ': ' + found[1]}")
        if name in headers and name not in _SEVERAL:
            return Refused(f"{name} twice")
        headers[name] = found[2].strip()
    return headers


def _wrong(first: str, headers: Mapping[str, str], user: str) -> str:
    """What is wrong with its first line, and whose it says to be; empty: nothing."""
    if _ANSWER.fullmatch(first):
        return ""
    asked = _REQUEST.fullmatch(first)
    if asked is None or asked[1] not in _METHODS:
        return "nothing that phones ask for"
    if _user_of(headers["from"]) != user or ("contact" in headers and not _leads_to(headers["contact"], user)):
        return "another phone's name"
    if asked[1] == "REGISTER":
        return "" if _user_of(headers["to"]) == user and asked[2] is None else "another phone's registration"
    new = ";tag=" not in headers["to"]
    return "nothing that can be dialled" if new and not (asked[2] and _DIALLED.fullmatch(asked[2])) else ""


def _user_of(value: str) -> str:
    found = _OURS.fullmatch(value)
    return found[1] if found else ""


def _leads_to(contact: str, user: str) -> bool:
    # What follows it, as +sip.instance, is the phone's own; * ends its own registration.
    return contact == "*" or (_user_of(contact.partition(">")[0] + ">") == user and contact.count("<sip:") == 1)


def _proved(message: str, first: str, headers: Mapping[str, str], phone: Phone) -> str | Refused:
    if (given := headers.get("authorization")) is None:
        return message
    said = {word: quoted or plain for word, quoted, plain in _WORD.findall(given)}
    method = first.partition(" ")[0]
    if not given.startswith("Digest ") or said.get("username") != phone.user or said.get("algorithm", "MD5") != "MD5":
        return Refused("another phone's proof")
    good = any(
        hmac.compare_digest(response(said, method, each).encode(), said.get("response", "").encode())
        for each in phone.passes
    )
    # One that is wrong, or too old, is for Asterisk to refuse, as it refuses any other phone's.
    real = response(said, method, phone.password) if good else "0" * 32
    return message.replace(f'response="{said.get("response", "")}"', f'response="{real}"', 1)


def response(said: Mapping[str, str], method: str, password: str) -> str:
    """The answer to a digest challenge (RFC 7616, MD5, which is what Asterisk asks for and JsSIP knows)."""
    ours = _md5(f"{said.get('username', '')}:{said.get('realm', '')}:{password}")
    what = _md5(f"{method}:{said.get('uri', '')}")
    if "qop" not in said:
        return _md5(f"{ours}:{said.get('nonce', '')}:{what}")
    middle = ":".join(said.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
    return _md5(f"{ours}:{middle}:{what}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
