"""Which tests have the machine to themselves; all others share it with each other."""

from pathlib import Path

import pytest

ALONE = frozenset(
    {
        "test_calls_cuts",
        "test_calls_frozen",
        "test_faults",
        "test_orders",
        "test_port_scan",
        "test_queue_load",
        "test_recording_figures",
        "test_two_instances",
        "test_upkeep_stuck",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.stem in ALONE:
            item.add_marker("alone")
