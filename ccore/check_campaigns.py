"""Everything wrong in campaigns/*.toml and outgoing.toml, with what they lean on in other files."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre, read_centre
from ccore.centre.outgoing import FAR_END
from ccore.config import Config
from ccore.errors import Fault
from ccore.hours import Hours
from ccore.ivr.lint.linted import near
from ccore.tables import Part

_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,30}")
_AHEAD = frozenset({"ratio", "predictive"})
Said = Iterator[tuple[tuple[str, ...], str, str]]  # place within the campaign, code, message


@dataclass(frozen=True, slots=True)
class Around:
    """What a campaign may name. ``prompts`` None: they could not be read."""

    centre: Centre
    prompts: Collection[str] | None


def check_campaigns(config: Config, prompts: Collection[str] | None) -> list[Fault]:
    """Their faults, without those of form, which are told with the other files of the centre."""
    centre, _ = read_centre(config.dialplan)
    around = Around(centre, prompts)
    faults = [
        _fault(centre, ("campaign", name, *place), code, message)
        for name, campaign in centre.campaigns.items()
        for rule in _RULES
        for place, code, message in rule(campaign, around)
    ]
    return [*faults, *_trunks(centre, config)]


def _fault(centre: Centre, place: tuple[str, ...], code: str, message: str) -> Fault:
    file, line = centre.place(*place)
    return Fault(file, line, code, message)


def _names(campaign: Campaign, around: Around) -> Said:
    centre = around.centre
    if campaign.queue not in centre.queues:
        message = f"there is no queue {campaign.queue}{near(campaign.queue, centre.queues)}: no agent gets its calls"
        yield ("queue",), "CA101", message
    if campaign.hours not in centre.hours:
        message = f"hours.toml has no hours {campaign.hours}{near(campaign.hours, centre.hours)}: nobody is called"
        yield ("hours",), "CA102", message
    elif not _ever_open(centre.hours[campaign.hours]):
        yield ("hours",), "CA102", f"the hours {campaign.hours} never open: nobody is called"
    for trunk in campaign.trunks:
        if trunk not in centre.outgoing:
            message = f"outgoing.toml has no trunk {trunk}{near(trunk, centre.outgoing)}: nobody is called by it"
            yield ("trunks",), "CA103", message


def _ever_open(hours: Hours) -> bool:
    return any(getattr(hours, name) for name in type(hours).model_fields)


def _heard(campaign: Campaign, around: Around) -> Said:
    heard: dict[tuple[str, ...], Iterable[Part]] = {
        ("abandoned", "prompt"): campaign.abandoned.prompt,
        ("detection", "message"): campaign.detection.message,
        ("agent_hears",): campaign.agent_hears,
    }
    for place, parts in heard.items():
        for part in parts:
            if part.startswith("{"):
                yield place, "CA104", f"{part} cannot be said here: only whole prompts"
            elif around.prompts is not None and part not in around.prompts:
                yield place, "CA104", f"there is no prompt {part}{near(part, around.prompts)}: nothing is heard"
    if campaign.detection.message and campaign.detection.mode == "off":
        yield ("detection", "message"), "CA108", "no machine is looked for, so none hears it: mode = 'human-first'"


def _dispositions(campaign: Campaign, around: Around) -> Said:
    there = around.centre.words.disposition
    queue = around.centre.queues.get(campaign.queue)
    named = [(("dispositions", name), name) for name in campaign.dispositions]
    named += [(("detection", "dispositions"), name) for name in campaign.detection.dispositions]
    named += [(("quotas", str(at)), quota.disposition) for at, quota in enumerate(campaign.quotas)]
    for place, name in named:
        if name not in there:
            yield place, "CA105", f"centre.toml has no disposition {name}{near(name, there)}: no agent can choose it"
        elif queue is not None and queue.dispositions and name not in queue.dispositions:
            message = f"{name} is none of the dispositions of queue {campaign.queue}: its agents cannot choose it"
            yield place, "CA105", message


def _script(campaign: Campaign, _around: Around) -> Said:
    for found in _BRACES.finditer(campaign.script):
        if found[1] is None or not _FIELD.fullmatch(found[1]):
            shown = found[0] if len(found[0]) < 30 else f"{found[0][:30]}…"
            message = f"{shown} is no field of a contact: agents see it as it stands; write {{name}}, or another field"
            yield ("script",), "CA106", message


def _pace(campaign: Campaign, _around: Around) -> Said:
    detection, pacing = campaign.detection, campaign.pacing
    lost = detection.false_positive_percent if detection.mode != "off" else 0.0
    if campaign.mode in _AHEAD and lost >= pacing.abandonment_percent:
        message = (
            f"{lost:g} % of persons are taken for machines, and {pacing.abandonment_percent:g} % may be abandoned in "
            "all: nobody is called ahead"
        )
        yield ("detection", "false_positive_percent"), "CA107", message
    again = [outcome for outcome, retry in campaign.attempts.retry.items() if retry.most]
    if campaign.attempts.most == 1 and again and "retry" in campaign.attempts.model_fields_set:
        yield ("attempts", "most"), "CA108", f"nobody is called again after {again[0]}: one attempt is the most"


_RULES = (_names, _heard, _dispositions, _script, _pace)


def _trunks(centre: Centre, config: Config) -> Iterator[Fault]:
    for name in centre.outgoing:
        if name not in config.trunks and name != FAR_END:
            message = f"ccore.toml has no trunk {name}{near(name, config.trunks)}: nobody is called by it"
            yield _fault(centre, ("outgoing", name), "CA109", message)
