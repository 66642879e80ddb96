"""A running Asterisk: our own child, or one that an earlier ccore left running."""

import asyncio
import contextlib
import os
import select
import signal
from pathlib import Path
from typing import Self


class AsteriskProcess:
    """Holds one process by a descriptor of it, which can never come to mean another process with the same number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    @classmethod
    def found_in(cls, directory: Path) -> Self | None:
        """The Asterisk that runs in the node directory ``directory``, or None."""
        try:
            process = cls(int((directory / "run/asterisk.pid").read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or no such process
            return None
        if process._runs_in(directory):
            return process
        process.close()
        return None

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet; a stopped (SIGSTOP) one is alive."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        if not poll.poll(0):
            return True
        with contextlib.suppress(ChildProcessError):  # an earlier ccore's child: not ours to bury
            os.waitid(os.P_PIDFD, self._handle, os.WEXITED | os.WNOHANG)
        return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal, to this process or to nobody."""
        if self.alive:
            signal.pidfd_send_signal(self._handle, number)

    async def ended(self) -> None:
        """Wait until it has ended."""
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        watched = os.dup(self._handle)  # a descriptor can be watched once only, and several may wait
        loop.add_reader(watched, event.set)
        try:
            await event.wait()
        finally:
            loop.remove_reader(watched)
            os.close(watched)
        assert not self.alive

    def close(self) -> None:
        """Let go of it; it runs on if it is running."""
        os.close(self._handle)

    def _runs_in(self, directory: Path) -> bool:
        """Whether its /srv/ccore is ``directory``: a number alone may have gone to a stranger since."""
        try:
            return os.path.samefile(f"/proc/{self.pid}/root/srv/ccore", directory)
        except OSError:
            return False
