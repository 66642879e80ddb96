"""Quick lines on a real Asterisk: dialled, heard to the end from the simulated systems, and over."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from ccore.config import Paths
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import spoken
from ccore.simulator import provider
from ccore.simulator.provider import Fault, Provider
from tests.support.asterisk import complaints, until_no_channels
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import dialled
from tests.support.menus import SHANGHAI
from tests.support.operators import with_tones
from tests.support.ports import free_port
from tests.support.site import Site, site

CALLER = "13800138001"
FALLBACK_S, SLACK_S = 2.0, 3.0  # until a caller hears that a system does not answer; this machine's own


def operators(directory: Path, port: int) -> Path:
    """The shipped dialplan with its systems at ``port``, and each prompt as two short tones of its own."""
    with_tones(directory)
    lookups = directory / "lookups.toml"
    lookups.write_text(lookups.read_text(encoding="utf-8").replace(str(provider.PORT), str(port)), encoding="utf-8")
    return directory


@dataclass(frozen=True, slots=True)
class Lines:
    """A site whose quick lines ask ``simulated`` systems, and what its callers can hear."""

    site: Site
    simulated: Provider
    sounds: Sounds

    async def heard(self, number: str) -> tuple[list[str], float]:
        """The prompts a caller of ``number`` heard, whole, to the end of the call; and the seconds to the first."""
        async with dialled(self.site.sip_port, number, sounds=self.sounds, caller=CALLER) as phone:
            await phone.until_over()
        assert all(each.whole for each in phone.heard())
        return [each.name for each in phone.heard()], phone.heard()[0].at - phone.dialled_at


@pytest.fixture(scope="module")
async def lines(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lines]:
    directory, port = tmp_path_factory.mktemp("quick"), free_port()
    paths = Paths(var=directory / "var", dialplan=operators(directory / "plan", port))
    now = datetime(2026, 12, 22, 9, tzinfo=SHANGHAI)
    async with provider.running(port, lambda: now) as simulated, site(directory, paths=paths) as built:
        yield Lines(built, simulated, Sounds(sounds_in(built.node.directory / "sounds/ccore")))
        await until_no_channels(built.node)
        assert not (said := complaints(built.node)), "\n".join(said)
        built.assert_log_is_clean()


async def test_what_a_quick_line_says_is_heard_whole(lines: Lines) -> None:
    balance, _ = await lines.heard("1001011")
    assert balance == ["balance-is", *spoken("zh", Kind.MONEY, "16007"), "goodbye"]
    bill, _ = await lines.heard("1001012")
    assert bill == [
        "bill-month", *spoken("zh", Kind.MONTH, "2026-12"),
        "bill-amount", *spoken("zh", Kind.MONEY, "101"),
        "bill-due", *spoken("zh", Kind.DATE, "2027-01-20"), "goodbye",
    ]  # fmt: skip
    used, _ = await lines.heard("1001013")
    assert (used[0], used[-1]) == ("data-used", "goodbye")
    assert [request.split("/")[-1] for request in lines.simulated.asked if "accounts" in request] == [
        "balance", "bill", "data",
    ]  # fmt: skip


async def test_systems_that_hang_are_spoken_of_in_time(lines: Lines) -> None:
    lines.simulated.fault = Fault.HANG
    names, first_s = await lines.heard("1001011")
    assert names == ["look-up-failed", "goodbye"]
    assert first_s < FALLBACK_S + SLACK_S
