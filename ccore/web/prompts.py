"""A page on which a person reads and plays every prompt."""

import asyncio
import html
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from ccore.errors import FaultsFound
from ccore.prompts import chain
from ccore.prompts.catalogue import LANGUAGES, load_catalogue
from ccore.prompts.sounds import load_manifest, says_its_text, sound_file

# Nothing on the page is fetched but the sounds themselves, and no text on it can become anything else.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ccore: prompts</title>
<style>body {{ font: 15px/1.4 sans-serif; margin: 2em }} td, th {{ text-align: left; padding: 2px 12px 2px 0 }}
td:nth-child(3) {{ text-align: right }} audio {{ height: 28px; vertical-align: middle }}</style></head><body>
<h1>Prompts</h1>
<table><tr><th>prompt</th><th></th><th>s</th><th>sound</th><th>text</th></tr>
{rows}
</table></body></html>
"""


def routes(dialplan: Path) -> list[web.RouteDef]:
    """``/prompts`` and its sounds, of the operator's directory ``dialplan``."""

    async def get_page(_request: web.Request) -> web.Response:
        try:
            rows = await asyncio.to_thread(lambda: "\n".join(_rows(dialplan)))
        except FaultsFound as error:
            return web.Response(text=str(error), status=500)
        return web.Response(text=_PAGE.format(rows=rows), content_type="text/html", headers=_HEADERS)

    async def get_sound(request: web.Request) -> web.Response:
        content = await asyncio.to_thread(_wav, dialplan, request.match_info["language"], request.match_info["name"])
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="audio/wav", headers=_HEADERS)

    sound = r"/prompts/{language:[a-z]{2}}/{name:[a-z][a-z0-9-]{1,60}}.wav"
    return [web.get("/prompts", get_page), web.get(sound, get_sound)]


def _rows(dialplan: Path) -> Iterator[str]:
    manifest = load_manifest(dialplan)
    for name, prompt in load_catalogue(dialplan).items():
        for language in LANGUAGES:
            built = manifest.built(language, name)
            length = f"{built.ms / 1000:.1f}" if built else ""
            if says_its_text(dialplan, manifest, language, name, prompt):
                # Fetched when it is played only: a connection has requests for a part of the page.
                sound = f'<audio controls preload="none" src="/prompts/{language}/{name}.wav"></audio>'
            else:
                sound = "none" if prompt.tone is None else "a tone"
            cells = (html.escape(name), language, length, sound, html.escape(prompt.sentence(language)))
            yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _wav(dialplan: Path, language: str, name: str) -> bytes | None:
    """The sound as a WAV file; None if there is none. The address lets only letters, digits and - through."""
    for known in LANGUAGES:
        if known == language:
            path = sound_file(dialplan, known, name)
            return chain.wav(chain.linear(path.read_bytes()), chain.NARROW_HZ) if path.is_file() else None
    return None
