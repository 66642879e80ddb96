"""Everything wrong in ``recording.toml`` with what it leans on in other files."""

from collections.abc import Iterator

from ccore.centre.centre import Centre, read_centre
from ccore.config import Config
from ccore.errors import Fault
from ccore.ivr.lint.linted import near
from ccore.ivr.menus import read_menus
from ccore.recording.policy import twice

Said = Iterator[tuple[int, str, str, str]]  # number of the rule, key, code, message


def check_recording(config: Config) -> list[Fault]:
    """Its faults, without those of form, which are told with the other files of the centre."""
    centre, _ = read_centre(config.dialplan)
    hotlines = read_menus(config.dialplan)[0].hotlines
    return [_fault(centre, *said) for said in (*_unknown(centre, set(hotlines)), *_twice(centre), *_percent(centre))]


def _unknown(centre: Centre, hotlines: set[str]) -> Said:
    for number, rule in enumerate(centre.recording):
        if rule.queue is not None and rule.queue not in centre.queues:
            yield number, "queue", "RE101", f"there is no queue {rule.queue}{near(rule.queue, centre.queues)}"
        if rule.hotline is not None and rule.hotline not in hotlines:
            yield number, "hotline", "RE102", f"{rule.hotline} is no number of hotlines.toml"


def _twice(centre: Centre) -> Said:
    for number, other in twice(centre.recording, centre.queues):
        yield number, "when", "RE103", f"{other} is about just the same calls: one of the two is never asked"


def _percent(centre: Centre) -> Said:
    for number, rule in enumerate(centre.recording):
        if "percent" in rule.model_fields_set and rule.when != "sample":
            yield number, "percent", "RE104", f"percent is for when = 'sample', and here it is {rule.when!r}"


def _fault(centre: Centre, number: int, key: str, code: str, message: str) -> Fault:
    file, line = centre.place("recording", "rules", str(number), key)
    return Fault(file, line, code, message)
