"""``ccore phones``: what to type into the phones of ``phones.toml``."""

import argparse
import sys

from ccore.centre.centre import load_centre
from ccore.centre.phones import endpoint, password
from ccore.commands import Add
from ccore.config import Config, load_secrets


def register(add: Add) -> None:
    """Add the command."""
    command = add("phones", _run, "the SIP user and password of phones")
    command.add_argument("number", nargs="*", metavar="NUMBER", help="default: all of them")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    secret = load_secrets(settings).phone_secret
    if secret is None:
        print("the secrets have no phone_secret: no phone can register", file=sys.stderr)
        return 1
    phones = [(number, phones.kind) for phones in load_centre(settings.dialplan).phones for number in phones.numbers]
    if unknown := set(options.number) - {number for number, _ in phones}:
        print(f"phones.toml has no {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    for number, kind in phones:
        if not options.number or number in options.number:
            print(f"{number}  {kind}  {endpoint(number)}  {password(secret.get_secret_value(), number)}")
    return 0
