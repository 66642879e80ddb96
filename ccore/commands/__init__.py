"""The commands of ``ccore``: one file each, named as the command is; each is loaded when it is wanted."""

import argparse
from collections.abc import Callable, Coroutine
from importlib import import_module

from ccore.config import Config

Command = Callable[[argparse.Namespace, Config], Coroutine[None, None, int]]
# Adds a command: its name, what runs it (None: it sets that itself), its help. Gives the parser for its arguments.
Add = Callable[[str, Command | None, str], argparse.ArgumentParser]
NAMES = (  # in the order `ccore --help` shows them
    "run", "demo", "check", "migrate", "call", "replay", "statistics", "status",
    "publish", "rollback", "history", "schema", "paths", "numbers", "volume", "echelons", "walk", "graph", "explain",
    "customers", "announce", "voicemail", "recordings", "quality", "callbacks", "messages", "campaigns", "lists",
    "donotcall", "consent", "product", "employees", "teams", "claims", "commission", "periods", "sales", "queues",
    "survey", "simulate", "trunks", "far-end", "orders", "fraud", "people", "agents", "phones", "audit", "privacy",
    "prompts", "stop",
)  # fmt: skip
DEMO_LOG = "ccore.log"  # in the var directory: beside the lines of a demo its log would hide them


def register(name: str, add: Add) -> None:
    """Load the command and add it."""
    import_module(f"{__name__}.{name.replace('-', '_')}").register(add)
