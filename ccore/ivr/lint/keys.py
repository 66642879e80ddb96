"""Rules on keys: each means one thing, at once, and what it means everywhere else."""

import re
from collections.abc import Iterator

from ccore.errors import Fault
from ccore.hearing.matching import Sounds
from ccore.hearing.sounding import language_of, sounds
from ccore.ivr.lint.linted import Linted
from ccore.ivr.menu import AGAIN, BACK, CONVENTIONS, PEOPLE, Menu

LONGEST_SILENCE_S = 3  # promise P4 of reliability.md
LEAST_SOUNDS = {"zh": 2, "en": 3}  # of a word that callers may say: syllables, letters
_KEY_TOLD = re.compile(r"(?:按|[Pp]ress )([0-9]{1,4})(?![0-9])")
_MEANING = {BACK: "back", AGAIN: "once more", PEOPLE: "people"}


def beginnings(linted: Linted) -> Iterator[Fault]:
    """No key is the beginning of another: who keys the longer one slowly would get the shorter one."""
    for name, node in _menus(linted):
        keys = _all_keys(node)
        for longer in sorted(node.keys):
            for key in sorted(keys):
                if longer != key and longer.startswith(key):
                    told = "" if key in node.keys else f" ({_MEANING[CONVENTIONS[key]]}, by convention)"
                    message = (
                        f"key {key}{told} is the beginning of {longer}: whoever keys {longer} slowly gets {key}, and "
                        f"whoever wants {key} hears nothing for {node.timeout_s} s; give them other keys"
                    )
                    yield linted.fault(("node", name, "keys", longer), "IV201", message)


def waits(linted: Linted) -> Iterator[Fault]:
    """Where keys differ in length, whoever has keyed a short one is not left in silence."""
    for name, node in _menus(linted):
        longest = max(map(len, node.keys))
        if node.timeout_s > LONGEST_SILENCE_S and (short := [key for key in _all_keys(node) if len(key) < longest]):
            message = (
                f"after key {min(short)} another digit is waited for, as some keys here have {longest}: callers hear "
                f"nothing for {node.timeout_s} s; give all keys one length, or set timeout_s to {LONGEST_SILENCE_S}"
            )
            yield linted.fault(("node", name, "timeout_s"), "IV202", message)


def conventions(linted: Linted) -> Iterator[Fault]:
    """The keys that mean something in every menu mean it here too, unless the menu says that it has its own."""
    peoples = {hotline.people for hotline in linted.menus.hotlines.values()}
    for name, node in _menus(linted):
        for key, word in CONVENTIONS.items():
            target = node.keys.get(key, word)
            same = target == word or (word == PEOPLE and peoples == {target})
            if node.conventions and not same:
                message = (
                    f"key {key} leads to {target}, and means {_MEANING[word]} in every other menu: callers are led "
                    "astray; take another key, or write conventions = false and name all keys of this menu"
                )
                yield linted.fault(("node", name, "keys", key), "IV203", message)


def told(linted: Linted) -> Iterator[Fault]:
    """Keys that a prompt tells callers to press are there."""
    prompts = linted.around.prompts or {}
    for name, node in _menus(linted):
        for part in (*node.opening, *node.prompt):
            keys = {key for sentence in prompts.get(part, ()) for key in _KEY_TOLD.findall(sentence)}
            if missing := sorted(keys - _all_keys(node)):
                message = (
                    f"{part} tells callers to press {missing[0]}, which this menu does not know: they hear it is wrong"
                )
                yield linted.fault(("node", name, "keys"), "IV205", message)


def speech(linted: Linted) -> Iterator[Fault]:
    """What callers may say stands for a key of the menu, and sounds like the words of no other."""
    for name, node in _menus(linted):
        said: dict[Sounds, tuple[str, str]] = {}
        for key, words in node.speech.items():
            if key not in _all_keys(node):
                message = f"speech names key {key}, which this menu has not: callers who say it are not understood"
                yield linted.fault(("node", name, "speech", key), "IV204", message)
            for word in words:
                other, its_key = said.setdefault(sounds(language_of(word), word), (word, key))
                if its_key != key:
                    sound = "" if other == word else f", which sounds like {other!r},"
                    message = (
                        f"{word!r}{sound} stands for key {its_key} and for key {key}: callers who say it are asked to "
                        "press one of them"
                    )
                    yield linted.fault(("node", name, "speech", key), "IV204", message)


def words(linted: Linted) -> Iterator[Fault]:
    """What callers may say can be told from anything else, and where they may speak a key is one digit."""
    for name, node in _menus(linted):
        if node.speech and (long := [key for key in node.keys if len(key) > 1]):
            message = f"has speech, and key {long[0]} of several digits: callers cannot speak here, only press keys"
            yield linted.fault(("node", name, "speech"), "IV206", message)
        for key, said in node.speech.items():
            for word in said:
                language = language_of(word)
                if len(sounds(language, word)) < LEAST_SOUNDS[language]:
                    message = f"{word!r} is so short that it is heard in many other words: callers are led astray"
                    yield linted.fault(("node", name, "speech", key), "IV207", message)


def _menus(linted: Linted) -> Iterator[tuple[str, Menu]]:
    for name, node in linted.menus.nodes.items():
        if isinstance(node, Menu):
            yield name, node


def _all_keys(node: Menu) -> set[str]:
    return {*node.keys, *(CONVENTIONS if node.conventions else ())}


RULES = (beginnings, waits, conventions, told, speech, words)
