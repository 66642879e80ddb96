"""The block of headers Asterisk opens a FastAGI session with, taken only in the exact shape Asterisk writes it.

A caller's number, name or diversion can hold line feeds (``sip:1%0Aagi_callerid%3A…``) and so forge headers of its own.
Asterisk writes every header once and in one order, so a forged line always shows: something repeats or stands in the
wrong place. (A forgery that also ends the block early is caught by the proof that follows: see connection.py.)
"""

import enum
import re
from dataclasses import dataclass
from itertools import chain, repeat
from typing import NamedTuple

LIMIT_BYTES = 8192  # Asterisk's own block is about 600 bytes; its longest values are cut at some hundred each

_TEXT = r".*+"
_SOME_TEXT = r".++"
_INTEGER = r"-?[0-9]{1,20}+"
_CONTROLS = bytes({*range(32), 127} - {ord("\n")})

# What Asterisk 22 writes before the arguments (res_agi.c: launch_netscript, setup_env), in its order.
_HEADERS = (
    ("agi_network", "yes"),
    ("agi_network_script", _TEXT),
    ("agi_request", _SOME_TEXT),
    ("agi_channel", _SOME_TEXT),
    ("agi_language", _TEXT),
    ("agi_type", _SOME_TEXT),
    ("agi_uniqueid", _SOME_TEXT),
    ("agi_version", _TEXT),
    ("agi_callerid", _TEXT),
    ("agi_calleridname", _TEXT),
    ("agi_callingpres", _INTEGER),
    ("agi_callingani2", _INTEGER),
    ("agi_callington", _INTEGER),
    ("agi_callingtns", _INTEGER),
    ("agi_dnid", _TEXT),
    ("agi_rdnis", _TEXT),
    ("agi_context", _TEXT),
    ("agi_extension", _TEXT),
    ("agi_priority", _INTEGER),
    ("agi_enhanced", r"[01]\.0"),
    ("agi_accountcode", _TEXT),
    ("agi_threadid", _INTEGER),
)
_TAKEN = ("agi_network_script", "agi_channel", "agi_language", "agi_uniqueid", "agi_context", "agi_extension")
_BLOCK = re.compile(
    "".join(f"{name}: ({value})\n" if name in _TAKEN else f"{name}: {value}\n" for name, value in _HEADERS)
    + r"((?:agi_arg_[0-9]{1,3}: .*+\n)*+)"
)


class Refusal(enum.StrEnum):
    """Why a connection was closed before a route saw it; the label ``reason`` of ccore_agi_refused_total."""

    SILENT = "silent"  # closed again with nothing said: a port scan, a health check
    CUT_SHORT = "cut-short"  # closed before its headers and proof were complete
    LATE = "late"
    TOO_LONG = "too-long"
    WRONG_HEADER = "wrong-header"  # missing, repeated, unknown or out of place
    WRONG_VALUE = "wrong-value"  # not what Asterisk writes there, or with a control character
    FORGED = "forged"  # the block ended before Asterisk ended it
    UNKNOWN_SCRIPT = "unknown-script"
    TOO_MANY = "too-many"
    STOPPING = "stopping"


class Request(NamedTuple):
    """What Asterisk asks for: the route's name (``script``), on which call, with which arguments.

    ``uniqueid`` is the channel's, as Asterisk names it for ever; it may start with the system's name, so never take it
    apart. ``args`` are the dialplan's, in order; it must have checked them, for a line feed in the last one adds one.
    The caller's number, name and diversion are left out on purpose: they are unchecked words of the caller.
    Bytes that are not UTF-8 arrive as U+FFFD.
    """

    script: str
    channel: str
    language: str
    uniqueid: str
    context: str
    extension: str
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A block Asterisk did not write so: what is wrong, and the first header that is not as it should be.

    ``uniqueid`` is the channel's, None if the fault came before it: nothing a caller says stands there yet.
    """

    reason: Refusal
    expected: str
    uniqueid: str | None


def parse(block: bytes) -> Request | Malformed:
    """Read a whole header block, its last line feed included, the blank line after it not."""
    text = block.decode("utf-8", "replace")
    found = _BLOCK.fullmatch(text)
    if found is None or block.translate(None, _CONTROLS) != block:
        return _explain(text.split("\n"))
    script, channel, language, uniqueid, context, extension, lines = found.groups()
    args = []
    for number, line in enumerate(lines.split("\n")[:-1], 1):
        name, _, value = line.partition(": ")
        if name != f"agi_arg_{number}":
            return _explain(text.split("\n"))
        args.append(value)
    return Request(script, channel, language, uniqueid, context, extension, tuple(args))


def _explain(lines: list[str]) -> Malformed:
    """Find the first line that is not as it should be; what follows the headers should be arguments."""
    arguments = [(f"agi_arg_{number}", _TEXT) for number in range(1, len(lines) - len(_HEADERS))]
    uniqueid = None
    for (name, value), line in zip((*_HEADERS, *arguments), chain(lines, repeat("")), strict=False):
        given, _, rest = line.partition(": ")
        if given != name:
            return Malformed(Refusal.WRONG_HEADER, name, uniqueid)
        if not re.fullmatch(value, rest) or rest.encode().translate(None, _CONTROLS) != rest.encode():
            return Malformed(Refusal.WRONG_VALUE, name, uniqueid)
        if name == "agi_uniqueid":
            uniqueid = rest
    return Malformed(Refusal.WRONG_HEADER, "the end", uniqueid)
