"""Tells what happened in one call, step by step and why: of the rows that its tables keep, in any order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from ccore.log import mask_number
from ccore.reports.conversing import Channel, Conversation, Ringing, Seen, conversing

Told = str | int
MOST_OTHERS = 10  # agents who were not rung, told by name
_LAST = frozenset({"ended", "interrupted"})  # of what happened at one moment
_PHONE = re.compile(r"PJSIP/phone-(?P<number>[0-9]+)-[0-9a-f]{8}.*")
_CALLER, _MENU, _QUEUE, _RECORDING, _ORDER, _TEXTS = "caller", "menu", "queue", "recording", "order", "texts"


class Row(Protocol):
    """A row of a table."""

    def __getitem__(self, column: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: a word that has its sentence in each language, ``params`` in it; ``text`` is ccore's own words."""

    word: str
    params: Mapping[str, Told] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened ``at`` (``until``: it lasted) in a ``lane``: the caller's, an agent's (``agent:1001``), …

    ``kind`` is a word that has its sentence in each language, ``params`` stand in it; ``text`` is what people wrote.
    """

    at: datetime
    lane: str
    kind: str
    until: datetime | None = None
    who: str = ""
    params: Mapping[str, Told] = field(default_factory=dict)
    why: tuple[Why, ...] = ()
    text: str = ""


def steps(call: Row, facts: Sequence[Row], events: Sequence[Row]) -> list[Step]:
    """All of them, in time; ``call`` is the row ``story.call``, the others are ``story.facts`` and ``story.events``."""
    talks = conversing(call["linkedid"], [seen(event) for event in events])
    who = _people(facts)
    told = [
        *_ends(call, talks.channels, who),
        *_menus(facts),
        *_queued(facts),
        *_rung(facts, talks.rings, who),
        *(_talk(each, who) for each in talks.talks),
        *(_held(each, who) for each in talks.holds),
        *(step for fact in facts for step in _one(fact)),
        *_moved_by_phone(talks.transfers, facts, who),
    ]
    return sorted(told, key=lambda step: (step.at, step.kind in _LAST))


def seen(event: Row) -> Seen:
    """A row of ``story.events``."""
    return Seen(*(event[name] for name in ("event_at", "eventtype", "uniqueid", "channame", "eventextra")))


def _people(facts: Iterable[Row]) -> dict[str, str]:
    """Channels, and the agents whose they were."""
    told = (fact["told"] for fact in facts if fact["source"] in {"ring", "segment", "offer"})
    return {each["channel"]: each["agent"] for each in told if each["agent"]}


def lane_of(channel: Channel, who: Mapping[str, str]) -> tuple[str, str]:
    """The lane of a channel that is not the caller's, and whose it is: an agent, else a phone, else a line outside."""
    if agent := who.get(channel.uniqueid):
        return f"agent:{agent}", agent
    phone = _PHONE.fullmatch(channel.name)
    return (f"phone:{phone['number']}", phone["number"]) if phone else ("outside", "")


def _ends(call: Row, channels: Mapping[str, Channel], who: Mapping[str, str]) -> Iterator[Step]:
    number = mask_number(call["called"] or call["caller"]) if call["called"] or call["caller"] else ""
    kind = "called" if call["called"] else "came"
    params = {"number": number, "dialled": shown(call["dialled"]), "trunk": call["trunk"]}
    yield Step(call["started_at"], _CALLER, kind, params=params)
    if call["answered_at"]:
        yield Step(call["answered_at"], _CALLER, "picked-up" if call["called"] else "answered")
    if call["ended_at"]:
        lane, by = _hung_up(call, channels, who)
        interrupted = call["state"] == "interrupted"
        params = {"by": "nobody" if interrupted else lane, "cause": call["hangup_cause"] or 0}
        yield Step(call["ended_at"], _CALLER, "interrupted" if interrupted else "ended", who=by, params=params)


def _hung_up(call: Row, channels: Mapping[str, Channel], who: Mapping[str, str]) -> tuple[str, str]:
    source = call["hangup_source"]
    if source and source == call["channel"]:
        return "caller", ""
    found = next((each for each in channels.values() if source and each.name == source), None)
    return lane_of(found, who) if found else ("ccore", "")


def shown(dialled: str) -> str:
    """What was dialled: hotlines and codes of a carrier begin with 10, other long ones may be somebody's number."""
    return dialled if len(dialled) < 8 or dialled.startswith("10") else mask_number(dialled)


def _menus(facts: Sequence[Row]) -> Iterator[Step]:
    """Steps through menus: being in one lasts until the next, or until the caller leaves them."""
    for walk in (fact for fact in facts if fact["source"] == "walk"):
        params = {"hotline": walk["told"]["hotline"], "language": walk["told"]["language"]}
        yield Step(walk["at"], _MENU, "walk", params=params)
    marks = [fact for fact in facts if fact["source"] == "walk-step"]
    for place, mark in enumerate(marks):
        told, after = mark["told"], marks[place + 1 :]
        if told["outcome"] == "entered":
            if after and after[0]["told"]["outcome"] == "left" and after[0]["at"] == mark["at"]:
                continue  # it only leads on
            until = next((each["at"] for each in after if each["told"]["outcome"] in {"entered", "left"}), None)
            yield Step(mark["at"], _MENU, "menu", until, params={"menu": told["menu"]})
        else:
            params = {"menu": told["menu"], "key": _keyed(told["key"]), "target": _target(told["target"])}
            yield Step(mark["at"], _MENU, f"menu-{told['outcome']}", params=params)


def _keyed(key: str) -> str:
    """A key; what is longer may be a code or somebody's number, and nobody's business."""
    return key if len(key) <= 1 else "•" * min(len(key), 20)


def _target(target: str) -> str:
    what, space, name = target.partition(" ")
    return f"{what} {shown(name)}" if space else target


def _queued(facts: Sequence[Row]) -> Iterator[Step]:
    visits = {fact["told"]["queue"]: fact["told"] for fact in facts if fact["source"] == "visit"}
    for fact in facts:
        if fact["source"] != "queued":
            continue
        told = fact["told"]
        params = {name: told[name] for name in ("queue", "how", "agent")} | {"wait_ms": told["wait_ms"] or 0}
        visit = visits.get(told["queue"])
        yield Step(
            fact["at"], _QUEUE, "queued", fact["until"], params=params, why=tuple(_placed(visit)) if visit else ()
        )
        for at, priority in visit["raised"] if visit else ():
            yield Step(datetime.fromtimestamp(at, UTC), _QUEUE, "raised", params={"priority": priority})


def _placed(visit: Mapping[str, Any]) -> Iterator[Why]:
    for number, entry in enumerate(visit["decision"]):
        yield Why("place" if number == 0 else "place-again", {"position": entry["position"], "line": entry["line"]})
        yield from (Why("routing", text=reason) for reason in entry["reasons"])
        if entry["sticky_why"]:
            yield Why("own-agent", text=entry["sticky_why"])
        if entry["sticky"]:
            yield Why("head-start", {"agent": entry["sticky"], "seconds": entry["head_start_s"]})


def _rung(facts: Sequence[Row], rings: Iterable[Ringing], who: Mapping[str, str]) -> Iterator[Step]:
    """Everybody whose phone rang; the queue says of its own what came of it, and why it was them."""
    offers = {fact["told"]["channel"]: fact["told"] for fact in facts if fact["source"] == "offer"}
    known = set()
    for fact in facts:
        if fact["source"] == "ring":
            told = fact["told"]
            known.add(told["channel"])
            lane, name = lane_of(Channel(told["channel"], f"{told['device']}-00000000"), who)
            offer = offers.get(told["channel"])
            params = {"outcome": told["outcome"], "queue": told["queue"]}
            yield Step(fact["at"], lane, "rang", fact["until"], name, params, tuple(_chosen(offer)) if offer else ())
    for ring in rings:
        if ring.channel.uniqueid not in known:
            lane, name = lane_of(ring.channel, who)
            outcome = "answered" if ring.answered else "ringing" if ring.until is None else "missed"
            yield Step(ring.at, lane, "rang", ring.until, name, {"outcome": outcome, "queue": ""})


def _chosen(offer: Mapping[str, Any]) -> Iterator[Why]:
    decision, agent = offer["decision"], offer["agent"]
    if text := decision["because"].get(agent):
        yield Why("chosen", {"agent": agent}, text)
    elif decision["objection"]:
        yield Why("objection", {"agent": agent}, decision["objection"])
    others = [*decision["others"].items()]
    for name, text in others[:MOST_OTHERS]:
        yield Why("not-chosen", {"agent": name}, text)
    if more := max(len(others) - MOST_OTHERS, 0) + decision["more"]:
        yield Why("more-not-chosen", {"count": more})


def _talk(talk: Conversation, who: Mapping[str, str]) -> Step:
    lane, name = lane_of(talk.channel, who)
    others = ", ".join(sorted({found for other in talk.others if (found := lane_of(other, who)[1])}))
    return Step(talk.at, lane, "talked" if talk.with_caller else "asked", talk.until, name, {"others": others})


def _held(hold: Ringing, who: Mapping[str, str]) -> Step:
    return Step(hold.at, _CALLER, "held", hold.until, lane_of(hold.channel, who)[1])


def _moved_by_phone(transfers: Iterable[Ringing], facts: Sequence[Row], who: Mapping[str, str]) -> Iterator[Step]:
    """Transfers that a telephone made by itself: of others the desk has written more."""
    done = {fact["told"]["what"] for fact in facts if fact["source"] == "handling"}
    if done & {"transferred", "consult-complete"}:
        return
    for transfer in transfers:
        lane, name = lane_of(transfer.channel, who)
        yield Step(transfer.at, lane, "handled-transferred", None, name, {"to": ""})


def _one(fact: Row) -> Iterator[Step]:
    """What one row tells by itself."""
    at, until, told = fact["at"], fact["until"], fact["told"]
    match fact["source"]:
        case "recording":
            yield _recording(at, until, told)
        case "recording-pause":
            yield Step(at, _RECORDING, "recording-paused", until, told["by"], {"why": told["why"]})
        case "order-try":
            yield _order(at, told)
        case "order-move":
            params = {"order": told["order"], "was": told["was"], "became": told["became"]}
            yield Step(at, _ORDER, "order-moved", None, told["by"], params, _reason(told["reason"]))
        case "order-flag":
            params = {"order": told["order"], "state": told["state"]}
            yield Step(at, _ORDER, "order-flagged", None, "", params, (Why("fraud", {"reason": told["reason"]}),))
        case "text":
            params = {"kind": told["kind"], "state": told["state"], "number": mask_number(told["recipient"])}
            yield Step(at, _TEXTS, "text", until, "", params, _reason(told["reason"]))
        case "gap":
            yield Step(at, _CALLER, "gap", until, params={"why": told["why"]})
        case "attempt":
            yield from _attempt(at, told)
        case source:
            yield from _people_did(source, at, until, told)


def _people_did(source: str, at: datetime, until: datetime | None, told: Mapping[str, Any]) -> Iterator[Step]:
    lane = f"agent:{told['agent']}" if told.get("agent") else _CALLER
    match source:
        case "handling" if told["what"] not in {"held", "resumed"}:  # the channel events tell how long it was
            detail: Mapping[str, Any] = told["detail"]
            to = next((str(detail[each]) for each in ("agent", "queue", "outside") if detail.get(each)), "")
            yield Step(at, lane, f"handled-{told['what']}", None, told["by"], {"to": to})
        case "disposed":
            fields = "; ".join(f"{name}: {value}" for name, value in told["fields"].items())
            yield Step(at, lane, "disposed", None, told["by"], {"disposition": told["disposition"]}, text=fields)
        case "note":
            yield Step(at, _CALLER, "note", None, told["by"], text=told["text"])
        case "listened":
            yield Step(at, lane, f"spied-{told['mode']}", until, told["by"], {"agent": told["agent"]})
        case "call-back":
            params = {"queue": told["queue"], "state": told["state"]}
            yield Step(at, _QUEUE, "call-back", None, "" if told["by"] == "caller" else told["by"], params)
        case "voicemail":
            yield Step(at, _CALLER, "voicemail", params={"box": told["box"], "seconds": told["milliseconds"] // 1000})
        case "survey":
            yield Step(at, _CALLER, "survey", params={"question": told["question"], "score": told["score"]})


def _recording(at: datetime, until: datetime | None, told: Mapping[str, Any]) -> Step:
    params = {"recording": told["recording"], "state": told["state"], "seconds": (told["milliseconds"] or 0) // 1000}
    why = [Why(f"recorded-{told['kind']}", {"rule": told["rule"]})]
    if told["trouble"]:
        why.append(Why("trouble", text=told["trouble"]))
    return Step(at, _RECORDING, "recorded", until, "", params, tuple(why))


def _order(at: datetime, told: Mapping[str, Any]) -> Step:
    params: dict[str, Told] = {"outcome": told["outcome"], "dialled": told["dialled"], "channel": told["channel"]}
    if told["order"]:
        params |= {name: told[name] or "" for name in ("order", "product_zh", "product_en", "price_fen")}
    why = [Why("order", {"reason": told["reason"]})]
    why += [Why("order-check", {"reason": each}) for each in told["demanded_by"] or ()]
    if told["channel"] == "agent":
        why.append(Why("order-by", {"by": told["by"]}) if told["by"] else Why("order-by-agent"))
    return Step(at, _ORDER, "order-placed" if told["order"] else "order-refused", None, told["holder"] or "", params,
                tuple(why))  # fmt: skip


def _attempt(at: datetime, told: Mapping[str, Any]) -> Iterator[Step]:
    campaign = {"campaign": told["campaign"], "mode": told["mode"], "outcome": told["outcome"] or "under-way"}
    why = _reason(told["reason"])
    if told["cause"]:
        why += (Why("cause", {"cause": told["cause"]}),)
    yield Step(at, _CALLER, "dialled", None, "", campaign, why)
    if told["rang_at"]:
        yield Step(datetime.fromisoformat(told["rang_at"]), _CALLER, "far-end-rang")
    if told["said"]:
        moment = told["answered_at"] or told["rang_at"]
        yield Step(datetime.fromisoformat(moment) if moment else at, _CALLER, f"found-{told['said']}")


def _reason(text: str) -> tuple[Why, ...]:
    return (Why("reason", text=text),) if text else ()
