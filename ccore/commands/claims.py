"""``ccore claims``: who sells which product under which code."""

import argparse

from ccore.commands import Add
from ccore.commands.given import NotDone
from ccore.commands.marketed import add_holder, add_time, holder_of, marketing, moment, time_of
from ccore.config import Config
from ccore.marketing.claims import Sought
from ccore.marketing.model import Claimed, Refused
from ccore.publishing import who

MOST_PRINTED = 100_000


def register(add: Add) -> None:
    """Add the command."""
    command = add("claims", _list, "who sells which product under which code")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    claiming = actions.add_parser("claim", help="somebody claims a product for themselves")
    claiming.set_defaults(run=_claim, team=None, department=None)
    claiming.add_argument("product", metavar="PRODUCT")
    claiming.add_argument("--as", dest="employee", required=True, metavar="NUMBER", help="their employee number")
    dispatch = actions.add_parser("dispatch", help="give a product to a person, a team or a department")
    dispatch.set_defaults(run=_claim)
    dispatch.add_argument("product", metavar="PRODUCT")
    add_holder(dispatch)
    for action in (claiming, dispatch):
        add_time(action, "from", "when it begins (default: now)")
        add_time(action, "until", "when it ends (default: when somebody ends it)")
    ending = actions.add_parser("end", help="end one: its code rests, and then is somebody else's")
    ending.set_defaults(run=_end)
    add_time(ending, "at", "a time to come (default: now)")
    kit = actions.add_parser("kit", help="send its introduction and number again")
    kit.set_defaults(run=_kit)
    for action in (ending, kit):
        action.add_argument("claim", type=int, metavar="CLAIM", help="its number, as `list` prints it")
    handing = actions.add_parser("hand-over", help="somebody's claims go on with another holder, under the same codes")
    handing.set_defaults(run=_hand_over)
    handing.add_argument("number", metavar="NUMBER", help="of the employee whose they are")
    handing.add_argument("--product", metavar="PRODUCT", help="this one alone")
    add_holder(handing, "to-")
    add_time(handing, "at", "a time to come (default: now)")
    listing = actions.add_parser("list", help="print them, the newest first")
    listing.set_defaults(run=_list)
    listing.add_argument("--product", metavar="PRODUCT")
    listing.add_argument("--employee", metavar="NUMBER", help="theirs, their teams' and their department's")
    listing.add_argument("--department", metavar="PATH", help="those of it and below")
    listing.add_argument("--over", action="store_true", help="also those that have ended")


async def _claim(options: argparse.Namespace, settings: Config) -> int:
    starts, ends = time_of(options, "starts", settings), time_of(options, "until", settings)
    async with marketing(settings) as of:
        holder = await holder_of(options, of)
        made = await of.claims.claim(options.product, holder, who(), starts=starts, ends=ends)
    if isinstance(made, Refused):
        raise NotDone(str(made))
    print(_said(made, settings))
    return 0


def _said(made: Claimed, settings: Config) -> str:
    begins = moment(made.starts, settings)
    return (
        f"claim {made.claim}: product {made.product} is ordered by dialling {made.number} or texting {made.code}, "
        f"from {begins}; the kit goes to {made.kits} telephone{'s' if made.kits != 1 else ''}"
    )


async def _end(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        ended = await of.claims.end(options.claim, who(), time_of(options, "at", settings))
    if isinstance(ended, Refused):
        raise NotDone(str(ended))
    rests = f"its code rests for {settings.claims.quarantine_days} days"
    print(f"claim {options.claim} ends {moment(ended, settings)}; {rests}")
    return 0


async def _kit(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        kits = await of.claims.kit(options.claim, who())
    if isinstance(kits, Refused):
        raise NotDone(str(kits))
    print(f"the kit of claim {options.claim} goes to {kits} telephone{'s' if kits != 1 else ''}")
    return 0


async def _hand_over(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        row = await of.staff.of_number(options.number)
        if row is None:
            raise NotDone(f"there is no employee {options.number}")
        at, to = time_of(options, "at", settings), await holder_of(options, of)
        handed = await of.claims.hand_over(row["employee_id"], to, who(), at=at, product=options.product)
    if isinstance(handed, Refused):
        raise NotDone(str(handed))
    for each in handed:
        went = "ends: they have the product already" if each.became is None else f"goes on as claim {each.became}"
        print(f"claim {each.claim}, {each.product}{each.code}: {went}")
    if not handed:
        print(f"{options.number} has no claims")
    return 0


async def _list(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        department = employee = None
        if options.department is not None:
            found = await of.claims.holder(department=options.department)
            department = found[0].row if found else 0
        if options.employee is not None:
            row = await of.staff.of_number(options.employee)
            employee = row["employee_id"] if row else 0
        sought = Sought(employee, department, options.product, not options.over)
        rows = await of.claims.listed(sought, MOST_PRINTED)
    for each in rows:
        ends = f"until {moment(each['ends'], settings)}" if each["ends"] else ""
        number = each["number"] or f"{each['product']}{each['code']}"
        holder = f"{each['holder_kind']} {each['holder']} {each['holder_name']}"
        since = f"since {moment(each['starts'], settings)}"
        print("  ".join(filter(None, [str(each["claim_id"]), number, each["name_zh"], holder, since, ends])))
    if not rows:
        print("no claims")
    return 0
