"""``ccore walk HOTLINE``: type keys and read what a caller hears, in the menus as the files say them now."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from ccore.commands import Add
from ccore.config import Config
from ccore.ivr.menus import Menus, load_menus
from ccore.ivr.model import Customer, Facts, Input, NotAnswered
from ccore.ivr.rehearsal import MISSED, Scene, found, rehearse, steps
from ccore.prompts.catalogue import load_catalogue

Typed = Callable[[], str | None]  # the next keys; None: no more

MOST_SCENES = 1000  # of a script; people give up earlier
KEYS = (
    "keys with commas between, such as 1,2,#; nothing between two commas is silence, "
    f"{MISSED} is a queue in which nobody came (default: what is typed)"
)
FOUND = "what look-ups answer; nothing: there is no such thing (default: they do not answer in time)"


def register(add: Add) -> None:
    """Add the command."""
    command = add("walk", _run, "walk through a hotline's menus: type keys, read what the caller hears")
    command.add_argument("hotline", metavar="HOTLINE", help="the number dialled")
    command.add_argument("--at", metavar="TIME", type=datetime.fromisoformat, help='such as "2027-02-17 09:00"')
    command.add_argument("--caller", metavar="NUMBER", default="13800138000", help='"" for a number withheld')
    command.add_argument("--keys", metavar="KEYS", help=KEYS)
    command.add_argument("--class", dest="tier", metavar="CLASS", default="", help="the customer's class")
    command.add_argument("--tag", metavar="TAG", action="append", default=[], help="a tag of the customer's")
    command.add_argument("--language", choices=("zh", "en"), default="", help="(default: the hotline's)")
    command.add_argument("--found", metavar="NAME=VALUE", nargs="*", help=FOUND)
    command.add_argument("--json", action="store_true", help="print every step as JSON")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    menus, catalogue = load_menus(settings.dialplan), load_catalogue(settings.dialplan)
    if options.hotline not in menus.hotlines:
        known = ", ".join(menus.hotlines) or "none"
        print(f"ccore: {options.hotline} is not in hotlines.toml, which has {known}", file=sys.stderr)
        return 2
    try:
        answers = _answers(menus, options.found)
    except ValueError as error:
        print(f"ccore: --found: {error}", file=sys.stderr)
        return 2
    scenes = rehearse(menus, options.hotline, _facts(options, settings), answers, options.language, catalogue)
    typed = _asked if options.keys is None else _script(options.keys)
    walked = list(_played(scenes.send, typed, quiet=options.json))
    if options.json:
        print(json.dumps([dataclasses.asdict(scene) for scene in walked], ensure_ascii=False))
    else:
        print(f"path: {' → '.join(steps(walked))}")
    return 0


def _answers(menus: Menus, given: Sequence[str] | None) -> Input:
    return NotAnswered() if given is None else found(menus, given)


def _facts(options: argparse.Namespace, settings: Config) -> Facts:
    now: datetime = options.at or datetime.now(settings.zone)
    return Facts(
        now=now.astimezone(settings.zone) if now.tzinfo else now.replace(tzinfo=settings.zone),
        caller=options.caller,
        customer=Customer(tier=options.tier, tags=frozenset(options.tag)),
    )


def _script(keys: str) -> Typed:
    given = iter(keys.split(",") if keys else ())
    return lambda: next(given, None)


def _asked() -> str | None:
    """What is typed; a prompt is only shown to a person."""
    if sys.stdin.isatty():
        print("> ", end="", flush=True)
    return line.strip() if (line := sys.stdin.readline()) else None


def _played(send: Callable[[str | None], Scene], typed: Typed, *, quiet: bool) -> Iterator[Scene]:
    """The scenes until the call ends or nothing more is typed."""
    came: str | None = None
    for _ in range(MOST_SCENES):
        try:
            scene = send(came)
        except StopIteration:
            return
        if not quiet:
            print("\n".join(_lines(scene)), flush=True)
        yield scene
        came = typed() if scene.waits else ""
        if came is None:
            return


def _lines(scene: Scene) -> Iterator[str]:
    yield from (f"  {text}" for text in scene.heard)
    yield f"[{scene.node}, {scene.language}] {scene.does}"
