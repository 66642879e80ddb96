"""The session a route is given: one call, and the commands to Asterisk about it."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from urllib.parse import unquote

from ccore.agi.connection import Connection, Ending
from ccore.agi.dialogue import Answer, CommandRefused, Hangup, command_line
from ccore.agi.headers import Request

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\([A-Za-z0-9_:,.-]*\))?")
_LISTED = re.compile(r"[A-Za-z0-9 *#+&/:;._-]*")
_END = "."  # stands behind the value read; where it is missing, the value is cut or was never encoded
_BETWEEN = "&"  # which encoding leaves in no value


class Agi:
    """One call that asks ccore what to do. It stands in place of panoramisk's ``fast_agi.Request``.

    Every command raises Hangup once the socket is closed, and CommandRefused if Asterisk does not carry it out.
    A caller who has hung up (``hungup``) may leave the socket open: then variables can still be set and read.
    """

    __slots__ = ("_connection", "request")

    def __init__(self, request: Request, connection: Connection) -> None:
        self.request = request
        self._connection = connection

    @property
    def hungup(self) -> bool:
        """Whether Asterisk has said that the caller is gone."""
        return self._connection.hungup

    async def command(self, verb: str, *arguments: str) -> Answer:
        """Send ``verb`` (an AGI command as Asterisk spells it) with ``arguments``, quoted here; give its answer.

        ``result`` "-1" comes back as an answer where the caller is still there: a missing sound file gives it too.
        Raises ValueError for an argument that holds a control character, or a line over 8,191 bytes.
        A command whose wait is cancelled ends the session: its answer would be taken for the next one's.
        """
        try:
            answer = await self._connection.ask(command_line(verb, *arguments))
        except asyncio.CancelledError:
            self._connection.cut(Ending.BROKEN)
            raise
        if answer.code == 200 and answer.result != "-1":
            return answer
        if answer.code == 511 or (answer.result == "-1" and self.hungup):
            raise Hangup(f"the caller hung up before or during {verb}")
        if answer.code != 200:
            raise CommandRefused(f"Asterisk refused the AGI command {verb}: {answer.code} {answer.rest}")
        return answer

    def set_variable(self, name: str, value: str) -> Awaitable[Answer]:
        """Set a channel variable, or a function such as ``CALLERID(name)``; ``value`` is not expanded."""
        return self.command("SET VARIABLE", _checked(name), value)

    def set_variables(self, values: Mapping[str, str]) -> Awaitable[Answer]:
        """Set several channel variables, all or none, by one command. Raises ValueError for what would end a value."""
        for value in values.values():
            if not _LISTED.fullmatch(value):
                raise ValueError(f"{value!r} cannot stand in a list of values")
        return self.set_variable(f"ARRAY({','.join(values)})", ",".join(values.values()))

    async def get_variable(self, name: str) -> str:
        """The value of a channel variable or function, "" where it is not set; at most some 1,300 bytes long.

        Asterisk encodes it first: a caller's word with a line feed in it would otherwise answer the next command.
        Raises CommandRefused if the value is too long, or Asterisk has not loaded func_uri.
        """
        (value,) = await self.get_variables(name)
        return value

    async def get_variables(self, *names: str) -> list[str]:
        """As ``get_variable``, several by one command; the length is that of all together."""
        asked = _BETWEEN.join(f"${{URIENCODE(${{{_checked(name)}}}{_END})}}" for name in names)
        values = ((await self.command("GET FULL VARIABLE", asked)).data or "").split(_BETWEEN)
        if len(values) != len(names) or not all(value.endswith(_END) for value in values):
            message = "too long, or Asterisk's module func_uri is not loaded"
            raise CommandRefused(f"{', '.join(names)} came cut: {message}")
        return [unquote(value.removesuffix(_END), errors="replace") for value in values]


Route = Callable[[Agi], Awaitable[None]]


@lru_cache
def _checked(name: str) -> str:
    """A name Asterisk expands must not hold an expression of somebody else's."""
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a channel variable")
    return name
