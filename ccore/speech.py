"""What the configuration says of speech: the tables ``[prompts]`` and ``[speech]``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.nodes import Section

Voice = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]


class Prompts(Section):
    """How the sentences of ``prompts/*.toml`` become sound, and the language of callers no hotline has given another.

    ``command`` is a program and its words, in which ``{text}``, ``{out}`` (a WAV file to write), ``{language}`` and
    ``{voice}`` are replaced. ``url`` takes POST of JSON (text, language, voice, speed) and answers a WAV file.
    """

    language: Literal["zh", "en"] = "zh"
    engine: Literal["kokoro", "espeak", "command", "http"] = "kokoro"
    voice_zh: Voice = "zf_xiaobei"
    voice_en: Voice = "af_heart"
    speed: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    models: Path | None = Field(default=None, description="Kokoro's files; none: of the extra `tts`, and fetched once")
    command: tuple[str, ...] = ()
    url: str = Field(default="", pattern=r"^$|^https?://")
    timeout_s: Annotated[float, Field(gt=0, le=600, description="for one text")] = 60.0
    at_run_time: bool = Field(default=True, description="texts nobody knew before are spoken too, where `tts` is there")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.engine == "command" and not any("{out}" in word for word in self.command):
            raise ValueError("command: names no {out}, the file it is to write")
        if self.engine == "http" and not self.url:
            raise ValueError("url is needed for the engine http")
        return self


class Speech(Section):
    """Whether callers may say what they want, in menus that have words for it.

    They are understood by Whisper, of the extra ``asr``, or by ``command``: a program and its arguments that does as
    ``ccore.hearing.ears`` says.
    """

    enabled: bool = False
    workers: Annotated[int, Field(ge=1, le=32, description="processes that listen; never more than processors")] = 1
    command: tuple[str, ...] = ()
