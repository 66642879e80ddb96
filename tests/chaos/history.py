"""The history of a run, one JSON object a line: every call, what its caller saw and was told, and every fault.

``{"t": 12.3, "what": "dialled", "op": 7, "caller": "138…", "number": "1008610001", "kind": "order"}``
``{"t": 13.1, "what": "ended", "op": 7, "status": 200, "answered_ms": 551.0, "by": "callee"}``
``{"t": 60.0, "what": "told", "op": 7, "verdict": "ok", "told": ["order-placed"], "call_keys": ["node1!…"]}``
``{"t": 14.0, "what": "fault", "fault": "pg-stop", "part": "PostgreSQL", "number": 3, "until": 16.2}``
``{"t": 16.5, "what": "healed", "number": 3, "detail": ""}``
``{"t": 15.0, "what": "sample", "spool": 2, "unread": 4096}``
"""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.chaos.model import History, Op, Sample, Strike


class Scribe:
    """Writes a history while it happens; every line is on its way to the disk before the next begins."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._began = time.monotonic()

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def write(self, what: str, **facts: Any) -> None:
        """Add a line."""
        self._file.write(json.dumps({"t": round(self.now, 3), "what": what, **facts}, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """No more lines."""
        self._file.close()


def read(path: Path) -> History:
    """The history a scribe has written."""
    with path.open(encoding="utf-8") as file:
        return gather(json.loads(line) for line in file)


def gather(lines: Iterable[dict[str, Any]]) -> History:
    """The history that these lines tell."""
    ops: dict[int, dict[str, Any]] = {}
    strikes: dict[int, Strike] = {}
    samples = []
    for line in lines:
        at, what = line.pop("t"), line.pop("what")
        if what == "dialled":
            ops[line["op"]] = {**line, "dialled_at": at}
        elif what == "ended":
            ops[line["op"]] |= {"ended_at": at, "status": line["status"], "answered_ms": line["answered_ms"]}
        elif what == "told":
            ops[line["op"]] |= {**line, "told": tuple(line["told"]), "call_keys": tuple(line["call_keys"])}
        elif what == "fault":
            strikes[line["number"]] = Strike(begins=at, ends=line.pop("until"), **line)
        elif what == "healed":
            strikes[line["number"]] = replace(strikes[line["number"]], ends=at, detail=line["detail"])
        elif what == "sample":
            samples.append(Sample(at, **line))
    return History([Op(**op) for op in ops.values()], list(strikes.values()), samples)
