"""The command line: run, demo, check, migrate, call, replay, statistics, status, stop."""

import argparse
import asyncio
import json
import resource
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

import aiohttp
import structlog
import uvloop

from ccore import __version__, config, local, log, selftest, status
from ccore.cdr import report
from ccore.cdr.service import CallRecords
from ccore.check import check
from ccore.commands import (
    Command,
    Register,
    agents,
    announce,
    audit,
    callbacks,
    customers,
    donotcall,
    echelons,
    explain,
    graph,
    history,
    numbers,
    paths,
    people,
    phones,
    prompts,
    publish,
    quality,
    queues,
    recordings,
    rollback,
    schema,
    survey,
    times,
    voicemail,
    volume,
    walk,
)
from ccore.config import Config
from ccore.daemon import Daemon
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.errors import CcoreError, FaultsFound
from ccore.log import mask_number
from ccore.numbers.service import replay
from ccore.pbx.caller import Call, place_call
from ccore.signals import Signals
from ccore.simulator import provider

DEFAULT_FILE = Path("ccore.toml")
STATUS_LIMIT_S = 5.0
REGISTERS: tuple[Register, ...] = (  # of ccore/commands, in the order `ccore --help` shows them
    publish.register,
    rollback.register,
    history.register,
    schema.register,
    paths.register,
    numbers.register,
    volume.register,
    echelons.register,
    walk.register,
    graph.register,
    explain.register,
    customers.register,
    announce.register,
    voicemail.register,
    recordings.register,
    quality.register,
    callbacks.register,
    donotcall.register,
    queues.register,
    survey.register,
    people.register,
    agents.register,
    phones.register,
    audit.register,
    prompts.register,
)
Ready = Callable[[Daemon], Coroutine[None, None, None]]  # awaited once calls are taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 if all went well, 1 if not, 2 for a command line that makes no sense."""
    options = _parser().parse_args(arguments)
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
    if options.command == "check":
        return _check(file)
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
        return local.make_var(settings) / "publish.log"
    return local.make_var(settings) / "ccore.log" if _is_demo(options) else None


def _is_demo(options: argparse.Namespace) -> bool:
    return options.command == "demo" or bool(vars(options).get("demo"))


def _parser() -> argparse.ArgumentParser:
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

    run = add("run", _serve, "run ccore, with its own PostgreSQL and Asterisk where the configuration names none")
    run.add_argument("--demo", action="store_true", help="put demo products in, place the self-test call, stay up")
    demo = add("demo", _demo, "run everything, place the self-test call, stop; exit code 0 only if all of it held")
    demo.add_argument("--json", action="store_true", help="print what happened as JSON")
    add("check", None, "print every fault of configuration, number plan and dialplan")
    add("migrate", _migrate, "bring the database's schema up to this version")
    call = add("call", _call, "place a real SIP call to a node and say what the caller saw")
    call.add_argument("number", metavar="NUMBER")
    call.add_argument("--from", dest="caller", metavar="NUMBER", default="13800138000")
    call.add_argument("--node", help="which node (default: the first)")
    replay = add(
        "replay", _replay, "fold all call records again from the channel events, count them again, and compare"
    )
    either = replay.add_mutually_exclusive_group()
    either.add_argument("--check", action="store_true", help="change nothing; exit code 1 if any differ (the default)")
    either.add_argument("--write", action="store_true", help="write the records and statistics that differ")
    counted = add(
        "statistics", _statistics, "print how many calls came and what became of them, in the site's time zone"
    )
    times.add_period(counted)
    counted.add_argument("--by", choices=report.GROUPS, default="time", help="what the lines are by (default: time)")
    counted.add_argument("--json", action="store_true", help="print every line as JSON")
    asks = add("status", _status, "ask the running ccore how it is; exit code 0 only if it is ready for calls")
    asks.add_argument("--json", action="store_true", help="print the answer as JSON")
    for register in REGISTERS:
        register(add)
    add("stop", _stop, "stop the ccore that runs here, and what an earlier one that was killed left running")
    return parser


def _check(file: Path | None) -> int:
    faults = check(file)
    for fault in faults:
        print(fault)
    print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''}" if faults else "no faults", file=sys.stderr)
    return 1 if faults else 0


async def _serve(options: argparse.Namespace, settings: Config) -> int:
    say = local.teller()

    async def ready(daemon: Daemon) -> None:
        if options.demo:
            report = await selftest.run(settings, daemon, say)
            held = "the self-test held" if report.held else "THE SELF-TEST DID NOT HOLD: see the lines above"
            say(f"{held}; ccore is up, Ctrl-C stops it")

    return await _site(options, settings, say, ready)


async def _demo(options: argparse.Namespace, settings: Config) -> int:
    say = local.teller(sys.stderr if options.json else None)
    report = selftest.Report(())

    async def ready(daemon: Daemon) -> None:
        nonlocal report
        report = await selftest.run(settings, daemon, say)
        daemon.stop()

    code = await _site(options, settings, say, ready)
    if options.json:
        print(json.dumps(report.as_data(), ensure_ascii=False, indent=2))
    return code or (0 if report.held else 1)


async def _site(options: argparse.Namespace, settings: Config, say: local.Say, ready: Ready) -> int:
    """Run everything until it is told to stop: 0 if calls were finished first, else what a shell says of the signal."""
    signals = Signals()
    _allow_open_files()
    if file := _log_file(options, settings):
        say(f"the log is {file}")
    try:
        with local.only_one(settings):
            async with local.stack(settings, say) as stack, _simulated(options, settings, say):
                daemon = Daemon(stack.config, stack.secrets, stack.dsn, stack.nodes)
                signals.drain = daemon.stop
                await daemon.run(lambda: ready(daemon))
    except asyncio.CancelledError:
        assert signals.last is not None
        return 128 + signals.last
    return 0


@asynccontextmanager
async def _simulated(options: argparse.Namespace, settings: Config, say: local.Say) -> AsyncIterator[None]:
    """The systems that the shipped look-ups ask, for a demo: a site has its own."""
    async with AsyncExitStack() as stops:
        if _is_demo(options):
            try:
                await stops.enter_async_context(provider.running(provider.PORT, lambda: datetime.now(settings.zone)))
                say(f"simulated systems for look-ups: http://127.0.0.1:{provider.PORT}")
            except OSError:
                say(f"port {provider.PORT} is taken: look-ups ask whoever has it")
        yield


def _allow_open_files() -> None:
    """As many as the machine's admin allows: a shell's own 1,024 are fewer than the calls that may be in session."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _migrate(_options: argparse.Namespace, settings: Config) -> int:
    async with local.database(settings) as dsn:
        applied = await migrate(dsn)
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    return 0


async def _call(options: argparse.Namespace, settings: Config) -> int:
    name = options.node or next(iter(settings.nodes))
    if name not in settings.nodes:
        print(f"ccore: there is no node {name!r}: the configuration has {', '.join(settings.nodes)}", file=sys.stderr)
        return 2
    node = settings.nodes[name]
    try:
        call = await place_call(str(node.host), node.sip_port, options.number, options.caller)
    except ValueError as error:
        print(f"ccore: {error}", file=sys.stderr)
        return 2
    print("\n".join(_call_lines(call)))
    if not call.code:
        print(f"ccore: nothing answers at {node.host}:{node.sip_port}: is Asterisk up?", file=sys.stderr)
    return 0 if call.answered else 1


def _call_lines(call: Call) -> list[str]:
    seen = {
        f"dialled {call.callee} from {mask_number(call.caller)}": 0.0,
        "ringing": call.rang_ms,
        "answered": call.answered_ms,
        f"{'the caller' if call.ended_by == 'caller' else 'Asterisk'} hung up": call.ended_ms,
    }
    lines = [f"{at_ms / 1000:8.3f} s  {what}" for what, at_ms in seen.items() if at_ms is not None]
    return lines if call.answered or not call.code else [*lines, f"refused with SIP {call.code}"]


async def _replay(options: argparse.Namespace, settings: Config) -> int:
    async with local.database(settings) as dsn, Database.opened(dsn, settings.database) as database:
        calls = await _of(database, settings).replay(write=options.write)
        queues = await replay(database, write=options.write)
    print(calls)
    print(queues)
    return 0 if (calls.same and queues.same) or options.write else 1


async def _statistics(options: argparse.Namespace, settings: Config) -> int:
    if (period := times.period(options, settings)) is None:
        return 2
    async with _records(settings) as records:
        statistics = await records.statistics(*period)
    if options.json:
        print(json.dumps(report.as_data(statistics), ensure_ascii=False, indent=2))
    else:
        print(report.table(statistics, options.by, settings.zone))
    return 0


@asynccontextmanager
async def _records(settings: Config) -> AsyncIterator[CallRecords]:
    async with local.database(settings) as dsn, Database.opened(dsn, settings.database) as database:
        yield _of(database, settings)


def _of(database: Database, settings: Config) -> CallRecords:
    return CallRecords(database, {name: settings.log_dir(name) for name in settings.nodes})


async def _status(options: argparse.Namespace, settings: Config) -> int:
    url = f"http://{settings.http.host}:{settings.http.port}/health"
    limit = aiohttp.ClientTimeout(total=STATUS_LIMIT_S)
    try:
        async with aiohttp.ClientSession(timeout=limit, raise_for_status=True) as session, session.get(url) as answer:
            state = await answer.json()
            lines = status.lines(state)
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:  # or it is somebody else
        print(f"ccore: no ccore answers at {url}: {error or type(error).__name__}", file=sys.stderr)
        return 1
    print(json.dumps(state, ensure_ascii=False, indent=2) if options.json else "\n".join(lines))
    return 0 if state["ready"] else 1


async def _stop(_options: argparse.Namespace, settings: Config) -> int:
    await local.stop_parts(settings, local.teller())
    return 0


if __name__ == "__main__":
    sys.exit(main())
