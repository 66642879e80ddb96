"""The CDR and CEL files of a node: those recorded from a real Asterisk, and as many made-up calls as a test wants."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ccore.cdr.model import Event, Leg
from ccore.cdr.rows import CDR, CEL, CdrRow, CelRow, read

RECORDED = Path(__file__).parent.parent / "unit" / "data" / "cel"
NAMES = sorted({path.name.partition(".")[0] for path in RECORDED.glob("*.csv")})
FIRST_CALL_AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def recorded(name: str) -> dict[str, tuple[list[Event], list[Leg]]]:
    """The events and CDR rows of each LinkedID of a recording."""
    calls: dict[str, tuple[list[Event], list[Leg]]] = {}
    for row in read(CEL, recorded_bytes(name, "cel")).rows:
        assert isinstance(row, CelRow)
        calls.setdefault(row.linkedid, ([], []))[0].append(event(row))
    for row in read(CDR, recorded_bytes(name, "cdr")).rows:
        assert isinstance(row, CdrRow)
        calls.setdefault(row.linkedid, ([], []))[1].append(leg(row))
    return calls


def recorded_bytes(name: str, log: str) -> bytes:
    """The file of a recording; empty if Asterisk wrote none."""
    path = RECORDED / f"{name}.{log}.csv"
    return path.read_bytes() if path.exists() else b""


def event(row: CelRow) -> Event:
    """What folding sees of a CEL row."""
    return Event(
        row.event_at, row.eventtype, row.uniqueid, row.channame, row.cid_num, row.cid_name, row.cid_dnid, row.exten,
        row.context, row.eventextra,
    )  # fmt: skip


def leg(row: CdrRow) -> Leg:
    """What folding sees of a CDR row."""
    return Leg(
        row.started_at, row.answered_at, row.ended_at, row.uniqueid, row.sequence, row.channel, row.dstchannel, row.src,
        row.dst, row.dcontext, row.disposition, row.clock_suspect,
    )  # fmt: skip


def quoted(fields: Sequence[str]) -> bytes:
    """A line as Asterisk writes it: every field in quotes, a quote within doubled, line breaks as they are."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(fields)
    return line.getvalue().encode()


@dataclass(frozen=True, slots=True)
class MadeUpCall:
    """An answered call of 1.5 s, one channel; ``number`` makes it different from every other."""

    number: int
    node: str = "node1"
    name: str = "张三"
    caller: str = "13800138000"

    @property
    def began_at(self) -> datetime:
        """0.1 s after the one before."""
        return FIRST_CALL_AT + timedelta(milliseconds=100 * self.number)

    @property
    def linkedid(self) -> str:
        """As Asterisk makes them."""
        return f"{self.node}-{int(self.began_at.timestamp())}.{self.number}"

    @property
    def cdr(self) -> bytes:
        """Its line in the CDR file."""
        return quoted(
            [
                self.node, self.linkedid, self.linkedid, str(self.number), "", self.caller, "1008610001", "from-trunk",
                f'"{self.name}" <{self.caller}>', f"PJSIP/trunk-{self.number:08x}", "", "Hangup", "16", self._time(0),
                self._time(200), self._time(1700), "1", "1", "ANSWERED", "DOCUMENTATION", "",
            ]
        )  # fmt: skip

    @property
    def cel(self) -> bytes:
        """Its lines in the CEL file."""
        hangup = '{"hangupcause":16,"hangupsource":"dialplan/builtin","dialstatus":""}'
        return b"".join(
            [
                self.event("CHAN_START", 0),
                self.event("ANSWER", 200),
                self.event("HANGUP", 1700, hangup),
                self.event("CHAN_END", 1700),
                self.event("LINKEDID_END", 1700),
            ]
        )

    def event(self, kind: str, after_ms: int, extra: str = "") -> bytes:
        """One line of the CEL file."""
        return quoted(
            [
                self.node, kind, self._time(after_ms), self.name, self.caller, "", "", "", "1008610001", "from-trunk",
                f"PJSIP/trunk-{self.number:08x}", "", "", "3", "", self.linkedid, self.linkedid, "", "", extra,
            ]
        )  # fmt: skip

    def _time(self, after_ms: int) -> str:
        at = self.began_at + timedelta(milliseconds=after_ms)
        return f"{int(at.timestamp())}.{at.microsecond:06}"


@dataclass(frozen=True, slots=True)
class Logs:
    """The log directory of a node."""

    directory: Path

    @property
    def cdr(self) -> Path:
        """The CDR file."""
        return self.directory / CDR.path

    @property
    def cel(self) -> Path:
        """The CEL file."""
        return self.directory / CEL.path

    def add(self, *calls: MadeUpCall) -> None:
        """Write calls as Asterisk does: each record by opening, appending, closing."""
        for call in calls:
            append(self.cel, call.cel)
            append(self.cdr, call.cdr)


def append(path: Path, data: bytes) -> None:
    """Write at the end of a file, which is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)
