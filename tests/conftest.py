"""The fixtures all tests share; each lives in the module of tests/support that explains it."""

from hypothesis import HealthCheck, settings

from tests.support.asterisk import asterisk_node, asterisk_root
from tests.support.postgres import database, dsn, empty_dsn, postgres, postgres_template

__all__ = ["asterisk_node", "asterisk_root", "database", "dsn", "empty_dsn", "postgres", "postgres_template"]

# How fast values are drawn and tried says how busy the machine is, nothing about ccore.
settings.register_profile("ccore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ccore")
