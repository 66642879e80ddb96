"""What the test of a product goes through: the number plan, the orders and the text messages as they are run."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ccore.centre.centre import Centre
from ccore.centre.messages import completed
from ccore.config import Config
from ccore.db.pool import Transaction
from ccore.marketing.rehearsal import Around, Call
from ccore.messaging.wording import written
from ccore.ordering.model import Attempt, OrderCode
from ccore.ordering.number import NumberPlan, access_of, parse
from ccore.ordering.service import Ordering
from ccore.tables import Language


def dry_orders(config: Config, plan: NumberPlan, centre: Centre) -> Around:
    """Of a site with this number plan and these message templates."""
    return Around(
        ranges=partial(access_of, plan),
        understood=partial(_understood, plan),
        placed=partial(_placed, config, plan),
        told=partial(_told, config, centre),
        region=config.site.region,
    )


def _understood(plan: NumberPlan, dialled: str) -> tuple[str, str] | None:
    number = parse(plan, dialled)
    return (number.product, number.claim) if isinstance(number, OrderCode) else None


async def _placed(config: Config, plan: NumberPlan, transaction: Transaction, call: Call) -> tuple[str, bool]:
    ordering = Ordering(
        transaction,
        plan,
        config.ordering,
        config.site.region,
        fraud=config.fraud,
        confirmation=config.confirmation,
        zone=config.zone,
    )
    way: Any = call.way
    outcome = await ordering.place(Attempt(call.key, call.caller, call.dialled, call.at, way))
    return outcome.value, outcome.ordered


def _told(config: Config, centre: Centre, kind: str, params: Mapping[str, Any], language: str) -> str:
    template = completed(centre.messages).get(kind)
    if template is None:
        raise ValueError(f"there are no words for {kind}")
    in_language: Language = "zh" if language == "zh" else "en"
    return written(template, params, in_language, config.zone)
