"""Actions that wait for keys: a menu, a question for digits, a survey."""

from dataclasses import replace

from ccore.ivr.checks import checked
from ccore.ivr.leg import Going, Leg, anew, fail, go, hear, keep, mark, passing, spoken_parts, stop
from ccore.ivr.menu import AGAIN, BACK, CONVENTIONS, Ask, Menu, Question, Survey
from ccore.ivr.model import Input, Keyed, Listen, NoteAnswers, Returned, Said, Value
from ccore.prompts.kinds import Kind
from ccore.tables import Parts

UNTOLD = "***"  # in the path log, whatever was keyed


def menu(leg: Leg, node: Menu, came: Input | None) -> Going:
    match came:
        case None:
            return _listen_for_key(hear(leg, node.opening) if leg.fresh else leg, node)
        case Keyed(""):
            return _menu_again(leg, node, "silent", node.silent)
        case Said(""):
            return _menu_again(leg, node, "invalid", node.unheard)
        case Keyed(key) | Said(key):
            target = node.keys.get(key) or (CONVENTIONS.get(key) if node.conventions else None)
            if not target:
                return _menu_again(leg, node, "invalid", node.invalid, key)
            going = go(leg, target, "key", key)
            return going if target in {AGAIN, BACK} else passing(going)
    return anew(leg)


def _menu_again(leg: Leg, node: Menu, outcome: str, told: Parts, key: str = "") -> Going:
    leg = _tried(leg, outcome, key)
    if leg.state.tries >= node.tries:
        return fail(leg, node.failed)
    return _listen_for_key(hear(leg, told), node)


def _listen_for_key(leg: Leg, node: Menu) -> Going:
    most = max(map(len, node.keys))
    parts = spoken_parts(leg, node.prompt)
    speech = {} if leg.state.tries else node.speech  # once something went amiss there are keys alone
    return stop(leg, Listen(leg.heard, parts, most, "", node.timeout_s, node.barge_in, speech))


def ask(leg: Leg, node: Ask, came: Input | None) -> Going:
    match came:
        case None:
            return _listen_for_digits(leg, node)
        case Keyed(""):
            return _ask_again(leg, node, "silent", "")
        case Keyed("*") if node.terminator != "*":  # as in a menu: out of the question
            return go(leg, BACK, "key", "*")
        case Keyed(digits):
            shown = UNTOLD if node.secret else digits
            value = checked(node.check, digits, leg.facts.now.date())
            if value is None or not node.least <= len(digits) <= node.most:
                return _ask_again(leg, node, "invalid", shown)
            return go(keep(leg, {node.into: replace(value, secret=node.secret)}), node.then, "key", shown)
    return anew(leg)


def _ask_again(leg: Leg, node: Ask, outcome: str, key: str) -> Going:
    leg = _tried(leg, outcome, key)
    if leg.state.tries >= node.tries:
        return fail(leg, node.failed)
    return _listen_for_digits(hear(leg, node.silent if outcome == "silent" else node.invalid), node)


def _listen_for_digits(leg: Leg, node: Ask) -> Going:
    parts = spoken_parts(leg, node.prompt)
    return stop(leg, Listen(leg.heard, parts, node.most, node.terminator, node.timeout_s, node.barge_in))


def survey(leg: Leg, node: Survey, came: Input | None) -> Going:
    match came:
        case None:
            return _listen_for_answer(leg, node)
        case Keyed(key) if leg.state.question < len(node.question):
            return _answered(leg, node, node.question[leg.state.question], key)
        case Returned(done):
            return go(hear(leg, node.thanks), node.then, "done" if done else "failed")
    return anew(leg)


def _answered(leg: Leg, node: Survey, question: Question, key: str) -> Going:
    if len(key) == 1 and key in "0123456789" and question.least <= int(key) <= question.most:
        leg = keep(mark(leg, "key", key, question.name), {_answer(node, question): Value(Kind.NUMBER, key)})
        leg = replace(leg, state=replace(leg.state, question=leg.state.question + 1, tries=0))
        return _listen_for_answer(leg, node) if leg.state.question < len(node.question) else _note(leg, node)
    leg = _tried(leg, "invalid" if key else "silent", key)
    if leg.state.tries >= node.tries:  # they have had enough: what they did answer is kept
        return _note(leg, node)
    return _listen_for_answer(hear(leg, node.invalid), node)


def _listen_for_answer(leg: Leg, node: Survey) -> Going:
    parts = spoken_parts(leg, node.question[leg.state.question].prompt)
    return stop(leg, Listen(leg.heard, parts, 1, "", node.timeout_s))


def _note(leg: Leg, node: Survey) -> Going:
    """Have the answers written down, and forget them: they would go along for the rest of the call."""
    values, names = leg.state.values, {_answer(node, question): question.name for question in node.question}
    answers = {name: int(values[key].text) for key, name in names.items() if key in values}
    rest = {key: value for key, value in values.items() if key not in names}
    leg = replace(leg, state=replace(leg.state, values=rest, question=len(node.question)))
    if not answers:
        return go(hear(leg, node.thanks), node.then, "failed")
    return stop(leg, NoteAnswers(node.name, answers))


def _answer(node: Survey, question: Question) -> str:
    """The name of a value that no node can name."""
    return f"{node.name}.{question.name}"


def _tried(leg: Leg, outcome: str, key: str) -> Leg:
    return mark(replace(leg, state=replace(leg.state, tries=leg.state.tries + 1)), outcome, key)
