"""Run every bench, or those named, and print one table: ``python -m tests.bench [name …]``."""

import importlib
import json
import sys
from dataclasses import asdict

from ccore import log
from tests.bench import Figure

BENCHES = (
    "ami", "lag", "agi", "cdr", "orders", "menus", "members", "routing", "estimate", "recordings", "target", "pacing",
    "claiming", "reports", "live",
)  # fmt: skip


def main(names: list[str]) -> int:
    """Print a line per figure as it is measured, then all as JSON; the exit code is 1 if a goal was missed."""
    log.configure("console", "warning")  # to standard error: standard output carries the figures
    figures: list[Figure] = []
    for name in names or BENCHES:
        measured: list[Figure] = importlib.import_module(f"tests.bench.{name}").run()
        figures += measured
        for figure in measured:
            print(line(figure), flush=True)
    print(json.dumps([asdict(figure) for figure in figures], ensure_ascii=False))
    return 1 if any(figure.met is False for figure in figures) else 0


def line(figure: Figure) -> str:
    """One figure as people read it."""
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    against = (
        ""
        if figure.baseline is None
        else f"baseline {figure.baseline:,.4g}, ratio {figure.value / figure.baseline:.3f}"
    )
    return f"{figure.name:52} {figure.value:12,.4g} {figure.unit:16} {against:36} {figure.goal} {verdict}".rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
