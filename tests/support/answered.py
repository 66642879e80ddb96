"""Customers whom an Asterisk without any ccore calls for a campaign, as the dialplan's gate would have told it.

``async with answering(directory) as hall:`` has agents' telephones, for the line ``outbound``, and customers behind
trunks, who say what a test has them say. ``await hall.call("far1", attempt=7, CCORE_DETECT="1")`` calls one of them.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from ccore.nodes import SipTrunk
from ccore.pbx.node import AsteriskNode
from tests.support.agents import Phone, phone, phones
from tests.support.asterisk import NODE, node_config, records, running, secrets_of, until_no_channels
from tests.support.call_centre import operators
from tests.support.manager import Manager, manager
from tests.support.ports import free_port
from tests.support.prompts import short_sounds
from tests.support.toned import line
from tests.support.waiting import until

LINE = "outbound"
NUMBER = "13812345678"
QUEUE = "wrap_up_s = 0\nring_s = 20\noffer = false\n[comfort]\nposition = false\nexpected_wait = false\n"
PHONES = '[[phones]]\nfirst = "2001"\nlast = "2002"\nauto_answer = true\n[[phones]]\nfirst = "2003"\nlast = "2003"\n'
# As the gate's part of the dialplan calls: whoever answers runs campaign-answered, and what has called is over.
DIALS = """
[try-dial]
include => every-call
exten => _X!,1,Set(ASKED=${EXTEN})
 same => n,Set(REST=${REPLACE(ASKED,0123456789)})
 same => n,GotoIf(${FIELDQTY(REST,x)}?number-invalid,s,1)
 same => n,Dial(PJSIP/${ASKED}@${TRY_TRUNK},30,G(campaign-answered^s^1))
 same => n,Hangup()
[try-sent]
include => every-call
exten => s,1,Hangup()
"""


@dataclass
class Hall:
    """The node, its agents' telephones by number, its customers' by trunk."""

    node: AsteriskNode
    agents: dict[str, Phone]
    customers: dict[str, Phone]
    _actions: Manager
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)  # at a time asks Asterisk

    async def sit(self, number: str, agent: str) -> None:
        """The agent takes calls at that telephone."""
        said = await self.node.cli(f"queue add member PJSIP/phone-{number} to {LINE} penalty 0 as {agent}")
        assert "Added" in said, said

    async def leave(self, number: str) -> None:
        """Nobody takes calls there."""
        await self.node.cli(f"queue remove member PJSIP/phone-{number} from {LINE}")

    async def call(self, trunk: str, attempt: int, **told: str) -> None:
        """Call the customer behind a trunk; ``told`` is what the gate has said beside the usual."""
        usual = {
            "CCORE_ATTEMPT": str(attempt), "CCORE_LANGUAGE": "zh", "CCORE_NUMBER": NUMBER, "CCORE_LINE": LINE,
            "CCORE_QUEUE": LINE, "CCORE_GRACE_S": "2", "CCORE_ANSWERS": "1", "CCORE_SORRY": "ccore/campaign-sorry",
            "CCORE_HEARS": "ccore/campaign-beep", "TRY_TRUNK": f"trunk-{trunk}",
        }  # fmt: skip
        headers = [
            f"Channel: Local/{NUMBER}@try-dial/n", f"ChannelId: attempt-{attempt}",
            f"OtherChannelId: attempt-{attempt}-2", "Context: try-sent", "Exten: s", "Priority: 1", "Async: true",
            *(f"Variable: __{name}={value}" for name, value in (usual | told).items()),
        ]  # fmt: skip
        async with self._one:
            said = await self._actions.ask("Originate", *headers)
        assert "Success" in said, said

    async def until_quiet(self) -> None:
        """Whoever is in a call yet is hung up on, and nobody sits anywhere."""
        await self.node.cli("channel request hangup all")
        await until_no_channels(self.node)
        for number in self.agents:
            await self.leave(number)

    async def until_bridged(self) -> None:
        """Wait until two talk with one another: who hangs up sooner does so in the middle of the dialplan."""

        async def bridged() -> object:
            return re.search(r" 2 basic ", await self.node.cli("bridge show all"))

        await until(bridged)

    def words(self, attempt: int) -> list[str]:
        """What the dialplan has told of an attempt, in order."""
        extras = [row[-1] for row in records(self.node, "cel") if row[1] == "CCORE_DIAL"]
        told = [found[1] for extra in extras if (found := re.search(r'"extra":"([^"]*)"', extra))]
        return [words for words in told if words.split()[1] == str(attempt)]

    async def until_said(self, attempt: int, word: str, within_s: float = 30.0) -> str:
        """Wait until the dialplan tells this of an attempt; all of its words."""

        def found() -> list[str]:
            return [words for words in self.words(attempt) if words.split()[0] == word]

        await until(lambda: bool(found()), within_s)
        return found()[0]


@asynccontextmanager
async def answering(directory: Path, far: Sequence[str] = ("far1",), prompted: str = "prompted") -> AsyncIterator[Hall]:
    """It runs; customers answer after 0.1 s, agents at once. Their ``media`` have ears for tones, and say what they are
    told to; behind the trunk ``prompted`` is one who knows the prompts instead.
    """
    ports = {name: free_port() for name in (*far, prompted)}
    here = [IPv4Network("127.0.0.1/32")]
    trunks = {name: SipTrunk(kind="sip", peers=here, channels=100, port=port) for name, port in ports.items()}
    plan = operators(directory / "plan", {LINE: QUEUE}, "")
    (plan / "phones.toml").write_text(PHONES, encoding="utf-8")
    (plan / "extensions.d/try.conf").write_text(DIALS, encoding="utf-8")
    config = node_config(directory, plan, trunks=trunks)
    secret = secrets_of(config).phone_secret
    assert secret is not None
    sip = config.nodes[NODE].sip_port
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(running(config))
        asked = phones(sip, secret.get_secret_value(), ["2001", "2002", "2003"], answers_after_s=0.0)
        agents = dict(await stack.enter_async_context(asked))
        customers = {}
        for name, port in ports.items():
            sounds = short_sounds() if name == prompted else None
            made = phone(sip, name, port=port, register=False, sounds=sounds)
            customers[name] = await stack.enter_async_context(made)
            customers[name].answers_after_s = 0.1
        for each in (*agents.values(), *(customers[name] for name in far)):
            each.media = await stack.enter_async_context(line())
        yield Hall(node, agents, customers, await stack.enter_async_context(manager(config, "ccore-actions")))
        for each in (*customers.values(), *agents.values()):
            if each.current is not None and each.current.answered_at:
                each.hang_up()
        await asyncio.sleep(0)
