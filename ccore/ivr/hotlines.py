"""Puts together all that the hotlines of one ccore are made of, and runs what has to go on beside the calls."""

import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from ccore.ami.link import Link
from ccore.calls.tracker import Tracker
from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.hearing.ears import Ears
from ccore.ivr.announcements import Announcements
from ccore.ivr.announcers import Announcers
from ccore.ivr.customers import ADAPTER, Customers
from ccore.ivr.errands import Errands
from ccore.ivr.fetch import LookUps
from ccore.ivr.loads import Loads
from ccore.ivr.menu import Voicemail
from ccore.ivr.menus import Menus, TextTemplate
from ccore.ivr.model import Customer, Value
from ccore.ivr.notes import Notes
from ccore.ivr.pathlog import PathLog
from ccore.ivr.sayings import Sayings
from ccore.ivr.service import Ivr
from ccore.ivr.voicemail import Voicemails
from ccore.prompts.kinds import Kind
from ccore.prompts.worker import Speaker

Work = Callable[[], Coroutine[Any, Any, None]]


class Hotlines:
    """The IVR of one ccore: ``ivr`` answers Asterisk, ``announcements`` go first. Make it before the links run."""

    def __init__(
        self,
        config: Config,
        secrets: Secrets,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
    ) -> None:
        heard = {name: config.heard_dir(name) for name in config.nodes}
        recorded = {name: folder for name in config.nodes if (folder := config.recorded_dir(name)) is not None}
        self.announcements = Announcements(database, heard)
        self._nodes: Collection[str] = ()
        self._records = False  # whether the menus do
        self._deaf = sorted(config.nodes.keys() - recorded.keys())
        self._path_log = PathLog(database)
        self._voicemails = Voicemails(database, recorded, timedelta(days=config.voicemail.keep_days))
        self._look_ups = LookUps(
            {name: secret.get_secret_value() for name, secret in secrets.look_ups.items()}, config.zone
        )
        self._customers = Customers(database, self._look_ups, config.site.region)
        self._speaker = Speaker(config)
        self._ears = Ears(config.speech)
        self._texts: Mapping[str, TextTemplate] = {}
        self._notes = Notes(
            database, config.site.region, config.ordering.internal_extensions, config.database.call_deadline_s
        )
        self.ivr = Ivr(
            Errands(self._look_ups, self._notes, Announcers(database, self.announcements, recorded)),
            self._customers.known,
            self.announcements.now,
            Loads(links, trackers).now,
            config.zone,
            speak=self._speaker.sound,
            sayings=Sayings(self._ears, recorded) if config.speech.enabled else None,
        )

    def nodes(self) -> Collection[str]:
        """Those of the menus that new calls begin with."""
        return self._nodes

    def use(self, version: int, menus: Menus) -> None:
        """New calls begin with these."""
        self._nodes = menus.nodes.keys()
        self._records = any(isinstance(node, Voicemail) for node in menus.nodes.values())
        self._customers.use(menus.adapters.get(ADAPTER))
        self._texts = menus.texts
        self.ivr.use(version, menus)

    async def customer(self, number: str) -> Customer:
        """Who the number is, within 0.3 s; nobody in particular if that is not known."""
        return await self._customers.known(number)

    async def tier(self, number: str) -> str:
        """The tier of the customer with this number, or ""."""
        return (await self._customers.known(number)).tier

    async def text(
        self, call_key: str, caller: str, name: str, language: str, given: Mapping[str, str] = MappingProxyType({})
    ) -> bool:
        """Send a caller the text ``name``; False if that cannot be, as it cannot without the values it names.

        With other values ``given`` it is another text; the same one is sent once in a call.
        """
        template = self._texts.get(name)
        if template is None:
            return False
        values = {key: Value(Kind.WORDS, text) for key, text in given.items()}
        apart = hashlib.sha256(repr(sorted(given.items())).encode()).hexdigest()[:8] if given else ""
        return await self._notes.text(call_key, caller, name, template, language, values, apart)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Systems can be asked within this block."""
        await self._look_ups.open()
        try:
            yield
        finally:
            await self._look_ups.close()

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {
            "announcements": self.announcements.run(),
            "path log": self._path_log.run(),
            "speech": self._speaker.run(),
            "hearing": self._ears.run(),
        }

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        watching: dict[str, Work] = {
            f"voicemail {node}": partial(self._voicemails.watch, node) for node in self._voicemails.nodes
        }
        return watching | {"voicemail keeping": self._voicemails.forget}

    def health(self) -> Mapping[str, object]:
        """Which menus new calls begin with, and what is announced."""
        return {"menus": self.ivr.version, "announcements": self.announcements.health()}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        yield from self.announcements.warnings()
        yield from self._voicemails.warnings()
        if self._records and self._deaf:
            yield f"{', '.join(self._deaf)} cannot record callers: nodes.NAME.recorded_dir is not set"
        yield from self._ears.warnings
        if reason := self._path_log.trouble.reason:
            yield f"walks through the menus are not folded: {reason}"
