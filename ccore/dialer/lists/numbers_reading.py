"""The process that reads a file of numbers for ccore: told which by one line, it writes them in pieces.

On standard output comes a line of JSON for each piece: ``{"numbers": [...]}``, at the end ``{"refused": why}`` or
``{"over": rows, "faults": [[row, what], ...]}``.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from ccore.dialer.lists.numbers_in import numbers_of
from ccore.dialer.lists.sheet_model import What
from ccore.dialer.lists.sheet_reading import bounded
from ccore.dialer.lists.sheet_rows import Site
from ccore.sheets import NoSheet, clean

AT_ONCE = 5000
MOST_FAULTS = 1000  # that are told: whoever has so many looks at the file


def order(file: Path, site: Site) -> bytes:
    """The line the process is told."""
    return json.dumps({"file": str(file), "site": asdict(site)}).encode() + b"\n"


def read(out: BinaryIO, told: Mapping[str, Any]) -> None:
    """Do what the line said."""
    rows, piece, faults = 0, list[str](), list[tuple[int, str]]()
    try:
        for row, found in numbers_of(Path(told["file"]), Site(**told["site"])):
            rows += 1
            if isinstance(found, What):
                faults.append((row, found.value))
            else:
                piece.append(found)
            if len(piece) >= AT_ONCE:
                _say(out, {"numbers": piece})
                piece = []
    except NoSheet as error:
        _say(out, {"refused": clean(str(error))})
        return
    except MemoryError:
        _say(out, {"refused": "the file needs too much memory: save it as CSV / 文件占用内存过多，请另存为 CSV"})
        return
    _say(out, {"numbers": piece})
    _say(out, {"over": rows, "faults": faults[:MOST_FAULTS]})


def _say(out: BinaryIO, what: Mapping[str, object]) -> None:
    out.write(json.dumps(what, ensure_ascii=False).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    bounded(read)
