"""The command line: run, demo, check, migrate, call, replay, status, stop."""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import aiohttp
import uvloop

from ccore import __version__, config, local, log, selftest
from ccore.cdr.service import CallRecords
from ccore.check import check
from ccore.config import Config
from ccore.daemon import Daemon, on_signals
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.pbx.caller import place_call

DEFAULT_FILE = Path("ccore.toml")
Command = Callable[[argparse.Namespace, Config], Coroutine[None, None, int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 if all went well, 1 if not, 2 for a command line that makes no sense."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "check":
            return _check(options.config)
        settings = config.load(options.config or (DEFAULT_FILE if DEFAULT_FILE.exists() else None))
        log.configure(settings.log.style, settings.log.level)
        command: Command = options.run
        return uvloop.run(command(options, settings))
    except CcoreError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ccore", description=__doc__)
    parser.add_argument("--version", action="version", version=f"ccore {__version__}")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration (default: ./ccore.toml, if there is one)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command | None, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    run = add("run", _serve, "run ccore, with its own PostgreSQL and Asterisk where the configuration names none")
    run.add_argument("--demo", action="store_true", help="put demo products in and place the self-test call")
    demo = add("demo", _demo, "run everything, place the self-test call, stop; exit code 0 only if all of it held")
    demo.add_argument("--json", action="store_true", help="print what happened as JSON")
    add("check", None, "print every fault of configuration, number plan and dialplan")
    add("migrate", _migrate, "bring the database's schema up to this version")
    call = add("call", _call, "place a real SIP call to a node and say what the caller saw")
    call.add_argument("number", metavar="NUMBER")
    call.add_argument("--from", dest="caller", metavar="NUMBER", default="13800138000")
    call.add_argument("--node", help="which node (default: the first)")
    replay = add("replay", _replay, "fold all call records again from the channel events and compare")
    replay.add_argument("--write", action="store_true", help="write the records that differ")
    status = add("status", _status, "ask the running ccore how it is")
    status.add_argument("--json", action="store_true", help="print the answer as JSON")
    add("stop", _stop, "stop the PostgreSQL and Asterisk that an earlier ccore left running")
    return parser


def _check(file: Path | None) -> int:
    faults = check(file or (DEFAULT_FILE if DEFAULT_FILE.exists() else None))
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults" if faults else "no faults", file=sys.stderr)
    return 1 if faults else 0


async def _serve(options: argparse.Namespace, settings: Config) -> int:
    with local.only_one(settings):
        return await _stay_up(settings, options.demo)


async def _stay_up(settings: Config, demo: bool) -> int:
    say = local.teller() if demo or local.starts_parts(settings) else local.silent
    async with local.stack(settings, say) as stack:
        daemon = Daemon(settings, stack.secrets, stack.dsn)
        main_task = asyncio.current_task()
        assert main_task is not None
        on_signals(daemon, main_task)

        async def ready() -> None:
            if demo:
                report = await selftest.run(settings, daemon.database, say)
                say("ready: Ctrl-C stops it" if report.held else "the self-test did not hold: see the lines above")

        with contextlib.suppress(asyncio.CancelledError):  # the second signal: stop at once
            await daemon.run(ready)
            return 0
    return 1


async def _demo(options: argparse.Namespace, settings: Config) -> int:
    say = local.silent if options.json else local.teller()
    report = selftest.Report(())
    with local.only_one(settings):
        async with local.stack(settings, say) as stack:
            daemon = Daemon(settings, stack.secrets, stack.dsn)

            async def ready() -> None:
                nonlocal report
                report = await selftest.run(settings, daemon.database, say)
                daemon.stop()

            await daemon.run(ready)
    if options.json:
        print(json.dumps(report.as_data(), ensure_ascii=False, indent=2))
    return 0 if report.held else 1


async def _migrate(_options: argparse.Namespace, settings: Config) -> int:
    async with local.database(settings) as dsn:
        applied = await migrate(dsn)
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    return 0


async def _call(options: argparse.Namespace, settings: Config) -> int:
    name = options.node or next(iter(settings.nodes))
    if name not in settings.nodes:
        print(f"there is no node {name!r}: the configuration has {', '.join(settings.nodes)}", file=sys.stderr)
        return 2
    node = settings.nodes[name]
    try:
        call = await place_call(str(node.host), node.sip_port, options.number, options.caller)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for message in call.messages:
        print(f"{message.at_s:8.3f} s {'>' if message.sent else '<'} {message.line}")
    if not call.messages:
        print(f"nothing was sent: is Asterisk up at {node.host}:{node.sip_port}?", file=sys.stderr)
    return 0 if call.answered else 1


async def _replay(options: argparse.Namespace, settings: Config) -> int:
    async with local.database(settings) as dsn:
        database = Database(dsn, settings.database)
        await database.open()
        try:
            records = CallRecords(database, {name: settings.log_dir(name) for name in settings.nodes})
            result = await records.replay(write=options.write)
        finally:
            await database.close()
    print(result)
    return 0 if result.same or options.write else 1


async def _status(options: argparse.Namespace, settings: Config) -> int:
    url = f"http://{settings.http.host}:{settings.http.port}/health"
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session, session.get(url) as answer:
            state = await answer.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        print(f"no ccore answers at {url}: {error or type(error).__name__}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(state, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_status_lines(state)))
    return 0 if state["ready"] else 1


def _status_lines(state: dict[str, object]) -> list[str]:
    parts = state["parts"]
    assert isinstance(parts, dict)
    lines = ["ready" if state["ready"] else "NOT READY"]
    return lines + [
        f"  {name:14} {'  '.join(f'{key}={value}' for key, value in part.items())}" for name, part in parts.items()
    ]


async def _stop(_options: argparse.Namespace, settings: Config) -> int:
    await local.stop_parts(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
