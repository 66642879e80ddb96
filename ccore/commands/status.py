"""``ccore status``: how the ccore is that runs here."""

import argparse
import json
import sys

import aiohttp

from ccore import status
from ccore.commands import Add
from ccore.config import Config

LIMIT_S = 5.0


def register(add: Add) -> None:
    """Add the command."""
    command = add("status", _run, "ask the running ccore how it is; exit code 0 only if it is ready for calls")
    command.add_argument("--json", action="store_true", help="print the answer as JSON")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    url = f"http://{settings.http.host}:{settings.http.port}/health"
    limit = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with aiohttp.ClientSession(timeout=limit, raise_for_status=True) as session, session.get(url) as answer:
            state = await answer.json()
            lines = status.lines(state)
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:  # or it is somebody else
        print(f"ccore: no ccore answers at {url}: {error or type(error).__name__}", file=sys.stderr)
        return 1
    print(json.dumps(state, ensure_ascii=False, indent=2) if options.json else "\n".join(lines))
    return 0 if state["ready"] else 1
