"""Asterisk's command line, asked through its control socket: what ``asterisk -rx`` does, without a process."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from ccore.errors import Unavailable

ANSWER_WITHIN_S = 30.0
_LONGEST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Greeting:
    """What Asterisk says of itself before it takes a command."""

    pid: int
    version: str


async def ask(run_directory: Path, command: str, timeout_s: float = ANSWER_WITHIN_S) -> tuple[Greeting, str]:
    """Have the Asterisk whose control socket is in ``run_directory`` do ``command``: its greeting and its answer.

    Raises Unavailable if none listens there, or its answer takes longer than ``timeout_s``.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(run_directory, command)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
        raise Unavailable(f"Asterisk does not answer {command!r} in {run_directory}: {error!r}") from error


async def _ask(run_directory: Path, command: str) -> tuple[Greeting, str]:
    reader, writer = await _connect(run_directory)
    try:
        greeting = (await reader.readuntil(b"\n")).decode().strip().split("/")  # host/pid/version
        writer.write(b"cli quit after " + command.encode() + b"\0")
        answer = await reader.read()
        return Greeting(int(greeting[1]), greeting[2]), answer.decode(errors="replace")
    finally:
        writer.close()


async def _connect(run_directory: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    # By way of a descriptor: the path of a socket is limited to 107 bytes, that of a directory is not.
    handle = os.open(run_directory, os.O_PATH)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{handle}/asterisk.ctl", limit=_LONGEST_ANSWER)
    finally:
        os.close(handle)
