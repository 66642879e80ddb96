"""``ccore audit``: who did what, and whether anybody has changed what is written of it."""

import argparse
import json
from datetime import timedelta

from ccore.clock import utc_now
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.people import audit


def register(add: Add) -> None:
    """Add the command."""
    command = add("audit", _list, "who did what, in a chain that shows whether it was changed")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="print entries, the newest first")
    listing.set_defaults(run=_list)
    listing.add_argument("--who", help="by this login only")
    listing.add_argument("--what", metavar="ACTION", help="of this kind only, such as listened")
    listing.add_argument("--subject", help="about this only, such as person:anna")
    listing.add_argument("--outcome", choices=audit.OUTCOMES, help="of what came to this only")
    listing.add_argument("--days", type=float, help="of so many days")
    listing.add_argument("--most", type=int, default=50, metavar="N", help="(default: 50)")
    verifying = actions.add_parser("verify", help="look at the whole chain: exit code 1 if it was changed")
    verifying.set_defaults(run=_verify)
    verifying.add_argument("--head", default="", metavar="HASH", help="of audit_sealed in an old log: still in it?")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    since = None if options.days is None else utc_now() - timedelta(days=options.days)
    wanted = audit.Wanted(options.who, options.what, options.subject, since, outcome=options.outcome)
    async with opened(settings) as database:
        rows = await audit.noted(database, wanted, max(1, options.most))
    for row in rows:
        at = f"{row['at'].astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
        detail = json.dumps(row["detail"], ensure_ascii=False) if row["detail"] else ""
        print(f"{row['audit_id']:8}  {at}  {row['actor']}  {row['action']}  {row['subject']}  {detail}".rstrip())
    if not rows:
        print("there is nothing")
    return 0


async def _verify(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        found = await audit.verify(database, options.head)
    print("\n".join(found.faults) or "nothing was changed")
    print(f"{found.seals} entries are sealed; the last seal is {found.head or 'none'}")
    return 1 if found.faults else 0
