"""``make chaos``: calls and faults for as long as you say, and a report of what came of it."""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos.report import write_report
from tests.chaos.run import Plan, again, run


def main() -> int:
    """Run, report, say how to repeat it; 1 if anything was wrong."""
    given = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM):  # an ended run takes its site down, also one started with nohup
        signal.signal(number, signal.default_int_handler)
    plan = Plan(
        given.seed if given.seed is not None else random.randrange(1_000_000), given.seconds, given.rate,
        given.faults_every, given.orders, given.min_faults, given.schedule,
    )  # fmt: skip
    print(f"chaos: seed {plan.seed}, at least {plan.seconds:.0f} s, {plan.rate:g} calls/s")
    directory = Path(tempfile.mkdtemp(prefix="ccore-chaos-"))
    result = asyncio.run(run(plan, directory))
    print(write_report(result, given.report))
    for complaint in result.complaints:
        print(f"WRONG {complaint}")
    if result.complaints:
        print(f"chaos: {len(result.complaints)} complaints. All it wrote is in {directory}; again: {again(plan)}")
        return 1
    if given.keep:
        print(f"chaos: all it wrote is in {directory}")
    else:
        shutil.rmtree(directory)
    print(f"chaos: seed {plan.seed}, nothing is wrong; the report is {given.report}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long calls come, at least")
    parser.add_argument("--seed", type=int, help="of all chance; one is chosen and said if none is given")
    parser.add_argument("--rate", type=float, default=20.0, help="calls per second, up to 60")
    parser.add_argument("--faults-every", type=float, default=3.0, metavar="S", help="seconds from one to the next")
    parser.add_argument("--orders", type=int, default=0, help="go on until so many orders were dialled")
    parser.add_argument("--min-faults", type=int, default=0, help="go on until so many faults have struck")
    parser.add_argument("--schedule", default="", help="pg-stop:60,pg-freeze:60,ccore-kill*20 in place of chance")
    parser.add_argument("--report", type=Path, default=Path("var/chaos/report.md"), help="where the report goes")
    parser.add_argument("--keep", action="store_true", help="keep what the run wrote even if nothing is wrong")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
