"""The process that speaks for ``Speaker``: takes a line of JSON for each text, answers one with its sound."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from ccore.config import Config
from ccore.prompts.apart import own_output
from ccore.prompts.build import speak
from ccore.prompts.engines import NO_ENGINE, Engine, EngineMissing, NotSpoken, Phrase
from ccore.prompts.engines.chosen import chosen_engine
from ccore.prompts.spoken import normalised
from ccore.speech import Prompts

_NICENESS = 5  # calls go first


def main() -> None:
    """Speak until the other side is gone."""
    os.nice(_NICENESS)
    answers = own_output()
    config = Config(prompts=Prompts.model_validate_json(sys.argv[1]), source=Path(sys.argv[2]))
    try:
        engine = chosen_engine(config)
    except EngineMissing as error:
        sys.stderr.write(f"ccore: {error}\n")
        sys.exit(NO_ENGINE)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(engine, config.prompts, json.loads(line))) + "\n")
        answers.flush()


def _answer(engine: Engine, told: Prompts, asked: dict[str, Any]) -> dict[str, str]:
    language, text = asked["language"], asked["text"]
    voice = told.voice_zh if language == "zh" else told.voice_en
    try:
        sound = speak(engine, Phrase(language, normalised(language, text), voice, told.speed))
    except NotSpoken as error:  # told without its message: the text may name a caller
        return {"key": asked["key"], "failed": type(error.__cause__ or error).__name__}
    return {"key": asked["key"], "sound": sound.narrow.hex()}


if __name__ == "__main__":
    main()
