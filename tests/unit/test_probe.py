"""What a probe call makes of what it met: nothing heard, our regrets, or something to the purpose."""

import random

import pytest

from ccore.pbx.caller import Call
from ccore.pbx.probe import Ear, fault_of, regrets_of, sample
from ccore.shipped import shipped

PACKET = 160
HEADER = bytes(12)
SPEECH = random.Random(1).randbytes(8000)  # one second of A-law that is nothing like silence
SILENCE = b"\xd5" * 8000
ANSWERED = Call("13800138000", "10086", 200, answered_ms=100)


def heard(sound: bytes) -> Ear:
    ear = Ear()
    for start in range(0, len(sound), PACKET):
        ear.datagram_received(HEADER + sound[start : start + PACKET], ("127.0.0.1", 1))
    return ear


@pytest.mark.parametrize(
    ("call", "sound", "fault"),
    [
        (ANSWERED, SPEECH, ""),
        (ANSWERED, SILENCE, "is answered, and nothing is heard"),
        (ANSWERED, b"", "is answered, and nothing is heard"),
        (ANSWERED, SPEECH[: 9 * PACKET], "is answered, and nothing is heard"),
        (Call("1", "2", 486), b"", "is refused with SIP 486"),
        (Call("1", "2", rang_ms=10), b"", "rings, and nobody answers within 4 s"),
        (Call("1", "2"), b"", "is not answered"),
    ],
)
def test_a_number_has_to_answer_and_to_be_heard(call: Call, sound: bytes, fault: str) -> None:
    assert fault_of(call, heard(sound), ()) == fault


def test_regrets_are_recognised_wherever_they_begin() -> None:
    files = {
        f"sounds/{language}/system-busy.alaw": (
            shipped("dialplan") / f"sounds/{language}/system-busy.alaw"
        ).read_bytes()
        for language in ("zh", "en")
    }
    regrets = regrets_of({**files, "sounds/zh/hotline-welcome.alaw": SPEECH, "system-busy.wav": SPEECH})
    assert len(regrets) == len(files)
    for recording in files.values():
        met = heard(SPEECH[:77] + recording)
        assert fault_of(ANSWERED, met, regrets) == "is answered, and the caller hears that the system is busy"
    assert fault_of(ANSWERED, heard(SPEECH), regrets) == ""


def test_silence_is_no_sample() -> None:
    assert sample(SILENCE) == b""
    assert sample(SILENCE + SPEECH) in SILENCE + SPEECH
    assert sample(b"") == b""
