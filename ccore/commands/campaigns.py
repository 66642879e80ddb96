"""``ccore campaigns``: how they stand, and whether they dial."""

import argparse
from collections.abc import Iterator
from datetime import datetime

from ccore.centre.centre import Centre, load_centre
from ccore.commands import Add, campaigns_report
from ccore.commands.given import NotDone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.dialer.explanation.overview import Overview, overview
from ccore.dialer.explanation.standing import cannot_start
from ccore.dialer.running import Running, change
from ccore.publishing import who
from ccore.versions import disk

_ACTIONS: dict[str, tuple[Running, str, str]] = {
    "start": ("running", "it dials, in its hours and for its agents", "runs"),
    "drain": ("draining", "no new calls; those under way go on", "has no new calls"),
    "stop": ("stopped", "no new calls; those that ring are hung up, talks go on", "is stopped"),
}


def register(add: Add) -> None:
    """Add the command."""
    command = add("campaigns", _list, "start and stop the campaigns of the files")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print them").set_defaults(run=_list)
    status = actions.add_parser("status", help="print one, and what keeps it from dialling")
    status.set_defaults(run=_status)
    status.add_argument("name", metavar="NAME")
    campaigns_report.add_to(actions)
    for name, (_, text, _) in _ACTIONS.items():
        action = actions.add_parser(name, help=text)
        action.set_defaults(run=_change)
        action.add_argument("name", metavar="NAME")
        action.add_argument("--reason", default="", metavar="TEXT", help="for the audit")


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    centre = _centre(settings)
    async with opened(settings) as database:
        now = datetime.now(settings.zone)
        found = [await overview(database, centre, name, now) for name in sorted(centre.campaigns)]
    for each in found:
        if each is not None:
            state = "stopped" if each.state is None else each.state.state
            title = each.campaign.title.get("zh") or each.campaign.title.get("en") or ""
            print(f"{each.name}  {state}  {each.campaign.mode}  {_contacts(each)}  {title}".rstrip())
    if not found:
        print("there is no campaign: write campaigns/NAME.toml")
    return 0


def _contacts(found: Overview) -> str:
    totals = {what: sum(counts[what] for counts in found.stocks.values()) for what in ("open", "due", "done")}
    return ", ".join(f"{count} {what}" for what, count in totals.items())


async def _status(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        found = await overview(database, _centre(settings), options.name, datetime.now(settings.zone))
    if found is None:
        raise NotDone(f"there is no campaign {options.name} among the files that run")
    print("\n".join(_lines(found, settings)))
    return 0


def _lines(found: Overview, settings: Config) -> Iterator[str]:
    state = found.state
    since = "" if state is None else f" since {state.at.astimezone(settings.zone):%Y-%m-%d %H:%M}, says {state.by}"
    why = f": {state.reason}" if state is not None and state.reason else ""
    yield f"{found.name} is {'stopped' if state is None else state.state}{since}{why}"
    yield f"mode {found.campaign.mode}, agents of queue {found.campaign.queue}, hours {found.campaign.hours}"
    for name, counts in found.stocks.items():
        yield f"list {name}: " + ", ".join(f"{count} {what}" for what, count in counts.items())
    for reason in found.why_not:
        yield f"nobody is called: {reason}"


async def _change(options: argparse.Namespace, settings: Config) -> int:
    state, _, said = _ACTIONS[options.action]
    campaign = _centre(settings).campaigns.get(options.name)
    if campaign is None and state != "stopped":
        raise NotDone(f"there is no campaign {options.name} among the files that run")
    why = "" if campaign is None else cannot_start(campaign, datetime.now(settings.zone).date())
    if why and state == "running":
        raise NotDone(f"{options.name} cannot be started: {why}")
    async with opened(settings) as database:
        done = await change(database, options.name, state, who(), options.reason)
    print(
        f"{options.name} {said}"
        if done
        else f"{options.name} {'runs already' if state == 'running' else 'does not run'}"
    )
    return 0 if done else 1


def _centre(settings: Config) -> Centre:
    """The files that run; before the first run, those of the operators."""
    live = settings.versions_dir / disk.LIVE
    return load_centre(live if live.exists() else settings.dialplan)
