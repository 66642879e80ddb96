"""Alarms as data: ``alerts.toml`` says what is watched, from where on it is told, to whom, and when it is over."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore import tomlfile
from ccore.errors import Fault, FaultsFound
from ccore.tables import Closed, Language, Name

ALERTS_FILE = "alerts.toml"
ALERT_CODE = "ALERT"  # of every fault of form in it

Measure = Literal["service-level", "longest-wait", "waiting", "abandonment", "ready-agents", "pause", "warnings"]
LOW_IS_BAD = frozenset({"service-level", "ready-agents"})
OF_QUEUES = frozenset({"service-level", "longest-wait", "waiting", "abandonment"})
Lasting = Annotated[int, Field(ge=0, le=3600)]


class Alarm(Closed):
    """Told when ``measure`` has been beyond ``raise_at`` for ``raise_after_s``; over when it has been back.

    Back is not the same place: ``clear_at`` lies on the good side of ``raise_at``, and in between nothing changes, so
    that a figure which goes up and down a little is told once. Of ``service-level`` (percent of the last 30 minutes)
    and ``ready-agents`` (of the whole site) less is bad; of all others more is: ``longest-wait`` (seconds), ``waiting``
    (callers), ``abandonment`` (percent of the last 30 minutes), ``pause`` (seconds beyond the pause's own most_s) and
    ``warnings`` (how many /health tells).
    """

    measure: Measure
    queues: tuple[Name, ...] = Field(default=(), description="each by itself; none named: every queue")
    raise_at: float
    raise_after_s: Lasting = 60
    clear_at: float
    clear_after_s: Lasting = 60
    least_calls: Annotated[int, Field(ge=1, le=1000, description="percentages of fewer callers say nothing")] = 5
    text: dict[Language, str] = Field(default={}, description="what is told; {queue} {value} {limit} {site}")
    webhook: bool = True
    text_to: tuple[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")], ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        low = self.measure in LOW_IS_BAD
        if (self.clear_at < self.raise_at) if low else (self.clear_at > self.raise_at):
            raise ValueError(f"clear_at must not be {'below' if low else 'above'} raise_at: {self.measure} would flap")
        if self.queues and self.measure not in OF_QUEUES:
            raise ValueError(f"{self.measure} is not of queues: name none")
        return self


class Webhook(Closed):
    """Where alarms are posted as JSON, signed with ``alert_secret`` of secrets.toml."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=500)]
    limit_s: Annotated[float, Field(gt=0, le=60, description="for one answer")] = 5.0


class AlertFile(Closed):
    """``alerts.toml``."""

    webhook: Webhook | None = None
    alert: dict[Name, Alarm] = Field(default={})


def load_alerts(directory: Path) -> AlertFile:
    """The file in the operator's ``directory``; without one, nothing is watched. Raises FaultsFound."""
    path = directory / ALERTS_FILE
    return tomlfile.load(path, AlertFile, ALERT_CODE) if path.exists() else AlertFile()


def check_alerts(directory: Path, queues: Collection[str]) -> list[Fault]:
    """Every fault of the file; ``queues`` are the names of those there are."""
    try:
        alerts = load_alerts(directory)
    except FaultsFound as error:
        return list(error.faults)
    path = directory / ALERTS_FILE
    lines = tomlfile.line_index(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [
        Fault(path, tomlfile.line_of(lines, ("alert", name, "queues")), "AL101", f"there is no queue {queue}")
        for name, alarm in alerts.alert.items()
        for queue in alarm.queues
        if queue not in queues
    ]
