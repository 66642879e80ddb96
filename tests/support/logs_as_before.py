"""Logging as it was before a test that set it up, as commands do: later tests would write where that test wrote."""

import logging
import sys
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Nothing, if the test did not set logging up."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)
        _forget_kept_loggers()


def _forget_kept_loggers() -> None:
    """structlog's own word for it is ``cache_logger_on_first_use``: a kept logger asks no configuration any more."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in {"ccore", "agi_scripts"}:
            vars(getattr(module, "log", module)).pop("bind", None)
