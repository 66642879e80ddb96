"""What was learnt a moment ago, for so long and so much as may be kept."""

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Thing = TypeVar("Thing")


class Remembered(Generic[Key, Thing]):
    """Things by key, each until a time of its own; of more than ``most`` the ones not asked for longest go."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Key, tuple[float, Thing]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._things)

    def get(self, key: Key, now: float) -> Thing | None:
        """The thing, if it is remembered at ``now``."""
        until, thing = self._things.get(key, (now, None))
        if until <= now:
            self._things.pop(key, None)
            return None
        self._things.move_to_end(key)
        return thing

    def keep(self, key: Key, thing: Thing, until: float) -> None:
        """Remember the thing ``until`` then."""
        self._things[key] = (until, thing)
        self._things.move_to_end(key)
        if len(self._things) > self._most:
            self._things.popitem(last=False)
