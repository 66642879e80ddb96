"""Whatever menus an operator writes and whatever callers key: a walk answers, and every call comes to an end."""

from datetime import timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ccore.hours import Calendar, Hours
from ccore.ivr import menu
from ccore.ivr.adapter import Adapter, AnswerField
from ccore.ivr.menu import Hotline, Node
from ccore.ivr.menus import Menus, TextTemplate
from ccore.ivr.model import (
    Announcement,
    Announcing,
    Begun,
    Customer,
    End,
    Facts,
    Fetch,
    Found,
    Input,
    Keyed,
    NotAnswered,
    NoteCallBack,
    PlaceOrder,
    Played,
    Returned,
    Said,
    SendText,
    Value,
    Walked,
)
from ccore.ivr.states import dump, load
from ccore.ivr.walk import STEPS_TO_PEOPLE, begin, walk
from ccore.packed import MOST_CHARACTERS
from ccore.pbx.transfers import TransferTarget
from ccore.prompts.kinds import Kind
from tests.support.menus import A_MONDAY

NAMES = [f"node-{number}" for number in range(6)]
targets = st.sampled_from([*NAMES, *sorted(menu.WORDS), "dangling"])
parts = st.lists(st.sampled_from(["hello", "goodbye", "{balance}", "{caller}", "{nobody}"]), min_size=1, max_size=2)
keys = st.text("0123456789*#", min_size=1, max_size=3)
tries = st.integers(1, 3)
OF = {
    "prompt": parts, "opening": parts, "invalid": parts, "silent": parts, "thanks": parts, "then": targets,
    "failed": st.none() | targets, "missing": targets, "otherwise": targets, "tries": tries,
    "keys": st.dictionaries(keys, targets, min_size=1, max_size=4),
    "cases": st.dictionaries(st.sampled_from(["open", "zh", "8-11", "3+", "mon", "gold", "120"]), targets, min_size=1),
    "of": st.sampled_from([None, "service", "balance", "office"]), "text": st.sampled_from(["bill", "nothing"]),
    "queue": st.sampled_from([None, "vip"]), "to": st.sampled_from(["office", "nowhere"]),
    "ask": st.just({"number": "{caller}", "pin": "{balance}"}) | st.just({}), "access": st.just("10086"),
    "adapter": st.sampled_from(["billing", "nothing"]), "most": st.integers(1, 12), "into": st.just("balance"),
    "code": st.sampled_from(["10001", "{balance}"]), "number": st.sampled_from([None, "balance"]),
    "question": st.lists(st.builds(menu.Question, name=st.sampled_from(["kind", "quick"]), prompt=parts), min_size=1,
                         max_size=3), "name": st.just("service"), "box": st.just("service"),
    "at": st.just("node-1"), "divert": st.none() | targets, "step": st.just("mount"),
}  # fmt: skip


def of_action(model: type[Node]) -> SearchStrategy[Node]:
    """Nodes of one action: fields that have a strategy here take it, others their default or anything of their type."""
    fields = {name: OF[name] for name in model.model_fields if name in OF}
    if "failed" in fields and model.model_fields["failed"].is_required():
        fields["failed"] = targets
    return st.builds(model, **fields)


ACTIONS = get_args(get_args(Node)[0])
nodes = st.one_of(*map(of_action, ACTIONS))
hotlines = st.builds(
    Hotline, number=st.just("10086"), start=targets, people=targets, hours=st.sampled_from([None, "office"]),
    closed=st.none() | targets, steps=st.integers(5, 40), queue=st.just("service"), language=st.just("zh"),
)  # fmt: skip
BILLING = Adapter(url="http://127.0.0.1/", fields={"balance": AnswerField(path="balance", kind=Kind.MONEY)})


def by_name(listed: list[Node]) -> dict[str, Node]:
    return dict(zip(NAMES, listed, strict=True))


menu_sets = st.builds(
    Menus, nodes=st.lists(nodes, min_size=6, max_size=6).map(by_name), hotlines=hotlines.map(lambda h: {"10086": h}),
    hours=st.just({"office": Hours(workdays=("09:00-12:00",))}), calendar=st.just(Calendar(country="")),
    adapters=st.just({"billing": BILLING}),
    transfers=st.just({"office": TransferTarget(number="100", trunk="main")}),
    texts=st.just({"bill": TextTemplate(zh="账单", en="bill")}), places=st.just({}),
)  # fmt: skip
announcements = st.dictionaries(
    st.sampled_from(NAMES), st.builds(Announcement, st.just("heard/1"), st.just("故障"), st.just("") | targets)
)
facts_of_calls = st.builds(
    Facts, now=st.integers(0, 60 * 24 * 400).map(lambda minutes: A_MONDAY + timedelta(minutes=minutes)),
    caller=st.sampled_from(["", "13800138000"]), waiting=st.just({"service": 5}), agents=st.just({}),
    customer=st.builds(Customer, tier=st.sampled_from(["", "gold"]), language=st.sampled_from(["", "en", "xx"])),
    announcements=announcements,
)  # fmt: skip
inputs: SearchStrategy[Input] = st.one_of(
    st.just(Begun()), st.just(Played()), keys.map(Keyed), st.just(Keyed("")), keys.map(Said),
    st.booleans().map(Returned), st.just(NotAnswered()), st.just(Found(None)),
    st.text(max_size=400).map(lambda text: Found({"balance": Value(Kind.WORDS, text)})),
)  # fmt: skip


@given(menu_sets, facts_of_calls, st.lists(inputs, min_size=1, max_size=30))
@settings(max_examples=150)
def test_every_call_ends_within_its_budget(menus: Menus, facts: Facts, given_inputs: list[Input]) -> None:
    state = begin(menus, 7, "10086", facts)
    budget = menus.hotlines["10086"].steps + STEPS_TO_PEOPLE + 2
    came: Input = Begun()
    for number in range(budget * 10):  # a node takes at most three questions of three tries, and its own end
        walked = walk(menus, state, came, facts)
        assert walked.state.walked <= budget
        assert walked.state.asked == number + 1
        assert_travels(walked)
        if isinstance(walked.step, End | PlaceOrder):
            return
        state, came = walked.state, fitting(walked, given_inputs[number % len(given_inputs)])
    raise AssertionError(f"a call goes on for ever, at {state.node}")


def fitting(walked: Walked, came: Input) -> Input:
    """Anything may come at any time; but what is asked for is never answered with nothing but Played."""
    asks = isinstance(walked.step, Fetch | Announcing | NoteCallBack | SendText)
    return NotAnswered() if asks and isinstance(came, Played) else came


def assert_travels(walked: Walked) -> None:
    """The state goes through the channel variable, all of it in calls as they are."""
    text = dump(walked.state)
    assert len(text) <= MOST_CHARACTERS
    arrived = load(text)
    assert (arrived.node, arrived.walked, arrived.tries) == (walked.state.node, walked.state.walked, walked.state.tries)
