"""``ccore far-end``: an exchange with its subscribers at the other end of a trunk, for trying out and for training."""

import argparse
import asyncio
import signal
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from ccore.commands import Add
from ccore.config import Config
from ccore.nodes import E1_CHANNELS
from ccore.pbx.far_end import HOST, PORT, FarEnd, Happened, describe, far_end, most_at_once, statistics

LOOK_EVERY_S = 0.5
_SAID = {
    "invited": "calls", "full": "refused, as no channel was free", "refused": "refused", "answered": "answered",
    "cancelled": "given up by the caller", "let-go": "hung up by the caller", "hung-up": "hung up by who was called",
    "lost": "lost",
}  # fmt: skip


def register(add: Add) -> None:
    """Add the command."""
    command = add("far-end", _run, "answer the calls of a trunk as an exchange does, until Ctrl-C")
    command.add_argument("--port", type=int, default=PORT, help=f"where (default: {PORT}, as the trunk far-end has it)")
    command.add_argument("--host", default=HOST, help=f"at which address of this machine (default: {HOST})")
    command.add_argument("--channels", type=int, default=E1_CHANNELS, choices=range(1, 1001), metavar="N",
                         help=f"then it refuses, with cause 34 (default: {E1_CHANNELS}, an E1 span)")  # fmt: skip
    command.add_argument("--table", action="store_true", help="print what comes of which number, and do nothing more")


async def _run(options: argparse.Namespace, _settings: Config) -> int:
    print("the last digits of a number say what comes of a call:")
    for digits, words in describe():
        print(f"  {digits:5} {words}")
    print("  …9XX  as these, but when no channel is free cause 42 and not 34")
    if options.table:
        return 0
    async with far_end(options.port, options.channels, host=options.host) as there:
        print(f"{options.channels} channels at {options.host}:{options.port}; Ctrl-C ends it", flush=True)
        await _until_told(there)
        _summary(there.happened())
    return 0


async def _until_told(there: FarEnd) -> None:
    """Print what happens until a signal comes, or sipp has ended."""
    told, shown = asyncio.Event(), 0
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    while not told.is_set() and there.runs:
        happened = there.happened()
        for each in happened[shown:]:
            print(_line(each), flush=True)
        shown = len(happened)
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), LOOK_EVERY_S)


def _line(each: Happened) -> str:
    return f"{each.number:16} from {each.caller:16} {_SAID[each.what]:32} {each.up} channels in use"


def _summary(happened: Iterable[Happened]) -> None:
    known = list(happened)
    counted: Counter[str] = statistics(known)
    for what, words in _SAID.items():
        print(f"{counted[what]:6} {words}")
    print(f"{most_at_once(known):6} channels in use at once, at most")
