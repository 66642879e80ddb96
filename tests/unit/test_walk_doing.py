"""What is done for callers on their way: look-ups, queues, orders, recordings, notes, texts, surveys, languages."""

from dataclasses import replace
from pathlib import Path

import pytest

from ccore.ivr.model import (
    Announcing,
    Connect,
    Enqueue,
    Fetch,
    Found,
    NotAnswered,
    NoteAnswers,
    NoteCallBack,
    PlaceOrder,
    Play,
    Played,
    Prompt,
    Record,
    Returned,
    SendText,
    Value,
)
from ccore.prompts.kinds import Kind
from tests.support.menus import ASK, FACTS, heard, menus_of, one_node, outcomes, walked


def test_a_look_up_comes_after_what_is_to_be_heard_and_its_answer_is_spoken(tmp_path: Path) -> None:
    nodes = """
[main]
do = "say"
prompt = "one-moment"
then = "ask"
[ask]
do = "look-up"
adapter = "billing"
ask = { number = "{caller}", kind = "x-{dialled}" }
then = "tell"
missing = "bad"
failed = "ugly"
[tell]
do = "say"
prompt = ["balance-is", "{balance}", "{plan}", "{unknown}"]
then = "good"
"""
    lookups = '[billing]\nurl = "http://127.0.0.1/{number}"\nfields.balance = { path = "balance", kind = "money" }\n'
    menus = one_node(tmp_path, nodes, lookups=lookups)
    assert walked(menus, []).step == Play((Prompt("one-moment"),))
    assert walked(menus, [Played()]).step == Fetch("billing", {"number": "13800138000", "kind": "x-10086"})
    values = {"balance": Value(Kind.MONEY, "12350"), "plan": Value(Kind.PROMPT, "plan-5g")}
    told = walked(menus, [Played(), Found(values)])
    assert heard(told) == ["balance-is", "money:12350", "plan-5g", "got-good"]
    assert ("ask", "found", "", "tell") in outcomes(told)
    assert heard(walked(menus, [Played(), Found(None)])) == ["got-bad"]
    assert heard(walked(menus, [Played(), NotAnswered()])) == ["got-ugly"]
    assert heard(walked(menus, [], replace(FACTS, caller=""))) == ["one-moment", "got-bad"]  # nothing to ask with


def test_a_queue_takes_the_caller_and_gives_them_back(tmp_path: Path) -> None:
    node = '[main]\ndo = "queue"\nqueue = "vip"\nprompt = "hold-on"\npriority = 9\nwait_s = 30\nthen = "ugly"\n'
    menus = one_node(tmp_path, node)
    found = walked(menus, [])
    assert found.step == Enqueue((Prompt("hold-on"),), "vip", 30, 9)
    assert outcomes(found)[-1] == ("main", "left", "", "queue vip")
    assert heard(walked(menus, [Returned(False)])) == ["got-ugly"]
    assert heard(walked(menus, [Returned(True)])) == ["goodbye"]


def test_an_order_is_placed_as_if_it_had_been_dialled(tmp_path: Path) -> None:
    ask = '[main]\ndo = "ask"\nprompt = "code"\ninto = "code"\nmost = 5\nthen = "order"\n'
    menus = menus_of(tmp_path, ask + '[order]\ndo = "order"\naccess = "10086"\ncode = "{code}"\n')
    assert walked(menus, ["10001"]).step == PlaceOrder((), "1008610001")
    assert isinstance(walked(menus, ["1"]).step, Enqueue)  # no code: people


def test_a_recording_a_transfer_and_what_follows_them(tmp_path: Path) -> None:
    menus = one_node(tmp_path, '[main]\ndo = "voicemail"\nlimit_s = 30\nthen = "good"\n')
    assert walked(menus, []).step == Record((Prompt("voicemail-record"),), "service", 30)
    assert heard(walked(menus, [Returned(True)])) == ["got-good"]
    transfers = '[office]\nnumber = "01012345678"\ntrunk = "main"\n'
    menus = one_node(tmp_path, '[main]\ndo = "transfer"\nto = "office"\nthen = "bad"\n', transfers=transfers)
    assert walked(menus, []).step == Connect((), "office", 30)
    assert heard(walked(menus, [Returned(False)])) == ["got-bad"]
    menus = menus_of(tmp_path, '[main]\ndo = "transfer"\nto = "nowhere"\n', transfers=transfers)
    assert isinstance(walked(menus, []).step, Enqueue)


def test_a_call_back_is_noted_for_the_caller_or_a_number_they_gave(tmp_path: Path) -> None:
    menus = one_node(tmp_path, '[main]\ndo = "call-back"\nthen = "good"\nfailed = "bad"\n')
    assert walked(menus, []).step == NoteCallBack("service", "")
    assert heard(walked(menus, [Returned(True)])) == ["callback-noted", "got-good"]
    assert heard(walked(menus, [Returned(False)])) == ["got-bad"]
    assert heard(walked(menus, [], replace(FACTS, caller=""))) == ["got-bad"]
    menus = one_node(tmp_path, ASK.replace('"good"', '"note"') + '[note]\ndo = "call-back"\nnumber = "it"\n')
    assert walked(menus, ["01012345678"]).step == NoteCallBack("service", "01012345678")


def test_a_text_message_gets_all_values_but_secrets(tmp_path: Path) -> None:
    nodes = (
        ASK.replace('"good"', '"send"')
        + 'secret = true\n[send]\ndo = "text"\ntext = "bill"\nprompt = "sent"\nthen = "good"\n'
    )
    menus = one_node(tmp_path, nodes + 'failed = "bad"\n', texts='[bill]\nzh = "账单{caller}"\nen = "bill {caller}"\n')
    step = walked(menus, ["4711"]).step
    assert isinstance(step, SendText)
    assert (step.text, set(step.values)) == ("bill", {"caller", "dialled"})
    assert heard(walked(menus, ["4711", Returned(True)])) == ["sent", "got-good"]
    assert heard(walked(menus, ["4711", Returned(False)])) == ["got-bad"]


SURVEY = """
[main]
do = "survey"
name = "service"
then = "good"
[[main.question]]
name = "kind"
prompt = "how-kind"
[[main.question]]
name = "quick"
prompt = "how-quick"
most = 2
"""


@pytest.mark.parametrize(
    ("keys", "answers"), [(["5", "2"], {"kind": 5, "quick": 2}), (["9", "4", "3", "3"], {"kind": 4}), (["", ""], None)]
)
def test_a_survey_asks_its_questions_one_after_another(
    tmp_path: Path, keys: list[str], answers: dict[str, int] | None
) -> None:
    menus = one_node(tmp_path, SURVEY)
    assert heard(walked(menus, [])) == ["how-kind"]
    assert heard(walked(menus, ["3"])) == ["how-quick"]
    found = walked(menus, keys)
    if answers is not None:
        assert found.step == NoteAnswers("service", answers)
        assert found.state.values == {}
        found = walked(menus, [*keys, Returned(True)])
    assert heard(found) == ["survey-thanks", "got-good"]


def test_what_was_said_before_a_change_of_language_is_heard_in_the_old_one(tmp_path: Path) -> None:
    say = '[main]\ndo = "say"\nprompt = "hello"\nthen = "english"\n'
    menus = one_node(tmp_path, say + '[english]\ndo = "language"\nlanguage = "en"\nthen = "good"\n')
    first, then = walked(menus, []), walked(menus, [Played()])
    assert (first.step, first.state.language) == (Play((Prompt("hello"),)), "zh")
    assert (heard(then), then.state.language) == (["got-good"], "en")


def test_an_announcement_by_phone_gets_all_values_and_gives_new_ones(tmp_path: Path) -> None:
    step = '[step]\ndo = "announce"\nstep = "sign-in"\nthen = "good"\nfailed = "bad"\n'
    menus = one_node(tmp_path, ASK.replace('"good"', '"step"') + "secret = true\n" + step)
    asked = walked(menus, ["4711"])
    assert isinstance(asked.step, Announcing)
    assert asked.step.values["it"] == Value(Kind.DIGITS, "4711", secret=True)
    found = walked(menus, ["4711", Found({"recording": Value(Kind.SOUND, "recorded/1")})])
    assert (heard(found), set(found.state.values)) == (["got-good"], {"it", "recording"})
    assert heard(walked(menus, ["4711", Found(None)])) == ["got-bad"]
    assert heard(walked(menus, ["4711", NotAnswered()])) == ["got-bad"]
