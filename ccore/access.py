"""``[access]``: by which address browsers reach ccore, and who needs a second factor; and what stays secret of it."""

from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from ccore.nodes import Section
from ccore.site_keys import SiteKeys

Powerful = Literal["supervisor", "quality", "operator", "manager", "designer", "fraud", "admin"]


class Access(Section):
    """How people come in over HTTP. TLS is the business of a reverse proxy in front of ccore."""

    url: Annotated[str | None, Field(pattern=r"^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?$")] = None  # None: any address
    proxies: tuple[IPv4Address, ...] = ()  # whose X-Forwarded-For is believed
    second_factor: tuple[Powerful, ...] = ()  # roles that do nothing before they have set one up
    whole_numbers: tuple[Powerful, ...] = ("supervisor", "manager", "fraud")  # who may have a masked number told whole
    erasure_by_two: bool = False  # another admin than who asked has to confirm that a person is erased


class AccessSecrets(BaseModel):
    """What lets people in."""

    second_factor_keys: SiteKeys = {}  # the last one encrypts what authenticators share; none: none can be set up
    ldap_password: SecretStr | None = None  # of ``[ldap] bind_dn``
