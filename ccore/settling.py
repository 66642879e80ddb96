"""What the configuration says of periods of sales: how long they are, and who has come last in one."""

from typing import Annotated, Literal

from pydantic import Field

from ccore.nodes import Section


class Periods(Section):
    """Periods of sales, and 末位淘汰 at the end of each: the last of a group may not claim in the next period."""

    length: Literal["week", "month", "quarter"] = "month"
    measure: Literal["sales", "orders", "commission"] = "sales"
    last_percent: Annotated[int, Field(ge=0, le=50, description="0: nobody is ever barred")] = 10
    ties: Literal["spare", "bar", "next-measure"] = Field(
        default="spare", description="of those who are equal where the line falls: none, all, or the other measures say"
    )
    newcomer_days: Annotated[int, Field(ge=0, le=366, description="who joined so lately is not barred")] = 30
    least_group: Annotated[int, Field(ge=2, le=10_000, description="in a smaller group nobody is barred")] = 10
    groups: Literal["all", "department", "kind", "department-and-kind"] = "all"
    among: Literal["claimants", "everybody"] = Field(
        default="claimants", description="who is ranked: who held a claim in the period, or everybody who could have"
    )
