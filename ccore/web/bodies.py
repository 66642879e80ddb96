"""What a request says, as a checked value: JSON bodies and queries, and what is wrong with them in one line."""

import asyncio
import json
import math
from collections.abc import Hashable, Iterable
from typing import Annotated, NoReturn, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ccore.subscriber import e164

MOST_BYTES = 65_536  # unless an operation needs more: what is read is in the way of calls for a moment
MOST_BYTES_EVER = 1_000_000
WHOLE_WITHIN_S = 10.0
DEEPEST = 16  # lists and objects within each other

PhoneNumber = Annotated[str, Field(pattern=r"^\+?[0-9]{3,20}$")]  # as people write it; ``telephone`` makes it E.164
M = TypeVar("M", bound=BaseModel)


class Said(BaseModel):
    """What a request may say, in its body or behind the question mark: nothing beside these fields."""

    # There are hundreds: each is made ready when it is first needed, or every start would wait for them all.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Page(Said):
    """A part of a long list: ``size`` rows ``before`` the one with this number, the newest first."""

    size: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None


async def body(request: web.Request, model: type[M], most_bytes: int = MOST_BYTES) -> M:
    """The JSON body as a ``model``. Raises HTTPBadRequest and others that say what is wrong with it."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send JSON, as Content-Type: application/json")
    return _as(model, _json(await raw(request, most_bytes)))


async def raw(request: web.Request, most_bytes: int = MOST_BYTES) -> bytes:
    """The body as it came; it can be read any number of times. Raises HTTPRequestEntityTooLarge."""
    too_large = web.HTTPRequestEntityTooLarge(most_bytes, 0, text=f"a body has {most_bytes} bytes at most")
    try:
        async with asyncio.timeout(WHOLE_WITHIN_S):
            content = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise too_large from None
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text=f"the body was not whole within {WHOLE_WITHIN_S:.0f} s") from error
    if len(content) > most_bytes:
        raise too_large
    return content


def query(request: web.Request, model: type[M]) -> M:
    """What stands behind the question mark, as a ``model``. Raises HTTPBadRequest."""
    try:
        said = _once_each(request.query.items())
        _look(said, 0)
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    return _as(model, said)


def telephone(given: str, region: str) -> str:
    """A telephone number as E.164. Raises HTTPBadRequest."""
    number = e164(given, region)
    if number is None:
        raise web.HTTPBadRequest(text="that is no telephone number")
    return number


def one_line(error: ValidationError) -> str:
    """What is wrong, without what was sent."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults[:5])


def _as(model: type[M], said: object) -> M:
    try:
        return model.model_validate(said)
    except ValidationError as error:
        raise web.HTTPBadRequest(text=one_line(error)) from error


def _json(content: bytes) -> object:
    try:
        said: object = json.loads(content.decode(), object_pairs_hook=_once_each, parse_constant=_no_number)
        _look(said, 0)
    except RecursionError as error:
        raise web.HTTPBadRequest(text=f"deeper than {DEEPEST}") from error
    except ValueError as error:  # JSON's and UTF-8's own among them: they quote nothing but a place
        reason = "no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
        raise web.HTTPBadRequest(text=reason) from error
    return said


def _once_each(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError("a key stands there twice")
        found[name] = value
    return found


def _no_number(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no numbers")


def _look(said: object, depth: int) -> None:
    """Raises ValueError for what PostgreSQL cannot hold, or nobody means."""
    if depth > DEEPEST:
        raise ValueError(f"deeper than {DEEPEST}")
    match said:
        case str():
            if "\0" in said or any("\ud800" <= letter <= "\udfff" for letter in said):
                raise ValueError("NUL and halves of letters are no text")
        case float():
            if not math.isfinite(said):
                raise ValueError("a number is too large")
        case dict():
            for each in (*said, *said.values()):
                _look(each, depth + 1)
        case list():
            for each in said:
                _look(each, depth + 1)
        case Hashable():
            pass
