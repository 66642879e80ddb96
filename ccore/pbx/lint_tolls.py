"""Rules against toll fraud: nothing a caller from a trunk can reach leads out to the telephone network again."""

import re
from collections.abc import Iterator

from ccore.errors import Fault
from ccore.pbx.expressions import split
from ccore.pbx.extensions import Dialplan, Step, Surroundings
from ccore.pbx.flow import acts, reachable, steps_within

# Options by which the caller's own keys transfer (T), park (K) or record (W, X) the call.
_CALLERS_KEYS = re.compile(r"[TKWX]")
# Options that send one of the two sides, or a called phone, to other parts of the dialplan.
_RUNS_DIALPLAN = re.compile(r"[bBFGMUe]")
_OPTION_ARGUMENTS = re.compile(r"\([^()]*\)")
_PHONE = re.compile(r"PJSIP/([A-Za-z0-9_.-]+)")
_LOCAL = re.compile(r"Local/[^@/&$]+@[^/&$]+(?:/[a-z]*)?")


def outbound(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """A call from a trunk may only ring phones of the site that are written out."""
    for act in _reached(dialplan, around):
        if act.application.lower() == "dial":
            for destination in split(split(act.arguments)[0], "&"):
                if not _inside(destination.strip(), around):
                    message = (
                        f"calls from a trunk can get to {destination.strip()}, which is not proved to be a phone of "
                        "the site: strangers could telephone at the site's expense; name the phone, or keep it apart"
                    )
                    yield act.fault("DP501", message)


def options(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """A caller from a trunk gets no keys that move the call, and no detour that is not checked."""
    for act in _reached(dialplan, around):
        place = {"dial": 2, "queue": 1}.get(act.application.lower())
        arguments = split(act.arguments)
        if place is None or len(arguments) <= place:
            continue
        given = _OPTION_ARGUMENTS.sub("", arguments[place])
        if found := _CALLERS_KEYS.search(given):
            message = (
                f"option {found[0]} of {act.application} gives strangers keys to transfer, park or record: leave it out"
            )
            yield act.fault("DP502", message)
        if act.application.lower() == "dial" and (found := _RUNS_DIALPLAN.search(given)):
            message = f"option {found[0]} of Dial sends calls to places that are not checked from here: leave it out"
            yield act.fault("DP503", message)


def _inside(destination: str, around: Surroundings) -> bool:
    if phone := _PHONE.fullmatch(destination):
        return phone[1] not in around.trunks
    return bool(_LOCAL.fullmatch(destination))  # where it leads is walked too


def _reached(dialplan: Dialplan, around: Surroundings) -> Iterator[Step]:
    seen: set[tuple[str, int]] = set()
    for context in reachable(dialplan, around.trunk_contexts):
        for step in steps_within(dialplan, context):
            if (place := (str(step.file), step.line)) not in seen:
                seen.add(place)
                yield from acts(step)


RULES = (outbound, options)
