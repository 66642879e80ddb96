#!/usr/bin/env python3
"""Takes an order on Asterisk's own machine while ccore is away: one line, on disk, before the caller hears "received".

Plain AGI: ``AGI(order_fallback.py,<dialled>,<caller>,${SYSTEMNAME},${UNIQUEID}[,<spool directory>[,<trunk>]])``, where
an empty directory is the usual one. CCORE_RESULT becomes ``received`` once the line is surely on disk; if it cannot be,
CCORE_RESULT stays as it was and the dialplan takes the caller to people. A hang-up at any moment changes nothing about
a line that is on disk.

It runs under the Python of Asterisk's machine and imports nothing of ccore: a caller is waiting for it to start.
"""

import io
import json
import os
import re
import signal
import sys
import time

from asterisk.agi import AGI, AGIException

SPOOL = os.environ.get("CCORE_ORDER_SPOOL", "/srv/ccore/spool/orders")

# What ccore.ordering.spool reads, in the order of the arguments. The uniqueid is an argument and not taken from AGI's
# environment, where a caller can forge a second one. [0-9], never \d: other scripts' digits are no telephone digits.
SHAPES = {
    "dialled": re.compile(r"[0-9]{3,20}"),
    "caller": re.compile(r"\+?[0-9]{3,20}|withheld|invalid"),
    "node": re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"),
    "uniqueid": re.compile(r"[A-Za-z0-9_.-]{1,128}"),
}
TRUNK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def main() -> None:
    """Read the call, write its line, tell Asterisk."""
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # names come in any bytes
    agi = AGI(stderr=io.StringIO())  # pyst2 would print numbers of callers on the real one
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # Asterisk's sign of a hang-up
    try:
        spool, trunk = (*sys.argv[5:7], "", "")[:2]
        save(spool or SPOOL, line(sys.argv[1:5], trunk))
    except (ValueError, OSError) as error:
        print(f"order_fallback: no order taken: {error}", file=sys.stderr)  # noqa: T201 - Asterisk's console
    else:
        tell_received(agi)


def line(arguments: list[str], trunk: str = "") -> str:
    """The spool's line for a call of this moment; raises ValueError if an argument is not what it has to be.

    A trunk that is none is left out: the order matters more.
    """
    if len(arguments) != len(SHAPES):
        raise ValueError(f"{len(arguments)} arguments in place of {len(SHAPES)}")
    call = dict(zip(SHAPES, arguments, strict=True))
    for name, shape in SHAPES.items():
        if not shape.fullmatch(call[name]):
            raise ValueError(f"{name} is not as it has to be")
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    order = {
        "v": 1,
        "call_key": f"{call['node']}!{call['uniqueid']}",
        "dialled": call["dialled"],
        "caller": call["caller"],
        "called_at": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanoseconds // 1000:06}Z",
    }
    if TRUNK.fullmatch(trunk):
        order["trunk"] = trunk
    return json.dumps(order) + "\n"


def save(spool: str, text: str) -> None:
    """Put ``text`` into a file of its own in ``new/``, whole and surely on disk, or raise OSError."""
    folders = {name: os.path.join(spool, name) for name in ("tmp", "new")}
    for folder in folders.values():
        os.makedirs(folder, exist_ok=True)
    name = f"{time.time_ns()}-{os.getpid()}"
    written = os.path.join(folders["tmp"], name)
    try:
        with open(written, "x", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(written, os.path.join(folders["new"], name))
    except OSError:
        if os.path.exists(written):
            os.unlink(written)
        raise
    folder_handle = os.open(folders["new"], os.O_RDONLY)
    os.fsync(folder_handle)
    os.close(folder_handle)


def tell_received(agi: AGI) -> None:
    """Set CCORE_RESULT; a caller who has hung up is told by text message instead."""
    try:
        agi.set_variable("CCORE_RESULT", "received")
    except (AGIException, OSError, ValueError) as error:
        print(f"order_fallback: order taken, caller gone: {type(error).__name__}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
