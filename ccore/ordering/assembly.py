"""Orders from the first try to their end, put together: what the daemon runs, shows and is warned of."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.ordering.by_text import ByText
from ccore.ordering.commission.assembly import Commission
from ccore.ordering.fraud import Desk
from ccore.ordering.lives import Lives
from ccore.ordering.number import NumberPlan
from ccore.ordering.provisioning import Provisioning
from ccore.ordering.service import Ordering

Led = dict[str, Callable[[], Coroutine[Any, Any, None]]]


class Selling:
    """Orders on ``database``, what they earn, and text messages about them."""

    def __init__(self, config: Config, secrets: Secrets, database: Database, plan: NumberPlan) -> None:
        region = config.site.region
        self.plan = plan
        token = secrets.provisioning_token
        self.ordering = Ordering(
            database,
            plan,
            config.ordering,
            region,
            fraud=config.fraud,
            confirmation=config.confirmation,
            zone=config.zone,
        )
        self.lives = Lives(database, config.confirmation, region)
        self.provisioning = Provisioning(
            database, config.provisioning, "" if token is None else token.get_secret_value()
        )
        self.desk = Desk(database, config.fraud, config.zone)
        self.commission = Commission(config, database, plan)
        extensions = config.ordering.internal_extensions
        self.by_text = ByText(database, self.ordering, plan, region, extensions, self.commission.enquiries.by_text)

    def use(self, plan: NumberPlan) -> None:
        """Understand numbers and codes by ``plan`` from now on."""
        self.plan = plan
        self.ordering.use(plan)
        self.by_text.use(plan)
        self.commission.use(plan)

    def led(self) -> Led:
        """What one ccore does at a time of all those on this database."""
        return {
            "orders": self.lives.watch,
            "provisioning": self.provisioning.watch,
            "fraud desk": self.desk.watch,
            **self.commission.led(),
        }

    def health(self) -> Mapping[str, object]:
        """For /health."""
        return {
            "provisioning": self.provisioning.health(),
            "fraud": self.desk.health(),
            "commission": self.commission.health(),
        }

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        yield from self.provisioning.warnings()
        yield from self.desk.warnings()
        yield from self.commission.warnings()
        for what in (self.lives.trouble, self.provisioning.trouble, self.desk.trouble):
            if what.reason:
                yield f"orders do not go on: {what.reason}"
