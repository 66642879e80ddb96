"""Rules on calls of campaigns: they begin where ccore lets them, and no caller and no telephone gets there."""

from collections.abc import Iterator

from ccore.errors import Fault
from ccore.pbx.extensions import Dialplan, Surroundings
from ccore.pbx.flow import targets

CAMPAIGN = "campaign-"  # how the contexts of campaigns are called
_WHY = "whoever gets there calls out at the site's expense, past every limit: only ccore has Asterisk begin such calls"


def apart(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """Nothing leads from elsewhere into the contexts of campaigns."""
    for context in dialplan.values():
        if context.name.startswith(CAMPAIGN):
            continue
        for include in context.includes:
            if include.name.startswith(CAMPAIGN):
                yield Fault(include.file, include.line, "DP506", f"includes [{include.name}]: {_WHY}")
        for step in context.steps():
            for target in targets(step):
                if target.context.startswith(CAMPAIGN):
                    yield step.fault("DP506", f"leads to [{target.context}]: {_WHY}")


RULES = (apart,)
