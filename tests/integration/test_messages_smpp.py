"""Messages by SMPP: a message centre of the library at the other end, and Kannel's drive_smpp as somebody else's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import smpp34

from ccore.config import Secrets
from ccore.db.pool import Database
from ccore.messaging.encoding import decoded
from ccore.messaging.gateways.smpp import Centre, SmppGateway
from ccore.messaging.kannel_programs import find
from ccore.messaging.model import Incoming
from tests.support.kannel import SECRETS, texting_config
from tests.support.ports import free_port
from tests.support.texting import Box, messaging
from tests.support.waiting import until

CARD = "+8613800138000"
SECRETS_ = Secrets.model_validate(SECRETS)
QUICK = "longest_pause_s = 0.2\nbreaker = { failures = 100 }"


@pytest.fixture
def box(database: Database) -> Box:
    """The outbox."""
    return Box(database)


@dataclass
class Carrier:
    """A message centre that takes messages, says what became of them, and passes on those of telephones."""

    port: int
    got: list[smpp34.SubmitSmEvent] = field(default_factory=list)
    bound: list[smpp34.Esme] = field(default_factory=list)
    refuses: int = 0
    receipts: bool = True

    async def run(self, server: smpp34.Server) -> None:
        """For ever."""
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self.bound.append(event)
            elif isinstance(event, smpp34.SubmitSmEvent):
                if self.refuses:
                    event.reject(self.refuses)
                    continue
                self.got.append(event)
                number = f"m{len(self.got)}"
                event.accept(message_id=number)
                if self.receipts and event.registered_delivery:
                    await self.tell(b"id:%b sub:001 dlvrd:001 stat:DELIVRD err:000" % number.encode(), esm_class=4)

    async def tell(self, content: bytes, *, esm_class: int = 0, data_coding: int = 0) -> None:
        """Bring something to whoever is bound."""
        await self.bound[-1].deliver_sm(
            "10086",
            content,
            source_addr="8613800138000",
            source_addr_ton=1,
            esm_class=esm_class,
            data_coding=data_coding,
        )


@asynccontextmanager
async def carrier() -> AsyncIterator[Carrier]:
    """It is there."""
    made = Carrier(free_port())
    server = smpp34.Server(host="127.0.0.1", port=made.port, system_id="centre")
    await server.start()
    running = asyncio.create_task(made.run(server))
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await server.stop()


def gateway(port: int, *, pair: bool = False) -> SmppGateway:
    """Bound there."""
    return SmppGateway(Centre("127.0.0.1", port, "ccore", "secret", "", "10086", pair), 5, 15.0)


async def test_a_message_goes_out_and_its_receipt_comes_back(
    tmp_path: Path, database: Database, dsn: str, box: Box
) -> None:
    settings = texting_config(tmp_path, QUICK)
    async with carrier() as centre, messaging(settings, SECRETS_, database, dsn, gateway(centre.port)):
        first = await box.comes_to(await box.queue(CARD, "hello [x] €"), "delivered")
        await box.comes_to(await box.queue(CARD, "你好"), "delivered")
        long = await box.comes_to(await box.queue(CARD, "汉字" * 80), "delivered")
    short, chinese, *pieces = centre.got
    assert (short.destination_addr, decoded(short.short_message), first["gateway_id"]) == (
        CARD.lstrip("+"), "hello [x] €", "m1",
    )  # fmt: skip
    assert (chinese.data_coding, chinese.short_message.decode("utf-16-be")) == (8, "你好")
    assert long["parts"] == len(pieces) == 3
    assert [bytes(piece.short_message[3:6]) for piece in pieces] == [
        bytes([long["message_id"], 3, number]) for number in (1, 2, 3)
    ]
    assert b"".join(piece.short_message[6:] for piece in pieces).decode("utf-16-be") == "汉字" * 80


@pytest.mark.parametrize(("status", "state"), [(0x0B, "failed"), (0x58, "queued")])
async def test_what_a_message_centre_refuses_for_good_is_not_tried_again(
    status: int, state: str, tmp_path: Path, database: Database, dsn: str, box: Box
) -> None:
    settings = texting_config(tmp_path, QUICK)
    async with carrier() as centre, messaging(settings, SECRETS_, database, dsn, gateway(centre.port)):
        centre.refuses = status
        number = await box.queue(CARD, "hello")

        async def said() -> bool:
            return "command_status" in (await box.row(number))["reason"]

        await until(said)
        await box.comes_to(number, state)
        centre.refuses = 0
        await box.comes_to(number, "delivered" if state == "queued" else "failed")


async def test_what_telephones_send_comes_in(tmp_path: Path, database: Database, dsn: str) -> None:
    seen: list[Incoming] = []

    async def handle(message: Incoming) -> str:
        seen.append(message)
        return "ok"

    settings = texting_config(tmp_path, QUICK)
    async with carrier() as centre, messaging(settings, SECRETS_, database, dsn, gateway(centre.port), handle):
        await until(lambda: bool(centre.bound))
        await centre.tell(b"10001")
        await until(lambda: len(seen) == 1)
        await centre.tell("退订10".encode("utf-16-be"), data_coding=8)
        await until(lambda: len(seen) == 2)
    assert [(one.sender, one.receiver, one.text) for one in seen] == [
        (CARD, "10086", "10001"),
        (CARD, "10086", "退订10"),
    ]


async def test_a_message_centre_that_comes_back_is_bound_to_again(
    tmp_path: Path, database: Database, dsn: str, box: Box
) -> None:
    settings, port = texting_config(tmp_path, QUICK), free_port()
    async with messaging(settings, SECRETS_, database, dsn, gateway(port)):
        number = await box.queue(CARD, "hello")

        async def said() -> bool:
            return bool((await box.row(number))["reason"] == "not bound")

        await until(said)
        server = smpp34.Server(host="127.0.0.1", port=port, system_id="centre")
        await server.start()
        centre = Carrier(port)
        running = asyncio.create_task(centre.run(server))
        await box.comes_to(number, "delivered")
        running.cancel()
        await asyncio.wait((running,))
        await server.stop()


async def test_kannels_own_smpp_driver_takes_messages_and_sends_some(
    tmp_path: Path, database: Database, dsn: str, box: Box
) -> None:
    seen: list[str] = []

    async def handle(message: Incoming) -> str:
        seen.append(message.text)
        return "ok"

    programs, port = await asyncio.to_thread(find, print), free_port()
    assert programs.fakesmsc is not None
    driver = await asyncio.create_subprocess_exec(
        programs.fakesmsc.with_name("drive_smpp"), "-p", str(port), "-m", "3", "-l", "driver.log",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, cwd=tmp_path,
        env={"LD_LIBRARY_PATH": ":".join(map(str, programs.libraries))},
    )  # fmt: skip
    try:
        async with messaging(
            texting_config(tmp_path, QUICK), SECRETS_, database, dsn, gateway(port, pair=True), handle
        ):
            await box.comes_to(await box.queue(CARD, "hello"), "sent")
            await until(lambda: len(seen) == 3)
    finally:
        if driver.returncode is None:
            driver.kill()
        await driver.wait()
    assert sorted(seen) == ["1", "2", "3"]
