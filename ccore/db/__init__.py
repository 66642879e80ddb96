"""PostgreSQL: pool, named SQL, migrations."""
