"""Actions that have something done: asking a system, queue, order, transfer, recording, notes, texts, the language."""

import re
from dataclasses import replace

from ccore.ivr.leg import Going, Leg, anew, fail, filled, go, hang_up, hear, keep, known, mark, silently, stop
from ccore.ivr.menu import Announce, CallBack, LookUp, Order, Queue, Speak, Text, Transfer, Voicemail
from ccore.ivr.model import (
    Announcing,
    Connect,
    Enqueue,
    Fetch,
    Found,
    Input,
    NotAnswered,
    NoteCallBack,
    PlaceOrder,
    Play,
    Played,
    Record,
    Returned,
    SendText,
)


def queue(leg: Leg, node: Queue, came: Input | None) -> Going:
    name = node.queue or leg.hotline.queue
    match came:
        case None:
            leg = mark(hear(leg, node.prompt), "left", target=f"queue {name}")
            after, record = node.after is not None, leg.hotline.record
            return stop(leg, Enqueue(leg.heard, name, node.wait_s, node.priority, after, record))
        case Returned(True):  # they have spoken with an agent
            return go(leg, node.after, "done") if node.after else hang_up(mark(leg, "done"))
        case Returned(False):
            return go(leg, node.then, "failed")
    return anew(leg)


def order(leg: Leg, node: Order) -> Going:
    code = filled(leg, node.code) or ""
    if not re.fullmatch("[0-9]{2,12}", code):
        return fail(leg, None)
    dialled = node.access + code
    leg = mark(hear(leg, node.prompt), "left", target=f"order {dialled}")
    return stop(leg, PlaceOrder(leg.heard, dialled))


def look_up(leg: Leg, node: LookUp, came: Input | None) -> Going:
    match came:
        case None | Played():
            ask = {name: filled(leg, text) for name, text in node.ask.items()}
            known_all = {name: text for name, text in ask.items() if text is not None}
            if len(known_all) < len(ask) or node.adapter not in leg.menus.adapters:
                return go(leg, node.missing, "missing")
            return silently(leg, Fetch(node.adapter, known_all))
        case Found(None):
            return go(leg, node.missing, "missing")
        case Found(values) if values is not None:
            return go(keep(leg, values), node.then, "found")
        case NotAnswered():
            return go(leg, node.failed, "not-answered")
    return anew(leg)


def voicemail(leg: Leg, node: Voicemail, came: Input | None) -> Going:
    match came:
        case None:
            leg = mark(hear(leg, node.prompt), "left", target=f"voicemail {node.box}")
            return stop(leg, Record(leg.heard, node.box, node.limit_s))
        case Returned(done):
            return go(leg, node.then, "done" if done else "failed")
    return anew(leg)


def call_back(leg: Leg, node: CallBack, came: Input | None) -> Going:
    match came:
        case None | Played():
            value = known(leg).get(node.number or "caller")
            if value is None:
                return fail(leg, node.failed)
            number = value.text if node.number else ""
            return silently(leg, NoteCallBack(node.queue or leg.hotline.queue, number))
        case Returned(True):
            return go(hear(leg, node.prompt), node.then, "done")
        case Returned(False):
            return fail(leg, node.failed)
    return anew(leg)


def transfer(leg: Leg, node: Transfer, came: Input | None) -> Going:
    match came:
        case None if node.to not in leg.menus.transfers:
            return fail(leg, None)
        case None:
            leg = mark(hear(leg, node.prompt), "left", target=f"transfer {node.to}")
            return stop(leg, Connect(leg.heard, node.to, node.wait_s))
        case Returned(True):  # they have spoken with whom they were connected
            return hang_up(mark(leg, "done"))
        case Returned(False):
            return go(leg, node.then, "failed")
    return anew(leg)


def text(leg: Leg, node: Text, came: Input | None) -> Going:
    match came:
        case None | Played() if node.text in leg.menus.texts:
            values = {name: value for name, value in known(leg).items() if not value.secret}
            return silently(leg, SendText(node.text, values))
        case Returned(True):
            return go(hear(leg, node.prompt), node.then, "done")
        case None | Played() | Returned(False):
            return go(leg, node.failed or node.then, "failed")
    return anew(leg)


def announce(leg: Leg, node: Announce, came: Input | None) -> Going:
    match came:
        case None | Played():
            return silently(leg, Announcing(node.step, node.at or "", node.divert or "", known(leg)))
        case Found(values) if values is not None:
            return go(keep(leg, values), node.then, "done")
        case Found() | NotAnswered():
            return go(leg, node.failed, "failed")
    return anew(leg)


def speak(leg: Leg, node: Speak) -> Going:
    """What is to be heard yet is heard in the language that was spoken until here."""
    if leg.heard and leg.state.language != node.language:
        return stop(leg, Play(leg.heard))
    return replace(leg, state=replace(leg.state, language=node.language), target=node.then)
