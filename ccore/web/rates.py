"""How often somebody may ask: a few at once, then so many a second."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

from ccore.throttle import Throttle, pause_s, refilled, spent

MOST_KNOWN = 10_000  # whoever asked longest ago is forgotten: nobody can fill the memory with addresses
A_SECOND, AT_ONCE = 50.0, 200  # of one person: a console that loads all its pages at once is no flood
OPEN_A_SECOND, OPEN_AT_ONCE = 1.0, 60  # from one address without signing in: an office comes in at nine
TEXTS_A_SECOND, TEXTS_AT_ONCE = 1 / 60, 20  # text messages, which cost money, wanted from one address


class Bucket:
    """So many ``at_once``, filled again with ``a_second``, for each name."""

    def __init__(self, a_second: float, at_once: int, now: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._at_once, self._now = a_second, at_once, now
        self._left: OrderedDict[str, Throttle] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """How long to wait before this may be done; 0: it may, and is counted."""
        now = self._now()
        left = refilled(self._left.pop(name, Throttle(self._at_once, now)), self._a_second, self._at_once, now)
        wait = pause_s(left, self._a_second)
        self._left[name] = left if wait else spent(left, 1)
        if len(self._left) > MOST_KNOWN:
            self._left.popitem(last=False)
        return wait


class Rates:
    """The limits of one ccore."""

    def __init__(self) -> None:
        self._people = Bucket(A_SECOND, AT_ONCE)
        self._addresses = Bucket(OPEN_A_SECOND, OPEN_AT_ONCE)
        self._texts = Bucket(TEXTS_A_SECOND, TEXTS_AT_ONCE)

    def take(self, login: str) -> None:
        """Count a request of ``login``. Raises HTTPTooManyRequests."""
        _refuse(self._people.wait_s(login))

    def take_open(self, address: str) -> None:
        """Count a request of somebody unknown. Raises HTTPTooManyRequests."""
        _refuse(self._addresses.wait_s(address))

    def take_text(self, address: str) -> None:
        """Count a text message that somebody unknown wants sent. Raises HTTPTooManyRequests."""
        _refuse(self._texts.wait_s(address))


def _refuse(wait_s: float) -> None:
    if wait_s:
        raise too_many(wait_s)


def too_many(wait_s: float, text: str = "too often: wait a moment") -> web.HTTPTooManyRequests:
    """Asked too often: again in ``wait_s``."""
    return web.HTTPTooManyRequests(text=text, headers={"Retry-After": str(math.ceil(wait_s))})
