"""How the API answers: what went wrong in one line of JSON, and headers by which no browser is talked into harm."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import hdrs, web

from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable
from ccore.web import languages

log = structlog.get_logger()

API = "/api/"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CODE = web.ResponseKey("code", str)
_KEPT = ("Allow", "Retry-After", "WWW-Authenticate")  # of a refusal's own headers
_API_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


async def guard(request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on that every answer has, unless it has its own."""
    for name, value in (_HEADERS | (_API_HEADERS if request.path.startswith(API) else {})).items():
        response.headers.setdefault(name, value)


@web.middleware
async def plainly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Under ``/api``, say each failure as ``{"error": "one line"}``, in the language that is asked for.

    A fault of ccore's own stands in its log; what is away for now is none, wherever it is missed.
    """
    if not request.path.startswith(API):
        try:
            return await handler(request)
        except Unavailable as error:
            return web.Response(status=503, text=f"nothing was done: {error}")
    try:
        answer = await handler(request)
    except web.HTTPException as error:
        answer = refused(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the client gets one line and the log the rest
        answer = failed(request, error)
    return languages.told(answer, request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


def coded(error: web.HTTPException, code: str) -> web.HTTPException:
    """The same, with a word in its answer that programs go by: sentences are for people, and may change."""
    error[_CODE] = code
    return error


def refused(error: web.HTTPException) -> web.Response:
    """What is said of a request that is not served."""
    text = error.reason if error.text in (None, f"{error.status}: {error.reason}") else error.text
    headers = {name: error.headers[name] for name in _KEPT if name in error.headers}
    told = {"error": (text or "").strip(), **({"code": error[_CODE]} if _CODE in error else {})}
    return web.json_response(told, status=error.status, headers=headers)


def failed(request: web.Request, error: Exception) -> web.Response:
    """What is said of a request that could not be served."""
    match error:
        case Unavailable():
            status, text = 503, f"nothing was done: {error}"
        case OutcomeUnknown():
            status, text = 503, f"it may or may not have been done, so look before you try again: {error}"
        case ActionRefused():
            status, text = 409, f"Asterisk refused: {error}"
        case ConnectionError() if request.transport is None or request.transport.is_closing():
            status, text = 400, "whoever asked this has gone away"
        case _:
            log.error("request_failed", method=request.method, path=request.path, exc_info=error)
            status, text = 500, "a fault of ccore's own; its log says more"
    return web.json_response({"error": text}, status=status)
