"""Topics that are looked up from time to time, as long as somebody looks at them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NoReturn

from ccore.db.trouble import Trouble
from ccore.web.live.room import Source
from ccore.web.live.topics import Live

Look = Callable[[], Awaitable[Mapping[str, Live]]]


class Polled(Source):
    """All entries are what ``look`` has found last; it is called every ``every_s``, and when the first one comes."""

    def __init__(self, topic: str, every_s: float, look: Look) -> None:
        self.topic = topic
        self._every_s, self._look = every_s, look
        self._entries: Mapping[str, Live] = {}

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """What was found last."""
        return self._entries if keys is None else {key: self._entries[key] for key in keys if key in self._entries}

    async def begin(self, audience: str) -> None:
        """What was found when somebody looked before is too old."""
        self._entries = await self._look()

    async def run(self, watched: Callable[[str], bool], mark_all: Callable[[str], None]) -> NoReturn:
        """For ever."""
        trouble = Trouble("live_topic_not_seen")
        while True:
            await asyncio.sleep(self._every_s)
            if watched(self.topic):
                with trouble.noted():
                    self._entries = await self._look()
                    mark_all(self.topic)
