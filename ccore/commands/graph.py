"""``ccore graph HOTLINE``: a picture of the menus that callers of a number walk through."""

import argparse
import asyncio
import sys
from pathlib import Path

from ccore.commands import Add
from ccore.config import Config
from ccore.ivr.graph import graph, mermaid
from ccore.ivr.menus import load_menus
from ccore.ivr.picture import page, svg
from ccore.prompts.catalogue import LANGUAGES, load_catalogue

DRAWN = {".svg": svg, ".html": page, ".mmd": mermaid}


def register(add: Add) -> None:
    """Add the command."""
    command = add("graph", _run, "draw the menus of a hotline")
    command.add_argument("hotline", metavar="HOTLINE", help="its number")
    command.add_argument(
        "--out", type=Path, metavar="FILE", help=f"what to write: {', '.join(DRAWN)} (default: Mermaid, printed)"
    )
    command.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="of the prompts' sentences")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    file: Path | None = options.out
    if file is not None and file.suffix not in DRAWN:
        print(f"ccore: {file} has no ending that can be drawn: {', '.join(DRAWN)}", file=sys.stderr)
        return 2
    menus, prompts = load_menus(settings.dialplan), load_catalogue(settings.dialplan)
    if options.hotline not in menus.hotlines:
        known = ", ".join(menus.hotlines) or "none"
        print(f"ccore: {options.hotline} is no hotline; there is: {known}", file=sys.stderr)
        return 2

    def said(name: str) -> str:
        """A prompt that is not in the catalogue is shown by its name."""
        return prompts[name].sentence(options.language) if name in prompts else f"[{name}]"

    drawn = graph(menus, menus.hotlines[options.hotline], said)
    if file is None:
        print(mermaid(drawn), end="")
    else:
        await asyncio.to_thread(file.write_text, DRAWN[file.suffix](drawn), encoding="utf-8")
        print(f"{sum(1 for _ in drawn.boxes())} nodes drawn: {file}")
    return 0
