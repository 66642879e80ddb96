"""The command line: which command is meant, and what is said when it fails."""

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvloop

from ccore import __version__, config, log
from ccore.commands import DEMO_LOG, NAMES, Command, register
from ccore.config import Config
from ccore.errors import CcoreError, FaultsFound

DEFAULT_FILE = Path("ccore.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 if all went well, 1 if not, 2 for a command line that makes no sense."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser(words).parse_args(words)
    code = 1
    try:
        code = _command(options)
    except* CcoreError as group:
        for error in _each(group):
            print(error if isinstance(error, FaultsFound) else f"ccore: {error}", file=sys.stderr)
    except* KeyboardInterrupt:
        code = 130
    except* Exception as group:  # noqa: BLE001 - a fault of ccore's own: told in the log, where numbers are masked
        structlog.get_logger().critical("ccore_failed", exc_info=group)
        print("ccore: failed by a fault of its own; the log says where", file=sys.stderr)
    return code


def _command(options: argparse.Namespace) -> int:
    file: Path | None = options.config or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    if options.command == "check":  # it says what is wrong with a configuration: it reads it itself
        unread: int = options.unread(options, file)
        return unread
    settings = config.load(file)
    log.configure(settings.log.style, settings.log.level, _log_file(options, settings))
    command: Command = options.run
    return uvloop.run(command(options, settings))


def _each(group: BaseExceptionGroup[CcoreError]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _each(error)
        else:
            yield error


def _log_file(options: argparse.Namespace, settings: Config) -> Path | None:
    """Where the lines of a command shall not drown in the log it goes to a file instead."""
    if options.command in {"publish", "rollback"}:
        name = "publish.log"
    elif options.command == "demo" or vars(options).get("demo"):
        name = DEMO_LOG
    else:
        return None
    from ccore.local import make_var  # noqa: PLC0415 - these commands have loaded it, others shall not wait for it

    return make_var(settings) / name


def _parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Knows the command that ``words`` name; all of them, where they name none."""
    parser = argparse.ArgumentParser(prog="ccore", description="The call-centre core beside Asterisk.")
    parser.add_argument("--version", action="version", version=f"ccore {__version__}")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration (default: ./ccore.toml, if there is one)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command | None, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    with _nothing_collected():
        for name in _named(words):
            register(name, add)
    return parser


def _named(words: Sequence[str]) -> Sequence[str]:
    before = argparse.ArgumentParser(add_help=False)
    before.add_argument("--config", nargs="?")
    _, rest = before.parse_known_args(words)
    return rest[:1] if rest and rest[0] in NAMES else NAMES


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What modules make as they are loaded stays: looking for garbage in it is a sixth of the loading time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


if __name__ == "__main__":
    sys.exit(main())
