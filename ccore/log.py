"""Structured logs, JSON or console, in which no subscriber's number stands whole."""

import logging
import logging.handlers
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

Style = Literal["auto", "json", "console"]

FILE_LIMIT_BYTES = 10 << 20  # a longer log file becomes its .1, as PostgreSQL's beside it does

# Seven digits or more are taken for a telephone number wherever they stand: between Chinese characters, in a traceback,
# glued to a word. The first branches are what looks like one and is none; a part of a name ccore or Asterisk made up.
_DIGITS = re.compile(
    r"""
    (?P<kept>
        (?<![0-9A-Za-z])[12]\d{9}\.\d+(?!\d)                               # id of a channel: node1-1763800000.12
      | (?<=[A-Za-z]-)0\d{7}(?![0-9A-Za-z])                                # its name: PJSIP/trunk-local-00000012
      | (?<!\d)1\d{18}-\d+                                                 # file of the spool: nanoseconds, process
      | (?<![0-9A-Za-z])(?=\d*[a-f])[0-9a-f]{16,}(?![0-9A-Za-z])           # random hexadecimal
    )
    | \+?\d{7,}
    """,
    re.VERBOSE,
)
LONGEST_NUMBER = 15  # digits, by E.164
SMALLEST_NUMBER = 10**9  # an integer below is a count or a size: telephone numbers with their area code are longer

# Keys that hold no telephone number, whatever it looks like: they say which call, product, order, place or moment.
_PLAIN_KEYS = frozenset(
    {"call_id", "dialled", "level", "timestamp", "logger", "version", "pid", "size", "offset", "position", "count"}
    | {"hotline", "order_id", "attempt_id", "message_id", "product_id", "claim_id", "employee_id"}
)
_PLAIN_UNITS = ("_fen", "_at", "_ns", "_ms", "_s", "_bytes")


def mask_number(number: str) -> str:
    """A telephone number with its middle hidden: ``13812345678`` → ``138****5678``; short ones lose all but two."""
    digits = number.lstrip("+")
    if len(digits) < 8:
        return digits[:1] + "*" * max(len(digits) - 2, 1) + digits[-1:]
    if len(digits) > LONGEST_NUMBER:  # whatever it is, a whole number may be in it
        return f"{number[:3]}****{number[-4:]}"
    return f"{number[: len(number) - 8]}****{number[-4:]}"


def mask_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor: hide every telephone number in every value, however deep."""
    return {key: _masked_under(key, value) for key, value in event.items()}


def configure(style: Style, level: str, file: Path | None = None) -> None:
    """Send all logs, structlog's, the libraries' and Python's warnings, to ``file`` or else to standard error.

    ``auto`` is ``console`` on a terminal and ``json`` elsewhere.
    """
    on_terminal = file is None and sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _handler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                mask_numbers,  # after all that adds text, before all that only writes it down
                _renderer("console" if style == "auto" and on_terminal else style, on_terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)


def _renderer(style: Style, colors: bool) -> Any:
    if style == "console":
        # Plain: the pretty tracebacks are made after the masking, and show the values of variables.
        return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _handler(file: Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    return logging.handlers.RotatingFileHandler(file, maxBytes=FILE_LIMIT_BYTES, backupCount=1, encoding="utf-8")


def _masked_under(key: object, value: object) -> object:
    return value if key in _PLAIN_KEYS or str(key).endswith(_PLAIN_UNITS) else _masked(value)


def _masked(value: object) -> object:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < SMALLEST_NUMBER else mask_number(str(value))
    if isinstance(value, Mapping):
        return {_text(key): _masked_under(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    return _text(value)  # what else there is would be written as its text: an exception, a path, a row


def _text(value: object) -> str:
    return _DIGITS.sub(lambda found: found[0] if found["kept"] else mask_number(found[0]), str(value))
