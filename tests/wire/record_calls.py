"""Records what a real Asterisk's manager tells ``ccore-events`` of every kind of call, into ``data/calls``.

By hand: ``python -m tests.wire.record_calls [NAME …]``; it needs what the acceptance tests need. Expected facts in the
tests name uniqueids by their order, so that a new recording does not change them.
"""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from ccore.config import Config, load_secrets
from ccore.pbx.node import AsteriskNode
from tests.support import rawsip
from tests.support.asterisk import NODE, node_config, running, until_no_channels
from tests.support.manager import Manager, manager
from tests.support.telephone import Telephone, telephone

CALLS = Path(__file__).parent / "data" / "calls"
SCENE_S = 60.0  # the longest waits for a queue's 15 s of ringing
QUIET_S = 0.5  # nothing more is told of a call after this
DIALPLAN = """
[from-trunk]
exten => 200,1,Dial(PJSIP/trunk-local/${BOB},3)
 same => n,Hangup()
exten => 201,1,Dial(PJSIP/trunk-local/${BOB}&PJSIP/trunk-local/${CAROL},3)
exten => 202,1,Set(FEATUREMAP(atxfer)=*2)
 same => n,Dial(PJSIP/trunk-local/${BOB},3,tTb(features^s^1))
exten => 210,1,Dial(Local/bob@phones,3)
exten => 211,1,Dial(Local/bob@phones/n,3)
exten => 300,1,Dial(PJSIP/trunk-local/${CAROL},3)
exten => 400,1,Answer()
 same => n,ConfBridge(400)
exten => 500,1,Answer()
 same => n,Park(default,t(2)c(from-trunk,501,1))
exten => 501,1,Hangup()
exten => 502,1,Answer()
 same => n,ParkedCall(default,701)
exten => 600,1,Answer()
 same => n,MixMonitor(queue.wav)
 same => n,Queue(service,,,,30)
exten => 700,1,Answer()
 same => n,MixMonitor(one.wav)
 same => n,Wait(1)
 same => n,StopMixMonitor()
 same => n,Wait(0.5)
exten => 701,1,Answer()
 same => n,MixMonitor(two.wav)
 same => n,Wait(60)
exten => 800,1,Answer()
 same => n,Wait(60)

[features]
exten => s,1,Set(FEATUREMAP(atxfer)=*2)
 same => n,Return()

[phones]
exten => bob,1,Dial(PJSIP/trunk-local/${BOB},3)
exten => hello,1,Answer()
 same => n,Wait(1)
"""


class Stage:
    """A node, two telephones that its dialplan calls bob and carol, and callers."""

    def __init__(self, node: AsteriskNode, config: Config, actions: Manager, stack: AsyncExitStack) -> None:
        self.node = node
        self.port = config.nodes[NODE].sip_port
        self.actions = actions
        self._stack = stack

    async def phone(self, name: str, rings_s: float = 0.3, status: int | None = 200) -> Telephone:
        """A telephone for the dialplan's ``name``."""
        phone = await self._stack.enter_async_context(telephone(rings_s, status))
        await self.node.cli(f"dialplan set global {name.upper()} {phone.uri}")
        return phone

    async def caller(self, number: str) -> rawsip.Caller:
        """Somebody who has dialled ``number`` just now."""
        caller = await self._stack.enter_async_context(rawsip.calling(self.port))
        call_id = f"{number}-{id(caller):x}"
        caller.invite(number.encode(), b"13800138000", call_id=call_id, branch=call_id, display='"张三" '.encode())
        return caller

    async def channels(self) -> list[str]:
        """The names of all SIP channels, the newest first."""
        lines = (await self.node.cli("core show channels concise")).splitlines()
        return sorted((line.split("!")[0] for line in lines if line.startswith("PJSIP/")), reverse=True)

    async def channel_of(self, phone: Telephone) -> str:
        """The channel that rings ``phone``: the newest one."""
        await phone.rung.wait()
        return (await self.channels())[0]


async def answered(stage: Stage) -> None:
    """The callee hangs up."""
    bob = await stage.phone("bob")
    await stage.caller("200")
    await bob.answered.wait()
    await asyncio.sleep(0.5)
    bob.hang_up()


async def hung_up_by_caller(stage: Stage) -> None:
    """The caller hangs up."""
    bob = await stage.phone("bob")
    caller = await stage.caller("200")
    await bob.answered.wait()
    await asyncio.sleep(0.5)
    caller.bye()


async def busy(stage: Stage) -> None:
    """The callee's line is busy."""
    await stage.phone("bob", status=486)
    caller = await stage.caller("200")
    await caller.until_finals(1, 5)


async def unanswered(stage: Stage) -> None:
    """Nobody answers within the dialplan's 3 s."""
    await stage.phone("bob", status=None)
    caller = await stage.caller("200")
    await caller.until_finals(1, 8)


async def cancelled(stage: Stage) -> None:
    """The caller gives up while it rings."""
    bob = await stage.phone("bob", status=None)
    gone = asyncio.create_task(rawsip.gives_up(stage.port, "200", "13800138000", 800))
    await bob.rung.wait()
    await gone


async def two_phones(stage: Stage) -> None:
    """Both ring, carol answers."""
    await stage.phone("bob", status=None)
    carol = await stage.phone("carol", 0.6)
    await stage.caller("201")
    await carol.answered.wait()
    await asyncio.sleep(0.5)
    carol.hang_up()


async def forked_invite(stage: Stage) -> None:
    """One call that comes by two ways."""
    await stage.phone("bob")
    await asyncio.wait_for(rawsip.forked_invite(stage.port, "700", "13800138000"), 20)


async def blind_transfer(stage: Stage) -> None:
    """Bob transfers the caller to carol."""
    bob, carol = await stage.phone("bob"), await stage.phone("carol")
    await stage.caller("200")
    channel = await stage.channel_of(bob)
    await bob.answered.wait()
    await asyncio.sleep(0.5)
    await stage.actions.ask("BlindTransfer", f"Channel: {channel}", "Context: from-trunk", "Exten: 300")
    await carol.answered.wait()
    await asyncio.sleep(0.5)
    carol.hang_up()


async def attended_transfer(stage: Stage) -> None:
    """Bob asks carol, then hangs up: the caller talks to carol."""
    bob, carol = await stage.phone("bob"), await stage.phone("carol")
    await stage.caller("202")
    channel = await stage.channel_of(bob)
    await bob.answered.wait()
    await asyncio.sleep(0.5)
    await stage.actions.ask("Atxfer", f"Channel: {channel}", "Context: from-trunk", "Exten: 300")
    await carol.answered.wait()
    await asyncio.sleep(1)
    bob.hang_up()
    await asyncio.sleep(0.5)
    carol.hang_up()


async def redirected(stage: Stage) -> None:
    """An operator takes bob away from the caller and into the dialplan, where he hangs up."""
    bob = await stage.phone("bob")
    await stage.caller("200")
    channel = await stage.channel_of(bob)
    await bob.answered.wait()
    await asyncio.sleep(0.5)
    await stage.actions.ask("Redirect", f"Channel: {channel}", "Context: from-trunk", "Exten: 800", "Priority: 1")
    await asyncio.sleep(0.8)
    bob.hang_up()


async def merged(stage: Stage) -> None:
    """Two callers are bridged by an operator."""
    first = await stage.caller("800")
    await asyncio.sleep(0.3)
    await stage.caller("800")
    await asyncio.sleep(0.3)
    newer, older = await stage.channels()
    await stage.actions.ask("Bridge", f"Channel1: {newer}", f"Channel2: {older}")
    await asyncio.sleep(0.5)
    first.bye()
    await asyncio.sleep(0.3)
    await stage.node.cli("channel request hangup all")


async def conference(stage: Stage) -> None:
    """Three join, and leave in the order they came."""
    callers = []
    for _ in range(3):
        callers.append(await stage.caller("400"))
        await asyncio.sleep(0.4)
    for caller in callers:
        caller.bye()
        await asyncio.sleep(0.3)


async def parked(stage: Stage) -> None:
    """Parked, then taken by another caller, who hangs up."""
    await stage.caller("500")
    await asyncio.sleep(0.8)
    taker = await stage.caller("502")
    await asyncio.sleep(0.8)
    taker.bye()


async def parked_too_long(stage: Stage) -> None:
    """Nobody takes the call within 2 s."""
    caller = await stage.caller("500")
    await caller.until_hung_up(1, 6)


async def parked_and_gone(stage: Stage) -> None:
    """The caller gives up in the parking lot."""
    caller = await stage.caller("500")
    await asyncio.sleep(0.8)
    caller.bye()


async def local_optimised(stage: Stage) -> None:
    """Through a Local channel, which Asterisk takes out once both sides talk."""
    await through_local(stage, "210")


async def local_kept(stage: Stage) -> None:
    """Through a Local channel that stays."""
    await through_local(stage, "211")


async def through_local(stage: Stage, number: str) -> None:
    bob = await stage.phone("bob")
    caller = await stage.caller(number)
    await bob.answered.wait()
    await asyncio.sleep(0.8)
    caller.bye()


async def agent(stage: Stage) -> tuple[Telephone, str]:
    """A member of the queue and the interface it is known by; its telephone rings for ever."""
    bob = await stage.phone("bob", status=None)
    member = f"PJSIP/trunk-local/{bob.uri}"
    await stage.node.cli("devstate change Custom:bob NOT_INUSE")
    await asyncio.sleep(0.5)  # app_queue hears of it
    await stage.node.cli(f"queue add member {member} to service penalty 0 as bob state_interface Custom:bob")
    return bob, member


async def queue_call(stage: Stage) -> None:
    """The agent misses it, takes it the second time, holds, comes back; it is recorded; the caller hangs up."""
    bob, member = await agent(stage)
    caller = await stage.caller("600")
    await bob.rung.wait()
    bob.rings_s, bob.status = 0.5, 200
    await bob.answered.wait()
    await asyncio.sleep(0.5)
    bob.hold()
    await asyncio.sleep(0.4)
    bob.resume()
    await asyncio.sleep(0.4)
    caller.bye()
    await asyncio.sleep(0.3)
    await stage.node.cli(f"queue remove member {member} from service")


async def queue_abandoned(stage: Stage) -> None:
    """The caller hangs up while the agent's telephone rings."""
    bob, member = await agent(stage)
    caller = await stage.caller("600")
    await bob.rung.wait()
    await asyncio.sleep(0.4)
    caller.bye()
    await asyncio.sleep(0.3)
    await stage.node.cli(f"queue remove member {member} from service")


async def recorded(stage: Stage) -> None:
    """A recording that the dialplan starts and stops."""
    caller = await stage.caller("700")
    await caller.until_hung_up(1, 8)


async def recorded_to_the_end(stage: Stage) -> None:
    """A recording that ends with the call."""
    caller = await stage.caller("701")
    await asyncio.sleep(0.8)
    caller.bye()


async def originated(stage: Stage) -> None:
    """Bob is called by ccore, under a channel id of ours, and put through to the dialplan."""
    bob = await stage.phone("bob")
    await stage.actions.ask(
        "Originate", f"Channel: PJSIP/trunk-local/{bob.uri}", "Context: phones", "Exten: hello", "Priority: 1",
        "ChannelId: cc-1-2-3", "Async: true",
    )  # fmt: skip
    await bob.answered.wait()
    await asyncio.sleep(1.5)


async def order(stage: Stage) -> None:
    """One dial, with the dialplan that ccore ships; ccore is away, so the fallback takes the order."""
    caller = await stage.caller("1008610001")
    await caller.until_hung_up(1, 20)


SCENES: dict[str, Callable[[Stage], Coroutine[None, None, None]]] = {
    scene.__name__: scene
    for scene in (
        answered, hung_up_by_caller, busy, unanswered, cancelled, two_phones, forked_invite, blind_transfer,
        attended_transfer, redirected, merged, conference, parked, parked_too_long, parked_and_gone, local_optimised,
        local_kept, queue_call, queue_abandoned, recorded, recorded_to_the_end, originated, order,
    )
}  # fmt: skip


@asynccontextmanager
async def listening(config: Config) -> AsyncIterator[bytearray]:
    """All that the events account is told, from Asterisk's greeting on."""
    told = bytearray()
    secret = load_secrets(config).ami_events_secret.get_secret_value()
    reader, writer = await asyncio.open_connection("127.0.0.1", config.nodes[NODE].ami_port)

    async def listen() -> None:
        while data := await reader.read(65536):
            told.extend(data)

    listener = asyncio.create_task(listen())
    writer.write(f"Action: Login\r\nUsername: ccore-events\r\nSecret: {secret}\r\n\r\n".encode())
    while b"FullyBooted" not in told:
        await asyncio.sleep(0.05)
    try:
        yield told
    finally:
        writer.close()
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener


async def record(name: str, directory: Path) -> bytes:
    """What Asterisk tells of one scene."""
    config = node_config(directory, None if name == "order" else DIALPLAN)
    expected = ["res_agi.c"] if name == "order" else []
    async with running(config, expected=expected) as node, AsyncExitStack() as stack:
        actions = await stack.enter_async_context(manager(config, "ccore-actions"))
        await actions.ask("Events", "EventMask: off")
        async with listening(config) as told:
            await asyncio.wait_for(SCENES[name](Stage(node, config, actions, stack)), SCENE_S)
            await until_no_channels(node)
            await asyncio.sleep(QUIET_S)
            return bytes(told)


async def main(names: Sequence[str]) -> None:
    """Record the scenes of these names, or all."""
    CALLS.mkdir(parents=True, exist_ok=True)
    for name in names or SCENES:
        with tempfile.TemporaryDirectory(prefix="ccore-record-") as directory:
            told = await record(name, Path(directory))
        (CALLS / f"{name}.txt").write_bytes(told)
        print(f"{name}: {told.count(b'Event: ')} events, {len(told)} bytes")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
