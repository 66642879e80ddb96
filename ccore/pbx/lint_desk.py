"""Rules on listening: a supervisor's phone gets there when ccore has looked whether it may, and by no other way."""

from collections.abc import Iterator

from ccore.errors import Fault
from ccore.pbx.expressions import split
from ccore.pbx.extensions import Dialplan, Surroundings
from ccore.pbx.flow import acts, targets

CONTEXT = "ccore-spy"
SPIED = "${CCORE_SPIED}"
_EXACT, _ENDS = "u", "E"  # options: that channel alone, and over with it


def listening(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """ChanSpy listens to the one channel ccore names, in a context of its own that nothing leads to."""
    for context in dialplan.values():
        if context.name != CONTEXT and any(include.name == CONTEXT for include in context.includes):
            yield Fault(context.file, context.line, "DP504", f"includes [{CONTEXT}]: whoever dials there could listen")
        for step in context.steps():
            for act in acts(step):
                arguments = split(act.arguments)
                options = arguments[1] if len(arguments) > 1 else ""
                named = arguments[0] == SPIED and _EXACT in options and _ENDS in options
                if act.application.lower() == "chanspy" and not (named and context.name == CONTEXT):
                    message = f"ChanSpy stands in [{CONTEXT}] alone, as ChanSpy({SPIED},uE…): others' calls are private"
                    yield act.fault("DP504", message)
            for target in targets(step):
                if target.context == CONTEXT and context.name != CONTEXT:
                    yield step.fault("DP504", f"leads to [{CONTEXT}]: only ccore sends phones there, who may listen")


RULES = (listening,)
