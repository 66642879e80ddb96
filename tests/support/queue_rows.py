"""Channel events of calls in queues, as Asterisk writes them: for tests that need none of its own."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ccore.numbers.model import Row

BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after the beginning of these tests' time."""
    return BEGAN + timedelta(seconds=seconds)


@dataclass
class Told:
    """Rows of one call, each told in a word or two."""

    caller: str = "1763.1"
    number: str = "13812345678"
    rows: list[Row] = field(default_factory=list)

    @property
    def channel(self) -> str:
        """The caller's."""
        return f"PJSIP/trunk-local-{abs(hash(self.caller)) % 16**8:08x}"

    def row(self, seconds: float, kind: str, uniqueid: str = "", channel: str = "", **extra: object) -> "Told":
        """Any row, of the caller if no other channel is named."""
        own = uniqueid in {"", self.caller}
        self.rows.append(
            Row(at(seconds), kind, uniqueid or self.caller, channel or (self.channel if own else ""),
                self.number if own else "", json.dumps(extra) if extra else "")
        )  # fmt: skip
        return self

    def says(self, seconds: float, words: str, uniqueid: str = "", channel: str = "") -> "Told":
        """The dialplan's own row."""
        return self.row(seconds, "CCORE_QUEUE", uniqueid, channel, extra=words)

    def enters(self, seconds: float, queue: str = "sales", visit: int = 1, line: str = "") -> "Told":
        """The caller comes to a line of a queue."""
        return self.says(seconds, f"entered {line or queue} {queue} zh gold 5 {visit}")

    def leaves(self, seconds: float, how: str, queue: str = "sales", visit: int = 1, line: str = "") -> "Told":
        """app_queue gives the caller back."""
        return self.says(seconds, f"left {line or queue} {queue} {how} {visit}")

    def rings(self, seconds: float, phone: str, uniqueid: str, line: str = "sales", queue: str = "sales") -> "Told":
        """An agent's phone rings for the caller."""
        channel = f"PJSIP/phone-{phone}-{abs(hash(uniqueid)) % 16**8:08x}"
        self.row(seconds, "CHAN_START", uniqueid, channel)
        return self.says(seconds, f"rings {line} {queue} - {self.caller}", uniqueid, channel)

    def answers(self, seconds: float, agent: str, uniqueid: str, line: str = "sales", queue: str = "sales") -> "Told":
        """The agent takes the call; both are in a bridge a moment later."""
        self.row(seconds, "ANSWER", uniqueid)
        self.says(seconds, f"answered {line} {queue} {agent} {self.caller}", uniqueid)
        self.row(seconds + 0.01, "BRIDGE_ENTER", uniqueid)
        return self.row(seconds + 0.01, "BRIDGE_ENTER")

    def gone(self, seconds: float, uniqueid: str = "", by: str = "") -> "Told":
        """A channel ends; ``by``: who hung up, the channel itself if nobody is named."""
        own = uniqueid in {"", self.caller}
        source = by or (self.channel if own else "")
        self.row(seconds, "HANGUP", uniqueid, hangupcause=16, hangupsource=source, dialstatus="")
        return self.row(seconds + 0.001, "CHAN_END", uniqueid)


def as_csv(told: Told, linkedid: str, shift: timedelta, node: str = "node1") -> list[str]:
    """The lines of Asterisk's CEL file that tell of it, ``shift`` after the time of these tests."""
    return [_line(row, linkedid, shift, node) for row in told.rows]


def _line(row: Row, linkedid: str, shift: timedelta, node: str) -> str:
    when = f"{(row.at + shift).timestamp():.6f}"
    fields = [node, row.kind, when, "", row.caller, "", "", "", "", "", row.channel, "", "", "", "", row.uniqueid,
              linkedid, "", "", row.extra]  # fmt: skip
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields) + "\n"
