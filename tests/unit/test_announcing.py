"""Which announcement plays when, what its files are, what a recording's name says, and how recordings are levelled."""

import math
from array import array
from datetime import UTC, datetime, timedelta

import pytest

from ccore.ivr import audio
from ccore.ivr.model import Announcement
from ccore.ivr.mounted import Mounted, Spoken, live
from ccore.ivr.recorded import milliseconds, read_name
from ccore.prompts.chain import active_rms, alaw, linear, wav

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def mounted(number: int, node: str = "main", divert: str = "", begins: int = 0, ends: int = 2) -> Mounted:
    sounds = (Spoken("", f"text {number}", f"hash {number}", 8000),)
    return Mounted(number, node, divert, AT + begins * HOUR, AT + ends * HOUR, sounds)


def test_an_announcement_plays_from_its_beginning_until_just_before_its_end() -> None:
    one = mounted(1)
    plays = {seconds: bool(live([one], AT + timedelta(seconds=seconds))) for seconds in (-1, 0, 7199, 7200)}
    assert plays == {-1: False, 0: True, 7199: True, 7200: False}
    assert live([one], AT)["main"] == Announcement(f"/srv/ccore/heard/announcements/{one.name}", "text 1")


def test_of_several_at_a_node_the_newest_plays_and_the_older_one_again_afterwards() -> None:
    both = [mounted(2, divert="fault", ends=1), mounted(1), mounted(3, node="broadband", begins=1)]
    assert {node: found.text for node, found in live(both, AT).items()} == {"main": "text 2"}
    assert live(both, AT)["main"].divert == "fault"
    assert {node: found.text for node, found in live(both, AT + HOUR).items()} == {
        "main": "text 1",
        "broadband": "text 3",
    }


def test_each_language_has_its_file_and_every_other_one_the_first() -> None:
    zh, en = Spoken("zh", "检修", "a", 1), Spoken("en", "maintenance", "b", 2)
    both = Mounted(1, "main", "", AT, AT + HOUR, (en, zh))
    assert both.files == {f"en/{both.name}.alaw": en, f"zh/{both.name}.alaw": zh, f"{both.name}.alaw": en}
    assert both.text == "maintenance / 检修"
    assert both.name != Mounted(1, "main", "", AT, AT + HOUR, (zh,)).name
    assert set(mounted(1).files) == {f"{mounted(1).name}.alaw"}


def test_the_name_of_a_recording_says_whose_it_is() -> None:
    name = "service_+8613812345678_1795330800_node1-1795330799.12.alaw"
    recording = read_name("node1", name)
    assert recording is not None
    assert (recording.call_key, recording.box, recording.caller) == (
        "node1!node1-1795330799.12", "service", "+8613812345678",
    )  # fmt: skip
    assert recording.at == AT
    assert recording.sound == f"/srv/ccore/recorded/{name.removesuffix('.alaw')}"
    assert read_name("node1", "vip-box_withheld_1795330800_1.2.alaw") is not None


@pytest.mark.parametrize(
    "name",
    [
        "", ".alaw", "service_1_1795330800_1.2.alaw", "service_+8613812345678_1795330800_1.2.wav",
        "service_+8613812345678_17953_1.2.alaw", "service_13812345678_1795330800_../x.alaw",
        "_13812345678_1795330800_1.2.alaw", "service_１３８１２３４５_1795330800_1.2.alaw",
        "service_13812345678_1795330800_1.2.alaw\n",
    ],
)  # fmt: skip
def test_any_other_name_says_nothing(name: str) -> None:
    assert read_name("node1", name) is None


def tone(loudness: int, seconds: float, rate_hz: int = 8000) -> "array[int]":
    count = round(seconds * rate_hz)
    return array("h", (round(loudness * math.sin(2 * math.pi * 440 * n / rate_hz)) for n in range(count)))


def decibels(sound: bytes) -> float:
    return 20 * math.log10(active_rms([sample / 32768 for sample in linear(sound)], 8000))


@pytest.mark.parametrize("loudness", [900, 3000, 20000])
@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_a_wav_file_becomes_a_law_as_loud_as_the_prompts(loudness: int, rate_hz: int) -> None:
    sound = audio.from_wav(wav(tone(loudness, 1.0, rate_hz), rate_hz))
    assert milliseconds(sound) == 1000
    assert decibels(sound) == pytest.approx(-18, abs=0.5)


def test_a_whisper_is_not_made_into_a_storm() -> None:
    assert decibels(audio.levelled(alaw(tone(150, 1.0)))) < -25


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no WAV file"),
        (b"RIFF\x00\x00\x00\x00WAVEjunk", "no WAV file"),
        (wav(tone(3000, 0.2), 8000), "0.2 s long"),
        (wav(tone(0, 1.0), 8000), "silent"),
    ],
)
def test_what_is_no_announcement_is_refused_with_the_reason(content: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        audio.from_wav(content)


def test_an_endless_recording_is_refused() -> None:
    with pytest.raises(ValueError, match=r"301\.0 s long"):
        audio.levelled(bytes(301 * 8000))


def test_a_voicemail_is_exported_as_it_was_recorded() -> None:
    recorded = alaw(tone(3000, 1.0))
    exported = audio.as_wav(recorded)
    assert exported[:4] == b"RIFF"
    assert alaw(array("h", exported[44:])) == recorded
