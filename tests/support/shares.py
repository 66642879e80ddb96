"""How tests are shared out to pytest's workers: by file, those that take longest first, some of them one by one."""

from collections import Counter
from pathlib import PurePath

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# Each of their tests builds all it needs, so any worker may run any of them; those of other files share what is built.
APART = frozenset(
    {
        "acceptance/test_daemon",
        "acceptance/test_demo",
        "acceptance/test_dialplan",
        "acceptance/test_embedded_nodes",
        "acceptance/test_faults",
        "acceptance/test_gaps",
        "acceptance/test_node",
        "acceptance/test_nodes",
        "acceptance/test_orders",
        "acceptance/test_standby",
        "acceptance/test_two_instances",
        "chaos/test_chaos",
    }
)
# What takes long, however few its tests are: begun last, it would keep all waiting in the end.
LONGEST = (
    "integration/test_cdr_faults",
    "integration/test_cli",
    "integration/test_versions_start",
    "architecture/test_wheel",
    "integration/test_openapi",
    "unit/test_check",
    "unit/test_admin_guide",
    "integration/test_db_embedded",
    "integration/test_db_faults",
    "integration/test_leases",
    "integration/test_ordering_races",
    "integration/test_db_black_hole",
    "integration/test_contact_figures",
    "acceptance/test_publish",
    "chaos/test_fresh",
    "chaos/test_chaos",
    "acceptance/test_agents",
    "acceptance/test_hostile",
    "acceptance/test_menus",
    "acceptance/test_predictive",
    "acceptance/test_broken_menus",
    "acceptance/test_big_hotline",
    "acceptance/test_dialling",
    "acceptance/test_queue_load",
    "acceptance/test_embedded_nodes",
    "acceptance/test_queue_numbers",
    "acceptance/test_calls_cuts",
    "acceptance/test_calls_frozen",
    "acceptance/test_upkeep_stuck",
    "acceptance/test_equal_terms",
    "acceptance/test_demo",
    "acceptance/test_announcing",
    "acceptance/test_two_instances",
)


def longest_first(items: list[pytest.Item]) -> None:
    """Put them in the order in which workers are to begin them."""
    sizes = Counter(share(item.nodeid) for item in items)
    items.sort(key=lambda item: (_place(item.nodeid), -sizes[share(item.nodeid)]))


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a share to whoever is free, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        config.option.loadscopereorder = False  # by the number of tests alone
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid)


def share(nodeid: str) -> str:
    """What goes to one worker: a file or a test."""
    return nodeid if _file(nodeid) in APART else nodeid.partition("::")[0]


def _place(nodeid: str) -> int:
    file = _file(nodeid)
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)


def _file(nodeid: str) -> str:
    return "/".join(PurePath(nodeid.partition("::")[0]).with_suffix("").parts[-2:])
