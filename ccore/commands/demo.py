"""``ccore demo``: run everything, place the self-test call, and stop."""

from ccore.commands import Add
from ccore.commands.run import demo


def register(add: Add) -> None:
    """Add the command."""
    text = "run everything, place the self-test call, stop; exit code 0 only if all of it held"
    add("demo", demo, text).add_argument("--json", action="store_true", help="print what happened as JSON")
