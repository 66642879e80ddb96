"""PINs keyed at a telephone: none that is guessed first, and a few tries only."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Literal

from ccore.db.pool import Database
from ccore.people import passwords

WRONG_LIMIT = 5  # tries of one number, or from one telephone, within the window
WRONG_WINDOW = timedelta(minutes=15)
LENGTHS = range(6, 13)  # 5 tries in 15 minutes would take years to find one of 6 digits


class Pins:
    """The PINs of one kind of people: statements ``try_pin``, ``pin`` and ``pass_pin`` of the query file ``kind``."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database = database
        self._kind = kind

    async def check(self, call_key: str, caller: str, number: str, pin: str) -> Literal["right", "wrong", "locked"]:
        """Whether ``pin`` is that of ``number``, keyed in a call from ``caller``; "locked": too many were wrong.

        Raises Unavailable and OutcomeUnknown.
        """
        # Written down before it is judged: tries at the same time see each other.
        tried = await self._database.fetch_value(f"{self._kind}.try_pin", call_key, number, caller)
        row = await self._database.fetch_row(f"{self._kind}.pin", number, caller, WRONG_WINDOW)
        assert row is not None, "the query always gives a row"
        right = await asyncio.to_thread(passwords.is_right, pin, row["pin_salt"], row["pin_hash"])
        if row["wrong"] > WRONG_LIMIT:
            return "locked"
        if right:
            await self._database.execute(f"{self._kind}.pass_pin", tried)
        return "right" if right else "wrong"


def weakness(pin: str) -> str:
    """Why ``pin`` is no good; "" if it is."""
    if not (pin.isascii() and pin.isdecimal() and len(pin) in LENGTHS):
        return f"a PIN has {LENGTHS.start} to {LENGTHS.stop - 1} digits"
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    return "digits that are all the same, or count up or down, are guessed first" if steps in ({0}, {1}, {-1}) else ""
