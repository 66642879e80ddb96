"""People who use ccore over HTTP, as values."""

import enum
from collections.abc import Collection
from dataclasses import dataclass


class Role(enum.StrEnum):
    """What somebody may. The words stand in the database and in the API."""

    AGENT = "agent"  # their own calls and presence
    SUPERVISOR = "supervisor"  # everybody's calls and presences, listening, numbers
    QUALITY = "quality"  # recordings and their reviews
    OPERATOR = "operator"  # the operators' files
    EMPLOYEE = "employee"  # who sells: their own claims, orders and commission
    MANAGER = "manager"  # who sells what: dispatch, teams, ranks, reports
    DESIGNER = "designer"  # products
    FRAUD = "fraud"  # orders that look wrong
    ADMIN = "admin"  # everything


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has proved who they are.

    ``agent`` is their number where they take calls, ``employee`` the one under which they sell (employees.number);
    empty: they do not.
    """

    login: str
    name: str
    role: Role
    agent: str = ""
    employee: str = ""

    @property
    def roles(self) -> frozenset[Role]:
        """Their own role, and everybody's who sells if they do."""
        return frozenset({self.role, Role.EMPLOYEE} if self.employee else {self.role})

    def may(self, *roles: Role) -> bool:
        """Whether this is for them: admins may all, and what is for no role in particular is for everybody."""
        return not roles or self.is_one_of(roles)

    def is_one_of(self, roles: Collection[Role]) -> bool:
        """Whether they have one of ``roles``, or are an admin."""
        return self.role is Role.ADMIN or not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How somebody came in, and what that is good for.

    ``scopes`` are a token's: ``read``, ``write``, or subjects of the API; none: all that its person may. ``session`` is
    the number of theirs, 0 with a token. ``bare``: their role demands a second factor, and they have none yet.
    ``display``: it is nobody, but the screen of this number on a wall.
    """

    person: Person
    scopes: frozenset[str] = frozenset()
    session: int = 0
    bare: bool = False
    display: int = 0

    def covers(self, subject: str, *, writes: bool) -> bool:
        """Whether it is good for something of ``subject``."""
        return not self.scopes or not self.scopes.isdisjoint({subject, "write" if writes else "read"})
