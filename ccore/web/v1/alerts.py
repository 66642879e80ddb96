"""Alarms that were raised, and who has seen them."""

from datetime import datetime
from typing import Any

from aiohttp import web

from ccore.numbers.service import Numbers
from ccore.people.model import Role
from ccore.web.bodies import Page
from ccore.web.v1.operations import Asked, Done, Operation, Told


class AlertsWanted(Page):
    """Which alerts; ``all``: those that are over as well."""

    all: bool = False


class Alert(Told):
    """An alarm of alerts.toml was raised about ``subject`` (a queue, or nothing) at such a value.

    ``text`` is Chinese; ``text_en`` is "" where an older ccore has raised it.
    """

    alert: int
    name: str
    subject: str
    raised_at: datetime
    value: float
    text: str
    text_en: str
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class Alerts(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    alerts: list[Alert]
    before: int | None


def operations(numbers: Numbers) -> list[Operation[Any, Any]]:
    """For supervisors."""

    async def listed(asked: Asked[None, AlertsWanted]) -> Alerts:
        want = asked.query
        rows = await numbers.alerts(every=want.all, before=want.before, most=want.size)
        alerts = [Alert.model_validate({**row, "alert": row["alert_id"]}) for row in rows]
        return Alerts(alerts=alerts, before=alerts[-1].alert if len(alerts) == want.size else None)

    async def acknowledge(asked: Asked[None, None]) -> Done:
        if not await numbers.acknowledge(asked.number("alert"), asked.person.login):
            raise web.HTTPConflict(text="there is no such alert, or somebody has seen it before")
        return Done()

    who = frozenset({Role.SUPERVISOR})
    return [
        Operation("GET", "/alerts", "Alarms", who, listed, query=AlertsWanted, answer=Alerts),
        Operation("POST", "/alerts/{alert:int}/acknowledge", "It was seen", who, acknowledge, answer=Done),
    ]
