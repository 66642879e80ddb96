"""What ccore this is: its version and those of what it works with, and which of its parts are switched on."""

import asyncio
import platform
from datetime import datetime
from typing import Any, Literal

from aiohttp import web

from ccore import __version__
from ccore.ami.itself import Selves
from ccore.ami.link import Link
from ccore.config import Config
from ccore.db.migrate import load
from ccore.messaging.gateways.chosen import kind
from ccore.people.model import Role
from ccore.shipped import shipped
from ccore.web.domains import Domains
from ccore.web.v1.operations import EVERYBODY, Asked, Operation, Told

Part = Literal["directory", "texts", "speech", "provisioning", "turn", "second-factor", "object-storage"]


class AboutNode(Told):
    """An Asterisk. ``asterisk`` is its version, "" where it does not answer."""

    name: str
    up: bool
    asterisk: str


class AboutPart(Told):
    """Something a site may have or not; ``by`` says more to admins."""

    part: Part
    on: bool
    by: str


class AboutSchema(Told):
    """Of the database: ``shipped`` is the schema that this ccore has been made for."""

    version: int
    applied_at: datetime
    shipped: int


class Inside(Told):
    """What is for admins: this instance, and what it runs on."""

    instance: str
    began_at: datetime
    python: str
    postgresql: str
    system: str


class About(Told):
    """What ccore this is; ``inside`` is null for who is no admin."""

    version: str
    site: str
    zone: str
    nodes: list[AboutNode]
    parts: list[AboutPart]
    database: AboutSchema
    inside: Inside | None


class _About:
    def __init__(self, config: Config, of: Domains, selves: Selves, began_at: datetime) -> None:
        self._config, self._database, self._links, self._began_at = config, of.database, of.links, began_at
        self._selves = selves
        self._shipped = load(shipped("sql") / "migrations")[-1].version

    async def tell(self, asked: Asked[None, None]) -> About:
        admin = asked.person.role is Role.ADMIN
        row = await self._database.fetch_row("about.database")
        assert row is not None, "ccore begins by migrating"
        return About(
            version=__version__,
            site=self._config.site.name,
            zone=self._config.zone.key,
            nodes=list(await asyncio.gather(*(self._node(name, link) for name, link in self._links.items()))),
            parts=[each if admin else each.model_copy(update={"by": ""}) for each in self._parts()],
            database=AboutSchema(version=row["version"], applied_at=row["applied_at"], shipped=self._shipped),
            inside=self._inside(row["postgresql"]) if admin else None,
        )

    async def guide(self, asked: Asked[None, None]) -> web.Response:
        path = shipped(asked.path["guide"]) / "README.md"
        return web.Response(text=await asyncio.to_thread(path.read_text, "utf-8"), content_type="text/plain")

    async def _node(self, name: str, link: Link) -> AboutNode:
        return AboutNode(name=name, up=link.up, asterisk=(await self._selves.of(name)).version)

    def _parts(self) -> list[AboutPart]:
        config = self._config
        gateway, demanded = kind(config), config.access.second_factor
        stored = f"s3 {config.recording.bucket}" if config.recording.storage == "s3" else ""
        return [
            AboutPart(part="directory", on=config.ldap.url is not None, by=config.ldap.url or ""),
            AboutPart(part="texts", on=gateway != "none", by=gateway),
            AboutPart(part="speech", on=config.speech.enabled, by=config.prompts.engine),
            AboutPart(part="provisioning", on=bool(config.provisioning.url), by=config.provisioning.url),
            AboutPart(part="turn", on=bool(config.browser_phones.turn), by=" ".join(config.browser_phones.turn)),
            AboutPart(part="second-factor", on=bool(demanded), by=" ".join(demanded)),
            AboutPart(part="object-storage", on=bool(stored), by=stored),
        ]

    def _inside(self, postgresql: str) -> Inside:
        return Inside(
            instance=self._config.instance,
            began_at=self._began_at,
            python=platform.python_version(),
            postgresql=postgresql,
            system=platform.platform(terse=True),
        )


def operations(config: Config, of: Domains, selves: Selves, began_at: datetime) -> list[Operation[Any, Any]]:
    """For everybody who has signed in; more of it for admins, nothing secret for anybody."""
    on = _About(config, of, selves, began_at)
    return [
        Operation("GET", "/about", "What ccore this is", EVERYBODY, on.tell, answer=About),
        Operation("GET", "/about/guides/{guide:dialplan|asterisk-docker}", "What people read about it", EVERYBODY,
                  on.guide, media=("text/plain",)),
    ]  # fmt: skip
