"""A running ccore says how many calls there are."""

from pathlib import Path

from tests.support.asterisk import NODE
from tests.support.heard import Sounds
from tests.support.keypad import dialled
from tests.support.site import site
from tests.support.waiting import until

HOTLINE = "10086"
OPEN, CHANNELS, ENDED = (
    f'ccore_calls_open{{node="{NODE}"}}',
    f'ccore_channels{{node="{NODE}"}}',
    f'ccore_call_facts_total{{kind="ended",node="{NODE}"}}',
)


async def test_the_daemon_counts_calls_that_come_and_go(asterisk_root: Path, tmp_path: Path) -> None:
    async with site(tmp_path) as built:

        async def shows_a_call() -> bool:
            figures = await built.metrics()
            return (figures[OPEN], figures[CHANNELS]) == (1, 1)

        async def shows_its_end() -> bool:
            figures = await built.metrics()
            return (figures[OPEN], figures[CHANNELS], figures.get(ENDED)) == (0, 0, 1)

        async with dialled(built.sip_port, HOTLINE, sounds=Sounds({})):  # a menu, and nobody keys anything
            await until(shows_a_call)
        await until(shows_its_end)
        built.assert_log_is_clean()
