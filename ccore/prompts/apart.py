"""The process that builds prompts for a ccore: takes one line of JSON that says which, answers one for each sound."""

import json
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, TextIO
from urllib.error import URLError

from ccore.config import Config
from ccore.prompts import chain
from ccore.prompts.build import Build, Wish, wishes
from ccore.prompts.catalogue import LANGUAGES
from ccore.prompts.engines import NO_ENGINE, EngineMissing, NotSpoken
from ccore.prompts.engines.chosen import chosen_engine
from ccore.speech import Prompts

_NICENESS = 10  # calls go first
_LONGEST_WHY = 300  # characters: some programs say a page when they fail


def main() -> None:
    """Build them; ends with NO_ENGINE if nothing is there that speaks, once people's own recordings are built."""
    os.nice(_NICENESS)
    answers = own_output()
    config = Config(prompts=Prompts.model_validate_json(sys.argv[1]), source=Path(sys.argv[2]))
    asked = json.loads(sys.stdin.readline())
    build = Build(Path(asked["directory"]), lambda: chosen_engine(config), lambda _: None)
    code = 0
    for wish in _wanted(config, build, asked["wanted"]):
        try:
            answer = _built(build, wish, wide=asked["wide"])
        except EngineMissing as error:
            answer, code = {"missing": str(error)[:_LONGEST_WHY]}, NO_ENGINE
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    sys.exit(code)


def own_output() -> TextIO:
    """Standard output, for answers alone: what engines and their programs print goes where errors go from now on."""
    kept = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return kept


def _wanted(config: Config, build: Build, wanted: Collection[list[str]]) -> list[Wish]:
    asked = {(language, name) for language, name in wanted}
    found = wishes(build.directory, config.prompts, LANGUAGES, {name for _, name in wanted})
    return [wish for wish in found if (wish.language, wish.name) in asked]


def _built(build: Build, wish: Wish, *, wide: bool) -> dict[str, Any]:
    """What came of one. Raises EngineMissing."""
    answer: dict[str, Any] = {"language": wish.language, "prompt": wish.name}
    try:
        return answer | {"built": build.one(wish, wide=wide).model_dump()}
    except (NotSpoken, ValueError) as error:
        return answer | {"reason": _reason(error), "why": str(error)[:_LONGEST_WHY]}


def _reason(error: Exception) -> str:
    """In a word why there is no sound."""
    cause = error.__cause__
    if not isinstance(error, NotSpoken):
        return "recording"
    if isinstance(cause, chain.NoSound):
        return "silent"
    if isinstance(cause, URLError) and isinstance(cause.reason, TimeoutError):
        return "late"
    return "late" if isinstance(cause, (subprocess.TimeoutExpired, TimeoutError)) else "engine"


if __name__ == "__main__":
    main()
