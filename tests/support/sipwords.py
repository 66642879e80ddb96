"""What a SIP message of a test's telephone is read by and made of."""

import re


def header(message: bytes, name: bytes) -> bytes:
    """The value of a message's header, empty if it has none."""
    found = re.search(rb"^" + name + rb"\s*:\s*(.*?)\r$", message, re.MULTILINE)
    return found[1] if found else b""


def lines(message: bytes, *names: bytes) -> bytes:
    """The whole lines of these headers, in their order."""
    return b"".join(re.findall(rb"^(?:" + b"|".join(names) + rb"): .*?\r\n", message, re.MULTILINE))


def user(value: bytes) -> str:
    """The user of an address in a header's value."""
    found = re.search(rb"sip:([^@>;]*)@", value)
    return found[1].decode() if found else ""


def body(sdp: bytes) -> bytes:
    """The end of a message: what its body is, and the body."""
    kind = b"Content-Type: application/sdp\r\n" if sdp else b""
    return kind + b"Content-Length: %d\r\n\r\n" % len(sdp) + sdp
