"""A real site behind the console: it lives on a loop in a thread of its own, because Playwright's pages block."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.people import passwords
from ccore.people.model import Role
from ccore.people.service import People
from tests.support.console import PASSWORD
from tests.support.site import USUAL, Site, site

T = TypeVar("T")
Building = Callable[[Path], AbstractAsyncContextManager[Any]]

KEPT = passwords.kept(PASSWORD)  # once: it takes its time
PATIENT = Settings(acquire_timeout_s=30)  # pages are told 503 otherwise, on a busy machine that opens a connection
AGENT = "8001"  # who comes as an agent without another number
NUMBERS = {Role.EMPLOYEE: "E901", Role.MANAGER: "E902"}  # those who sell
NAMES = {
    Role.AGENT: "林晓", Role.SUPERVISOR: "陈静", Role.QUALITY: "周敏", Role.OPERATOR: "吴昊", Role.EMPLOYEE: "赵丽",
    Role.MANAGER: "孙强", Role.DESIGNER: "郑洁", Role.FRAUD: "王鹏", Role.ADMIN: "李伟",
}  # fmt: skip


@dataclass
class Stack:
    """PostgreSQL, Asterisk and ccore, which serves the console at ``url``.

    ``built`` is what the test module's ``BUILT`` has made (the site itself without one).
    """

    built: Any
    site: Site
    database: Database
    loop: asyncio.AbstractEventLoop
    exits: AsyncExitStack
    people: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.site.config.http.port}"

    def run(self, doing: Coroutine[Any, Any, T], within_s: float = 60.0) -> T:
        """Do something on the site's loop, and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(within_s)

    def enter(self, context: AbstractAsyncContextManager[T]) -> T:
        """Begin something on the site's loop that goes on until the end of the module: telephones, calls."""
        return self.run(self.exits.enter_async_context(context))

    def person(self, role: str, login: str = "", *, name: str = "", agent: str = "", employee: str = "") -> str:
        """The login of somebody of this role with PASSWORD; they are made if there is nobody of that login."""
        known = Role(role)
        login = login or f"a-{known}"
        if login not in self.people:
            self.run(self._person(known, login, name or NAMES[known], agent, employee))
            self.people.add(login)
        return login

    async def _person(self, role: Role, login: str, name: str, agent: str, employee: str) -> None:
        folk = People(self.database)
        agent = agent or (AGENT if role is Role.AGENT else "")
        employee = employee or NUMBERS.get(role, "")
        if employee:
            await self._hired(employee, name)
        await folk.add(login, name, role, agent, "test", employee)  # False: they are there
        assert await self.database.fetch_value("people.set_password", login, KEPT, "test"), login

    async def _hired(self, number: str, name: str) -> None:
        await self.site.rows("INSERT INTO departments (name) SELECT '营销一部' WHERE NOT EXISTS (TABLE departments)")
        await self.site.rows(
            "INSERT INTO employees (number, name, phone, department_id) "
            "SELECT $1, $2, '+8613900' || lpad(right($1, 3), 6, '0'), min(department_id) FROM departments "
            "ON CONFLICT DO NOTHING",
            number,
            name,
        )


@contextmanager
def stack(directory: Path, building: Building | None = None) -> Iterator[Stack]:
    """It runs while the block does. ``building`` makes another site: itself one, or something with one as ``site``."""
    loop, ready = asyncio.new_event_loop(), Future[Stack]()
    over = asyncio.Event()

    async def live() -> None:
        try:
            async with AsyncExitStack() as exits:
                USUAL.set({"database": PATIENT})
                built = await exits.enter_async_context((building or site)(directory))
                its = cast(Site, getattr(built, "site", built))
                opened = Database.opened(its.postgres.dsn, its.config.database)
                database = await exits.enter_async_context(opened)
                ready.set_result(Stack(built, its, database, loop, exits))
                await over.wait()
        except BaseException as error:  # whatever it is, who waits for the site is told
            if ready.done():
                raise
            ready.set_exception(error)

    failed: list[BaseException] = []

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(live())
        except BaseException as error:  # noqa: BLE001 - it is raised where the block ends
            failed.append(error)

    thread = threading.Thread(target=run, name="site")
    thread.start()
    try:
        yield ready.result()
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
    if failed:
        raise failed[0]
