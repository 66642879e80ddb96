"""A small hotline on a real site: every kind of node once, and the telephone its transfers and its agent ring."""

import asyncio
import itertools
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from ccore.config import Agi, Paths
from ccore.nodes import SipTrunk
from ccore.shipped import shipped
from tests.support.asterisk import complaints
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.menus import for_every_number
from tests.support.ports import free_port
from tests.support.prompts import people_alone
from tests.support.site import Site, site
from tests.support.telephone import Telephone, telephone

HOTLINE = "10086"
EXPECTED = ("Connection refused", "Couldn't connect to any host")  # ccore is killed here
MENUS = """
[main]
do = "menu"
opening = "t-welcome"
prompt = "t-main"
timeout_s = 2
[main.keys]
1 = "account"
2 = "english"
3 = "message"
4 = "order"
5 = "office"
6 = "balance"
7 = "agents"
8 = "pin"
9 = "bye"

[account]
do = "ask"
prompt = "t-account"
into = "account"
most = 8
timeout_s = 30
then = "repeat"

[pin]
do = "ask"
prompt = "t-pin"
into = "pin"
most = 8
secret = true
then = "main"

[repeat]
do = "say"
prompt = ["t-your-account", "{account}"]
then = "main"

[english]
do = "language"
language = "en"
then = "main"

[message]
do = "voicemail"
prompt = "t-record"
box = "service"
limit_s = 30
then = "bye"

[order]
do = "order"
access = "10086"
code = "10001"

[office]
do = "transfer"
to = "office"
prompt = "t-office"
wait_s = 5
then = "main"

[balance]
do = "look-up"
adapter = "balance"
ask = { number = "{caller}" }
then = "repeat"
missing = "main"
failed = "sorry"

[sorry]
do = "say"
prompt = "t-sorry"
then = "main"

[agents]
do = "queue"
prompt = "t-agents"
wait_s = 20
then = "main"
after = "asked"

[asked]
do = "survey"
name = "agents"
question = [{ name = "friendly", prompt = "t-friendly" }]
thanks = "t-bye"

[people]
do = "queue"

[bye]
do = "hang-up"
prompt = "t-bye"
"""
AGENTS = """
[agents]
include => every-call
exten => 1,1,Dial(PJSIP/02088886666@trunk-local,20)
 same => n,Hangup()
"""
PROMPTS = [
    f"t-{name}"
    for name in (
        "welcome",
        "main",
        "account",
        "pin",
        "your-account",
        "record",
        "office",
        "sorry",
        "agents",
        "bye",
        "friendly",
    )
]

DEFAULTS = ["key-invalid", "key-missing", "digits-invalid", "goodbye"]
VALUES = ["n-1", "n-1-dialled", "n-2", "n-3"]


def operators(directory: Path, system_port: int) -> Path:
    """The shipped dialplan with menus of this test's own; what they look up is asked at ``system_port``."""
    shutil.copytree(shipped("dialplan"), directory)
    for part in ("menus", "prompts", "sounds"):
        shutil.rmtree(directory / part, ignore_errors=True)
        (directory / part).mkdir()
    shutil.copy(shipped("dialplan") / "prompts/order.toml", directory / "prompts")
    people_alone(directory)
    (directory / "menus/test.toml").write_text(MENUS, encoding="utf-8")
    hotlines = for_every_number(directory, "people").replace("people =", "record = true\npeople =")
    (directory / "hotlines.toml").write_text(hotlines, encoding="utf-8")
    (directory / "extensions.d/agents.conf").write_text(AGENTS, encoding="utf-8")
    look_up = f"""[balance]
url = "http://127.0.0.1:{system_port}/balance?of={{number}}"
fields = {{ account = {{ path = "account", kind = "digits" }} }}
"""
    (directory / "lookups.toml").write_text(look_up, encoding="utf-8")
    (directory / "transfers.toml").write_text('[office]\nnumber = "02088886666"\ntrunk = "local"\n', encoding="utf-8")
    notes = itertools.combinations(range(500, 1800, 130), 2)
    prompts = "".join(
        f'[{name}]\nzh = "一"\nen = "One."\ntone = [[{low}, 150], [{high}, 150]]\n'
        for name, (low, high) in zip([*PROMPTS, *DEFAULTS, *VALUES], notes, strict=False)
    )
    (directory / "prompts/test.toml").write_text(prompts, encoding="utf-8")
    return directory


@dataclass(frozen=True, slots=True)
class Line:
    """A site with the hotline, what its callers can hear, and the telephone transfers lead to."""

    site: Site
    sounds: Sounds
    office: Telephone
    standby_port: int  # which Asterisk asks when ccore fails at once; nobody is there

    def call(self, number: str = HOTLINE, **options: Any) -> AbstractAsyncContextManager[Keypad]:
        """A caller of the hotline."""
        return dialled(self.site.sip_port, number, sounds=self.sounds, **options)

    @property
    def ccore(self) -> asyncio.subprocess.Process:
        """The daemon."""
        assert self.site.ccore is not None
        return self.site.ccore


@asynccontextmanager
async def small_hotline(directory: Path) -> AsyncIterator[Line]:
    """The hotline on a site of its own."""
    standby_port = free_port()
    async with telephone() as office:
        with socket.create_server(("127.0.0.1", 0)) as system:  # takes connections and never says a word
            plan = operators(directory / "plan", system.getsockname()[1])
            trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000, port=office.port)
            agi = Agi(port=free_port(), standby=f"127.0.0.1:{standby_port}")
            paths = Paths(var=directory / "var", dialplan=plan)
            async with site(directory, paths=paths, trunks={"local": trunk}, agi=agi) as built:
                yield Line(built, Sounds(sounds_in(built.node.directory / "sounds/ccore")), office, standby_port)
                assert not (lines := complaints(built.node, EXPECTED)), "\n".join(lines)
                built.assert_log_is_clean()
