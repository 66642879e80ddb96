"""What the configuration says of text messages: the table ``[messages]``, and the secrets of gateways."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from ccore.breaker import Breaker
from ccore.nodes import Port, Section
from ccore.tables import Name

GatewayKind = Literal["kannel", "smpp", "file", "none"]
MIN_KEY_LENGTH = 16
Pause = Annotated[float, Field(gt=0, le=86_400)]


class Kannel(Section):
    """Kannel: one that is there already, or (no ``url``) one of ccore's own beside its Asterisk.

    ccore's own Kannel talks to a simulated network unless ``smsc`` names a file with Kannel's own ``group = smsc``
    tables, by which it talks to carriers.
    """

    url: str = Field(default="", pattern=r"^$|^https?://[^\s?]+$", description="of sendsms: http://…/cgi-bin/sendsms")
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = "ccore"
    smsc: Path | None = None


class Smpp(Section):
    """A carrier's message centre, spoken to directly by SMPP 3.4; needs the extra ``smpp``."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: Port = 2775
    system_id: str = Field(default="ccore", max_length=15)
    system_type: str = Field(default="", max_length=12)
    pair: bool = Field(default=False, description="two binds, for sending and for hearing, where one is not allowed")


class Caps(Section):
    """How many messages one number gets: answers and news (service), and what advertises (marketing)."""

    service_per_hour: Annotated[int, Field(ge=1)] = 60
    service_per_day: Annotated[int, Field(ge=1)] = 300
    marketing_per_hour: Annotated[int, Field(ge=1)] = 5
    marketing_per_day: Annotated[int, Field(ge=1)] = 20


class Messages(Section):
    """How text messages leave and come. Without ``gateway`` they go by a Kannel of ccore's own, where ccore starts
    Asterisk itself, and wait elsewhere.
    """

    gateway: GatewayKind | None = None
    sender: Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$", description="the number messages come from")] = "10086"
    per_second: Annotated[float, Field(gt=0, le=10_000, description="as the carrier's contract has it")] = 50.0
    at_once: Annotated[int, Field(ge=1, le=100, description="that wait for an answer of the gateway")] = 10
    timeout_s: Annotated[float, Field(gt=0, le=15)] = 5.0
    longest_pause_s: Pause = Field(default=600.0, description="between two tries of one message")
    give_up_after_s: Pause = 86_400.0
    breaker: Breaker = Breaker()
    caps: Caps = Caps()
    marketing_hours: Name = Field(default="calling", description="of hours.toml: only then advertising is sent")
    marketing_consent: Name | None = Field(default=None, description="the purpose that advertising needs consent for")
    incoming_tries: Annotated[int, Field(ge=1, le=100, description="then a message is set aside for a person")] = 5
    directory: Path = Field(default=Path("messages"), description="of the gateway `file`; starts at var")
    receipts_from: list[IPv4Network] = Field(
        default=[IPv4Network("127.0.0.0/8")], description="from where Kannel may bring receipts and messages"
    )
    receipts_to: str = Field(default="", pattern=r"^$|^https?://[^\s?]+$", description="this ccore, as Kannel sees it")
    kannel: Kannel = Kannel()
    smpp: Smpp = Smpp()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.caps.marketing_per_day < self.caps.marketing_per_hour:
            raise ValueError("caps: marketing_per_day is less than marketing_per_hour")
        return self

    def own_address(self, host: IPv4Address, port: int) -> str:
        """Where the gateway finds this ccore, whose HTTP is at ``host``:``port``."""
        loopback = IPv4Address("127.0.0.1") if host.is_unspecified else host
        return self.receipts_to.rstrip("/") or f"http://{loopback}:{port}"


class GatewaySecrets(BaseModel):
    """What gateways ask for, and what ccore asks of them."""

    kannel_password: SecretStr | None = None  # of the user of sendsms
    smpp_password: SecretStr | None = None
    messages_key: SecretStr | None = None  # whoever brings receipts and messages has to know it

    @field_validator("messages_key")
    @classmethod
    def _long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not (value.get_secret_value().isascii() and len(value) >= MIN_KEY_LENGTH):
            raise ValueError(f"too weak: use at least {MIN_KEY_LENGTH} letters, digits, - and _")
        return value
