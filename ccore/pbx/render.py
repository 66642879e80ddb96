"""Makes Asterisk's configuration files out of ccore's: text from text, the same for every kind of node."""

import re
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ccore.centre.centre import Centre, load_centre
from ccore.centre.lines import OWN_LINE
from ccore.centre.phones import Phones, password
from ccore.centre.recording import always_recorded
from ccore.config import Config, Secrets
from ccore.errors import CcoreError
from ccore.nodes import E1Trunk, Node, SipTrunk
from ccore.pbx import ice, lines
from ccore.shipped import shipped

HOME = Path("/srv/ccore")  # where every node finds its files, whatever that place is outside its root file system
LOOPBACK = IPv4Address("127.0.0.1")

E1_FILES = frozenset({"chan_dahdi.conf", "system.conf"})

# What a value may hold and still be one value in Asterisk's files: no line break, comment, section, quote or escape.
_ONE_VALUE = re.compile(r"[A-Za-z0-9 !#$%&()*+,./:<=>?@^_`{|}~-]*")


class NotOneValue(CcoreError):
    """A value would have become more than one line or word of an Asterisk file; nothing was written."""


def render(config: Config, node: str, secrets: Secrets) -> dict[str, str]:
    """Every file of Asterisk's configuration directory for the node named ``node``: relative path → text.

    The dialplan is not among them: it is copied as it is. Raises NotOneValue instead of writing a value that could
    add a line, whoever let it through, FaultsFound if the operator's files of queues and phones hold a fault.
    """
    centre = load_centre(config.dialplan)
    trunks = config.trunks_of(node)
    e1_trunks = {name: trunk for name, trunk in trunks.items() if isinstance(trunk, E1Trunk)}
    facts = {
        "home": HOME,
        "name": node,
        "node": config.nodes[node],
        "secrets": secrets,
        "language": config.prompts.language,
        "sip_trunks": {name: trunk for name, trunk in trunks.items() if isinstance(trunk, SipTrunk)},
        "e1_trunks": e1_trunks,
        "manager_clients": _manager_clients(config, config.nodes[node]),
        "agi_url": agi_url(config, node),
        "agi_standby_url": f"agi://{config.agi.standby}" if config.agi.standby else "",
        "lines": list(lines.lines(centre.queues)),
        "rules": list(lines.rules(centre.queues)),
        "own_line": OWN_LINE,
        "auto_answered": sorted(name for name, queue in centre.queues.items() if queue.auto_answer),
        "always_recorded": sorted(always_recorded(centre.queues, centre.recording)),
        "phones": _phones(centre, node, secrets),
        "ice_addresses": ice.seen_as(config.nodes[node]),
    }
    return {
        path: _environment().get_template(f"{path}.j2").render(facts)
        for path in _templates()
        if e1_trunks or path not in E1_FILES
    }


def _phones(centre: Centre, node: str, secrets: Secrets) -> list[tuple[str, str, Phones]]:
    """Number and password of the phones that register at ``node``, with their range; none without a secret for them."""
    if secrets.phone_secret is None:
        return []
    secret = secrets.phone_secret.get_secret_value()
    here = [phones for phones in centre.phones if phones.nodes is None or node in phones.nodes]
    return [(number, password(secret, number), phones) for phones in here for number in phones.numbers]


def agi_url(config: Config, node: str) -> str:
    """How the URLs begin by which the node named ``node`` asks ccore, without the slash after it."""
    ours = LOOPBACK if config.agi.host.is_unspecified else config.agi.host
    return f"agi://{config.nodes[node].agi_url_host or ours}:{config.agi.port}"


def _manager_clients(config: Config, node: Node) -> list[IPv4Address]:
    """The addresses ccore and its standby may log in to the manager from."""
    standby = [IPv4Address(config.agi.standby.rpartition(":")[0])] if config.agi.standby else []
    return sorted({LOOPBACK, node.host if node.agi_url_host is None else node.agi_url_host, *standby})


def _templates() -> list[str]:
    return sorted(path.name.removesuffix(".j2") for path in (shipped("asterisk-docker") / "templates").glob("*.j2"))


@cache
def _environment() -> Environment:
    return Environment(  # noqa: S701 - these are no HTML pages; _one_value is what guards them
        loader=FileSystemLoader(shipped("asterisk-docker") / "templates"),
        undefined=StrictUndefined,
        finalize=_one_value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _one_value(value: object) -> object:
    if not _ONE_VALUE.fullmatch(str(value)):
        raise NotOneValue("a value of ccore's configuration holds a character that Asterisk's files cannot hold")
    return value
