"""The log of a campaign, as JSON lines: what became of each attempt, and what its agents did."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter, ValidationError

from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.errors import Fault, FaultsFound

FAULT = "SC002"


def _state(value: object) -> object:
    return AgentState[value.upper()] if isinstance(value, str) and value.upper() in AgentState.__members__ else value


StateName = Annotated[  # in the file by its name in small letters: idle, talk, wrap, pause, out
    AgentState, BeforeValidator(_state), PlainSerializer(lambda state: state.name.lower())
]


@dataclass(frozen=True, slots=True)
class AttemptLog:
    """One attempt; times are epoch seconds, None where it did not come so far, or not yet."""

    placed_at: float
    rang_at: float | None
    answered_at: float | None  # by a person or a machine
    connected_at: float | None  # to an agent
    ended_at: float | None
    outcome: Outcome | None  # None while it goes on
    agent: str | None = None  # to whom it was connected
    number_hash: str | None = None  # for whoever reads the log: nothing here asks for it


@dataclass(frozen=True, slots=True)
class AgentLog:
    """From ``at`` (epoch seconds) on, an agent was in this state."""

    agent: str
    at: float
    state: StateName


@dataclass(frozen=True, slots=True)
class CampaignLog:
    """What a campaign was allowed; None is not known. A log has one such line, or none."""

    campaign: str
    limit: float | None = None
    grace_s: float | None = None
    channels: int | None = None
    max_calls_per_s: float | None = None


Row = AttemptLog | AgentLog | CampaignLog

_KINDS: dict[str, TypeAdapter[Any]] = {
    "attempt": TypeAdapter(AttemptLog), "agent": TypeAdapter(AgentLog), "campaign": TypeAdapter(CampaignLog),
}  # fmt: skip
_NAMES: dict[type[Row], str] = {AttemptLog: "attempt", AgentLog: "agent", CampaignLog: "campaign"}


@dataclass(frozen=True, slots=True)
class Log:
    """A whole log."""

    campaign: CampaignLog | None
    attempts: tuple[AttemptLog, ...]
    agents: tuple[AgentLog, ...]


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The lines of a file, without their line feeds: each a JSON object whose ``kind`` says what it tells of."""
    for row in rows:
        kind = _NAMES[type(row)]
        data = _KINDS[kind].dump_python(row, mode="json", exclude_none=True)
        yield json.dumps({"kind": kind, **data}, separators=(",", ":"))


def read(path: Path) -> Log:
    """The log of a file. Raises FaultsFound with every line that cannot be understood."""
    rows: list[Row] = []
    faults: list[Fault] = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(path, 0, FAULT, f"cannot be read: {error}")]) from error
    for number, line in enumerate(text.splitlines(), 1):
        try:
            rows.append(_row(line))
        except ValueError as error:
            faults.append(Fault(path, number, FAULT, _said(error)))
    if faults:
        raise FaultsFound(faults)
    return logged(rows)


def logged(rows: Iterable[Row]) -> Log:
    """The log of these rows; attempts and agents' states in the order of time."""
    kept = list(rows)
    attempts = sorted((row for row in kept if isinstance(row, AttemptLog)), key=lambda row: row.placed_at)
    agents = sorted((row for row in kept if isinstance(row, AgentLog)), key=lambda row: row.at)
    campaign = next((row for row in kept if isinstance(row, CampaignLog)), None)
    return Log(campaign, tuple(attempts), tuple(agents))


def _row(line: str) -> Row:
    data = json.loads(line)
    kind = data.pop("kind", None) if isinstance(data, dict) else None
    if kind not in _KINDS:
        raise ValueError(f"a line is a JSON object whose `kind` is one of {', '.join(_KINDS)}")
    if kind == "attempt":
        data = {"rang_at": None, "answered_at": None, "connected_at": None, "ended_at": None, "outcome": None, **data}
    row: Row = _KINDS[kind].validate_python(data)
    return row


def _said(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error}"
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return str(error)
