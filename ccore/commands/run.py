"""``ccore run`` and ``ccore demo``: everything of the site, until it is told to stop or the self-test is done."""

import argparse
import asyncio
import gc
import json
import resource
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from ccore import local, selftest
from ccore.commands import DEMO_LOG, Add
from ccore.config import Config
from ccore.daemon import Daemon
from ccore.signals import Signals
from ccore.simulator import provider

Ready = Callable[[Daemon], Coroutine[None, None, None]]  # awaited once calls are taken


def register(add: Add) -> None:
    """Add the command."""
    command = add("run", _run, "run ccore, with its own PostgreSQL and Asterisk where the configuration names none")
    command.add_argument("--demo", action="store_true", help="put demo products in, place the self-test call, stay up")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    say = local.teller()

    async def ready(daemon: Daemon) -> None:
        if options.demo:
            report = await selftest.run(settings, daemon, say)
            held = "the self-test held" if report.held else "THE SELF-TEST DID NOT HOLD: see the lines above"
            say(f"{held}; ccore is up, Ctrl-C stops it")

    return await _site(settings, say, ready, demo=options.demo)


async def demo(options: argparse.Namespace, settings: Config) -> int:
    """Run everything, place the self-test call, stop."""
    say = local.teller(sys.stderr if options.json else None)
    report = selftest.Report(())

    async def ready(daemon: Daemon) -> None:
        nonlocal report
        report = await selftest.run(settings, daemon, say)
        daemon.stop()

    code = await _site(settings, say, ready, demo=True)
    if options.json:
        print(json.dumps(report.as_data(), ensure_ascii=False, indent=2))
    return code or (0 if report.held else 1)


async def _site(settings: Config, say: local.Say, ready: Ready, *, demo: bool) -> int:
    """Run everything until it is told to stop: 0 if calls were finished first, else what a shell says of the signal."""
    signals = Signals()
    _allow_open_files()
    if demo:
        say(f"the log is {local.make_var(settings) / DEMO_LOG}")
    try:
        with local.only_one(settings):
            async with local.stack(settings, say) as stack, _simulated(settings, say, demo=demo):
                daemon = Daemon(stack.config, stack.secrets, stack.dsn, stack.nodes, stack.sendsms)
                gc.freeze()  # it stays: to look for garbage in all that was loaded takes a tenth of a second each time
                signals.drain = daemon.stop
                await daemon.run(lambda: ready(daemon))
    except asyncio.CancelledError:
        assert signals.last is not None
        return 128 + signals.last
    return 0


@asynccontextmanager
async def _simulated(settings: Config, say: local.Say, *, demo: bool) -> AsyncIterator[None]:
    """The systems that the shipped look-ups ask, for a demo: a site has its own."""
    async with AsyncExitStack() as stops:
        if demo:
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
