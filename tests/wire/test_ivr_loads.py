"""How busy queues are, as a node tells it: who waits, and which agents are free."""

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.service import Calls
from ccore.ivr.loads import Load, Loads
from tests.support.waiting import until
from tests.support.witness import Notes
from tests.wire.ami_server import AmiServer, event, new_link, running

MEMBER = "Queue: service|MemberName: a|Interface: PJSIP/{0}|Status: {1}|Paused: {2}|InCall: {3}"
CALLER = (
    "Channel: PJSIP/trunk-local-0000000{0}|ChannelState: 6|ChannelStateDesc: Up|CallerIDNum: 13800138000|"
    "CallerIDName: <unknown>|ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|AccountCode: |"
    "Context: service|Exten: s|Priority: 1|Uniqueid: node1-1.{0}|Linkedid: node1-1.{0}|Queue: service|Position: 1|"
    "Count: 1"
)


def of(link: Link, node: str) -> Loads:
    """Those of the one node behind this link."""
    return Loads({node: link}, Calls({node: link}, Feed(), Notes()).trackers)


async def test_agents_are_free_or_not_and_callers_wait_or_not(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    loads = of(link, node)
    assert loads.now() == Load({}, {})
    async with running(link):
        await link.wait_up()
        for name, member in (
            ("QueueMemberAdded", ("100", 1, 0, 0)),
            ("QueueMemberAdded", ("101", 1, 0, 0)),
            ("QueueMemberStatus", ("102", 2, 0, 1)),
            ("QueueMemberPause", ("103", 1, 1, 0)),
        ):
            server.events.send(event(name, MEMBER.format(*member)))
        server.events.send(event("QueueCallerJoin", CALLER.format(1)))
        server.events.send(event("QueueCallerJoin", CALLER.format(2)))
        await until(lambda: loads.now() == Load({"service": 2}, {"service": 2}))
        server.events.send(event("QueueMemberStatus", MEMBER.format("100", 6, 0, 0)))
        server.events.send(event("QueueMemberRemoved", MEMBER.format("101", 1, 0, 0)))
        server.events.send(event("QueueCallerLeave", CALLER.format(1)))
        await until(lambda: loads.now() == Load({"service": 1}, {}))


async def test_the_lines_of_a_queue_are_counted_together_and_an_agent_in_two_of_them_once(
    server: AmiServer, node: str
) -> None:
    link = new_link(server, node)
    loads = of(link, node)
    async with running(link):
        await link.wait_up()
        for line in ("service", "service-en"):
            member = MEMBER.replace("Queue: service", f"Queue: {line}").format("100", 1, 0, 0)
            server.events.send(event("QueueMemberAdded", member))
        server.events.send(event("QueueCallerJoin", CALLER.format(1)))
        server.events.send(event("QueueCallerJoin", CALLER.format(2).replace("Queue: service", "Queue: service-en")))
        await until(lambda: loads.now() == Load({"service": 2}, {"service": 1}))
