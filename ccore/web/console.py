"""Serves the built console to browsers: pages with headers by which they run no script but its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from ccore.web.auth import Auth

DIST = Path(__file__).with_name("console") / "dist"
INDEX = "index.html"
HASHED = "assets/"  # Vite names what is below by its content
_PACKED: Final = (".br", ".gz")  # of a file, beside it: aiohttp takes the one that the browser can read
# All that is somebody else's: what is not found there is no page of the console.
_OTHERS = "api|sipws|health|ready|metrics|messages"
_PAGES = f"/{{path:(?!(?:{_OTHERS})(?:/|$)).*}}"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:]+\](:[0-9]{1,5})?")
_MISSING = """控制台尚未构建:请在源码目录运行 make console,然后刷新本页。ccore 的其他部分正常工作。

The console has not been built: run `make console` where ccore's source is, then reload this page.
The rest of ccore works.
"""
# Styles may be inline, scripts never: Naive UI makes the styles of its components where they are used, as <style>
# elements, and has no way to give them a nonce.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'{sockets}; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}


@dataclass(slots=True)
class Built:
    """The files of a build in ``directory``, by the path that asks for them; found anew after each build."""

    directory: Path
    _built_at: int = -1
    _files: Mapping[str, Path] = field(default_factory=dict)

    def files(self) -> Mapping[str, Path]:
        """Nothing that is not below the directory, by any name; nothing at all before it is built."""
        try:
            built_at = (self.directory / INDEX).stat().st_mtime_ns
        except OSError:
            return {}
        if built_at != self._built_at:
            found = (path for path in self.directory.rglob("*") if path.is_file() and not path.is_symlink())
            self._files = {
                path.relative_to(self.directory).as_posix(): path for path in found if path.suffix not in _PACKED
            }
            self._built_at = built_at
        return self._files


def routes(auth: Auth, directory: Path = DIST) -> list[web.RouteDef]:
    """Every path that is nobody else's: a file of the console, or the page that shows what the path names."""
    built = Built(directory)

    async def get(request: web.Request) -> web.StreamResponse:
        files, path = built.files(), request.match_info["path"]
        if not files:
            return web.Response(status=503, text=_MISSING, headers={hdrs.RETRY_AFTER: "60"})
        name = path if path in files else INDEX if _navigates(request, path) else ""
        if name not in files:
            raise web.HTTPNotFound(text="404: Not Found")
        return _answer(files[name], name, policy(auth, request))

    return [web.get(_PAGES, get)]


def _navigates(request: web.Request, path: str) -> bool:
    """Whether a page is asked for. What names have dots in them (a call's) is, by a browser that wants HTML; a file of
    an older build, which is not there any more, never is.
    """
    wants_page = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return "." not in path or (wants_page and not path.startswith(HASHED))


def policy(auth: Auth, request: web.Request) -> str:
    """What a page may load; browsers differ on whether 'self' means a WebSocket of the same host too."""
    host = request.host if _HOST.fullmatch(request.host) else ""
    schemes = ("wss",) if auth.secure else ("ws", "wss")
    return _POLICY.format(sockets="".join(f" {scheme}://{host}" for scheme in schemes if host))


def _answer(file: Path, name: str, allowed: str) -> web.StreamResponse:
    keep = "public, max-age=31536000, immutable" if name.startswith(HASHED) else "no-cache"
    headers = {**_HEADERS, "Content-Security-Policy": allowed, hdrs.CACHE_CONTROL: keep, hdrs.VARY: "Accept-Encoding"}
    if kind := _TYPES.get(file.suffix):
        headers[hdrs.CONTENT_TYPE] = kind
    return web.FileResponse(file, headers=headers)
