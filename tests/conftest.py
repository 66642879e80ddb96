"""The fixtures all tests share; each lives in the module of tests/support that explains it."""

import pytest
from hypothesis import HealthCheck, settings

from tests.support.asterisk import asterisk_node, asterisk_root
from tests.support.logs_as_before import logs_as_before
from tests.support.postgres import database, dsn, empty_dsn, postgres, postgres_template
from tests.support.shares import Shares, longest_first

__all__ = [
    "asterisk_node",
    "asterisk_root",
    "database",
    "dsn",
    "empty_dsn",
    "logs_as_before",
    "postgres",
    "postgres_template",
]

# How fast values are drawn and tried says how busy the machine is, nothing about ccore.
settings.register_profile("ccore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ccore")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order in which they are shared out."""
    longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """In place of xdist's own ``--dist loadfile``; its ``loadgroup`` does nothing with pytest 9.2."""
    return Shares(config, log) if config.getvalue("dist") == "loadfile" else None
