"""Every way a gateway of text messages can be sick (reliability.md, F7): nothing lost, twice only what it must be."""

from pathlib import Path

import pytest

from ccore.config import Secrets
from ccore.db.pool import Database
from ccore.messaging.gateways.chosen import account
from ccore.messaging.gateways.kannel import KannelGateway
from tests.support.kannel import PATIENT_S, QUICK, SECRETS, texting_config
from tests.support.sick_gateway import Mood, sick_gateway
from tests.support.texting import Box, messaging
from tests.support.waiting import until

MESSAGES = 12
HANGS_S = 2.0  # it hangs, not the machine
LOST = frozenset({"cutting"})  # it has taken the message, and nobody was told
TAKEN = frozenset({"twice", "receipts-first"})  # odd, but well


@pytest.mark.parametrize("mood", ["refusing", "hanging", "failing", "cutting", "twice", "receipts-first"])
async def test_nothing_is_lost_and_twice_goes_only_what_had_no_answer(
    mood: Mood, tmp_path: Path, database: Database, dsn: str
) -> None:
    box, settings, secrets = Box(database), texting_config(tmp_path, QUICK), Secrets.model_validate(SECRETS)
    async with sick_gateway() as sick:
        patience_s = HANGS_S if mood == "hanging" else PATIENT_S
        gateway = KannelGateway(account(settings, secrets, sick.url), 5, patience_s)
        async with messaging(settings, secrets, database, dsn, gateway) as made:
            await sick.be(mood)
            await box.queue_many(MESSAGES)
            if mood not in TAKEN:
                await until(lambda: bool(made.health()["left_alone"]))
                assert set(await box.states()) <= {"queued", "sending"}
                await sick.be("well")
            done = "delivered" if mood == "receipts-first" else "sent"
            await box.all_come_to(done, MESSAGES)
            rows = await box.sql("SELECT message_id, tries, reason FROM outbox")
            assert not made.health()["left_alone"]
    assert sick.taken.keys() == {row["message_id"] for row in rows}
    tries = {row["message_id"]: row["tries"] for row in rows}
    if mood in LOST:
        assert max(sick.taken.values()) > 1
        assert all(times <= tries[message] for message, times in sick.taken.items())
    else:
        assert set(sick.taken.values()) == {1}
    if mood in TAKEN:
        assert max(tries.values()) <= 1, "the first answer is the answer"
