-- What the database is.

-- name: database
-- The version of PostgreSQL, and of the schema, since when.
SELECT current_setting('server_version') AS postgresql, version, applied_at
FROM schema_migrations ORDER BY version DESC LIMIT 1;
