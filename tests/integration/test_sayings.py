"""Where callers may speak, and what becomes of what they said; understood by a process that stands in for Whisper."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccore.hearing.ears import Ears
from ccore.ivr import sayings as understanding
from ccore.ivr.instructions import CallSeen
from ccore.ivr.model import Listen, Play, State, Step
from ccore.ivr.recorded import INSIDE, is_saying
from ccore.ivr.sayings import Sayings
from ccore.speech import Speech
from tests.support.listener import PATIENCE_S, listening, settings

CALL = CallSeen("node1!node1-1795330799.1", "10086", "13812345678", "local")
HERE = State(1, "10086", "zh", "main", asked=4)
WORDS = {"1": ("余额", "balance"), "2": ("故障",)}
MENU = Listen((), (), 1, "", 5, speech=WORDS)
FILE = "saying-4-node1-1795330799.1.alaw"


@pytest.fixture
async def sayings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sayings]:
    monkeypatch.setattr(understanding, "UNDERSTOOD_WITHIN_S", PATIENCE_S)
    async with listening(settings(tmp_path)) as ears:
        yield Sayings(ears, {"node1": tmp_path})


def test_a_file_is_of_one_answer_of_one_call() -> None:
    assert is_saying(FILE)


async def test_a_caller_may_speak_where_there_are_words_in_their_language(sayings: Sayings) -> None:
    assert sayings.file(MENU, HERE, CALL) == f"{INSIDE}/{FILE}"
    english = State(1, "10086", "en", "main", asked=4)
    assert sayings.file(MENU, english, CALL)
    assert not sayings.file(Listen((), (), 1, "", 5, speech={"2": ("故障",)}), english, CALL)


@pytest.mark.parametrize("step", [Play(()), Listen((), (), 1, "", 5), Listen((), (), 2, "", 5, speech=WORDS)])
async def test_elsewhere_there_are_keys_alone(sayings: Sayings, step: Step) -> None:
    assert sayings.file(step, HERE, CALL) == ""


async def test_so_it_is_on_nodes_that_record_nothing_and_where_nobody_listens(sayings: Sayings, tmp_path: Path) -> None:
    assert sayings.file(MENU, HERE, CallSeen("node2!node2-1.1", "10086", "13812345678", "local")) == ""
    assert Sayings(Ears(Speech()), {"node1": tmp_path}).file(MENU, HERE, CALL) == ""


@pytest.mark.parametrize(
    ("said", "keys", "language", "key"),
    [(b"2", "", "zh", "2"), (b"2", "", "en", ""), (b"", "", "zh", ""), (b"2", "1", "zh", ""), (b"9", "", "zh", "")],
)
async def test_what_was_said_is_a_key_of_that_language_and_leaves_no_file(
    sayings: Sayings, tmp_path: Path, said: bytes, keys: str, language: str, key: str
) -> None:
    (tmp_path / FILE).write_bytes(said)
    call = CallSeen(CALL.key, CALL.dialled, CALL.caller, CALL.trunk, keys=keys)
    assert await sayings.key(WORDS, State(1, "10086", language, "main", asked=4), call) == key
    assert not (tmp_path / FILE).exists()


async def test_a_file_that_is_not_there_is_nothing_said(sayings: Sayings) -> None:
    assert await sayings.key(WORDS, HERE, CALL) == ""
