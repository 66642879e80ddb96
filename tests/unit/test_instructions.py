"""What a walk decides becomes variables that the dialplan can act on, and sounds that are there to be heard."""

import inspect
from pathlib import Path

import pytest

from agi_scripts import queue
from ccore.ivr.instructions import Does, instructions
from ccore.ivr.model import (
    Connect,
    End,
    Enqueue,
    Fetch,
    Listen,
    Part,
    PlaceOrder,
    Play,
    Prompt,
    Record,
    Sound,
    Step,
    Value,
)
from ccore.ivr.sounds import dumb, files
from ccore.pbx.answers import IN_QUEUES, VARIABLES
from ccore.prompts.kinds import Kind
from ccore.shipped import shipped

EACH_TIME = {"CCORE_STATE", "CCORE_STEP", "CCORE_LANGUAGE"}  # with every answer, by Ivr
HELLO = (Prompt("hello"),)
FIRST = {"CCORE_FIRST": "ccore/hello"}
SAYING = "/srv/ccore/recorded/saying-1-node1-1.1.alaw"
TOLD: list[tuple[Step, dict[str, str]]] = [
    (Play(HELLO), {"CCORE_RESULT": "say"}),
    (
        Listen(HELLO, (Prompt("menu"), Prompt("more")), 4, "#", 5),
        {"CCORE_RESULT": "listen", "CCORE_PROMPT": "ccore/menu&ccore/more", "CCORE_MOST": "4", "CCORE_TERMINATOR": "#",
         "CCORE_SILENCE_S": "5"},
    ),
    (
        Enqueue(HELLO, "sales", 60, 3),
        {"CCORE_RESULT": "queue", "CCORE_QUEUE": "sales", "CCORE_WAIT_S": "60", "CCORE_PRIORITY": "3",
         "CCORE_AFTER": "", "CCORE_RECORD": ""},
    ),
    (
        Enqueue(HELLO, "sales", 60, 0, after=True, record=True),
        {"CCORE_RESULT": "queue", "CCORE_QUEUE": "sales", "CCORE_WAIT_S": "60", "CCORE_PRIORITY": "0",
         "CCORE_AFTER": "1", "CCORE_RECORD": "1"},
    ),
    (PlaceOrder(HELLO, "1008610001"), {"CCORE_RESULT": "order", "CCORE_ORDER": "1008610001"}),
    (Connect(HELLO, "office", 30), {"CCORE_RESULT": "transfer", "CCORE_TO": "office", "CCORE_WAIT_S": "30"}),
    (
        Listen(HELLO, (Prompt("menu"),), 1, "", 5, speech={"1": ("余额",)}),
        {"CCORE_RESULT": "hear", "CCORE_PROMPT": "ccore/menu", "CCORE_MOST": "1", "CCORE_TERMINATOR": "",
         "CCORE_SILENCE_S": "5", "CCORE_SAYING": SAYING},
    ),
    (Record(HELLO, "service", 90), {"CCORE_RESULT": "record", "CCORE_BOX": "service", "CCORE_WAIT_S": "90"}),
    (End(HELLO), {"CCORE_RESULT": "hang-up"}),
]  # fmt: skip


async def heard(*parts: Part, language: str = "zh") -> tuple[str, ...]:
    return await files(parts, language, dumb)


async def told(step: Step) -> dict[str, str]:
    saying = SAYING if isinstance(step, Listen) and step.speech else ""
    return dict(await instructions(step, lambda parts: files(parts, "zh", dumb), saying))


@pytest.mark.parametrize(("step", "expected"), TOLD)
async def test_each_step_of_asterisks_is_told(step: Step, expected: dict[str, str]) -> None:
    assert await told(step) == FIRST | expected


def test_asterisk_can_be_told_everything_it_can_do_and_knows_all_of_it() -> None:
    assert {expected["CCORE_RESULT"] for _, expected in TOLD} == set(Does) - {Does.REFUSE}
    files = [shipped("dialplan") / "extensions.d" / name for name in ("menu.conf", "queue.conf")]
    dialplan = "".join(path.read_text(encoding="utf-8") for path in files)
    variables = {"CCORE_FIRST"}.union(*(expected for _, expected in TOLD))
    brought = inspect.getsource(queue)  # a menu's word on a caller is read where the queue is asked
    assert {name for name in variables if f"${{{name}}}" not in dialplan and f'"{name}"' not in brought} == set()
    assert variables | EACH_TIME == VARIABLES - IN_QUEUES | {"CCORE_RESULT"}


async def test_what_no_key_interrupts_is_heard_whole_before_keys_count() -> None:
    step = Listen(HELLO, (Prompt("menu"),), 1, "", 5, barge_in=False)
    found = await told(step)
    assert (found["CCORE_FIRST"], found["CCORE_PROMPT"]) == ("ccore/hello&ccore/menu", "")


async def test_an_errand_is_nothing_for_asterisk() -> None:
    with pytest.raises(ValueError, match="Fetch"):
        await told(Fetch("balance", {}))


async def test_prompts_values_and_files_become_sounds() -> None:
    announced = Sound("/srv/ccore/heard/announcements/7-ab12", "Closed today")
    assert await heard(*HELLO, announced) == ("ccore/hello", "/srv/ccore/heard/announcements/7-ab12")
    assert await heard(Value(Kind.DIGITS, "123"), language="en") == ("ccore/n-1", "ccore/n-2", "ccore/n-3")
    assert await heard(Value(Kind.PROMPT, "paid")) == ("ccore/paid",)


@pytest.mark.parametrize(
    "part",
    [
        Value(Kind.PROMPT, "../../etc/passwd"),
        Value(Kind.PROMPT, "paid&Local"),
        Value(Kind.DIGITS, "12,3"),
        Value(Kind.MONEY, "much"),
        Value(Kind.WORDS, "张三"),
        Prompt(""),
        Sound("/srv/ccore/heard/../x", ""),
        Sound("a,b", ""),
        Sound("a&b", ""),
    ],
)
async def test_what_cannot_be_said_is_left_out(part: Part) -> None:
    assert await heard(part, *HELLO) == ("ccore/hello",)


async def test_words_are_spoken_by_an_engine_if_there_is_one() -> None:
    async def speak(language: str, text: str) -> Path:
        return Path(f"/srv/ccore/heard/{language}-{len(text)}")

    assert await files([Value(Kind.WORDS, "张三")], "zh", speak) == ("/srv/ccore/heard/zh-2",)
