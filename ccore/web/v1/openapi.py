"""The OpenAPI 3.1 document of version 1, made of the operations and their models."""

import asyncio
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ccore import __version__
from ccore.people.model import Role
from ccore.web.auth import COOKIE, CSRF_HEADER
from ccore.web.live.topics import EVERY_ENTRY
from ccore.web.once import HEADER, PATTERN
from ccore.web.v1.operations import EVERYBODY, PREFIX, Asked, Operation, Told

PATH = "/openapi.json"
_REFS = "#/components/schemas/{model}"
_ERRORS: Mapping[int, str] = {
    400: "It cannot be understood, or says what it may not.",
    401: "Nobody has signed in.",
    403: "It is not for who asks.",
    404: "There is no such thing, or it is nobody's business.",
    408: "The body did not come whole.",
    409: "It cannot be done as things are.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "The key was used for another request, or what is asked makes no sense.",
    429: "Too often.",
    503: "PostgreSQL does not answer.",
}
_DESCRIPTION = """What ccore answers. A browser signs in by `POST /api/v1/session` and then sends its cookie by itself,
with `X-CSRF-Token` on all but GET; a program sends a token. All but GET wants an `Idempotency-Key` of the sender's own
choice: a second request with the same key gets the first one's answer. Money is integer fen, times are ISO 8601.
Refusals are said in English, and in Chinese to who asks for it by `Accept-Language: zh-CN`."""

_FILE = {"schema": {"type": "string", "format": "binary"}}

Document = dict[str, Any]
_Names = Mapping[Any, Document]  # of a model and what it is for: where its schema is


class Refusal(Told):
    """Why something was not done; ``code`` is there where programs have to know which of several reasons it is."""

    error: str
    code: str = ""


def operation(operations: Sequence[Operation[Any, Any]]) -> Operation[None, None]:
    """The operation that answers with the document of ``operations`` and itself, made when it is first asked for."""
    made: list[str] = []

    async def get(_asked: Asked[None, None]) -> web.StreamResponse:
        if not made:  # not in the loop: calls would wait for it
            made.append(
                await asyncio.to_thread(lambda: json.dumps(document([*operations, itself]), ensure_ascii=False))
            )
        return web.Response(text=made[0], content_type="application/json")

    itself = Operation("GET", PATH, "This document", EVERYBODY, get, media=("application/json",), tag="about")
    return itself


def document(operations: Sequence[Operation[Any, Any]]) -> Document:
    """The document, as JSON has it."""
    names, schemas = _schemas(operations)
    paths: dict[str, Document] = {}
    for each in operations:
        paths.setdefault(PREFIX + plain(each.path), {})[each.method.lower()] = _described(each, names, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ccore", "version": __version__, "description": _DESCRIPTION},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _schemas(operations: Iterable[Operation[Any, Any]]) -> tuple[_Names, dict[str, Any]]:
    models = sorted({key for each in operations for key in _models(each)}, key=lambda key: (key[0].__name__, key[1]))
    live: list[tuple[type[BaseModel], JsonSchemaMode]] = [(entry, "serialization") for entry in EVERY_ENTRY]
    every: list[tuple[type[BaseModel], JsonSchemaMode]] = [*models, *live, (Refusal, "serialization")]
    names, definitions = models_json_schema(every, ref_template=_REFS)
    return names, definitions.get("$defs", {})


def _models(of: Operation[Any, Any]) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    given: list[tuple[type[BaseModel] | None, JsonSchemaMode]] = [
        (of.body, "validation"),
        (of.answer, "serialization"),
        *((said, "serialization") for said in of.also.values() if not isinstance(said, str)),
    ]
    for model, mode in given:
        if model is not None:
            yield model, mode


def _described(of: Operation[Any, Any], names: _Names, schemas: dict[str, Any]) -> Document:
    everybody = "who has not signed in" if of.open else "everybody who has"
    roles = everybody if of.open or of.roles == EVERYBODY else ", ".join(sorted({*of.roles, Role.ADMIN}))
    said: Document = {
        "operationId": _identifier(of),
        "summary": of.summary,
        "description": f"For {roles}.",
        "tags": [of.subject],
        "parameters": [*_in_path(of), *_in_query(of, schemas), *_in_headers(of)],
        "responses": {
            str(of.status): _answer(of, names),
            **{str(code): _refusal(text) for code, text in _ERRORS.items()},
            **{str(code): _further(code, said, of, names) for code, said in of.also.items()},
        },
        "security": [] if of.open else [{"token": []}, {"session": []}],
    }
    if of.body is not None:
        schema = {"schema": names[of.body, "validation"]}
        said["requestBody"] = {"required": True, "content": {"application/json": schema}}
    if of.file:
        said["requestBody"] = {"required": True, "content": {"application/octet-stream": _FILE}}
    return said


def _answer(of: Operation[Any, Any], names: _Names) -> Document:
    content: Document = {media: {} for media in of.media}
    if of.answer is not None:
        content["application/json"] = {"schema": names[of.answer, "serialization"]}
    return {"description": "Done." if of.writes else "What was asked for.", "content": content}


def _further(code: int, said: str | type[BaseModel], of: Operation[Any, Any], names: _Names) -> Document:
    if isinstance(said, str):
        return _refusal(said) if code >= 400 else {**_answer(of, names), "description": said}
    schema = {"schema": names[said, "serialization"]}
    return {"description": inspect.cleandoc(said.__doc__ or ""), "content": {"application/json": schema}}


def _refusal(text: str) -> Document:
    schema = {"$ref": _REFS.format(model=Refusal.__name__)}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _in_path(of: Operation[Any, Any]) -> Iterator[Document]:
    for name, pattern in of.places.items():
        schema = {"type": "string", "pattern": f"^(?:{pattern})$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(of: Operation[Any, Any], schemas: dict[str, Any]) -> Iterator[Document]:
    if of.query is None:
        return
    model = of.query.model_json_schema(ref_template=_REFS)
    for name, schema in model.pop("$defs", {}).items():
        schemas.setdefault(name, schema)
    for name, schema in model.get("properties", {}).items():
        told = {key: text for key, text in schema.items() if key != "title"}
        yield {"name": name, "in": "query", "required": name in model.get("required", ()), "schema": told}


def _in_headers(of: Operation[Any, Any]) -> Iterator[Document]:
    if not of.keyed:
        return
    yield {"name": HEADER, "in": "header", "required": True, "schema": {"type": "string", "pattern": f"^{PATTERN}$"}}
    told = "of GET /api/v1/session; not needed with a token"
    yield {"name": CSRF_HEADER, "in": "header", "required": False, "description": told, "schema": {"type": "string"}}


def _identifier(of: Operation[Any, Any]) -> str:
    """Such as ``getClaimsClaim``: front ends name functions by it."""
    words = re.findall(r"[A-Za-z0-9]+", plain(of.path))
    return of.method.lower() + "".join(word[0].upper() + word[1:] for word in words)


def plain(path: str) -> str:
    """The path with its places by their names alone."""
    return re.sub(r"\{(\w+)(?::(?:[^{}]|\{[0-9,]+\})+)?\}", r"{\1}", path)
