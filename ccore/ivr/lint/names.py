"""Rules on names that stand in other files: look-ups, texts, transfers, hours, queues, trunks, numbers, order codes."""

from collections.abc import Collection, Iterator, Mapping

from ccore.errors import Fault
from ccore.ivr.lint.linted import Linted, near
from ccore.ivr.menu import CallBack, Choose, Hotline, LookUp, Order, Queue, Text, Transfer
from ccore.tomlfiles import Place

Named = tuple[Place, str, str]  # where something is named, its kind, its name

# By kind: the code, what it is called, where it stands, and what callers suffer without it.
_KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "lookup": ("IV501", "look-up", "lookups.toml", "callers hear that there is nothing to tell"),
    "text": ("IV502", "text", "texts.toml", "callers wait for a message that nobody sends"),
    "transfer": ("IV503", "transfer", "transfers.toml", "callers come to people instead"),
    "hours": ("IV504", "hours", "hours.toml", "callers are told neither open nor closed"),
    "queue": ("IV505", "queue", "queues.conf", "callers are not served"),
    "trunk": ("IV506", "trunk", "ccore.toml", "no call comes or goes over it"),
}


def names(linted: Linted) -> Iterator[Fault]:
    """Whatever is named is there."""
    menus = linted.menus
    known: Mapping[str, Collection[str]] = {
        "lookup": menus.adapters,
        "text": menus.texts,
        "transfer": menus.transfers,
        "hours": menus.hours,
        "queue": linted.around.queues,
        "trunk": linted.around.trunks,
    }
    for place, kind, name in _named(linted):
        if name not in known[kind] and not linted.unread(kind, name):
            code, what, where, loss = _KINDS[kind]
            yield linted.fault(place, code, f"{where} has no {what} {name}{near(name, known[kind])}: {loss}")


def _named(linted: Linted) -> Iterator[Named]:
    for name, node in linted.menus.nodes.items():
        here = ("node", name)
        match node:
            case LookUp():
                yield (*here, "adapter"), "lookup", node.adapter
            case Text():
                yield (*here, "text"), "text", node.text
            case Transfer():
                yield (*here, "to"), "transfer", node.to
            case Choose(by="hours", of=str() as of):
                yield (*here, "of"), "hours", of
            case Choose(by="waiting" | "agents", of=str() as of):
                yield (*here, "of"), "queue", of
            case Queue(queue=str() as queue) | CallBack(queue=str() as queue):
                yield (*here, "queue"), "queue", queue
    for name, target in linted.menus.transfers.items():
        yield ("transfer", name, "trunk"), "trunk", target.trunk
    for hotline in linted.menus.hotlines.values():
        yield from _named_by(hotline)


def _named_by(hotline: Hotline) -> Iterator[Named]:
    here = ("hotline", hotline.number)
    yield (*here, "queue"), "queue", hotline.queue
    if hotline.hours:
        yield (*here, "hours"), "hours", hotline.hours
    for trunk in hotline.trunks:
        yield (*here, "trunks"), "trunk", trunk


def no_hours(linted: Linted) -> Iterator[Fault]:
    """Who chooses by hours says which, or every hotline that leads there has its own."""
    for name, node in linted.menus.nodes.items():
        if isinstance(node, Choose) and node.by == "hours" and node.of is None:
            for net in linted.nets:
                if name in net.out and not net.hotline.hours:
                    message = f"{net.hotline.number} has no hours and `of` names none: its callers go to otherwise"
                    yield linted.fault(("node", name), "IV504", message)


def asked(linted: Linted) -> Iterator[Fault]:
    """A look-up is given what it asks, and nothing else."""
    for name, node in linted.menus.nodes.items():
        if isinstance(node, LookUp) and (adapter := linted.menus.adapters.get(node.adapter)):
            for missing in sorted(adapter.asks - node.ask.keys()):
                message = f"look-up {node.adapter} needs {missing}, which `ask` does not give: nothing is ever found"
                yield linted.fault(("node", name, "ask"), "IV507", message)
            for unknown in sorted(node.ask.keys() - adapter.asks):
                message = f"look-up {node.adapter} has no {{{unknown}}}{near(unknown, adapter.asks)}: it is not asked"
                yield linted.fault(("node", name, "ask"), "IV507", message)


def orders(linted: Linted) -> Iterator[Fault]:
    """Orders go to an access number, with as many digits as its codes have."""
    codes = linted.around.codes
    for name, node in linted.menus.nodes.items():
        if codes is None or not isinstance(node, Order):
            continue
        if node.access not in codes:
            message = f"{node.access} is no [[access]] of numbers.toml: nobody who orders here gets anything"
            yield linted.fault(("node", name, "access"), "IV508", message)
        elif node.code.isdigit() and len(node.code) != codes[node.access]:
            message = (
                f"codes of {node.access} have {codes[node.access]} digits, and {node.code} has {len(node.code)}: "
                "callers are told that there is no such product"
            )
            yield linted.fault(("node", name, "code"), "IV508", message)


def numbers(linted: Linted) -> Iterator[Fault]:
    """Hotlines and the numbers that are sent into menus are the same."""
    plan, answered, hotlines = linted.around.plan, linted.around.answered, linted.menus.hotlines
    for number in hotlines:
        if plan is not None and number not in plan:
            message = f"{number} is neither a [[hotline]] nor a [[quick_line]] of numbers.toml: callers get 404"
            yield linted.fault(("hotline", number, "number"), "IV509", message)
        elif number not in answered:
            message = f"extensions.d/ does not send {number} to [menu]: callers never hear these menus"
            yield linted.fault(("hotline", number, "number"), "IV509", message)


RULES = (names, no_hours, asked, orders, numbers)
