"""A centre whose calls have something to tell: a menu, a queue whose two agents are recorded, and the demo firm."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from tests.support.call_centre import NUMBERS, CallCentre, Desk, call_centre
from tests.support.keypad import Keypad, dialled
from tests.support.prompts import short_sounds

CALLER = "13812345678"
LI, WANG = Desk("1001", "2001", {"alpha": 5}), Desk("1002", "2002", {"alpha": 3})
HOTLINE = NUMBERS[0]
QUEUES = {
    "service": """
title = { zh = "综合服务", en = "Service" }
wants = { alpha = 1 }
ring_s = 5
wrap_up_s = 1
wrap_up_most_s = 5
dispositions = ["solved"]
[recording]
when = "always"
[comfort]
position = false
expected_wait = false
[offer]
after_s = 600
keys = { 2 = "voicemail" }
"""
}
WORDS = '[skill.alpha]\n[pause.rest]\n[disposition.solved]\ntitle = "已解决"\n'
FILES = {
    "menus/test.toml": """
[ask]
do = "menu"
prompt = "main-menu"
timeout_s = 30
keys = { 1 = "to-service", 2 = "ask-again", 3 = "ask", 4 = "ask", 5 = "ask", 9 = "ask" }

[ask-again]
do = "menu"
prompt = "account-menu"
timeout_s = 30
keys = { 1 = "to-service", 2 = "ask", 3 = "ask", 4 = "ask" }

[to-service]
do = "queue"
queue = "service"
""",
    "hotlines.toml": "".join(
        f'[[hotline]]\nnumber = "{number}"\nstart = "ask"\npeople = "to-service"\n' for number in NUMBERS
    ),
}


def rings(centre: CallCentre, caller: str = CALLER) -> AbstractAsyncContextManager[Keypad]:
    """A caller of the hotline."""
    return dialled(centre.site.sip_port, HOTLINE, caller, sounds=short_sounds())


@asynccontextmanager
async def storied(directory: Path) -> AsyncIterator[CallCentre]:
    """It runs; both agents wait for calls, 1001 before 1002."""
    async with call_centre(directory, QUEUES, [LI, WANG], WORDS, files=FILES) as centre:
        yield centre
