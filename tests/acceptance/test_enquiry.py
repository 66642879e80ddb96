"""What somebody has sold, asked by telephone on a real Asterisk: number, PIN, and the right amounts to the fen."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccore import config
from ccore.config import Paths
from ccore.db.pool import Database
from ccore.ordering.commission.at_phone import AtPhone
from ccore.ordering.commission.enquiry import Enquiries
from ccore.ordering.commission.ledger import Ledger
from ccore.ordering.commission.tallies import Tallies
from ccore.ordering.number import load_plan
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import spoken
from ccore.shipped import shipped
from tests.support.asterisk import complaints, until_no_channels
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import dialled
from tests.support.operators import with_tones
from tests.support.site import Site, site

PIN, WRONG = "284017", "1"
ASKED = 30.0  # seconds that a busy machine may take over a step


@dataclass(frozen=True, slots=True)
class Line:
    """A site where E001 and E002 sell, and have PINs."""

    site: Site
    sounds: Sounds

    async def heard(self, number: str, *pins: str, caller: str = "13700000077") -> list[str]:
        """What a caller heard who keyed these, one each time a PIN was asked for, to the end of the call."""
        async with dialled(self.site.sip_port, number, sounds=self.sounds, caller=caller) as phone:
            after = 0.0
            for pin in pins:
                asked = await phone.until("enquiry-ask-pin", whole=True, after=after, within_s=ASKED)
                after = asked.at + 0.01
                await phone.key(f"{pin}#")
            await phone.until_over(ASKED * 2)
        return [each.name for each in phone.heard()]


@pytest.fixture(scope="module")
async def line(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory = tmp_path_factory.mktemp("enquiry")
    paths = Paths(var=directory / "var", dialplan=with_tones(directory / "plan"))
    async with site(directory, paths=paths) as built:
        async with Database.opened(built.postgres.dsn, config.Database(acquire_timeout_s=30)) as database:
            tallies = Tallies(database, built.config.zone)
            ledger, enquiries = Ledger(database), Enquiries(database, built.config.periods, tallies)
            at_phone = AtPhone(database, enquiries, load_plan(shipped("dialplan")))
            for number in ("E001", "E002"):
                employee = await ledger.employee(number)
                assert employee is not None
                assert "guessed" in await at_phone.set_pin(employee, "123456", "test")
                assert await at_phone.set_pin(employee, PIN, "test") == ""
            await enquiries.end()
        await built.rows("UPDATE employees SET language = 'en' WHERE number = 'E002'")
        await built.until("SELECT count(*) > 0 FROM sales_periods", True)
        yield Line(built, Sounds(sounds_in(built.node.directory / "sounds/ccore")))
        await until_no_channels(built.node)
        built.assert_log_is_clean()
        assert PIN not in built.log.read_text(encoding="utf-8")


async def test_who_dials_their_number_and_pin_hears_orders_sales_and_commission(line: Line) -> None:
    for caller in ("13900000001", "13900000002", "13900000003"):
        async with dialled(line.site.sip_port, "1008610001", sounds=line.sounds, caller=caller) as phone:
            await phone.until_over(ASKED)
    assert await line.heard("1008619000001", PIN) == [
        "enquiry-ask-pin",
        "enquiry-orders", *spoken("zh", Kind.NUMBER, "3"),
        "enquiry-sales", *spoken("zh", Kind.MONEY, "3000"),
        "enquiry-commission", *spoken("zh", Kind.MONEY, "600"),
        "enquiry-payable", *spoken("zh", Kind.MONEY, "0"), "goodbye",
    ]  # fmt: skip
    assert await line.heard("1008619000002", PIN) == [
        "enquiry-ask-pin",
        "enquiry-orders", *spoken("en", Kind.NUMBER, "0"),
        "enquiry-sales", *spoken("en", Kind.MONEY, "0"),
        "enquiry-commission", *spoken("en", Kind.MONEY, "0"),
        "enquiry-payable", *spoken("en", Kind.MONEY, "0"), "goodbye",
    ]  # fmt: skip


async def test_a_wrong_pin_or_number_is_asked_again_and_locked_after_five(line: Line) -> None:
    wrong = ["enquiry-ask-pin", *["enquiry-wrong", "enquiry-ask-pin"] * 3]
    # Nobody has E777: it sounds as a wrong PIN does. The fourth is not asked for any more.
    assert await line.heard("1008619000777", WRONG, WRONG, WRONG, WRONG) == wrong
    assert await line.heard("1008619000001", WRONG, WRONG, PIN, caller="13700000078") == [
        *wrong[:5], *(await line.heard("1008619000001", PIN, caller="13700000079"))[1:],
    ]  # fmt: skip
    locked = await line.heard("1008619000777", WRONG, WRONG, WRONG, caller="13700000080")
    assert locked == [*wrong[:5], "enquiry-locked"]


async def test_the_order_code_that_begins_with_the_same_digits_stays_an_order_code(line: Line) -> None:
    async with dialled(line.site.sip_port, "1008619001", sounds=line.sounds, caller="13900000009") as phone:
        await phone.until_over(ASKED)
    assert [each.name for each in phone.heard()] == ["order-not-on-sale"]
    async with dialled(line.site.sip_port, "100861900000", sounds=line.sounds) as phone:
        assert phone.code == 404


async def test_without_ccore_the_caller_is_asked_to_call_again(line: Line) -> None:
    """The last one: nobody starts ccore again."""
    await line.site.all_records_in()
    assert await line.site.value("SELECT count(*) FROM cel WHERE cel::text LIKE $1", f"%{PIN}%") == 0
    assert not (said := complaints(line.site.node)), "\n".join(said)
    assert line.site.ccore is not None
    line.site.ccore.kill()
    await line.site.ccore.wait()
    assert await line.heard("1008619000001") == ["enquiry-away"]
