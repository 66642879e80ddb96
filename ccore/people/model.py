"""People who use ccore over HTTP, as values."""

import enum
from dataclasses import dataclass


class Role(enum.StrEnum):
    """What somebody may. The words stand in the database and in the API."""

    AGENT = "agent"  # their own calls and presence
    SUPERVISOR = "supervisor"  # everybody's calls and presences, listening, numbers
    QUALITY = "quality"  # recordings and their reviews
    OPERATOR = "operator"  # the operators' files
    ADMIN = "admin"  # everything


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has proved who they are. ``agent`` is their number where they take calls, else empty."""

    login: str
    name: str
    role: Role
    agent: str = ""

    def may(self, *roles: Role) -> bool:
        """Whether this is for them: admins may all, and what is for no role in particular is for everybody."""
        return not roles or self.role is Role.ADMIN or self.role in roles
