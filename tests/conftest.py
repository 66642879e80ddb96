"""The fixtures all tests share; each lives in the module of tests/support that explains it."""

from tests.support.asterisk import asterisk_node, asterisk_root
from tests.support.postgres import database, dsn, empty_dsn, postgres, postgres_template

__all__ = ["asterisk_node", "asterisk_root", "database", "dsn", "empty_dsn", "postgres", "postgres_template"]
