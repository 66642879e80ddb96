"""Structured logs, JSON or console, in which no subscriber's number stands whole."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

# A run of 7 to 20 digits that stands alone reads as a telephone number. Channel ids (node1-1763800000.12) and order
# codes under the keys below do not: they identify calls and products, not people.
_NUMBER = re.compile(r"(?<![\w.\-])\+?\d{7,20}(?![\w.\-]|\.\d)")
_PLAIN_KEYS = frozenset({"call_id", "dialled", "level", "timestamp", "logger", "size", "offset", "count"})


def mask_number(number: str) -> str:
    """A telephone number with its middle hidden: ``13812345678`` → ``138****5678``; short ones lose all but two."""
    digits = number.lstrip("+")
    if len(digits) < 8:
        return digits[:1] + "*" * max(len(digits) - 2, 1) + digits[-1:]
    return f"{number[: len(number) - 8]}****{number[-4:]}"


def mask_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor: hide every telephone number in every value, however deep."""
    return {key: value if key in _PLAIN_KEYS else _masked(value) for key, value in event.items()}


def configure(style: Literal["json", "console"], level: str) -> None:
    """Send all logs, structlog's and the libraries', to standard error in one style."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_numbers,
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def _masked(value: object) -> object:
    if isinstance(value, str):
        return _NUMBER.sub(lambda found: mask_number(found[0]), value)
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value
