"""``ccore people``: who may use ccore over HTTP, as what, and by which tokens and passwords."""

import argparse
import getpass
import sys

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.errors import CcoreError
from ccore.people.model import Role
from ccore.people.service import LONGEST_TOKEN_DAYS, People
from ccore.people.sign_in import SignIn
from ccore.publishing import who


class NotDone(CcoreError):
    """There is no such person, or what was given cannot be theirs; the message says why."""


def register(add: Add) -> None:
    """Add the command."""
    command = add("people", _list, "people who may use ccore over HTTP, and what they may")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    roles = [role.value for role in Role]

    adding = actions.add_parser("add", help="let somebody in")
    adding.set_defaults(run=_add)
    adding.add_argument("login", metavar="LOGIN")
    adding.add_argument("--name", required=True)
    adding.add_argument("--role", required=True, choices=roles)
    adding.add_argument("--agent", default="", metavar="NUMBER", help="theirs, if they take calls")
    adding.add_argument("--employee", default="", metavar="NUMBER", help="theirs, if they sell")

    help_text = "let in everybody who sells, by their employee number"
    actions.add_parser("employees", help=help_text).set_defaults(run=_employees)

    actions.add_parser("list", help="print everybody, and the tokens that let in").set_defaults(run=_list)

    role = actions.add_parser("role", help="give somebody another role; their tokens end")
    role.set_defaults(run=_role)
    role.add_argument("login", metavar="LOGIN")
    role.add_argument("role", choices=roles)

    token = actions.add_parser("token", help="make a token for a program or a console, and print it this once")
    token.set_defaults(run=_token)
    token.add_argument("login", metavar="LOGIN")
    token.add_argument("--days", type=float, default=90, help=f"how long (default: 90, at most {LONGEST_TOKEN_DAYS})")
    token.add_argument("--note", default="", help="what it is for")
    token.add_argument("--scope", action="append", default=[], metavar="WHAT",
                       help="read, write, or a subject of the API; again for more (default: all)")  # fmt: skip

    revoke = actions.add_parser("revoke", help="end somebody's tokens at once")
    revoke.set_defaults(run=_revoke)
    revoke.add_argument("login", metavar="LOGIN")
    revoke.add_argument("--token", type=int, metavar="NUMBER", help="only this one, as `list` prints it")

    signing_out = actions.add_parser("sign-out", help="end somebody's sessions at once")
    signing_out.set_defaults(run=_sign_out)
    signing_out.add_argument("login", metavar="LOGIN")

    factor = actions.add_parser("second-factor", help="take away a second factor that somebody has lost")
    factor.set_defaults(run=_second_factor)
    factor.add_argument("login", metavar="LOGIN")

    password = actions.add_parser("password", help="set somebody's password; asks for it")
    password.set_defaults(run=_password)
    password.add_argument("login", metavar="LOGIN")

    for action, help_text in {"disable": "let somebody in no more", "enable": "let them in again"}.items():
        switching = actions.add_parser(action, help=help_text)
        switching.set_defaults(run=_switch)
        switching.add_argument("login", metavar="LOGIN")


async def _add(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        try:
            given = options.login, options.name, Role(options.role), options.agent, who(), options.employee
            added = await People(database).add(*given)
        except ValueError as error:
            raise NotDone(str(error)) from error
    if not added:
        raise NotDone(f"there is a {options.login} already")
    print(f"{options.login} is let in as {options.role}, once they have a password or a token:")
    print(f"  ccore people password {options.login}, or ccore people token {options.login}")
    if options.employee:
        print("  or they have a code sent to their telephone, where they sign in")
    return 0


async def _employees(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        count = await People(database).add_employees(who())
    print(f"{count} more are let in; each has a code sent to their telephone, where they sign in")
    return 0


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        everybody, tokens = await People(database).everybody(), await People(database).tokens()
    for row in everybody:
        words = [row["login"], row["role"], row["name"], f"agent {row['agent']}" if row["agent"] else ""]
        words += [f"employee {row['employee']}" if row["employee"] else "", "" if row["active"] else "disabled"]
        words += ["of the directory" if row["directory"] else "has a password" if row["has_password"] else ""]
        words += ["second factor" if row["second_factor"] else ""]
        print("  ".join(filter(None, words)))
    for row in tokens:
        ends = f"{row['expires_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
        words = [f"token {row['token_id']}", row["login"], f"until {ends}", ", ".join(row["scopes"]), row["note"]]
        print("  ".join(filter(None, words)))
    if not everybody:
        print("nobody is let in yet: ccore people add LOGIN --name … --role …")
    return 0


async def _role(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        _there(options, await People(database).set_role(options.login, Role(options.role), who()))
    print(f"{options.login} is {options.role}; tokens of before let nobody in any more")
    return 0


async def _token(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        try:
            given = options.login, options.days, options.note, who(), options.scope
            made = await People(database).new_token(*given)
        except ValueError as error:
            raise NotDone(str(error)) from error
    if made is None:
        raise NotDone(f"there is no {options.login}, or they are disabled")
    ends = f"{made.expires_at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
    print(f"token {made.number} of {options.login}, until {ends}; nobody can read it again:", file=sys.stderr)
    print(made.token)
    return 0


async def _revoke(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        count = await People(database).revoke(options.login, options.token, who())
    print(f"{count} tokens of {options.login} ended")
    return 0 if count else 1


async def _sign_out(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        count = await SignIn(database).end_sessions(options.login, None, who())
    print(f"{count} sessions of {options.login} ended")
    return 0 if count else 1


async def _second_factor(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        if not await SignIn(database).end_second_factor(options.login, who()):
            raise NotDone(f"there is no {options.login}, or they have no second factor")
    print(f"{options.login} signs in by password alone, until they set up another one")
    return 0


async def _password(options: argparse.Namespace, settings: Config) -> int:
    asked = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    async with opened(settings) as database:
        try:
            _there(options, await People(database).set_password(options.login, asked, who()))
        except ValueError as error:
            raise NotDone(str(error)) from error
    print(f"{options.login} has a new password")
    return 0


async def _switch(options: argparse.Namespace, settings: Config) -> int:
    active = options.action == "enable"
    async with opened(settings) as database:
        try:
            _there(options, await People(database).set_active(options.login, active, who()))
        except ValueError as error:
            raise NotDone(str(error)) from error
    print(f"{options.login} is {'let in again' if active else 'let in no more'}")
    return 0


def _there(options: argparse.Namespace, done: bool) -> None:
    if not done:
        raise NotDone(f"there is no {options.login}")
