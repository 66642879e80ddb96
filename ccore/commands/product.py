"""``ccore product``: the product pool: what is sold, for how much, to whom, and what it earns."""

import argparse
from pathlib import Path

from pydantic import ValidationError

from ccore import tomlfile
from ccore.clock import utc_now
from ccore.commands import Add
from ccore.commands.given import NotDone, number
from ccore.commands.marketed import add_time, marketing, moment, time_of
from ccore.config import Config
from ccore.errors import Fault, FaultsFound
from ccore.marketing.pool import Refused
from ccore.marketing.product import ProductFile, Rule
from ccore.marketing.products import Pooled
from ccore.marketing.shares import basis_points, percent
from ccore.money import yuan
from ccore.publishing import who

_CODE = "PRODUCT"


def register(add: Add) -> None:
    """Add the command."""
    command = add("product", _list, "products that are sold by everybody: what they are, and their tests")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print them all").set_defaults(run=_list)
    importing = actions.add_parser("import", help="put products in, or change them: all of a file or nothing")
    importing.set_defaults(run=_import)
    importing.add_argument("file", type=Path, metavar="FILE", help="TOML, or JSON if it ends in .json")
    add_time(importing, "from", "when price, confirmation and commission of what is on sale change")
    rule = actions.add_parser("rule", help="what a sale earns from a time on")
    rule.set_defaults(run=_rule)
    for name, run, text in (
        ("show", _show, "print one, with its last test"),
        ("test", _test, "order it without leaving anything, and say each step"),
        ("sale", _sale, "sell it from now on; its test has to be passed"),
        ("end", _end, "sell it no more; its claims end"),
    ):
        action = actions.add_parser(name, help=text)
        action.set_defaults(run=run)
        action.add_argument("code", metavar="CODE")
        if name == "test":
            action.add_argument("--caller", metavar="NUMBER", help="who orders it (default: a number nobody has)")
    rule.add_argument("code", metavar="CODE")
    amount = rule.add_mutually_exclusive_group(required=True)
    amount.add_argument("--flat", type=int, metavar="FEN", help="the same for every sale")
    amount.add_argument("--percent", metavar="PERCENT", help="of the price, such as 12.5")
    rule.add_argument("--tier", action="append", default=[], metavar="NTH=AMOUNT", help="from the holder's NTH sale on")
    rule.add_argument("--hold-days", type=int, default=0, metavar="DAYS", help="until it can be paid")
    rule.add_argument("--clawback-days", type=int, default=0, metavar="DAYS", help="cancelled within: given back")
    add_time(rule, "from", "of a product on sale, a time to come")


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        products = await of.products.all(utc_now())
    for each in products:
        product = each.product
        earns = "; ".join(_earns(rule) for rule in product.commission[-1:])
        print(f"{product.code}  {each.state:8}  {product.name.zh} / {product.name.en}  {yuan(product.price_fen)} yuan"
              f"  earns {earns}  {each.claims} claims")  # fmt: skip
    if not products:
        print("no product yet: ccore product import FILE")
    return 0


async def _show(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        found = await of.products.one(options.code, utc_now())
        test = await of.products.last_test(options.code)
    if found is None:
        raise NotDone(f"there is no product {options.code}")
    for line in _lines(found, settings):
        print(line)
    if test is not None:
        word = "passed" if test["passed"] else "failed"
        old = "" if test["revision"] == found.revision else ", before it was changed"
        print(f"last test: {word}, {moment(test['tested_at'], settings)}, by {test['tested_by']}{old}")
    return 0


def _lines(found: Pooled, settings: Config) -> list[str]:
    product, last = found.product, found.last
    sale = product.sale
    eligible = {key: values for key, values in product.eligibility if values}
    confirmed = "" if product.confirm == "none" else f" within {product.confirm_within_h} h"
    price = f"price: {yuan(product.price_fen)} yuan, {product.term_days or 'no'} days' term"
    lines = [
        f"{product.code}  {product.name.zh} / {product.name.en}  {found.state}, {found.claims} claims",
        f"{price}, confirmed by {product.confirm}{confirmed}",
        f"ordered by {', '.join(product.ways)} from {'mobiles' if product.lines == 'mobile' else 'any line'}",
        f"sold from {moment(sale.starts, settings) or 'any time'} until {moment(sale.ends, settings) or 'it is ended'}",
    ]
    if found.changes_at is not None:
        then = f"from {moment(found.changes_at, settings)}"
        lines.append(f"{then}: {yuan(last.price_fen)} yuan, confirmed by {last.confirm}")
    lines += [f"{key}: {', '.join(values)}" for key, values in eligible.items()]
    if product.combo:
        lines.append(f"a combo of {', '.join(product.combo.parts)}; who has a part: {product.combo.part_held}")
    for rule in product.commission:
        lines.append(f"earns from {moment(rule.starts, settings)}: {_earns(rule)}")
    lines += [f"{language}: {text}" for language, text in product.intro if text]
    return lines


def _earns(rule: Rule) -> str:
    steps = [_amount(rule.fen, rule.basis_points)]
    steps += [f"from sale {tier.nth} on {_amount(tier.fen, tier.basis_points)}" for tier in rule.tiers]
    kept = f", held {rule.hold_days} days" if rule.hold_days else ""
    return ", ".join(steps) + kept + (f", given back within {rule.clawback_days} days" if rule.clawback_days else "")


def _amount(fen: int | None, points: int | None) -> str:
    if fen is not None:
        return f"{yuan(fen)} yuan"
    assert points is not None, "a rule has an amount or a share"
    return percent(points)


async def _import(options: argparse.Namespace, settings: Config) -> int:
    file = _read(options.file)
    async with marketing(settings) as of:
        taken = await of.products.take_in(file, who(), utc_now(), dated=time_of(options, "starts", settings))
    if taken.refused:
        raise FaultsFound([Fault(options.file, 0, _CODE, f"{code}: {why}".lstrip(": ")) for code, why in taken.refused])
    for change in taken.changes:
        what = "new" if change.new else f"changed: {', '.join(change.keys)}" if change.keys else "as it was"
        print(f"{change.code}  {what}; {change.state}")
    return 0


def _read(path: Path) -> ProductFile:
    if path.suffix.lower() != ".json":
        return tomlfile.load(path, ProductFile, _CODE)
    try:
        return ProductFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FaultsFound([Fault(path, 0, _CODE, f"cannot be read: {error}")]) from error
    except ValidationError as error:
        said = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_url=False)]
        raise FaultsFound([Fault(path, 0, _CODE, f"{where or 'the file'}: {what}") for where, what in said]) from error


async def _rule(options: argparse.Namespace, settings: Config) -> int:
    rule = _rule_of(options, settings)
    async with marketing(settings) as of:
        version = await of.products.rule(options.code, rule, who(), utc_now())
    if isinstance(version, Refused):
        raise NotDone(version.reason)
    print(f"{options.code}  version {version}: {_earns(rule)}, from {moment(rule.starts, settings) or 'the beginning'}")
    return 0


def _rule_of(options: argparse.Namespace, settings: Config) -> Rule:
    kind = "flat" if options.percent is None else "percent"
    key = "fen" if kind == "flat" else "basis_points"
    tiers = []
    for each in options.tier:
        nth, _, amount = each.partition("=")
        if not nth.isdecimal():
            raise NotDone(f"a tier is a sale and an amount, such as 101=300: {each!r}")
        tiers.append({"nth": int(nth), key: _given_amount(amount, kind)})
    said = {
        "kind": kind,
        key: options.flat if kind == "flat" else _given_amount(options.percent, kind),
        "tiers": tiers,
        "hold_days": options.hold_days,
        "clawback_days": options.clawback_days,
        "starts": time_of(options, "starts", settings),
    }
    try:
        return Rule.model_validate(said)
    except ValidationError as error:
        raise NotDone("; ".join(each["msg"] for each in error.errors())) from error


def _given_amount(text: str, kind: str) -> int:
    found = basis_points(text) if kind == "percent" else int(text) if text.isdecimal() else None
    if found is None:
        raise NotDone(f"{text!r} is no {'percentage such as 12.5' if kind == 'percent' else 'number of fen'}")
    return found


async def _test(options: argparse.Namespace, settings: Config) -> int:
    caller = None if options.caller is None else number(options.caller, settings)
    async with marketing(settings) as of:
        made = await of.rehearsal.run(options.code, who(), caller)
    if isinstance(made, Refused):
        raise NotDone(f"{options.code}: {made.reason}")
    for step in made.steps:
        print(f"{'ok' if step.held else 'NO':2}  {step.step}: {step.said}")
    state = made.state.reason if isinstance(made.state, Refused) else f"{options.code} is {made.state}"
    print(f"{'passed' if made.passed else 'FAILED'}; {state}")
    return 0 if made.passed and not isinstance(made.state, Refused) else 1


async def _sale(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        became = await of.products.release(options.code, who())
    if isinstance(became, Refused):
        raise NotDone(f"{options.code}: {became.reason}")
    print(f"{options.code} is on sale")
    return 0


async def _end(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        ended = await of.products.end(options.code, who(), utc_now())
    if isinstance(ended, Refused):
        raise NotDone(f"{options.code}: {ended.reason}")
    print(f"{options.code} has ended, and {ended} claims with it")
    return 0
