"""What the configuration says of each node, which is one Asterisk, and of the trunks that end there."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is no time zone of the IANA database, such as Asia/Shanghai") from error
    return value


Port = Annotated[int, Field(ge=1, le=65535)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


HTTP_ABOVE_AMI = 50  # ports


class Section(BaseModel):
    """A table of the configuration: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(Section):
    """One Asterisk: either started by ccore itself (``embedded``) or already there (``external``)."""

    kind: Literal["embedded", "external"] = "embedded"
    host: IPv4Address = IPv4Address("127.0.0.1")
    ami_port: Port = 15038
    http_port: Port = Field(
        default=15088, description="at `host`: the WebSocket of browser phones, for ccore only; 50 above `ami_port`"
    )
    sip_port: Port = 15060
    sip_bind: IPv4Address = IPv4Address("127.0.0.1")
    rtp_ports: tuple[Port, Port] = (20000, 23999)
    rtp_seen_as: IPv4Address | None = Field(
        default=None, description="what browsers outside reach instead of `sip_bind`, where a router maps it 1:1"
    )
    timezone: Zone = Field(default="UTC", description="external: the zone Asterisk itself runs in")
    log_dir: Path | None = Field(default=None, description="external: where ccore sees cdr-custom/ and cel-custom/")
    spool_dir: Path | None = Field(default=None, description="external: where ccore sees the orders the fallback wrote")
    heard_dir: Path | None = Field(default=None, description="external: where ccore puts what it has Asterisk play")
    recorded_dir: Path | None = Field(default=None, description="external: where ccore sees what Asterisk recorded")
    monitor_dir: Path | None = Field(default=None, description="external: where ccore sees the raw files of recordings")
    agi_url_host: IPv4Address | None = Field(
        default=None, description="external: ccore's address as Asterisk sees it, for AGI and for the manager's ACL"
    )

    @model_validator(mode="before")
    @classmethod
    def _beside_the_manager(cls, said: Any) -> Any:
        """The port of the WebSocket follows that of the manager: who has chosen one need not choose the other."""
        if not isinstance(said, dict) or "http_port" in said or not isinstance(said.get("ami_port"), int):
            return said
        return {**said, "http_port": said["ami_port"] + HTTP_ABOVE_AMI}

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.rtp_ports[0] >= self.rtp_ports[1]:
            raise ValueError("rtp_ports: the first port must be below the last")
        if self.kind == "external" and None in (self.log_dir, self.spool_dir, self.agi_url_host):
            raise ValueError("an external node needs log_dir, spool_dir and agi_url_host")
        return self


class _Trunk(Section):
    """A line to a carrier or to another exchange."""

    nodes: list[Name] | None = Field(default=None, min_length=1, description="the nodes it ends at; none named: all")


class SipTrunk(_Trunk):
    """A SIP peer, let in by its address only."""

    kind: Literal["sip"]
    peers: Annotated[list[IPv4Network], Field(min_length=1, description="addresses the calls come from")]
    port: Port = 5060
    channels: Annotated[int, Field(ge=1, le=10000)] = 30
    codecs: Annotated[list[Literal["alaw", "ulaw", "g722", "opus"]], Field(min_length=1)] = ["alaw", "ulaw"]
    dtmf: Literal["rfc4733", "inband", "auto"] = Field(
        default="rfc4733", description="how keys come; auto: as tones from a caller who does not offer RFC 4733"
    )
    trust_identity: bool = Field(
        default=False, description="take the caller from P-Asserted-Identity: carrier trunks only"
    )


E1_CHANNELS = 30  # B channels of a span


class E1Trunk(_Trunk):
    """An E1 span: 30 B channels, D channel 16."""

    kind: Literal["e1"]
    span: Annotated[int, Field(ge=1, le=8)]
    switchtype: Literal["euroisdn", "qsig"] = "euroisdn"
    signalling: Literal["pri_cpe", "pri_net"] = "pri_cpe"
    timing: Annotated[int, Field(ge=0, le=8, description="priority of this span as clock source; 0: not a source")] = 1

    @property
    def channels(self) -> int:
        """How many calls it carries."""
        return E1_CHANNELS


Trunk = Annotated[SipTrunk | E1Trunk, Field(discriminator="kind")]
