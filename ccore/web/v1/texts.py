"""Text messages of texts.toml: which there are, and sending one to the caller of a call."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, StringConstraints

from ccore.centre.centre import Centre
from ccore.desk.model import value_faults
from ccore.desk.service import Desk
from ccore.ivr.menus import TextTemplate
from ccore.people.model import Role
from ccore.tables import Language, Name
from ccore.web.bodies import Said
from ccore.web.v1.live_calls import CALL, LiveCalls
from ccore.web.v1.named import in_both
from ccore.web.v1.operations import Asked, Done, Operation, Told

ValueName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
# On one line, and without braces: it stands within a template's words.
_PLAIN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029{}]+$"
ValueText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_PLAIN)]


class TextToSend(Said):
    """Which one, and the values it names."""

    text: Name
    language: Language = "zh"
    values: dict[ValueName, ValueText] = Field(default={}, max_length=20)


class TextValues(Told):
    """The values that a text names, by its language."""

    zh: list[str]
    en: list[str]


class CentreText(Told):
    """A text message, with values in braces, and what it and its category are called."""

    name: str
    title: str
    title_en: str
    category: str
    category_title: str
    category_title_en: str
    zh: str
    en: str
    values: TextValues


class CentreTexts(Told):
    """By name."""

    texts: list[CentreText]


def operations(live: LiveCalls, desk: Desk, centre: Callable[[], Centre]) -> list[Operation[Any, Any]]:
    """For agents in the call and for supervisors."""

    async def listed(_asked: Asked[None, None]) -> CentreTexts:
        known, categories = desk.menus.texts if desk.menus else {}, centre().words.text_category
        return CentreTexts(
            texts=[
                _text(name, text, categories[text.category].title if text.category in categories else {})
                for name, text in sorted(known.items())
            ]
        )

    async def send(asked: Asked[TextToSend, None]) -> Done:
        found, _ = live.part(asked.person, asked.path["call"])
        said = asked.body
        template = desk.menus.texts.get(said.text) if desk.menus else None
        if template is None:
            raise web.HTTPNotFound(text=f"texts.toml has no {said.text}")
        if wrong := list(value_faults(template.values(said.language), said.values.keys())):
            raise web.HTTPBadRequest(text="; ".join(wrong))
        caller = found.customer
        key = f"{found.node}!{caller.uniqueid}" if caller else ""
        if caller is None or not await desk.text(key, caller.caller, said.text, said.language, said.values):
            raise web.HTTPConflict(text="it cannot be sent: the caller's is no mobile number")
        return Done()

    both = frozenset({Role.AGENT, Role.SUPERVISOR})
    return [
        Operation("GET", "/texts", "Text messages for callers", both, listed, answer=CentreTexts),
        Operation("POST", f"/calls/{CALL}/text", "Send the caller a text message", both, send, body=TextToSend,
                  answer=Done, status=201),
    ]  # fmt: skip


def _text(name: str, text: TextTemplate, category: Mapping[Language, str]) -> CentreText:
    group = in_both(text.category, category)
    return CentreText(
        **in_both(name, text.title),
        category=text.category,
        category_title=group["title"],
        category_title_en=group["title_en"],
        zh=text.zh,
        en=text.en,
        values=TextValues(zh=sorted(text.values("zh")), en=sorted(text.values("en"))),
    )
