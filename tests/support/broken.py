"""Thirty broken file sets: slips of operators' hands in the shipped dialplan, each with the fault it must give."""

from dataclasses import dataclass
from pathlib import Path

from ccore.shipped import shipped

MAIN, QUICK = "menus/main.toml", "menus/quick.toml"
HOTLINES, HOURS, LOOKUPS, TEXTS = "hotlines.toml", "hours.toml", "lookups.toml", "texts.toml"
PROMPTS, NUMBERS, QUEUE = "prompts/ivr.toml", "extensions.d/numbers.conf", "extensions.d/queue.conf"


@dataclass(frozen=True, slots=True)
class Slip:
    """``old`` became ``new`` in ``file``; the fault ``code`` stands where they begin to differ.

    It stands on the first line of ``at`` instead, if that is given.
    """

    name: str
    file: str
    old: str
    new: str
    code: str
    at: str = ""

    def make(self, directory: Path) -> None:
        """Break the file in a working copy of the dialplan, ``directory``."""
        path = directory / self.file
        path.write_text(self._broken(path.read_text(encoding="utf-8")), encoding="utf-8")

    def line(self) -> int:
        """The line of the file on which the fault must stand."""
        text = (shipped("dialplan") / self.file).read_text(encoding="utf-8")
        if self.at:
            broken = self._broken(text)
            return broken.count("\n", 0, broken.index(f"\n{self.at}") + 1) + 1
        same = next((n for n, (a, b) in enumerate(zip(self.old, self.new, strict=False)) if a != b), len(self.new))
        return text.count("\n", 0, text.index(self.old) + same) + 1

    def _broken(self, text: str) -> str:
        assert self.old in text, f"{self.file} has changed: mend {self.name}"
        return text.replace(self.old, self.new, 1)


SLIPS = [
    # Ways
    Slip("dangling-key", MAIN, '1 = "account"', '1 = "acount"', "IV101"),
    Slip("dangling-start", HOTLINES, 'start = "main"', 'start = "mian"', "IV101"),
    Slip("unreachable-menu", MAIN, ', 4 = "text-numbers"', "", "IV102", "[text-numbers]"),
    Slip("loop-without-exit", QUICK, 'missing = "progress-missing"', 'missing = "progress-look-up"', "IV103"),
    Slip("silent-loop", MAIN, 'prompt = "account-menu"', 'prompt = "account-menu"\nfailed = "again"', "IV104"),
    Slip("menu-taken-away", MAIN, "[broadband]", "[broadbands]", "IV101", "keys = { 1 ="),
    # Keys
    Slip("key-clash", MAIN, '2 = "broadband"', '2 = "broadband", 21 = "fault"', "IV201"),
    Slip("people-key-taken", MAIN, '9 = "other-language"', '0 = "other-language"', "IV203"),
    Slip("key-twice", MAIN, '2 = "broadband"', '1 = "broadband"', "MENU"),
    # Prompts
    Slip("prompt-missing", MAIN, 'prompt = "account-menu"', 'prompt = "acount-menu"', "IV301"),
    Slip("prompt-in-one-language", PROMPTS, "\nen = ", "\n# en = ", "PROMPT", "["),
    Slip("prompt-dialled-in-dialplan", QUEUE, "ccore/agents-busy", "ccore/agent-busy", "DP701"),
    # Values
    Slip("value-misspelt", QUICK, '"{balance}"', '"{ballance}"', "IV401"),
    Slip("value-too-early", MAIN, 'prompt = "people-waiting"', 'prompt = ["people-waiting", "{code}"]', "IV402"),
    # Other files
    Slip("look-up-unknown", QUICK, 'adapter = "bill"', 'adapter = "bil"', "IV501"),
    Slip("text-unknown", MAIN, 'text = "quick-numbers"', 'text = "quick-number"', "IV502"),
    Slip("hours-unknown", MAIN, 'of = "engineers"', 'of = "enginers"', "IV504"),
    Slip("queue-unknown", HOTLINES, 'queue = "service"', 'queue = "servise"', "IV505"),
    Slip("trunk-unknown", HOTLINES, 'queue = "service"', 'trunks = ["main-line"]', "IV506"),
    Slip("hotline-unknown", HOTLINES, 'number = "1001011"', 'number = "1001019"', "IV509"),
    Slip("hotline-gone", HOTLINES, "[[hotline]]", "#[[hotline]]", "MENU", "number ="),
    # Limits
    Slip("question-without-answer", MAIN, "least = 7", "least = 13", "IV601"),
    Slip("never-open", HOURS, "[hours.engineers]", "[hours.nobody]\nholidays = []\n\n[hours.engineers]", "IV604"),
    Slip("case-that-never-holds", MAIN, "cases = { open =", "cases = { opened =", "IV603"),
    Slip("action-unknown", MAIN, 'do = "queue"', 'do = "que"', "MENU", "[engineers]"),
    Slip("not-toml", QUICK, 'do = "look-up"', "do = look-up", "MENU"),
    # Dialplan
    Slip("pattern-shadowed", NUMBERS, "exten => 10086,1,", "exten => _1008610XXX,1,Goto(menu,s,1)\nexten => 10086,1,",
         "DP223"),
    Slip("strangers-dial-out", QUEUE, "Playback(ccore/agents-busy)", "Dial(PJSIP/13800138000@trunk-local)", "DP501"),
    Slip("application-unknown", QUEUE, "Playback(ccore/agents-busy)", "Playbak(ccore/agents-busy)", "DP213"),
    Slip("number-not-answered", NUMBERS, "exten => 1001012,1", "exten => 1001010,1", "NP202"),
]  # fmt: skip
