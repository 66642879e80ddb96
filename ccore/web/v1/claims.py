"""Claims over HTTP: employees claim for themselves, managers dispatch in their department and below."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import Field, model_validator

from ccore.marketing.claims import Sought
from ccore.marketing.model import Claimed, Holder, Refused, Why
from ccore.marketing.product import Code, Time
from ccore.marketing.service import Marketing
from ccore.people.model import Role
from ccore.web.bodies import Page, Said
from ccore.web.v1 import within
from ccore.web.v1.operations import Asked, Operation, Told

Number = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
_MISSING = {Why.NO_PRODUCT, Why.NO_HOLDER, Why.OVER}


class ClaimsWanted(Page):
    """Which claims: one's own, with those of one's teams and department, or all of a manager's department and below."""

    whose: Literal["mine", "department"] = "mine"
    product: Code | None = None
    over: bool = False


class NewClaim(Said):
    """What to claim; without ``starts`` from now on, without ``ends`` until somebody ends it."""

    product: Code
    starts: Time | None = None
    ends: Time | None = None


class To(Said):
    """A person, a team or a department (its path): one of them."""

    employee: Number | None = None
    team: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    department: Annotated[str | None, Field(min_length=1, max_length=1000)] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.employee, self.team, self.department)) != 1:
            raise ValueError("one of employee, team and department")
        return self


class Dispatch(NewClaim):
    """Who is to have it."""

    to: To


class HandOver(Said):
    """Whose claims go on with whom, under the same codes; ``product``: this one alone."""

    employee: Number
    to: To
    product: Code | None = None
    at: Time | None = None


class EndClaim(Said):
    """When; by itself now."""

    at: Time | None = None


class Nothing(Said):
    """There is nothing to say."""


class Claim(Told):
    """One claim. ``number`` is dialled, ``product`` and ``code`` together are texted; ``starts`` until just before
    ``ends``."""

    claim: int
    product: str
    name_zh: str
    name_en: str
    product_state: str
    code: str
    number: str
    holder_kind: Literal["employee", "team", "department"]
    holder: str
    holder_name: str
    starts: datetime
    ends: datetime | None
    made_by: str
    ended_by: str
    handed_from: int | None


class Claims(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    claims: list[Claim]
    before: int | None


class ClaimMade(Told):
    """A new claim, and to how many telephones its kit goes."""

    claim: int
    product: str
    number: str
    code: str
    starts: datetime
    kits: int


class ClaimEnded(Told):
    """When it ends."""

    ends: datetime


class Kits(Told):
    """To how many telephones."""

    kits: int


class Handed(Told):
    """A claim, and the one it goes on as; null: the other has the product already, and it just ends."""

    claim: int
    product: str
    code: str
    became: int | None


class HandedOver(Told):
    """Every claim that was theirs."""

    claims: list[Handed]


class _Claims:
    def __init__(self, of: Marketing) -> None:
        self._of = of

    async def listed(self, asked: Asked[None, ClaimsWanted]) -> Claims:
        want = asked.query
        if want.whose == "mine":
            sought = Sought(employee=await within.own_row(asked, self._of.staff))
        else:
            sought = Sought(department=await within.department(asked, self._of.staff))
        sought = Sought(sought.employee, sought.department, want.product, not want.over)
        rows = await self._of.claims.listed(sought, want.size, want.before)
        claims = [Claim.model_validate({**row, "claim": row["claim_id"]}) for row in rows]
        return Claims(claims=claims, before=claims[-1].claim if len(claims) == want.size else None)

    async def claim(self, asked: Asked[NewClaim, None]) -> ClaimMade:
        own = Holder("employee", await within.own_row(asked, self._of.staff))
        return await self._made(asked, own)

    async def dispatch(self, asked: Asked[Dispatch, None]) -> ClaimMade:
        return await self._made(asked, await self._holder(asked, asked.body.to))

    async def end(self, asked: Asked[EndClaim, None]) -> ClaimEnded:
        await self._may(asked)
        ends = await self._of.claims.end(asked.number("claim"), asked.person.login, asked.body.at)
        if isinstance(ends, Refused):
            raise refusal(ends)
        return ClaimEnded(ends=ends)

    async def kit(self, asked: Asked[Nothing, None]) -> Kits:
        await self._may(asked)
        kits = await self._of.claims.kit(asked.number("claim"), asked.person.login)
        if isinstance(kits, Refused):
            raise refusal(kits)
        return Kits(kits=kits)

    async def hand_over(self, asked: Asked[HandOver, None]) -> HandedOver:
        said, by = asked.body, asked.person.login
        leaver = await self._holder(asked, To(employee=said.employee))
        to = await self._holder(asked, said.to)
        handed = await self._of.claims.hand_over(leaver.row, to, by, at=said.at, product=said.product)
        if isinstance(handed, Refused):
            raise refusal(handed)
        return HandedOver(claims=[Handed.model_validate(each, from_attributes=True) for each in handed])

    async def _made(self, asked: Asked[Any, None], holder: Holder) -> ClaimMade:
        said: NewClaim = asked.body
        made = await self._of.claims.claim(said.product, holder, asked.person.login, starts=said.starts, ends=said.ends)
        if isinstance(made, Refused):
            raise refusal(made)
        assert isinstance(made, Claimed), "it is one or the other"
        return ClaimMade.model_validate(made, from_attributes=True)

    async def _holder(self, asked: Asked[Any, None], who: To) -> Holder:
        """To who is the manager's business. Raises HTTPNotFound."""
        found = await self._of.claims.holder(who.employee, who.team, who.department)
        if found is None:
            raise refusal(Refused(Why.NO_HOLDER))
        await within.see_to(asked, self._of.staff, found[1])
        return found[0]

    async def _may(self, asked: Asked[Any, None]) -> None:
        """Raises HTTPNotFound unless the claim is their own, or of their department and below."""
        row = await self._of.claims.of(asked.number("claim"))
        if row is None:
            raise refusal(Refused(Why.OVER))
        if not asked.person.employee or row["employee"] != asked.person.employee:
            if not asked.person.may(Role.MANAGER):
                raise refusal(Refused(Why.OVER))  # that there is one is nobody else's business
            await within.see_to(asked, self._of.staff, row["departments"])


def operations(of: Marketing) -> list[Operation[Any, Any]]:
    """For those who sell, and their managers."""
    on = _Claims(of)
    sellers, managers = frozenset({Role.EMPLOYEE}), frozenset({Role.MANAGER})
    both, one = sellers | managers, "/claims/{claim:int}"
    return [
        Operation("GET", "/claims", "Claims", both, on.listed, query=ClaimsWanted, answer=Claims),
        Operation("POST", "/claims", "Claim a product for oneself", sellers, on.claim, body=NewClaim, answer=ClaimMade,
                  status=201),
        Operation("POST", "/claims/dispatch", "Give a product to somebody", managers, on.dispatch, body=Dispatch,
                  answer=ClaimMade, status=201),
        Operation("POST", "/claims/hand-over", "To's claims go on with another holder", managers, on.hand_over,
                  body=HandOver, answer=HandedOver),
        Operation("POST", f"{one}/end", "EndClaim a claim", both, on.end, body=EndClaim, answer=ClaimEnded),
        Operation("POST", f"{one}/kit", "Send the kit again", both, on.kit, body=Nothing, answer=Kits),
    ]  # fmt: skip


def refusal(refused: Refused) -> web.HTTPException:
    """What is said of what was not done."""
    return web.HTTPNotFound(text=str(refused)) if refused.why in _MISSING else web.HTTPConflict(text=str(refused))
