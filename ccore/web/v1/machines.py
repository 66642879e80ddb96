"""Verdicts of the detection of machines: those to be judged by people, and how often it was wrong."""

from datetime import datetime
from typing import Any

from aiohttp import web

from ccore.dialer.samples import Rate, Samples, Verdict
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told

MOST = 200
MACHINES = "/campaigns/{campaign:[a-z0-9-]{1,41}}/machines"


class MachineJudged(Said):
    """What a person says it was."""

    verdict: Verdict


class MachinesWanted(Said):
    """Samples that somebody has judged, or that nobody has."""

    judged: bool = False


class MachineSample(Told):
    """A call that was taken for a machine's; ``recording`` has its first seconds, ``cause`` why."""

    attempt: int
    trunk: str
    cause: str
    recording: int | None
    called_at: datetime
    verdict: Verdict | None
    by: str | None
    judged_at: datetime | None


class MachineRate(Told):
    """Of 30 days: of ``machines`` so many were judged, and found to be persons; ``answered`` were not hung up on.

    ``false_positive_percent``: of all persons, how many were hung up on; null: too few were judged.
    """

    judged: int
    persons: int
    machines: int
    answered: int
    false_positive_percent: float | None


class Machines(Told):
    """The newest samples, and rates by trunk, "*" for all of them and "-" for none known."""

    machines: list[MachineSample]
    rates: dict[str, MachineRate]


def operations(samples: Samples) -> list[Operation[Any, Any]]:
    """For supervisors and people of quality."""

    async def listed(asked: Asked[None, MachinesWanted]) -> Machines:
        campaign = asked.path["campaign"]
        rows = await samples.listed(campaign, judged=asked.query.judged, most=MOST)
        rates = await samples.rates(campaign)
        return Machines(
            machines=[
                MachineSample.model_validate({**row, "attempt": row["attempt_id"], "recording": row["recording_id"]})
                for row in rows
            ],
            rates={trunk or "-": _rate(rate) for trunk, rate in rates.items()},
        )

    async def judge(asked: Asked[MachineJudged, None]) -> Done:
        campaign, attempt, by = asked.path["campaign"], asked.number("number"), asked.person.login
        if not await samples.judge(campaign, attempt, asked.body.verdict, by):
            raise web.HTTPNotFound(text="there is no such sample")
        return Done()

    who = frozenset({Role.SUPERVISOR, Role.QUALITY})
    return [
        Operation("GET", MACHINES, "Who was taken for a machine", who, listed, query=MachinesWanted, answer=Machines),
        Operation("PUT", f"{MACHINES}/{{number:int}}", "Was it one?", who, judge, body=MachineJudged, answer=Done),
    ]


def _rate(rate: Rate) -> MachineRate:
    return MachineRate(
        judged=rate.judged,
        persons=rate.persons,
        machines=rate.machines,
        answered=rate.answered,
        false_positive_percent=round(rate.percent, 2) if rate.known else None,
    )
