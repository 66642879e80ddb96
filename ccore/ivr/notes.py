"""Writes down what calls leave behind: wishes to be called back, answers to a survey, text messages asked for."""

from collections.abc import Coroutine, Mapping
from datetime import datetime
from typing import Any

import structlog

from ccore.db.pool import Database
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.ivr.menus import TextTemplate
from ccore.ivr.model import Values
from ccore.subscriber import Subscriber, subscriber

log = structlog.get_logger()


class Notes:
    """Each thing is written once for a call, however often it is told. False: it is not written, tell the caller so.

    While PostgreSQL does not answer everything is False, also if it may have been written after all: a caller who goes
    on to people and is called back as well is better off than one who waits in vain. A survey's answers are not lost
    then: each key stands in the path log too.
    """

    def __init__(self, database: Database, region: str, internal_extensions: str, deadline_s: float) -> None:
        self._database = database
        self._region = region
        self._internal_extensions = internal_extensions
        self._deadline_s = deadline_s

    async def call_back(self, call_key: str, queue: str, number: str, at: datetime) -> bool:
        """Somebody of ``queue`` shall call ``number``: a subscriber of this country, nothing that costs more."""
        who = self._subscriber(number)
        if who is None:
            log.info("call_back_refused", call_id=call_key, number=number, queue=queue)
            return False
        return await self._written("notes.call_back", call_key, who.e164, queue, at)

    async def answers(self, call_key: str, survey: str, answers: Mapping[str, int], at: datetime) -> bool:
        """A survey's answers, by question."""
        return await self._written("notes.answers", call_key, survey, at, list(answers), list(answers.values()))

    async def text(
        self,
        call_key: str,
        caller: str,
        name: str,
        template: TextTemplate,
        language: str,
        values: Values,
        apart: str = "",
    ) -> bool:
        """A text message for the outbox, of the template ``name``, if the caller's number is a mobile one.

        The same template is written again for the same call only under another word for ``apart``.
        """
        who = self._subscriber(caller)
        if who is None or not who.is_mobile:
            log.info("text_refused", call_id=call_key, number=caller, template=name)
            return False
        named = template.values(language)
        told = {key: values[key] for key in named if key in values and not values[key].secret}
        if missing := named - told.keys():
            log.error("text_without_its_values", call_id=call_key, template=name, missing=sorted(missing))
            return False
        params = {
            "template": name,
            "language": language,
            "text": template.text(language),
            "values": {key: {"kind": value.kind, "text": value.text} for key, value in told.items()},
        }
        kind = "-".join(filter(None, ("menu", name, apart)))
        return await self._written("notes.text", call_key, kind, who.e164, params)

    def _subscriber(self, number: str) -> Subscriber | None:
        who = subscriber(number, self._region, self._internal_extensions)
        return who if isinstance(who, Subscriber) else None

    async def _written(self, statement: str, call_key: str, *rest: object) -> bool:
        writing: Coroutine[Any, Any, int] = self._database.execute(statement, call_key, *rest)
        try:
            await self._database.within_deadline(self._deadline_s, writing)
        except (Unavailable, OutcomeUnknown) as error:
            log.warning("note_not_written", call_id=call_key, what=statement, reason=type(error).__name__)
            return False
        log.info("note_written", call_id=call_key, what=statement)
        return True
