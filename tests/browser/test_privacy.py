"""Privacy: an admin tells a caller all that is known of them, and erases them but for what is held; with real calls."""

import asyncio
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from ccore.privacy.forms import pattern
from tests.browser.conftest import Axe, Console, Looks, Picture, fits
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.recorded import TONES, singing_caller
from tests.support.toned import Choir, singing
from tests.support.whole_person import standing

AGENT, CALLER, OTHER = "1001", "13812345678", "13987654321"
PHONE = (390, 844)
QUEUES = {
    "service": "wants = { first = 1 }\nwrap_up_s = 0\n"
    '[offer]\nkeys = { 1 = "voicemail" }\n[recording]\nwhen = "always"\n'
}


@asynccontextmanager
async def recorded(directory: Path) -> AsyncIterator[CallCentre]:
    """A centre whose agent sings; two callers each have a call that was recorded, noted and stored."""
    async with (
        call_centre(directory, QUEUES, [Desk(AGENT, "2001", {"first": 5})], "[skill.first]\n") as centre,
        singing(Choir(TONES), centre.phones),
    ):
        for count, caller in enumerate((CALLER, OTHER), 1):
            await _call(centre, caller, count)
        yield centre


async def _call(centre: CallCentre, caller: str, count: int) -> None:
    phone = centre.phones[AGENT]
    calls = len(phone.calls) + 1
    async with singing_caller(centre.site.sip_port, centre.number["service"], caller):
        await phone.until_answered(calls)
        await centre.site.until("SELECT count(*) FROM recording_segments WHERE until_at IS NULL", 1)
        call = (await centre.ask("GET", "/api/v1/calls"))["calls"][0]["call"]
        await asyncio.sleep(1)  # of talk
        text = f"张三 <b>搬家</b>，{caller[:3]} {caller[3:7]} {caller[7:]}"
        await centre.ask("POST", f"/api/v1/calls/{call}/notes", {"text": text})
    await until_no_channels(centre.site.node)
    await centre.site.until("SELECT count(*) FROM recordings WHERE state = 'stored'", count, 90)
    await centre.site.until("SELECT count(*) FROM folded_calls WHERE state = 'ended'", count, 90)


BUILT = recorded


def asked(page: Page, button: str, number: str, reason: str, ending: str) -> None:
    """Ask for something of a number."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=ending).click()
    expect(dialog.get_by_role("alert").first).to_be_visible()
    dialog.get_by_role("textbox").first.fill(number)
    dialog.get_by_role("textbox").last.fill(reason)
    dialog.get_by_role("button", name=ending).click()


def test_a_caller_is_given_all_that_is_known_of_them(console: Console, looks: Looks, tmp_path: Path) -> None:
    page = console.as_("admin", path="/privacy")
    expect(page.get_by_text("还没有人提出申请")).to_be_visible()
    asked(page, "提供数据副本", "138 1234 5678", "来信 2026-11-20", "制作文件")
    card = page.get_by_role("region", name=re.compile("^申请"))
    with page.expect_download() as download:
        card.get_by_role("link", name=re.compile("下载")).click()
    file = tmp_path / "told.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as told:
        names = told.namelist()
        assert {"README.txt", "data/folded_calls.json", "data/call_notes.json", "data/visits.json"} <= set(names)
        assert [name for name in names if name.startswith("recordings/")]
        assert OTHER not in "".join(told.read(name).decode() for name in names if name.startswith("data/"))
    expect(card.get_by_text("已下载", exact=True)).to_be_visible()
    looks(page, "privacy-copy")


def test_a_caller_is_erased_and_another_is_not(console: Console, looks: Looks, axe: Axe, picture: Picture) -> None:
    page = console.as_("admin", language="en", scheme="dark", path="/privacy")
    asked(page, "Erase a person", CALLER, "letter 7 of 2026-11-21", "Look first")
    card = page.get_by_role("region", name=re.compile("^Request"))
    expect(card.get_by_text("To be confirmed", exact=True)).to_be_visible()
    goes, stays = (card.locator(".groups section").filter(has_text=fate).first for fate in ("deleted", "pseudonymised"))
    expect(goes).to_contain_text("Recordings × 1")
    expect(goes).to_contain_text("Notes of agents × 1")
    expect(stays).to_contain_text("Calls × 1")
    expect(card.get_by_text("node1: cdr-custom/ccore.csv")).to_be_visible()
    looks(page, "privacy-found")
    card.get_by_role("button", name="Erase for good").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Erase for good")).to_be_disabled()
    dialog.get_by_role("checkbox").click()
    dialog.get_by_role("button", name="Erase for good").click()
    expect(card.get_by_text("Erased", exact=True)).to_be_visible()
    looks(page, "privacy-erased")
    stack = console.stack
    left = stack.run(standing(stack.site.dsn, pattern(f"+86{CALLER}")))
    assert set(left) <= {"audit", "erased_numbers", "consents", "attempts", "call_log_places"}, left
    assert len(stack.run(standing(stack.site.dsn, pattern(f"+86{OTHER}")))) > 5
    states = stack.run(stack.site.rows("SELECT state FROM recordings ORDER BY recording_id"))
    assert [row["state"] for row in states] == ["erased", "stored"]


def test_what_is_held_stays_until_its_hold_ends(console: Console, looks: Looks) -> None:
    page = console.as_("admin", path="/privacy/holds")
    expect(page.get_by_text("没有录音被保全")).to_be_visible()
    page.get_by_role("button", name="新增保全").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill(f"+86{OTHER}")
    dialog.get_by_role("textbox").last.fill("<i>投诉 88</i> 未结")
    dialog.get_by_role("button", name="保全", exact=True).click()
    row = page.get_by_role("row", name=re.compile("投诉 88"))
    expect(row).to_contain_text("139****4321")
    looks(page, "privacy-holds")
    page.get_by_role("button", name="销毁录音").click()
    dialog.get_by_role("textbox").first.fill(f"+86{OTHER}")
    dialog.get_by_role("textbox").last.fill("来信")
    dialog.get_by_role("button", name="销毁录音").click()
    expect(page.get_by_text("已销毁 0 段录音，保留 1 段")).to_be_visible()
    row.get_by_role("button", name="结束保全").click()
    page.get_by_role("dialog").get_by_role("button", name="结束保全").click()
    expect(page.get_by_text("没有录音被保全")).to_be_visible()


def test_the_map_says_what_becomes_of_everything(console: Console, looks: Looks, axe: Axe, picture: Picture) -> None:
    page = console.as_("admin", language="en", path="/privacy/map")
    expect(page.locator(".groups section").filter(has_text="protects the person")).to_contain_text("Do-not-call")
    looks(page, "privacy-map")
    narrow = console.as_("admin", path="/privacy", size=PHONE)
    expect(narrow.get_by_role("heading", name="隐私与数据主体")).to_be_visible()
    expect(narrow.locator("tbody tr").first).to_be_visible()
    fits(narrow)
    axe(narrow)
    picture(narrow, "privacy-narrow")


def test_nobody_else_sees_it(console: Console) -> None:
    page = console.as_("supervisor", path="/privacy")
    expect(page.get_by_role("heading", name="隐私与数据主体")).not_to_be_visible()
