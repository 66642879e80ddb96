"""Everything wrong in the files people write, found in one go: ``ccore check``, and the daemon before it starts."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

import agi_scripts
from ccore import tomlfile
from ccore.centre.alerts import check_alerts
from ccore.centre.centre import read_centre
from ccore.check_campaigns import check_campaigns
from ccore.check_centre import check_centre, queues_of
from ccore.check_menus import check_menus, without_secret
from ccore.check_messages import check_messages, gateway_secrets
from ccore.check_recording import check_recording
from ccore.config import Config, Paths, load, load_secrets
from ccore.errors import Fault, FaultsFound
from ccore.ivr.lint.linted import Prompts
from ccore.ordering.lives import Keyed
from ccore.ordering.model import Outcome
from ccore.ordering.number import PLAN_FILE, Entry, NumberPlan, entries, load_plan, overlaps, prefixes
from ccore.pbx.extensions import OWN_PATTERN, Dialplan, Step, Surroundings
from ccore.pbx.flow import reading_order
from ccore.pbx.lint import lint, read_dialplan
from ccore.prompts.catalogue import load_catalogue
from ccore.prompts.sounds import unheard
from ccore.quality.scorecard import read_scorecards, unknown_names

Value = TypeVar("Value")

EXTENSIONS = "extensions.d"
PROMPT_OF_FALLBACK = "order-received"  # played by the dialplan itself, not named by an Outcome


def check(config_path: Path | None) -> list[Fault]:
    """Every fault of configuration, secrets (if there are any yet) and of the operators' files, sorted.

    ``config_path`` None means the default configuration. An empty list means that all of it may be used.
    """
    faults: list[Fault] = []
    config = _kept(lambda: load(config_path), faults) or _salvaged(config_path)
    if config.secrets_file.exists() and (secrets := _kept(lambda: load_secrets(config), faults)):
        faults += without_secret(config, secrets.look_ups)
        faults += gateway_secrets(config, secrets)
    return sorted(faults + check_dialplan(config))


def check_dialplan(config: Config) -> list[Fault]:
    """Every fault of the operator's files: number plan, prompts, menus and dialplan, sorted."""
    faults: list[Fault] = []
    plan = _kept(lambda: load_plan(config.dialplan), faults)
    prompts = _kept(lambda: load_catalogue(config.dialplan), faults)
    if prompts is not None:
        faults += _kept(lambda: list(unheard(config.dialplan)), faults) or []
    files = _read_extensions(config.dialplan / EXTENSIONS, faults)
    said = _prompts_written(config.dialplan) if prompts is None else {n: (p.zh, p.en) for n, p in prompts.items()}
    around = _surroundings(config, None if said is None else frozenset(said))
    dialplan = read_dialplan(files)
    faults += lint(files, around)
    faults += check_menus(config, plan, said, around, dialplan)
    faults += check_centre(config, plan, said)
    faults += check_recording(config)
    faults += check_campaigns(config, said)
    faults += check_messages(config)
    faults += _check_scorecards(config.dialplan)
    faults += check_alerts(config.dialplan, queues_of(config))
    if said is not None:
        faults += _missing_prompts(config.dialplan, said)
    if plan is not None:
        faults += _ambiguities(config.dialplan / PLAN_FILE, plan)
        for context in around.trunk_contexts:
            answered = _dialled(dialplan, context)
            faults += _differences(config.dialplan / PLAN_FILE, plan, context, answered)
    return sorted(faults)


def _check_scorecards(directory: Path) -> Iterator[Fault]:
    found, faults = read_scorecards(directory)
    yield from faults
    centre = read_centre(directory)[0]
    yield from unknown_names(found, frozenset(centre.queues), frozenset(centre.words.disposition))


def _kept(read: Callable[[], Value], faults: list[Fault]) -> Value | None:
    """What ``read`` gives; None if it found faults, which are kept."""
    try:
        return read()
    except FaultsFound as found:
        faults += found.faults
        return None


def _salvaged(path: Path | None) -> Config:
    """Of a faulty configuration its paths, if they can be read, so that the files they name are checked as well."""
    source = (path or Path("ccore.toml")).resolve()
    try:
        paths = Paths.model_validate(tomllib.loads(source.read_text(encoding="utf-8")).get("paths", {}))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
        paths = Paths()  # what is wrong with it has been told
    return Config(paths=paths, source=source)


def _surroundings(config: Config, prompts: frozenset[str] | None) -> Surroundings:
    return Surroundings(
        prompts=prompts,
        routes=frozenset(agi_scripts.ROUTES),
        trunks=frozenset(f"trunk-{name}" for name in config.trunks),
        results=agi_scripts.RESULTS,
        queues=queues_of(config),
    )


def _prompts_written(dialplan: Path) -> Prompts | None:
    """The names of prompts that are there, right or wrong, without sentences; None if a file cannot be read at all."""
    names: set[str] = set()
    for path in (dialplan / "prompts").glob("*.toml"):
        try:
            lines = tomlfile.line_index(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None
        names |= {str(location[0]) for location in lines if location}
    return dict.fromkeys(names, ())


def _read_extensions(directory: Path, faults: list[Fault]) -> dict[Path, str]:
    files: dict[Path, str] = {}
    for path in sorted(directory.glob("*.conf")):
        try:
            files[path] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(path, 0, "DP106", f"cannot be read, save it as UTF-8 text: {error}"))
    if not files:
        faults.append(Fault(directory, 0, "DP222", "holds no *.conf file: every caller would get 404"))
    return files


def _missing_prompts(dialplan: Path, prompts: Collection[str]) -> Iterator[Fault]:
    for name in [f"order-{outcome}" for outcome in (*Outcome, Keyed.NOT_CONFIRMED)] + [PROMPT_OF_FALLBACK]:
        if name not in prompts:
            message = f"[{name}] is in no file here: callers with this outcome would hear nothing"
            yield Fault(dialplan / "prompts", 0, "PROMPT", message)


def _ambiguities(file: Path, plan: NumberPlan) -> Iterator[Fault]:
    lines = _lines(file)
    for first, second in overlaps(plan):
        message = f"a caller who dials {second.pattern} may mean {first.pattern} of line {lines(first)}: change one"
        yield Fault(file, lines(second), "NP101", message)
    for shorter, longer in prefixes(plan):
        message = (
            f"{shorter.pattern} is the beginning of {longer.pattern} of line {lines(longer)}: "
            "a caller who dials digit by digit never gets to the longer one; change one"
        )
        yield Fault(file, lines(shorter), "NP102", message)


def _differences(file: Path, plan: NumberPlan, context: str, answered: Mapping[str, Step]) -> Iterator[Fault]:
    lines = _lines(file)
    planned = {_extension(entry): entry for entry in entries(plan)}
    for extension in planned.keys() - answered.keys():
        message = f"[{context}] does not answer it: callers get 404; add `exten => {extension},1,…` to {EXTENSIONS}/"
        yield Fault(file, lines(planned[extension]), "NP201", message)
    for extension in answered.keys() - planned.keys():
        message = f"{extension} is not in {PLAN_FILE}: no order, report or check knows it; add it there or remove it"
        yield answered[extension].fault("NP202", message)


def _dialled(dialplan: Dialplan, context: str) -> dict[str, Step]:
    """First steps of the numbers that a call arriving in ``context`` can dial; anything else is the lint's matter."""
    extensions = [own for name in reading_order(dialplan, context) for own in dialplan[name].extensions.items()]
    return {extension: steps[0] for extension, steps in extensions if re.match(f"{OWN_PATTERN}|[0-9]", extension)}


def _extension(entry: Entry) -> str:
    return OWN_PATTERN + entry.pattern if "X" in entry.pattern else entry.pattern


def _lines(file: Path) -> Callable[[Entry], int]:
    index = tomlfile.line_index(file.read_text(encoding="utf-8"))
    return lambda entry: tomlfile.line_of(index, entry.place)
