"""What callers say in a menu instead of pressing a key: Asterisk records it, it is understood, and it is gone."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog
from prometheus_client import Counter

from ccore.hearing.ears import Ears, Words
from ccore.hearing.sounding import language_of
from ccore.ivr.instructions import CallSeen
from ccore.ivr.model import Listen, State, Step
from ccore.ivr.recorded import INSIDE, saying

log = structlog.get_logger()

SAID = Counter("ccore_ivr_said", "What callers said in menus, by what came of it", ["outcome"])

UNDERSTOOD_WITHIN_S = 1.2  # leaves time for the rest of an answer: the dialplan waits 2 s


class Sayings:
    """Callers of the nodes whose ``recorded/`` is in ``folders`` may speak, if somebody of ``ears`` listens."""

    def __init__(self, ears: Ears, folders: Mapping[str, Path]) -> None:
        self._ears = ears
        self._folders = folders

    def file(self, step: Step, state: State, call: CallSeen) -> str:
        """Where Asterisk is to record what the caller says; "" if they have keys alone."""
        if not isinstance(step, Listen) or step.most > 1 or not _words(step.speech, state.language):
            return ""
        if call.node not in self._folders or not self._ears.free:
            return ""
        return f"{INSIDE}/{saying(call.call_id, state.asked)}"

    async def key(self, speech: Words, state: State, call: CallSeen) -> str:
        """The key that the caller meant by what they have just said. Leaves no file.

        "" if it is not understood, or they have pressed a key meanwhile.
        """
        folder = self._folders.get(call.node)
        sound = await asyncio.to_thread(_take, folder / saying(call.call_id, state.asked)) if folder else b""
        words = _words(speech, state.language)
        if not sound or not words or call.keys:
            return ""
        key, outcome = await self._ears.understood(state.language, words, sound, UNDERSTOOD_WITHIN_S)
        SAID.labels(outcome.value).inc()
        log.info("caller_spoke", call_id=call.call_id, node=state.node, key=key, outcome=outcome.value)
        return key


def _words(speech: Words, language: str) -> Words:
    """Those of the language that the call is in."""
    own = {key: [word for word in words if language_of(word) == language] for key, words in speech.items()}
    return {key: words for key, words in own.items() if words}


def _take(path: Path) -> bytes:
    """The file's content; it is gone then. Nothing if it cannot be had: the caller has keys."""
    try:
        sound = path.read_bytes()
        path.unlink()
    except OSError as error:
        log.error("saying_not_read", file=path.name, reason=str(error))
        return b""
    return sound
