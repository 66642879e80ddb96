"""The state of an Asterisk as one value: taken after every login, because events before it are never told again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ccore.ami.actions import Action, CoreShowChannels, CoreStatus, Reply
from ccore.ami.wire import Message


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel that is up. ``state`` is Asterisk's word (Up, Ring, Ringing …); ``duration_s`` since its creation."""

    name: str
    uniqueid: str
    linkedid: str
    state: str
    context: str
    exten: str
    application: str
    duration_s: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is at the ``epoch``-th login of this link.

    ``booted_at`` is Asterisk's own local time as text: only its change means anything, namely a restart.
    ``unreadable`` counts channels that are there too, but whose callers wrote line breaks into what Asterisk says.
    """

    epoch: int
    booted_at: str
    channels: tuple[Channel, ...]
    unreadable: int = 0

    @property
    def name(self) -> str:
        """What it is called in logs, beside the names of events."""
        return f"login {self.epoch}"


async def take(send: Callable[[Action], Awaitable[Reply]], epoch: int) -> Snapshot:
    """Ask Asterisk for its state. Raises what ``send`` raises, and KeyError if the boot time is missing."""
    status = (await send(CoreStatus())).response
    listed = await send(CoreShowChannels())
    channels = tuple(channel for item in listed.items if (channel := _channel(item)) is not None)
    booted_at = f"{status['CoreStartupDate']} {status['CoreStartupTime']}"
    return Snapshot(epoch, booted_at, channels, unreadable=listed.refused + len(listed.items) - len(channels))


def _channel(item: Message) -> Channel | None:
    """The channel an item tells of; None if the item is incomplete."""
    try:
        hours, minutes, seconds = map(int, item["Duration"].split(":"))
        return Channel(
            name=item["Channel"],
            uniqueid=item["Uniqueid"],
            linkedid=item["Linkedid"],
            state=item["ChannelStateDesc"],
            context=item["Context"],
            exten=item["Exten"],
            application=item["Application"],
            duration_s=hours * 3600 + minutes * 60 + seconds,
        )
    except (KeyError, ValueError):
        return None
