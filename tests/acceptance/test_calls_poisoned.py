"""A caller who writes line breaks into a number has events withheld: a look mends what they would have told."""

import asyncio
import uuid
from pathlib import Path

from ccore.calls.model import Kind
from tests.acceptance.hostile_rows import FORGED_EVENT
from tests.support import busy
from tests.support.asterisk import NODE, node_config, running, secrets_of, until_no_channels
from tests.support.rawsip import calling
from tests.support.waiting import until
from tests.support.witness import ON_THE_WAY_S, witness

TALK_S = 0.5


async def test_a_look_mends_what_a_poisoned_call_leaves(asterisk_root: Path, tmp_path: Path) -> None:
    config = node_config(tmp_path, busy.DIALPLAN)
    secrets, node_settings = secrets_of(config), config.nodes[NODE]
    passwords = (secrets.ami_events_secret.get_secret_value(), secrets.ami_actions_secret.get_secret_value())
    async with running(config) as node, witness(node_settings.ami_port, node_settings.ami_port, *passwords) as seen:
        async with calling(node_settings.sip_port) as phone:
            call_id = uuid.uuid4().hex
            phone.invite(b"300", FORGED_EVENT, call_id=call_id, branch=call_id)
            assert await phone.until_finals(1, 30.0) == [200]
            await until(lambda: bool(seen.tracker.channels))
            await asyncio.sleep(TALK_S)
            phone.bye()
            await until_no_channels(node)
        await asyncio.sleep(ON_THE_WAY_S)
        assert seen.tracker.channels, "Asterisk has told of all their ends: nothing was poisoned"
        assert await seen.calls.look(NODE)
        assert (dict(seen.tracker.channels), dict(seen.tracker.calls)) == ({}, {})
        await until(lambda: [fact.kind for fact in seen.facts] == [Kind.STARTED, Kind.VANISHED])
