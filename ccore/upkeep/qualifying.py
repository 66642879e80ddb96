"""Has an Asterisk that was started anew look for its telephones at once."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NoReturn

import structlog

from ccore.ami.actions import PJSIPQualify
from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.centre.phones import PREFIX
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable

log = structlog.get_logger()

# Of 5,000 telephones all have been asked after 10 s.
AT_ONCE = 50
PAUSE_S = 0.1


class Qualifying:
    """Of all nodes. Make it before the links run.

    Asterisk keeps registrations through a restart, but rings no telephone that it has not asked for a sign of life
    since, and it spreads the asking over ``qualify_frequency``: 10 s in which agents are away and callers wait.
    """

    def __init__(self, links: Mapping[str, Link]) -> None:
        self._links = links
        self._booted_at: dict[str, str] = {}
        self._wanted: asyncio.Queue[tuple[str, list[str]]] = asyncio.Queue()
        for node, link in links.items():
            link.on_login(partial(self._logged_in, node))

    async def run(self) -> NoReturn:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._qualify(*await self._wanted.get()))

    async def _logged_in(self, node: str, snapshot: Snapshot) -> None:
        if self._booted_at.get(node) != snapshot.booted_at:
            self._booted_at[node] = snapshot.booted_at
            self._wanted.put_nowait((node, list(unseen(snapshot))))

    async def _qualify(self, node: str, phones: list[str]) -> None:
        try:
            for first in range(0, len(phones), AT_ONCE):
                asked = phones[first : first + AT_ONCE]
                await asyncio.gather(*(self._ask(node, phone) for phone in asked))
                await asyncio.sleep(PAUSE_S)
        except (Unavailable, OutcomeUnknown) as error:  # after the next login it is asked again, or by itself
            log.warning("phones_not_qualified", node=node, reason=str(error))
            return
        log.info("phones_qualified", node=node, count=len(phones))

    async def _ask(self, node: str, phone: str) -> None:
        try:
            await self._links[node].send(PJSIPQualify(phone))
        except ActionRefused:  # it was taken out of phones.toml meanwhile
            log.info("phone_gone", node=node, phone=phone)


def unseen(snapshot: Snapshot) -> Iterator[str]:
    """The endpoints of telephones that Asterisk does not reach, those of its queues' members first."""
    members = {member.state_interface or member.interface for member in snapshot.members}
    lost = [device for device, state in snapshot.devices.items() if state == "UNAVAILABLE"]
    for device in sorted(lost, key=lambda each: each not in members):
        if device.startswith(f"PJSIP/{PREFIX}"):
            yield device.removeprefix("PJSIP/")
