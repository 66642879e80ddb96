"""Asks the directory (LDAP, Active Directory) whether a password is somebody's, and who they are there."""

import asyncio
import contextlib
import re
import ssl
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from ccore.breaker import Breaker, Circuit, asking, failed
from ccore.config import Config, Secrets
from ccore.directory import Ldap
from ccore.errors import CcoreError
from ccore.people.model import Role

if TYPE_CHECKING:
    from ldap3 import Connection

log = structlog.get_logger()

AT_ONCE = 8  # people who are asked about; a directory that hangs holds no other threads than these
PATIENCE = 2.0  # how often ``timeout_s`` a sign-in waits for all that the directory is asked
BREAKER = Breaker(failures=3, open_s=10.0)
LONGEST_NAME = 100
# LDAP takes spaces at the end, and letters of full width, for the same; each would have its own count of tries.
_LOGIN = re.compile("[a-z0-9][a-z0-9._-]{1,39}")
_TLS_PORT, _PORT = 636, 389
# Results of LDAP (RFC 4511) by which it does its work; by any other it cannot, or not now.
_DONE, _NO_SUCH_OBJECT, _TOO_MANY = 0, 32, 4
_AWAY = frozenset({1, 2, 3, 7, 8, 11, 13, 51, 52, 80})


class DirectoryAway(CcoreError):
    """The directory of [ldap] does not answer, or not as it should."""


class DirectoryNotInstalled(CcoreError):
    """What [ldap] needs is not installed: install ccore with the extra `ldap`."""


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody of the directory. ``role`` None: no group of theirs has one.

    ``agent`` and ``employee`` None: the directory is not asked for them; "": they have none.
    """

    login: str
    name: str
    role: Role | None
    agent: str | None
    employee: str | None


class Directory:
    """The directory of ``settings``, which have a URL; ``password`` is that of ``bind_dn``, ``root`` where files begin.

    The library is blocking: it works in threads of its own, and whoever waits gives up by the clock.
    Raises DirectoryNotInstalled.
    """

    def __init__(self, settings: Ldap, password: str, root: Path = Path()) -> None:
        self._settings, self._password = settings, password
        self._ca = None if settings.ca_file is None else str(root / settings.ca_file)
        self._threads = ThreadPoolExecutor(AT_ONCE, "directory")
        self._circuit = Circuit()
        self._reason = ""
        _library()

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self._reason:
            yield f"nobody can sign in by {self._settings.url}, which does not answer: {self._reason}"

    async def ask(self, login: str, password: str) -> Found | None:
        """Who ``login`` is, if that is their password. Raises DirectoryAway."""
        # RFC 4513: a bind without a password succeeds, and proves nothing.
        return await self._asking(login, password) if _LOGIN.fullmatch(login) and password else None

    async def look(self, login: str) -> Found | None:
        """Who ``login`` is, whatever their password. Raises DirectoryAway."""
        return await self._asking(login, None)

    async def _asking(self, login: str, password: str | None) -> Found | None:
        limit_s = self._settings.timeout_s * PATIENCE
        circuit = asking(self._circuit, BREAKER, time.monotonic(), limit_s)
        if circuit is None:
            raise DirectoryAway(self._reason)
        self._circuit = circuit
        try:
            async with asyncio.timeout(limit_s):
                found = await asyncio.get_running_loop().run_in_executor(
                    self._threads, partial(self._asked, login, password)
                )
        except (DirectoryAway, TimeoutError) as error:
            self._note(str(error) or f"no answer within {limit_s:.0f} s")
            raise DirectoryAway(self._reason) from error
        self._circuit, self._reason = Circuit(), ""
        return found

    def _note(self, reason: str) -> None:
        if not self._reason:
            log.error("directory_away", url=self._settings.url, reason=reason)
        self._reason = reason
        self._circuit = failed(self._circuit, BREAKER, time.monotonic())

    def _asked(self, login: str, password: str | None) -> Found | None:
        """In a thread."""
        wrong = (_library().core.exceptions.LDAPException, OSError, ValueError)  # ValueError: what came is no LDAP
        try:
            connection = self._connection()
            try:
                self._begin(connection)
                return self._found(connection, login, password)
            finally:
                with contextlib.suppress(*wrong):
                    connection.unbind()
                if connection.socket is not None:  # the library forgets one that did not come to be used
                    connection.socket.close()
        except wrong as error:
            raise DirectoryAway(_in_a_line(error)) from error

    def _connection(self) -> "Connection":
        ldap3, at = _library(), urlsplit(self._settings.url or "")
        host, secure = at.hostname or "", at.scheme == "ldaps"
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED)
        tls.wrap_socket = partial(_secure, ssl.create_default_context(cafile=self._ca), host)
        port = at.port or (_TLS_PORT if secure else _PORT)
        patience = self._settings.timeout_s
        server = ldap3.Server(host, port, use_ssl=secure, tls=tls, get_info=ldap3.NONE, connect_timeout=patience)
        return ldap3.Connection(
            server,
            user=self._settings.bind_dn or None,
            password=self._password or None,
            receive_timeout=patience,
            auto_referrals=False,  # to whom it refers, nobody has chosen to trust with passwords
            read_only=True,
            check_names=False,
        )

    def _begin(self, connection: "Connection") -> None:
        connection.open()
        if not connection.server.ssl:
            connection.start_tls()
        if not connection.bind():
            raise DirectoryAway(f"it does not let {self._settings.bind_dn or 'nobody'} in: {_said(connection)}")

    def _found(self, connection: "Connection", login: str, password: str | None) -> Found | None:
        escape = _library().utils.conv.escape_filter_chars
        found = self._search(connection, self._settings.base, self._settings.user_filter, {"{login}": escape(login)})
        entry = found[0] if len(found) == 1 else None  # of two nobody knows which is meant
        # Who is not there takes as many steps as who is.
        name = f"cn=nobody,{self._settings.base}" if entry is None else entry["dn"]
        role = self._role(connection, escape(login), escape(name))
        if (password is not None and not self._is_right(connection, name, password)) or entry is None:
            return None
        said: Mapping[str, Any] = entry["attributes"]
        one = partial(_first, said)
        settings = self._settings
        return Found(
            login,
            one(settings.name_attribute)[:LONGEST_NAME] or login,
            role,
            one(settings.agent_attribute) if settings.agent_attribute else None,
            one(settings.employee_attribute) if settings.employee_attribute else None,
        )

    def _role(self, connection: "Connection", login: str, name: str) -> Role | None:
        filling = {"{login}": login, "{dn}": name}
        for each in self._settings.roles:
            if self._search(connection, each.group, self._settings.member_filter, filling, itself=True):
                return Role(each.role)
        return None

    def _search(
        self, connection: "Connection", base: str, pattern: str, filling: Mapping[str, str], *, itself: bool = False
    ) -> list[dict[str, Any]]:
        """What is below ``base``, or is ``base`` ``itself``, and fits ``pattern``."""
        wanted = re.sub(r"\{(login|dn)\}", lambda found: filling.get(found[0], ""), pattern)
        settings = self._settings
        attributes = [settings.name_attribute, settings.agent_attribute, settings.employee_attribute]
        connection.search(
            base,
            wanted,
            "BASE" if itself else "SUBTREE",
            attributes=[each for each in attributes if each],
            size_limit=2,
            time_limit=settings.timeout_s,
        )
        result = connection.result["result"]
        if result not in {_DONE, _TOO_MANY} and not (itself and result == _NO_SUCH_OBJECT):
            raise DirectoryAway(f"it cannot be searched below {base}: {_said(connection)}")
        return [entry for entry in connection.response or () if entry["type"] == "searchResEntry"]

    @staticmethod
    def _is_right(connection: "Connection", name: str, password: str) -> bool:
        if connection.rebind(user=name, password=password):
            return True
        if connection.result["result"] in _AWAY:
            raise DirectoryAway(f"it does not judge passwords: {_said(connection)}")
        return False


def chosen(config: Config, secrets: Secrets) -> Directory | None:
    """The directory of the configuration; None: there is none. Raises DirectoryNotInstalled."""
    password = secrets.ldap_password
    if config.ldap.url is None:
        return None
    return Directory(config.ldap, "" if password is None else password.get_secret_value(), config.source.parent)


def _secure(context: ssl.SSLContext, host: str, connection: "Connection", *, do_handshake: bool) -> None:
    """Python's own TLS, in place of what the library does, which it leaves to functions that Python gives up."""
    assert do_handshake, "what follows is not to be sent in clear"
    connection.socket = context.wrap_socket(connection.socket, server_hostname=host)


def _library() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it calls two names of pyasn1 by what they were
            import ldap3  # noqa: PLC0415 - of the extra `ldap`
            import ldap3.utils.conv  # noqa: PLC0415
    except ImportError as error:
        raise DirectoryNotInstalled(DirectoryNotInstalled.__doc__) from error
    return ldap3


def _first(said: Mapping[str, Any], attribute: str) -> str:
    """The first value of an attribute, as text on one line."""
    found: Any = next((values for name, values in said.items() if name.lower() == attribute.lower()), [])
    values = found if isinstance(found, list) else [found]
    value = values[0] if values else ""
    return "".join(letter for letter in value if letter.isprintable()).strip() if isinstance(value, str) else ""


def _said(connection: "Connection") -> str:
    result = connection.result
    return " ".join(str(result.get(each) or "") for each in ("description", "message")).strip()[:200]


def _in_a_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
