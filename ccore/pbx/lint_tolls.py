"""Rules against toll fraud: nothing that callers from trunks, or agents' phones, can reach leads out again."""

import re
from collections.abc import Collection, Iterator, Sequence

from ccore.errors import Fault
from ccore.pbx.expressions import split
from ccore.pbx.extensions import Dialplan, Step, Surroundings
from ccore.pbx.flow import acts, reachable, steps_within
from ccore.pbx.lint_outside import with_proofs

# Options by which the caller's own keys transfer (T), park (K) or record (W, X) the call.
_CALLERS_KEYS = re.compile(r"[TKWX]")
# Options that send one of the two sides, or a called phone, to other parts of the dialplan.
_RUNS_DIALPLAN = re.compile(r"[bBFGMUe]")
_RUNS_UNSEEN = re.compile(r"[BF]")  # of Queue: where its b and its gosub lead is walked
_OPTION_ARGUMENTS = re.compile(r"\([^()]*\)")
_PHONE = re.compile(r"PJSIP/([A-Za-z0-9_.-]+)")
_DIALLED_PHONE = re.compile(r"PJSIP/phone-\$\{(\w+)\}")
_AGENT_ROUTE = "/agent,"
_LOCAL = re.compile(r"Local/[^@/&$]+@[^/&$]+(?:/[a-z]*)?")


def outbound(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """A call from a trunk, or from an agent's phone, may only ring phones of the site."""
    for who, begin in (("a trunk", around.strangers), ("an agent's phone", around.phone_contexts)):
        for act, proved in _reached(dialplan, begin):
            if act.application.lower() == "dial":
                for destination in split(split(act.arguments)[0], "&"):
                    if not _inside(destination.strip(), around, proved):
                        message = (
                            f"calls from {who} can get to {destination.strip()}, which is not proved to be a phone "
                            "of the site: strangers could telephone at its expense; name the phone, or keep it apart"
                        )
                        yield act.fault("DP501", message)


def options(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """A caller from a trunk gets no keys that move the call, and no detour that is not checked."""
    for act, _ in _reached(dialplan, (*around.strangers, *around.phone_contexts)):
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
        unchecked = _RUNS_DIALPLAN if act.application.lower() == "dial" else _RUNS_UNSEEN
        if found := unchecked.search(given):
            message = f"option {found[0]} of {act.application} sends calls to places that are not checked from here: "
            yield act.fault("DP503", message + "leave it out")


def agents_only(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """No caller from a trunk gets to what agents dial."""
    reached = reachable(dialplan, around.strangers)
    for name in around.phone_contexts:
        if name in reached:
            message = f"calls from a trunk can get to [{name}], where agents dial: strangers could sign in"
            yield Fault(dialplan[name].file, dialplan[name].line, "DP505", message)
    for act, _ in _reached(dialplan, around.strangers):
        if act.application.lower() == "agi" and _AGENT_ROUTE in act.arguments:
            yield act.fault(
                "DP505", "calls from a trunk can get here: strangers could sign in; only phones may dial it"
            )


def _inside(destination: str, around: Surroundings, proved: Collection[str]) -> bool:
    if phone := _PHONE.fullmatch(destination):
        return phone[1] not in around.trunks
    if dialled := _DIALLED_PHONE.fullmatch(destination):
        return dialled[1] in proved  # digits: with them it is the name of a phone or of nothing
    return bool(_LOCAL.fullmatch(destination))  # where it leads is walked too


def _reached(dialplan: Dialplan, begin: Sequence[str]) -> Iterator[tuple[Step, frozenset[str]]]:
    """What calls that begin there can be made to do, each with the variables that are proved to be digits."""
    proofs = {(str(step.file), step.line): proved for step, proved in with_proofs(dialplan)}
    seen: set[tuple[str, int]] = set()
    for context in reachable(dialplan, begin):
        for step in steps_within(dialplan, context):
            if (place := (str(step.file), step.line)) not in seen:
                seen.add(place)
                yield from ((act, proofs.get(place, frozenset())) for act in acts(step))


RULES = (outbound, options, agents_only)
