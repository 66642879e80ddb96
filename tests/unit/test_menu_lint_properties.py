"""What the lint proves of menus holds in every walk through them: where callers get, what is known, that it ends."""

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccore.hours import Calendar
from ccore.ivr import menu
from ccore.ivr.adapter import Adapter
from ccore.ivr.lint.linted import Around
from ccore.ivr.lint.rules import lint
from ccore.ivr.menu import Hotline, Node
from ccore.ivr.menus import Menus
from ccore.ivr.model import (
    Begun,
    End,
    Facts,
    Fetch,
    Found,
    Input,
    Keyed,
    Listen,
    Mark,
    NotAnswered,
    Part,
    Played,
    Prompt,
    Returned,
    Step,
    Value,
    Walked,
)
from ccore.ivr.walk import begin, walk
from ccore.ivr.ways import net
from ccore.prompts.kinds import Kind
from tests.support.menus import A_MONDAY

NAMES = [f"node-{number}" for number in range(5)]
VALUES = ["code", "fee"]
BILLING = Adapter.model_validate({"url": "http://127.0.0.1/", "fields": {"fee": {"path": "fee", "kind": "number"}}})
AROUND = Around(None, {"service"}, set(), None, None, set())
MOST_STEPS = 400

targets = st.sampled_from([*NAMES[1:-1] * 3, "back", "again", "start", "people", "hang-up"])
# A value after the prompt that needs it; mostly the one that is asked for first of all.
says = st.sampled_from([("hello",), ("tells", "{code}"), ("tells", "{code}"), ("tells", "{fee}")])
asks = st.builds(
    menu.Ask, do=st.just("ask"), prompt=st.just(("hello",)), into=st.just("code"), most=st.just(5), then=targets,
    failed=targets, tries=st.just(1),
)  # fmt: skip
queues = st.builds(menu.Queue, do=st.just("queue"), then=st.just("hang-up"))
nodes: st.SearchStrategy[Node] = st.one_of(
    st.builds(
        menu.Menu, do=st.just("menu"), prompt=says, keys=st.dictionaries(st.sampled_from("123"), targets, min_size=1),
        failed=st.none() | targets, tries=st.integers(1, 2), conventions=st.booleans(),
    ),
    st.builds(menu.Say, do=st.just("say"), prompt=says, then=targets),
    st.builds(
        menu.LookUp, do=st.just("look-up"), adapter=st.just("billing"), then=targets, missing=targets, failed=targets
    ),
    st.builds(
        menu.Choose, do=st.just("choose"), by=st.just("value"), of=st.sampled_from(VALUES),
        cases=st.fixed_dictionaries({"5+": targets}), otherwise=targets,
    ),
    st.builds(menu.HangUp, do=st.just("hang-up"), prompt=says),
    asks, queues,
)  # fmt: skip
# Callers are asked first, so that there is something to say; people are the last node.
sets_of_nodes = st.fixed_dictionaries({**dict.fromkeys(NAMES, nodes), NAMES[0]: asks, NAMES[-1]: queues})
menu_sets = st.builds(
    Menus, nodes=sets_of_nodes,
    hotlines=st.just({"10086": Hotline(number="10086", start=NAMES[0], people=NAMES[-1])}),
    hours=st.just({}), calendar=st.just(Calendar(country="")), adapters=st.just({"billing": BILLING}),
    transfers=st.just({}), texts=st.just({}), places=st.just({}),
)  # fmt: skip
inputs = st.lists(st.sampled_from(["1", "1", "2", "3", "*", "0", "#", "", "12345"]), min_size=1, max_size=12)
loose = settings(max_examples=120, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def answer(step: Step, keys: str) -> Input:
    """What comes back: keys decide what look-ups and queues do, too."""
    match step:
        case Listen():
            return Keyed(keys[: step.most])
        case Fetch():
            found = Found({"fee": Value(Kind.NUMBER, "7")}) if keys == "1" else Found(None)
            return found if keys else NotAnswered()
    return Played() if type(step).__name__ == "Play" else Returned(False)


def walks(menus: Menus, keyed: list[str]) -> Iterator[Walked]:
    facts = Facts(now=A_MONDAY, caller="13800138000")
    walked = walk(menus, begin(menus, 1, "10086", facts), Begun(), facts)
    for number in range(MOST_STEPS):
        yield walked
        if isinstance(walked.step, End):
            return
        walked = walk(menus, walked.state, answer(walked.step, keyed[number % len(keyed)]), facts)


def codes(menus: Menus) -> set[str]:
    return {fault.code for fault in lint(menus, AROUND)}


def heard(walked: Walked) -> tuple[Part, ...]:
    return (*getattr(walked.step, "first", ()), *getattr(walked.step, "parts", ()))


def marks(menus: Menus, keyed: list[str]) -> Iterator[Mark]:
    for walked in walks(menus, keyed):
        yield from walked.marks


@given(menu_sets, inputs)
@loose
def test_callers_get_nowhere_else_than_the_ways_show(menus: Menus, keyed: list[str]) -> None:
    shown = net(menus, menus.hotlines["10086"]).out
    assert {mark.node for mark in marks(menus, keyed) if mark.outcome == "entered"} <= shown.keys()


@given(menu_sets, inputs)
@loose
def test_values_that_are_said_are_known(menus: Menus, keyed: list[str]) -> None:
    if codes(menus) & {"IV401", "IV402"}:
        return
    for walked in walks(menus, keyed):
        parts = heard(walked)
        for place, part in enumerate(parts):
            if part == Prompt("tells"):
                assert isinstance(parts[place + 1], Value)


@given(menu_sets)
@loose
def test_whoever_keys_nothing_comes_to_people_or_an_end(menus: Menus) -> None:
    if codes(menus) & {"IV103", "IV104"}:
        return
    assert "exhausted" not in {mark.outcome for mark in marks(menus, [""])}
