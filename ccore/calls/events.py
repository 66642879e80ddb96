"""What each event of Asterisk means for the channels it is about."""

from collections.abc import Callable, Mapping

from ccore.ami.wire import Message
from ccore.calls.model import FOUND, Channel, Kind
from ccore.calls.switchboard import Switchboard
from ccore.calls.talking import is_conversation

Meaning = Callable[[Switchboard, Channel, Message], None]

LATEST_STAMP = 253_402_300_000.0  # the end of the year 9999, as far as a datetime goes
NOBODY = "<unknown>"  # what Asterisk writes for what is not there


def meet(board: Switchboard, event: Message, prefix: str) -> Channel | None:
    """The channel that the headers with this prefix are about, made known if it was not; None if it is gone.

    Its LinkedID may have changed since the last event, without any event saying so: then two calls have met.
    """
    fields = event.fields
    uniqueid, linkedid = fields.get(f"{prefix}uniqueid", ""), fields.get(f"{prefix}linkedid", "")
    channel = board.channels.get(uniqueid)
    if channel is None:
        return _discovered(board, event, prefix) if uniqueid and linkedid else None
    if linkedid in ("", channel.call, uniqueid):  # its own Uniqueid is what a LinkedID begins as, never what it becomes
        return channel
    if (call := board.call_of(linkedid)) != channel.call:
        board.merge(channel.call, call)
    return board.channels[uniqueid]


def _discovered(board: Switchboard, event: Message, prefix: str) -> Channel | None:
    """A channel told of for the first time: by its Newchannel, or in its middle if the events before were withheld."""
    uniqueid = event[f"{prefix}uniqueid"]
    if board.gone_at(uniqueid) is not None:
        return None
    return board.begin(
        Channel(
            uniqueid,
            name=event.get(f"{prefix}channel"),
            call=board.call_of(event[f"{prefix}linkedid"]),
            state=event.get(f"{prefix}channelstatedesc", "Down"),
            began_at=board.now,
            caller=event.get(f"{prefix}calleridnum").replace(NOBODY, ""),
        ),
        how="" if event.name == "Newchannel" else FOUND,
    )


def began(_board: Switchboard, _channel: Channel, _event: Message) -> None:
    """A channel is there: it was met already."""


def changed_state(board: Switchboard, channel: Channel, event: Message) -> None:
    """A channel rings, or was answered. One that is up stays so: what says otherwise is late."""
    state = event.get("ChannelStateDesc")
    if channel.state not in (state, "Up"):
        board.reach(channel, state)


def hung_up(board: Switchboard, channel: Channel, event: Message) -> None:
    """A channel is gone."""
    cause = event.get("Cause")
    board.end(channel, int(cause) if cause.isascii() and cause.isdigit() and len(cause) < 4 else None)


def renamed(board: Switchboard, channel: Channel, event: Message) -> None:
    """A channel took another one's place."""
    board.rename(channel, event.get("Newname", channel.name))


def entered_bridge(board: Switchboard, channel: Channel, event: Message) -> None:
    """A channel is in a bridge."""
    conversation = is_conversation(event.get("BridgeCreator"), event.get("BridgeTechnology"))
    board.enter(channel, event.get("BridgeUniqueid"), conversation=conversation)


def left_bridge(board: Switchboard, channel: Channel, event: Message) -> None:
    """A channel is out of a bridge."""
    board.exit(channel, event.get("BridgeUniqueid"))


def began_to_move(board: Switchboard, channel: Channel, _event: Message) -> None:
    """A Local channel is taken out: both sides leave their bridges and meet in one."""
    board.moving(channel.call)


def moved(board: Switchboard, channel: Channel, _event: Message) -> None:
    """A Local channel is out."""
    board.moved(channel.call)


def held(board: Switchboard, channel: Channel, _event: Message) -> None:
    """Who is on this channel put the other side on hold."""
    if not channel.held:
        board.note(Kind.HELD, board.change(channel, held=True))


def resumed(board: Switchboard, channel: Channel, _event: Message) -> None:
    """The other side is back from hold. Asterisk says so of a transferred call too, held or not."""
    if channel.held:
        board.note(Kind.RESUMED, board.change(channel, held=False))


def transferred(how: str) -> Meaning:
    """A call was put through to somebody else."""

    def meaning(board: Switchboard, channel: Channel, event: Message) -> None:
        if event.get("Result") == "Success":
            board.note(Kind.TRANSFERRED, channel, peer=event.get("TransfereeUniqueid"), how=how)

    return meaning


def parked(board: Switchboard, channel: Channel, _event: Message) -> None:
    """A call waits in a parking lot."""
    if not channel.parked:
        board.note(Kind.PARKED, board.change(channel, parked=True))


def unparked(how: str) -> Meaning:
    """A call waits in its parking lot no more."""

    def meaning(board: Switchboard, channel: Channel, event: Message) -> None:
        if channel.parked:
            peer = event.get("RetrieverUniqueid")
            board.note(Kind.UNPARKED, board.change(channel, parked=False), peer=peer, how=how)

    return meaning


def joined_queue(board: Switchboard, channel: Channel, event: Message) -> None:
    """A caller waits in a queue."""
    queue = event.get("Queue")
    if channel.queue != queue:
        board.note(Kind.JOINED_QUEUE, board.change(channel, queue=queue), queue=queue)


def abandoned_queue(board: Switchboard, channel: Channel, event: Message) -> None:
    """A caller hung up while waiting; that the queue was left is told afterwards."""
    _leave_queue(board, channel, event, "abandoned")


def left_queue(board: Switchboard, channel: Channel, event: Message) -> None:
    """A caller waits no more. Asterisk tells it before the agent's connection, but after the agent's answer."""
    queue = event.get("Queue")
    line = [board.channels[uniqueid] for uniqueid in board.calls[channel.call].channels]
    answered = any(each.queue == queue and each.member and each.state == "Up" for each in line)
    _leave_queue(board, channel, event, "connected" if answered else "left")


def _leave_queue(board: Switchboard, channel: Channel, event: Message, how: str) -> None:
    if channel.waits and channel.queue == event.get("Queue"):
        board.note(Kind.LEFT_QUEUE, board.change(channel, queue=""), queue=channel.queue, how=how)


def agent_called(board: Switchboard, channel: Channel, event: Message) -> None:
    """A queue calls a member; the event is about the caller's channel."""
    agent = meet(board, event, "dest")
    if agent is not None and not agent.member:
        agent = _of_queue(board, agent, event)
        _note_agent(board, Kind.AGENT_RINGING, agent, channel)


def agent_missed(board: Switchboard, channel: Channel, event: Message) -> None:
    """The member did not take the call."""
    agent = meet(board, event, "dest")
    if agent is not None and not agent.missed:
        agent = board.change(_of_queue(board, agent, event), missed=True)
        _note_agent(board, Kind.AGENT_MISSED, agent, channel)


def agent_connected(board: Switchboard, _channel: Channel, event: Message) -> None:
    """The member took the call: that they hear each other is told by their bridge."""
    agent = meet(board, event, "dest")
    if agent is not None:
        _of_queue(board, agent, event)


def _of_queue(board: Switchboard, agent: Channel, event: Message) -> Channel:
    member = event.get("MemberName") or event.get("Interface") or NOBODY
    return board.change(agent, queue=event.get("Queue"), member=member)


def _note_agent(board: Switchboard, kind: Kind, agent: Channel, caller: Channel) -> None:
    board.note(kind, agent, peer=caller.uniqueid, queue=agent.queue, member=agent.member)


def joined_conference(board: Switchboard, channel: Channel, event: Message) -> None:
    """A channel is in a conference."""
    if not channel.conference:
        board.note(Kind.JOINED_CONFERENCE, board.change(channel, conference=event.get("Conference") or NOBODY))


def left_conference(board: Switchboard, channel: Channel, _event: Message) -> None:
    """A channel is out of its conference."""
    if channel.conference:
        board.note(Kind.LEFT_CONFERENCE, board.change(channel, conference=""))


def recording_started(board: Switchboard, channel: Channel, _event: Message) -> None:
    """A channel is recorded."""
    if not channel.recording:
        board.note(Kind.RECORDING_STARTED, board.change(channel, recording=True))


def recording_stopped(board: Switchboard, channel: Channel, _event: Message) -> None:
    """A channel is recorded no more. Asterisk does not say so of a recording that ends with its call."""
    if channel.recording:
        board.note(Kind.RECORDING_STOPPED, board.change(channel, recording=False))


# The event → the prefix of the headers that say which channel it is about, and what it means.
MEANINGS: Mapping[str, tuple[str, Meaning]] = {
    "Newchannel": ("", began),
    "Newstate": ("", changed_state),
    "Hangup": ("", hung_up),
    "Rename": ("", renamed),
    "BridgeEnter": ("", entered_bridge),
    "BridgeLeave": ("", left_bridge),
    "LocalOptimizationBegin": ("localone", began_to_move),
    "LocalOptimizationEnd": ("localone", moved),
    "Hold": ("", held),
    "Unhold": ("", resumed),
    "BlindTransfer": ("transferer", transferred("blind")),
    "AttendedTransfer": ("origtransferer", transferred("attended")),
    "ParkedCall": ("parkee", parked),
    "UnParkedCall": ("parkee", unparked("taken")),
    "ParkedCallTimeOut": ("parkee", unparked("timed-out")),
    "ParkedCallGiveUp": ("parkee", unparked("hung-up")),
    "QueueCallerJoin": ("", joined_queue),
    "QueueCallerAbandon": ("", abandoned_queue),
    "QueueCallerLeave": ("", left_queue),
    "AgentCalled": ("", agent_called),
    "AgentConnect": ("", agent_connected),
    "AgentRingNoAnswer": ("", agent_missed),
    "ConfbridgeJoin": ("", joined_conference),
    "ConfbridgeLeave": ("", left_conference),
    "MixMonitorStart": ("", recording_started),
    "MixMonitorStop": ("", recording_stopped),
}


def stamp_of(event: Message) -> float | None:
    """Asterisk's clock when it told this, in epoch seconds; None if it does not say."""
    try:
        stamp = float(event.fields.get("timestamp", ""))
    except ValueError:
        return None
    return stamp if 0 < stamp < LATEST_STAMP else None
