"""The walk of a caller through menus: from where they are and what came, to what to play, ask or leave for."""

from dataclasses import replace

from ccore.ivr import asking, doing
from ccore.ivr.choosing import chosen
from ccore.ivr.leg import Going, Leg, anew, arrived, beginning, fail, go, hang_up, hear, mark, named, stop
from ccore.ivr.menu import (
    HANG_UP,
    PEOPLE,
    Announce,
    Ask,
    CallBack,
    Choose,
    HangUp,
    LookUp,
    Menu,
    Node,
    Order,
    Queue,
    Say,
    Speak,
    Survey,
    Text,
    Transfer,
    Voicemail,
)
from ccore.ivr.menus import Menus
from ccore.ivr.model import Begun, End, Facts, Input, Mark, Play, Sound, State, Walked

STEPS_TO_PEOPLE = 20  # nodes on the way to people once the budget is exhausted; then the call ends
PASSED = (Say, Choose, Order, HangUp)  # they wait for nothing: a caller who is there when something comes enters anew


def begin(menus: Menus, version: int, number: str, facts: Facts) -> State:
    """Where a call to the hotline ``number`` begins. Its language is the customer's own, else the hotline's.

    Raises KeyError if there is no such hotline.
    """
    hotline = menus.hotlines[number]
    own = facts.customer.language
    language = own if own in {"zh", "en"} else hotline.language
    return State(version, number, language, beginning(menus, hotline, facts))


def walk(menus: Menus, state: State, came: Input, facts: Facts) -> Walked:
    """What to do next in a call, of what came from its telephone (or from what was asked): pure, and for any input.

    Goes through nodes that only play or decide, until something must be asked or done, or the budget is exhausted;
    input that does not fit the node has the node done anew.
    """
    asked = replace(state, asked=state.asked + 1)
    hotline = menus.hotlines.get(state.hotline)
    if hotline is None:
        return Walked(asked, End(()), (Mark(state.node, "left", target=HANG_UP),))
    leg = Leg(menus, hotline, facts, asked)
    node = menus.nodes.get(state.node)
    fits = not isinstance(came, Begun) and not isinstance(node, PASSED)
    going = act(leg, node, came) if node is not None and fits else anew(leg)
    while isinstance(going, Leg):
        going = _enter(going)
    return going


def act(leg: Leg, node: Node, came: Input | None) -> Going:  # noqa: PLR0911, PLR0912 - one case for each action
    """Do what the node is for: with None as the caller enters it, with the input that came of it afterwards."""
    match node:
        case Menu():
            return asking.menu(leg, node, came)
        case Say():
            return replace(hear(leg, node.prompt), target=node.then)
        case Ask():
            return asking.ask(leg, node, came)
        case Choose():
            return chosen(leg, node)
        case Queue():
            return doing.queue(leg, node, came)
        case Order():
            return doing.order(leg, node)
        case LookUp():
            return doing.look_up(leg, node, came)
        case Voicemail():
            return doing.voicemail(leg, node, came)
        case CallBack():
            return doing.call_back(leg, node, came)
        case Transfer():
            return doing.transfer(leg, node, came)
        case Survey():
            return asking.survey(leg, node, came)
        case Text():
            return doing.text(leg, node, came)
        case Announce():
            return doing.announce(leg, node, came)
        case Speak():
            return doing.speak(leg, node)
        case HangUp():
            return hang_up(leg, node.prompt)


def _enter(leg: Leg) -> Going:
    """Take the caller on to the leg's target, as far as the budget and circles allow."""
    if leg.target == HANG_UP:
        return hang_up(leg)
    name, steps = named(leg, leg.target), leg.hotline.steps
    if name in leg.passed and leg.heard:  # a circle that plays is heard before it goes round once more
        return stop(arrived(leg), Play(leg.heard))
    if name in leg.passed or leg.state.walked == steps:
        return _exhausted(leg)
    if leg.state.walked > steps + STEPS_TO_PEOPLE:
        return hang_up(leg)
    leg = arrived(leg)
    state = replace(leg.state, walked=leg.state.walked + 1)
    leg = mark(replace(leg, state=state, passed=leg.passed | {name}), "entered")
    node = leg.menus.nodes.get(name)
    return _announced(leg, node) if node else fail(leg, None)


def _announced(leg: Leg, node: Node) -> Going:
    """Do the node after the announcement on it, if there is one, unless that diverts."""
    announcement = leg.facts.announcements.get(leg.state.node)
    if not announcement:
        return act(leg, node, None)
    diverts = announcement.divert and named(leg, announcement.divert) != leg.state.node
    if diverts or not leg.again:
        leg = replace(leg, heard=(*leg.heard, Sound(announcement.sound, announcement.text)))
    return go(leg, announcement.divert, "diverted") if diverts else act(leg, node, None)


def _exhausted(leg: Leg) -> Going:
    """To people, once; whoever exhausts their steps on the way there as well is said goodbye to."""
    walked, steps = leg.state.walked, leg.hotline.steps
    leg = mark(leg, "exhausted", target=leg.hotline.people)
    if walked > steps:
        return hang_up(leg)
    return replace(leg, target=PEOPLE, passed=frozenset(), state=replace(leg.state, walked=steps + 1))
