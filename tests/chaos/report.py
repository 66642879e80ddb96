"""The report of a run for people: what was broken, what came of it, and what was not tried and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.chaos.faults import ASTERISK, BY_CALLERS, ELSEWHERE, FAULTS, WHY_NOT
from tests.chaos.model import Message, Op, Strike
from tests.chaos.run import Result, again
from tests.chaos.timeline import timeline

SETTLES_S = 3.0  # calls that piled up before a frozen Asterisk are served by then


def write_report(result: Result, path: Path) -> str:
    """Write the report to ``path`` and its picture beside it; returns its figures as lines of text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = path.with_suffix(".svg")
    picture.write_text(timeline(result.history), encoding="utf-8")
    path.write_text(report(result, picture.name), encoding="utf-8")
    return "\n".join(f"{name}: {value}" for name, value in figures(result))


def report(result: Result, picture: str) -> str:
    """The report as Markdown, with ``picture`` in it."""
    verdict = f"**{len(result.complaints)} complaints.**" if result.complaints else "**Nothing is wrong.**"
    return "\n".join(
        [
            f"# A run of chaos, seed {result.plan.seed}",
            "",
            f"{verdict} Again: `{again(result.plan)}`",
            "(the seed fixes who calls and what is broken when; what the machine makes of it, it does not).",
            "",
            f"![Faults against calls per second, order latency and backlog]({picture})",
            "",
            *_table(("What", "Figure"), figures(result)),
            "",
            *(f"- WRONG {complaint}" for complaint in result.complaints),
            "## What was broken",
            "",
            *_table(("Fault", "Failure mode", "Part", "Times", "Seconds in all"), _struck(result)),
            "",
            "## Failure modes and what stood for them",
            "",
            *_table(("Mode", "In this run"), _modes(result)),
            "",
        ]
    )


def figures(result: Result) -> list[tuple[str, str]]:
    """The figures of a run: name and value."""
    ops, found = result.history.ops, result.evidence
    orders = [op for op in ops if op.kind == "order"]
    told = Counter(prompt for op in ops for prompt in op.told)
    lost, doubled = _lost_and_doubled(result.complaints)
    return [
        ("calls", f"{len(ops)} in {max(op.dialled_at for op in ops):.0f} s, {len(orders)} of them to order codes"),
        ("faults", f"{len(result.history.strikes)}, of {len(_names(result))} kinds"),
        ("orders", f"{len(found.orders)} ({_by_spool(result)} by way of the spool): {lost} lost, {doubled} doubled"),
        ("callers told placed / received / already theirs", _told(told, "placed", "received", "already-yours")),
        ("callers to order codes sent on to people", str(sum("system-busy" in op.told for op in orders))),
        ("calls told an outcome / unknown / turned away", _verdicts(result)),
        ("commission", f"{sum(entry.amount_fen for entry in found.ledger)} fen for {len(found.orders)} orders"),
        ("messages", f"{len(found.messages)} written down, {_sent(found.messages)} of them taken by the gateway"),
        (
            "call records",
            f"{len(found.calls)} calls from {len(found.cel.lines)} CEL and {len(found.cdr.lines)} CDR lines",
        ),
        ("lines torn by a full disk", f"{found.cel.torn + found.cdr.torn}, {found.rejected} set aside as such"),
        ("calls closed as interrupted", str(sum(call.state == "interrupted" for call in found.calls))),
        ("order calls until answered", _waits(orders)),
        ("the same, only calls made while Asterisk was well", _waits(_while_well(orders, result.history.strikes))),
        ("largest backlog", _backlog(result)),
        ("all quiet after the last fault was healed and the last call had ended", f"{result.quiet_s:.1f} s"),
    ]


def _lost_and_doubled(complaints: Sequence[str]) -> tuple[int, int]:
    rules = Counter(complaint.partition(":")[0] for complaint in complaints)
    return rules["told_is_done"], rules["each_once"]


def _by_spool(result: Result) -> int:
    placed = {order.call_key for order in result.evidence.orders}
    return sum(one.channel == "spool" and one.call_key in placed for one in result.evidence.attempts)


def _sent(messages: Sequence[Message]) -> int:
    return sum(message.state == "sent" for message in messages)


def _told(told: Counter[str], *outcomes: str) -> str:
    return " / ".join(str(told[f"order-{outcome}"]) for outcome in outcomes)


def _verdicts(result: Result) -> str:
    verdicts = Counter(op.verdict for op in result.history.ops)
    return " / ".join(str(verdicts[verdict]) for verdict in ("ok", "unknown", "failed"))


def _while_well(orders: Sequence[Op], strikes: Sequence[Strike]) -> list[Op]:
    """Those that no fault of Asterisk itself or of its clock touched: no dialplan serves a caller then."""
    down = [(strike.begins, strike.ends + SETTLES_S) for strike in strikes if strike.part == ASTERISK]
    return [op for op in orders if not any(begins < _served_at(op) and op.dialled_at < ends for begins, ends in down)]


def _served_at(op: Op) -> float:
    return op.dialled_at + (op.answered_ms or 0) / 1000


def _waits(orders: Sequence[Op]) -> str:
    waits = sorted(op.answered_ms for op in orders if op.answered_ms is not None) or [0.0]
    return f"median {_at(waits, 0.5)}, 99 % {_at(waits, 0.99)}, slowest {_at(waits, 1)}, of {len(waits)}"


def _at(waits: Sequence[float], share: float) -> str:
    return f"{waits[min(int(len(waits) * share), len(waits) - 1)]:.0f} ms"


def _backlog(result: Result) -> str:
    spool = max((sample.spool for sample in result.history.samples), default=0)
    unread = max((sample.unread for sample in result.history.samples), default=0)
    return f"{spool} orders in the spool, {unread / 1000:.0f} kB of call records not stored"


def _names(result: Result) -> set[str]:
    return {strike.fault for strike in result.history.strikes}


def _struck(result: Result) -> Iterator[tuple[str, ...]]:
    for fault in FAULTS.values():
        strikes = [strike for strike in result.history.strikes if strike.fault == fault.name]
        lasted = f"{sum(strike.ends - strike.begins for strike in strikes):.1f}"
        if fault.name in result.not_run:
            yield fault.name, fault.code, fault.part, "0", WHY_NOT[result.not_run[fault.name]]
        elif strikes:
            yield fault.name, fault.code, fault.part, str(len(strikes)), lasted
        else:
            yield fault.name, fault.code, fault.part, "0", "chance, or the schedule, did not choose it"


def _modes(result: Result) -> Iterator[tuple[str, str]]:
    for number in range(1, 21):
        code = f"F{number}"
        ran = sorted(name for name in _names(result) if FAULTS[name].code == code)
        there = sorted(fault.name for fault in FAULTS.values() if fault.code == code)
        said = BY_CALLERS.get(code) or ELSEWHERE.get(code)
        yield code, said or (", ".join(ran) if ran else f"not run this time: {', '.join(there)}")


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
