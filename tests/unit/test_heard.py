"""What a caller was played is told from the bytes, whatever Asterisk does to the packets."""

import random
from collections.abc import Iterable

import pytest

from tests.support import alaw, dtmf
from tests.support.heard import UNKNOWN, Heard, Hearing, Sounds
from tests.support.keytrack import pcap

SILENCE = b"\xd5"


def noise(name: str, length: int = 1600) -> bytes:
    return random.Random(name).randbytes(length)


FILES = {
    "one": noise("one"),
    "two": noise("two"),
    "odd": noise("odd", 1653),
    "late": SILENCE * 800 + noise("late"),
    "longer": noise("one") + noise("more"),
    "alike": noise("one")[:800] + noise("else"),
}
SOUNDS = Sounds(FILES)


def heard(stream: bytes, sounds: Sounds = SOUNDS) -> list[Heard]:
    """What is heard of packets that come one a second."""
    hearing = Hearing(sounds)
    for number, start in enumerate(range(0, len(stream), 160)):
        hearing.take(stream[start : start + 160], float(number))
    assert hearing.heard() == hearing.heard(), "asking changes nothing"
    return hearing.heard()


def told(found: Iterable[Heard]) -> list[tuple[str, bool]]:
    return [(each.name, each.whole) for each in found]


def test_files_one_after_another() -> None:
    found = heard(FILES["two"] + FILES["late"] + FILES["two"] + FILES["one"])
    assert told(found) == [("two", True), ("late", True), ("two", True), ("one", True)]
    assert [each.at for each in found] == [0, 10, 25, 35], "a sound begins with its own silence"


def test_a_file_that_ends_within_a_packet_moves_the_next_one() -> None:
    assert told(heard(FILES["odd"] + FILES["two"] + FILES["odd"])) == [("odd", True), ("two", True), ("odd", True)]


@pytest.mark.parametrize("cut", [320, 800, 1440])
def test_a_file_that_a_key_cut_short(cut: int) -> None:
    found = heard(FILES["two"][:cut] + FILES["late"] + FILES["two"])
    assert told(found) == [("two", False), ("late", True), ("two", True)]
    assert found[0].seconds * 8000 == cut


@pytest.mark.parametrize("cut", [800, 1440])
def test_the_next_file_may_begin_as_the_cut_one_would_have_gone_on(cut: int) -> None:
    alike = FILES["two"][cut : cut + 3] + noise("alike")
    found = heard(FILES["two"][:cut] + alike, Sounds({"two": FILES["two"], "next": alike}))
    assert [each.name for each in found] == ["two", "next"]
    assert found[1].whole


def test_the_last_piece_of_a_file_may_stay_with_asterisk() -> None:
    assert told(heard(FILES["odd"][:1600])) == [("odd", True)]


def test_silence_between_sounds_is_nothing() -> None:
    found = heard(SILENCE * 480 + FILES["two"] + SILENCE * 4000 + FILES["late"])
    assert told(found) == [("two", True), ("late", True)]
    assert [each.at for each in found] == [3, 38]


def test_the_longest_file_that_fits_is_meant() -> None:
    assert told(heard(FILES["one"])) == [("one", True)]
    assert told(heard(FILES["longer"])) == [("longer", True)]
    assert told(heard(FILES["alike"])) == [("alike", True)]


def test_a_cut_that_leaves_two_possible_names_says_both() -> None:
    assert told(heard(FILES["one"][:640])) == [("alike|longer|one", False)]


def test_a_file_of_silence_is_not_heard() -> None:
    silence = SILENCE * 1600
    sounds = Sounds({"one": FILES["one"], "still": silence})
    assert told(heard(silence + FILES["one"] + silence, sounds)) == [("one", True)]


def test_two_names_of_one_sound() -> None:
    assert told(heard(noise("a"), Sounds({"x": noise("a"), "y": noise("a")}))) == [("x|y", True)]


def test_a_sound_that_is_no_file_of_ours_is_not_passed_over() -> None:
    found = heard(FILES["two"] + noise("strange", 3200) + FILES["one"])
    assert told(found) == [("two", True), (UNKNOWN, False), ("one", True)]
    assert found[1].at == 10


def test_one_wrong_byte_is_a_fault() -> None:
    wrong = bytearray(FILES["two"])
    wrong[700] ^= 1
    assert told(heard(bytes(wrong)))[0] == ("two", False)


def test_what_is_known_while_it_goes_on() -> None:
    hearing = Hearing(SOUNDS)
    for number, start in enumerate(range(0, 4800, 160)):
        hearing.take((FILES["two"] + FILES["one"] + FILES["two"])[start : start + 160], number)
        if number == 3:
            assert told(hearing.heard()) == [("two", False)]
        if number == 12:
            assert told(hearing.heard()) == [("two", True), ("alike|longer|one", False)]
    assert told(hearing.heard()) == [("two", True), ("one", True), ("two", True)]


def test_a_sound_too_short_to_be_told_is_refused() -> None:
    with pytest.raises(AssertionError, match="too short"):
        Sounds({"x": noise("x", 200)})


def test_alaw_of_known_samples() -> None:
    """ITU-T G.711: silence, the smallest steps, and full scale, as the codec of Asterisk writes them."""
    assert alaw.encoded([0, -1, 8, -16, 32767, -32768]) == bytes([0xD5, 0x55, 0xD5, 0x55, 0xAA, 0x2A])


def test_an_event_is_as_rfc_4733_wants_it() -> None:
    *going_on, end = dtmf.events("#", press_ms=80)
    assert [payload.hex() for [payload] in going_on] == ["0b0a00a0", "0b0a0140", "0b0a01e0"]
    assert [payload.hex() for payload in end] == ["0b8a0280"] * 3


def test_a_track_for_sipp_keys_in_time_and_tells_keys_apart() -> None:
    track = pcap([(300, "1"), (500, "1")], 1000)
    assert track.count(bytes.fromhex("018a0280")) == 6
    marked = [at for at in range(len(track)) if track[at : at + 2] == bytes([0x80, dtmf.EVENT | 0x80])]
    assert [int.from_bytes(track[at + 4 : at + 8], "big") for at in marked] == [2400, 4000]
