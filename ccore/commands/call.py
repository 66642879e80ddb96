"""``ccore call NUMBER``: a real SIP call to a node, and what its caller saw."""

import argparse
import sys

from ccore.commands import Add
from ccore.config import Config
from ccore.log import mask_number
from ccore.pbx.caller import Call, place_call


def register(add: Add) -> None:
    """Add the command."""
    command = add("call", _run, "place a real SIP call to a node and say what the caller saw")
    command.add_argument("number", metavar="NUMBER")
    command.add_argument("--from", dest="caller", metavar="NUMBER", default="13800138000")
    command.add_argument("--node", help="which node (default: the first)")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    name = options.node or next(iter(settings.nodes))
    if name not in settings.nodes:
        print(f"ccore: there is no node {name!r}: the configuration has {', '.join(settings.nodes)}", file=sys.stderr)
        return 2
    node = settings.nodes[name]
    try:
        call = await place_call(str(node.host), node.sip_port, options.number, options.caller)
    except ValueError as error:
        print(f"ccore: {error}", file=sys.stderr)
        return 2
    print("\n".join(_lines(call)))
    if not call.code:
        print(f"ccore: nothing answers at {node.host}:{node.sip_port}: is Asterisk up?", file=sys.stderr)
    return 0 if call.answered else 1


def _lines(call: Call) -> list[str]:
    seen = {
        f"dialled {call.callee} from {mask_number(call.caller)}": 0.0,
        "ringing": call.rang_ms,
        "answered": call.answered_ms,
        f"{'the caller' if call.ended_by == 'caller' else 'Asterisk'} hung up": call.ended_ms,
    }
    lines = [f"{at_ms / 1000:8.3f} s  {what}" for what, at_ms in seen.items() if at_ms is not None]
    return lines if call.answered or not call.code else [*lines, f"refused with SIP {call.code}"]
