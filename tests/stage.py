"""Runs one stage of the tests: ``python -m tests.stage ARGUMENTS-OF-PYTEST``.

These tests hold real calls, browsers and clocks on whatever machine there is. What fails beside others runs once more
by itself, if it is no more than three tests: a fault that is always there fails again. What held only then is a race,
in the test or in ccore, and somebody's to mend: it is named in capitals at the end of its stage.
"""

import json
import subprocess
import sys
from pathlib import Path

MOST = 3
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main(arguments: list[str]) -> int:
    """Run the stage; what pytest answers: 0 if all held."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    outcome = subprocess.run([*pytest, "--cache-clear"], check=False).returncode
    if outcome != 1:  # nothing failed, or something else than a test
        return outcome
    failed = sorted(json.loads(FAILED.read_text()))
    if len(failed) > MOST:
        return outcome
    print(f"\n{len(failed)} failed; once more, with nothing beside:", flush=True)
    outcome = subprocess.run(
        [*pytest, "--last-failed", "--last-failed-no-failures", "none", "-n", "0"], check=False
    ).returncode
    if outcome == 0:
        print("\n".join(f"UNSTEADY: {test} failed beside others and held by itself" for test in failed), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
