"""Runs ccore's commands in the test's own process: quicker than a process each, and nothing between is left out."""

from collections.abc import Awaitable, Callable

import pytest

from ccore.__main__ import _parser
from ccore.config import Config

Run = Callable[..., Awaitable[tuple[int, list[str]]]]


def running(settings: Config, capsys: pytest.CaptureFixture[str], *before: str) -> Run:
    """Runs commands with these ``settings``: the exit code, and the lines printed. ``before`` begin each of them."""

    async def run(*arguments: str) -> tuple[int, list[str]]:
        words = [*before, *arguments]
        options = _parser(words).parse_args(words)
        capsys.readouterr()
        code = await options.run(options, settings)
        lines = capsys.readouterr().out.splitlines()
        return code, [line for line in lines if "[info" not in line]  # the log is not configured here

    return run
