"""The one configuration file, ``ccore.toml``: every key, its meaning, its default; unknown keys are refused."""

import os
import re
import secrets
import stat
from collections.abc import Hashable, Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from ccore import tomlfile
from ccore.access import Access, AccessSecrets
from ccore.archive import Recording
from ccore.browser_phones import BrowserPhones
from ccore.claiming import Claims
from ccore.clashes import claimed_twice, just, ports_claimed_twice
from ccore.directory import Ldap
from ccore.errors import Fault, FaultsFound
from ccore.nodes import Name, Node, Port, Section, SipTrunk, Trunk, Zone
from ccore.selling import Confirmation, Fraud, Ordering, Provisioning
from ccore.settling import Periods
from ccore.shipped import shipped
from ccore.site_keys import SiteKeys, new_key
from ccore.speech import Prompts, Speech
from ccore.texting import GatewaySecrets, Messages


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    try:
        good = not IPv4Address(host).is_unspecified and 1 <= int(port) <= 65535
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{value!r} is no address and port, such as 192.0.2.8:14573")
    return value


Address = Annotated[str, AfterValidator(_address)]

ENVIRONMENT_PREFIX = "CCORE_"  # CCORE_AMI_EVENTS_SECRET, CCORE_AMI_ACTIONS_SECRET, CCORE_DATABASE_DSN, CCORE_LOOK_UP_…
MIN_SECRET_LENGTH = 16
INSTANCE_FILE = "instance-id"  # in var
# For a site ccore runs itself:
_KEYS = ("recording_keys", "second_factor_keys")
_MADE = ("ami_events_secret", "ami_actions_secret", "phone_secret", "kannel_password", "messages_key", *_KEYS)


class Site(Section):
    """Who runs this ccore, and where: used for times, numbers and names at the edges."""

    name: Name = "ccore"
    instance: Name | None = None  # this ccore among those of one database; None: a name made once, var/instance-id
    timezone: Zone = "Asia/Shanghai"
    region: Annotated[
        str, Field(pattern=r"^[A-Z]{2}$", description="region of numbers dialled without a country code")
    ] = "CN"


class Paths(Section):
    """Directories; relative ones start at the configuration file's own directory."""

    var: Path = Path("var")
    dialplan: Path | None = None  # None: the dialplan/ that came with ccore
    secrets: Path | None = None  # None: <var>/secrets.toml


class Log(Section):
    """Style and level of the log on standard error; ``auto`` is console on a terminal and JSON elsewhere."""

    style: Literal["auto", "json", "console"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Database(Section):
    """PostgreSQL. Its DSN is a secret (CCORE_DATABASE_DSN or secrets file); without one ccore runs its own server."""

    pool_size: Annotated[int, Field(ge=1, le=200)] = 10
    acquire_timeout_s: Annotated[float, Field(gt=0, le=30)] = 1.0
    call_deadline_s: float = Field(default=1.0, gt=0, le=1.8, description="a caller waits no longer for the database")
    command_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    tcp_user_timeout_ms: Annotated[int, Field(ge=1000, le=60000)] = 8000


class Agi(Section):
    """The FastAGI server that Asterisk's dialplan asks."""

    host: IPv4Address = IPv4Address("127.0.0.1")
    port: Port = 14573
    standby: Address | None = None  # the AGI server of another ccore on this database, asked when this fails at once
    max_sessions: Annotated[int, Field(ge=1, le=100000)] = 2000
    session_deadline_s: Annotated[float, Field(gt=0, le=3600)] = 15.0


class Http(Section):
    """/health, /ready, /metrics, the API under /api/v1, and the console."""

    host: IPv4Address = IPv4Address("127.0.0.1")
    port: Port = 18080


class Records(Section):
    """The CSV files of call records and channel events, of ccore's own (embedded) nodes: when renamed, when removed."""

    rotate_at_mb: Annotated[float, Field(gt=0, le=100_000)] = 64
    keep_days: Annotated[int, Field(ge=1, description="after the last row, and only what PostgreSQL has whole")] = 30


class Upkeep(Section):
    """What ccore mends in Asterisk beside what the database decides."""

    longest_call_s: float = Field(default=36_000, ge=60, description="a channel ccore sees for so long is hung up")


class Voicemail(Section):
    """What callers record for people to hear."""

    keep_days: Annotated[int, Field(ge=1, le=3650, description="then it is deleted, heard or not")] = 90


class Config(Section):
    """The whole file. ``root`` and ``source`` say where it was read."""

    site: Site = Site()
    paths: Paths = Paths()
    log: Log = Log()
    database: Database = Database()
    agi: Agi = Agi()
    http: Http = Http()
    access: Access = Access()
    ldap: Ldap = Ldap()
    ordering: Ordering = Ordering()
    claims: Claims = Claims()
    confirmation: Confirmation = Confirmation()
    fraud: Fraud = Fraud()
    provisioning: Provisioning = Provisioning()
    periods: Periods = Periods()
    records: Records = Records()
    upkeep: Upkeep = Upkeep()
    prompts: Prompts = Prompts()
    speech: Speech = Speech()
    messages: Messages = Messages()
    voicemail: Voicemail = Voicemail()
    browser_phones: BrowserPhones = BrowserPhones()
    recording: Recording = Recording()
    nodes: dict[Name, Node] = Field(default={"node1": Node()}, min_length=1)
    trunks: dict[Name, Trunk] = Field(
        default={
            "local": SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000),
            # `ccore far-end` answers there, for those who try campaigns out.
            "far-end": SipTrunk(kind="sip", peers=[IPv4Network("127.0.30.1/32")], port=15070, channels=30),
        }
    )
    source: Path = Field(default=Path("ccore.toml"), exclude=True)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        clashes = [*ports_claimed_twice(self._ports()), *claimed_twice(self._places())]
        if faults := [*clashes, *self._unknown_nodes(), *self._unknown_trunks()]:
            raise ValueError("; ".join(faults))
        return self

    def trunks_of(self, node: str) -> dict[str, Trunk]:
        """The trunks that end at node ``node``."""
        return {name: trunk for name, trunk in self.trunks.items() if trunk.nodes is None or node in trunk.nodes}

    def _ports(self) -> list[tuple[str, range, str]]:
        ports = [("tcp", just(self.agi.port), "agi.port"), ("tcp", just(self.http.port), "http.port")]
        for name, node in self.nodes.items():
            if node.kind == "embedded":
                ports += [
                    ("tcp", just(node.ami_port), f"nodes.{name}.ami_port"),
                    ("tcp", just(node.http_port), f"nodes.{name}.http_port"),
                    ("udp", just(node.sip_port), f"nodes.{name}.sip_port"),
                    ("udp", range(node.rtp_ports[0], node.rtp_ports[1] + 1), f"nodes.{name}.rtp_ports"),
                ]
        return ports

    def _places(self) -> Iterator[tuple[str, Hashable]]:
        """What only one node, or one trunk of a node, may have: every call of another would count as its own."""
        for name, node in self.nodes.items():
            if node.kind == "external":
                yield f"nodes.{name}.ami_port", (node.host, node.ami_port)
                yield f"nodes.{name}.log_dir", ("log", node.log_dir)
                yield f"nodes.{name}.spool_dir", ("spool", node.spool_dir)
                if node.recorded_dir is not None:
                    yield f"nodes.{name}.recorded_dir", ("recorded", node.recorded_dir)
                if node.monitor_dir is not None:
                    yield f"nodes.{name}.monitor_dir", ("monitor", node.monitor_dir)
            for trunk, line in self.trunks_of(name).items():
                if line.kind == "e1":
                    yield f"trunks.{trunk}.span", (name, line.span)

    def _unknown_nodes(self) -> Iterator[str]:
        for name, trunk in self.trunks.items():
            if unknown := set(trunk.nodes or ()) - self.nodes.keys():
                yield f"trunks.{name}.nodes: there is no node {', '.join(sorted(unknown))}"

    def _unknown_trunks(self) -> Iterator[str]:
        if unknown := set(self.fraud.odd_trunk.trunks) - self.trunks.keys():
            yield f"fraud.odd_trunk.trunks: there is no trunk {', '.join(sorted(unknown))}"

    @property
    def var(self) -> Path:
        """Where ccore keeps what it writes, absolute."""
        return self._absolute(self.paths.var)

    @property
    def dialplan(self) -> Path:
        """The operator's directory, absolute."""
        return shipped("dialplan") if self.paths.dialplan is None else self._absolute(self.paths.dialplan)

    @property
    def versions_dir(self) -> Path:
        """Where versions of the operators' files lie, and the link to the one that runs (``ccore.versions.disk``)."""
        return self.var / "dialplan"

    @property
    def secrets_file(self) -> Path:
        """The file of secrets, absolute; it may not exist."""
        return self.var / "secrets.toml" if self.paths.secrets is None else self._absolute(self.paths.secrets)

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone, for what people read."""
        return ZoneInfo(self.site.timezone)

    @property
    def instance(self) -> str:
        """The name of this ccore among those that share its database; ``only_one`` has made it."""
        return self.site.instance or (self.var / INSTANCE_FILE).read_text(encoding="ascii").strip()

    def node_dir(self, name: str) -> Path:
        """The directory of an embedded node; inside its root file system it is /srv/ccore."""
        return self.var / "nodes" / name

    @property
    def recordings_dir(self) -> Path:
        """Where recordings are kept, or worked on if they are kept elsewhere."""
        return self.var / self.recording.path

    def log_dir(self, name: str) -> Path:
        """Where the CDR and CEL files of node ``name`` are: cdr-custom/ccore.csv and cel-custom/ccore.csv."""
        given = self.nodes[name].log_dir
        return self.node_dir(name) / "log" if given is None else self._absolute(given)

    def spool_dir(self, name: str) -> Path:
        """Where node ``name`` leaves the orders taken while ccore was away: tmp/, new/, bad/."""
        given = self.nodes[name].spool_dir
        return self.node_dir(name) / "spool" / "orders" if given is None else self._absolute(given)

    def heard_dir(self, name: str) -> Path | None:
        """Where ccore puts sounds while node ``name`` runs, to be played by their path; None: it plays none of them."""
        node = self.nodes[name]
        if node.heard_dir is None:
            return self.node_dir(name) / "heard" if node.kind == "embedded" else None
        return self._absolute(node.heard_dir)

    def recorded_dir(self, name: str) -> Path | None:
        """Where node ``name`` leaves what it recorded for ccore to take; None: nothing can be recorded there."""
        node = self.nodes[name]
        if node.recorded_dir is None:
            return self.node_dir(name) / "recorded" if node.kind == "embedded" else None
        return self._absolute(node.recorded_dir)

    def monitor_dir(self, name: str) -> Path | None:
        """Where node ``name`` leaves the raw files of calls it records; None: no call is recorded there."""
        node = self.nodes[name]
        if node.monitor_dir is None:
            return self.node_dir(name) / "spool" / "monitor" if node.kind == "embedded" else None
        return self._absolute(node.monitor_dir)

    def _absolute(self, path: Path) -> Path:
        return (self.source.parent / path).resolve()


class DatabaseSecret(BaseModel):
    """The one secret that commands on the database alone need."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    database_dsn: SecretStr | None = None

    @field_validator("database_dsn")
    @classmethod
    def _a_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("no DSN: write it as postgresql://user:password@host:5432/database")
        return value


class Secrets(DatabaseSecret, GatewaySecrets, AccessSecrets):
    """What must not stand in the configuration file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ami_events_secret: SecretStr
    ami_actions_secret: SecretStr
    alert_secret: SecretStr | None = None  # signs what the webhook of alerts.toml is told; None: not signed
    phone_secret: SecretStr | None = None  # the passwords of phones.toml are made of it; None: no phone registers
    turn_secret: SecretStr | None = None  # shared with the TURN servers of [browser_phones]; None: they are not used
    recording_keys: SiteKeys = {}  # the last one encrypts new recordings' keys; none: no recording is stored
    s3_access_key: SecretStr | None = None  # of the storage of recordings
    s3_secret_key: SecretStr | None = None
    provisioning_token: SecretStr | None = None  # said to the system that switches products on; None: nothing is said
    look_ups: dict[str, SecretStr] = {}  # by the names that headers of lookups.toml have for them

    @field_validator("ami_events_secret", "ami_actions_secret", "alert_secret", "phone_secret")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        text = value.get_secret_value()
        if len(text) < MIN_SECRET_LENGTH or len(set(text)) < 8:
            raise ValueError(f"too weak: use at least {MIN_SECRET_LENGTH} random characters")
        if not text.isascii() or not text.isprintable() or set(text) & set(" ;\\\"'"):
            raise ValueError("use letters, digits and - _ . only: Asterisk's files must be able to hold it")
        return value


def load(path: Path | None) -> Config:
    """Read ``path``; None means every default, rooted in the working directory.

    Raises FaultsFound with every fault of the file and its line.
    """
    if path is None:
        return Config(source=Path.cwd() / "ccore.toml")
    return tomlfile.load(path, Config, "CONFIG").model_copy(update={"source": path.resolve()})


def load_secrets(config: Config) -> Secrets:
    """Read the secrets file, each key overridden by its environment variable.

    Raises FaultsFound if the file can be read by others, or a secret is missing or weak.
    """
    text, environment = _secrets_text(config.secrets_file), _environment(Secrets)
    if text is None and not {"ami_events_secret", "ami_actions_secret"} <= environment.keys():
        message = (
            "is not there: `ccore run` makes it for an embedded site; otherwise "
            f"write ami_events_secret and ami_actions_secret into it, or set {ENVIRONMENT_PREFIX}… variables"
        )
        raise FaultsFound([Fault(config.secrets_file, 0, "SECRET", message)])
    secrets = tomlfile.parse(text or "", config.secrets_file, Secrets, "SECRET", environment)
    return secrets.model_copy(update={"look_ups": {**secrets.look_ups, **_look_ups_of_environment()}})


def load_dsn(config: Config) -> str | None:
    """The DSN of the database, from where ``load_secrets`` reads it; None: ccore runs a server of its own."""
    text, environment = _secrets_text(config.secrets_file), _environment(DatabaseSecret)
    dsn = tomlfile.parse(text or "", config.secrets_file, DatabaseSecret, "SECRET", environment).database_dsn
    return None if dsn is None else dsn.get_secret_value()


def _environment(model: type[BaseModel]) -> dict[str, str]:
    names = {key: ENVIRONMENT_PREFIX + key.upper() for key in model.model_fields}
    return {key: os.environ[name] for key, name in names.items() if name in os.environ}


def _look_ups_of_environment() -> dict[str, SecretStr]:
    prefix = ENVIRONMENT_PREFIX + "LOOK_UP_"
    found = {name: text for name, text in os.environ.items() if name.startswith(prefix)}
    return {name.removeprefix(prefix).lower(): SecretStr(text) for name, text in found.items()}


def _secrets_text(path: Path) -> str | None:
    try:
        if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            message = f"can be read by every user of this machine: chmod 0600 {path.name}"
            raise FaultsFound([Fault(path, 0, "SECRET", message)])
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(path, 0, "SECRET", f"cannot be read: {error}")]) from error


def make_secrets(config: Config) -> None:
    """See to it that there is a secrets file, readable by its owner only, with every secret that is ours to make."""
    path = config.secrets_file
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _secrets_text(path) or ""
    missing = [key for key in _MADE if not re.search(rf"^\s*\[?{key}\s*[\]=]", text, re.MULTILINE)]
    if not missing or (text and not os.access(path.parent, os.W_OK)):  # others keep it: they know what they leave out
        return
    # Before all else: what is written at the end belongs to the last table.
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines([*(f"{key} = {_fresh_secret(key)}\n" for key in missing), text])
    fresh.replace(path)


def _fresh_secret(key: str) -> str:
    if key in _KEYS:
        return f"{{ {new_key()} }}"
    return f'"{secrets.token_urlsafe(32)}"'
