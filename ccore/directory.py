"""``[ldap]``: the directory (LDAP, Active Directory) whose people sign in with the password they have there."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.nodes import Section

RoleWord = Literal["agent", "supervisor", "quality", "operator", "employee", "manager", "designer", "fraud", "admin"]
Attribute = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9;-]{0,60})?$")]


class RoleOfGroup(Section):
    """Members of ``group`` (its DN) have ``role``."""

    group: Annotated[str, Field(min_length=3, max_length=500)]
    role: RoleWord


class Ldap(Section):
    """Who is asked, where people and groups are, and what they are here. The password of ``bind_dn`` is a secret."""

    url: Annotated[
        str | None,
        Field(pattern=r"^ldaps?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", description="ldap:// begins with STARTTLS; no other"),
    ] = None  # None: there is no directory
    ca_file: Path | None = None  # of who signed the server's certificate, PEM; None: as the machine trusts
    bind_dn: str = ""  # who looks people up; "": nobody in particular
    base: str = ""  # below this DN people are
    user_filter: Annotated[str, Field(pattern=r"^\(.*\{login\}.*\)$")] = "(uid={login})"
    member_filter: Annotated[
        str, Field(pattern=r"^\(.*\{(dn|login)\}.*\)$", description="finds a group if {dn}, {login} is in it")
    ] = "(|(member={dn})(uniqueMember={dn})(memberUid={login}))"
    name_attribute: Attribute = "cn"
    agent_attribute: Attribute = ""  # of the number under which they take calls; "": it is said here
    employee_attribute: Attribute = ""  # of the number under which they sell
    roles: tuple[RoleOfGroup, ...] = ()  # the first group they are in decides; who is in none does not come in
    timeout_s: Annotated[int, Field(ge=1, le=30)] = 5

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.url is not None and not (self.base and self.roles):
            raise ValueError("a directory needs base and roles")
        return self
