"""Verdicts of the detection of machines that people judge: so it is known how many persons it hangs up on."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, NoReturn

import structlog
from asyncpg import Record

from ccore.centre.campaign import Campaign
from ccore.db.pool import Database
from ccore.db.trouble import Trouble

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
FIRST_LOOK, LOOK_BACK = timedelta(days=1), timedelta(minutes=5)  # at attempts that are over: channel events come later
# Fewer say nothing: with 1 in 50 judged to be persons, 50 leave it open whether it is 0.1 % or 10 %.
FEWEST_JUDGED = 50
Verdict = Literal["person", "machine"]
Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Rate:
    """Of ``judged`` verdicts "machine" so many were persons; ``machines`` is how many verdicts there were in all.

    ``answered`` are the persons who were not hung up on, in the same time.
    """

    judged: int
    persons: int
    machines: int
    answered: int

    @property
    def known(self) -> bool:
        """Whether enough were judged to say anything."""
        return self.judged >= FEWEST_JUDGED

    @property
    def percent(self) -> float:
        """Of all persons who answered, how many were hung up on as machines: they count as abandoned."""
        hung_up_on = self.machines * self.persons / self.judged if self.judged else 0.0
        return 100 * hung_up_on / (hung_up_on + self.answered) if hung_up_on else 0.0


class Samples:
    """Everything raises Unavailable while PostgreSQL does not answer."""

    def __init__(self, database: Database) -> None:
        self.trouble = Trouble("machine_samples_waited")
        self._database = database
        self._look_back = FIRST_LOOK

    async def listed(self, campaign: str, *, judged: bool, most: int) -> Sequence[Record]:
        """Those that nobody has judged yet, or those that somebody has, the newest first."""
        return await self._database.fetch("samples.listed", campaign, judged, most)

    async def judge(self, campaign: str, attempt: int, verdict: Verdict, by: str) -> bool:
        """Say what it was; whether there is such a sample. What was said before counts no more."""
        judged: bool = await self._database.execute("samples.judge", campaign, attempt, verdict, by) > 0
        if judged:
            log.info("machine_judged", campaign=campaign, attempt=attempt, verdict=verdict)
        return judged

    async def rates(self, campaign: str) -> dict[str, Rate]:
        """Of the last 30 days by trunk, and of all of them under "*"."""
        rows = await self._database.fetch("samples.rates", campaign)
        return {row["trunk"]: Rate(row["judged"], row["persons"], row["machines"], row["answered"]) for row in rows}

    async def measured(self, name: str, campaign: Campaign) -> Campaign:
        """The campaign with what is measured of its detection in place of what it assumes, if enough was judged."""
        detection = campaign.detection
        rate = (await self.rates(name)).get("*") if detection.mode != "off" else None
        if rate is None or not rate.known:
            return campaign
        found = detection.model_copy(update={"false_positive_percent": round(rate.percent, 1)})
        return campaign.model_copy(update={"detection": found})

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {"samples of machines": self.run}

    async def run(self) -> NoReturn:
        """For ever."""
        await self.trouble.every(LOOK_EVERY_S, self.look)

    async def look(self) -> None:
        """Once: put before people what was recorded of machines, and let go what was recorded of others."""
        await self._database.execute("samples.take", self._look_back)
        self._look_back = LOOK_BACK
        await self._database.execute("samples.let_go")
