"""Which tests want how much of the machine for themselves."""

import os
from pathlib import Path

import pytest

# Whole shifts are a figure of the full scale: test_pacing_figures.py has what can be said in seconds.
collect_ignore = [] if os.environ.get("CCORE_FULL") == "1" else ["test_pacing_shifts.py"]
ALONE = frozenset({"test_faults", "test_orders", "test_port_scan"})
FEW = frozenset(
    {
        "test_calls_cuts",
        "test_calls_frozen",
        "test_dialling",
        "test_nodes",
        "test_queue_load",
        "test_recording_figures",
        "test_two_instances",
        "test_upkeep_queues",
        "test_upkeep_stuck",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for mark, files in (("alone", ALONE), ("few", FEW)):
                if item.path.stem in files:
                    item.add_marker(mark)
