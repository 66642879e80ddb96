"""``[claims]``: how codes are given to those who sell."""

from typing import Annotated

from pydantic import Field

from ccore.nodes import Section


class Claims(Section):
    """Claims of products, and the codes that come with them."""

    quarantine_days: Annotated[int, Field(ge=0, le=3660, description="until a code that was given back is free")] = 90
    at_once: Annotated[
        int, Field(ge=1, le=100_000, description="claims that a person, team or department may hold")
    ] = 20
    reserved: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,6}$")], ...] = ()  # given to nobody, beside 000 for tests
    nearly_full_percent: Annotated[int, Field(ge=1, le=100, description="codes of a product taken: an alarm")] = 80
