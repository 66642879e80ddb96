"""What only the optional extras can do: `make extras` installs them and runs this."""

import time

from ccore.hearing.ears import Outcome
from ccore.shipped import shipped
from ccore.speech import Speech
from tests.support.listener import listening

SOON_S = 5.0  # for an answer, on a busy machine


async def test_whisper_understands_a_shipped_prompt() -> None:
    sound = (shipped("dialplan") / "sounds/zh/keys-please.alaw").read_bytes()
    async with listening(Speech(enabled=True)) as ears:
        began = time.monotonic()
        words = {"1": ["余额"], "2": ["按键选择"]}
        assert await ears.understood("zh", words, sound, SOON_S) == ("2", Outcome.UNDERSTOOD)
        assert await ears.understood("zh", words, b"\xd5" * 16000, SOON_S) == ("", Outcome.UNSURE)
        assert time.monotonic() - began < 2 * SOON_S
