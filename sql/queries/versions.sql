-- Versions of the operators' files. Which one is live, and whether it is on trial, is decided by this database's clock.

-- name: live
-- The newest switch; which version the one before it made live; `overdue`: it was not confirmed in time.
SELECT s.switch_id, s.version, s.switched_at, s.switched_by, s.reason, b.version AS version_before,
       s.confirm_by IS NOT NULL AND s.confirmed_at IS NULL AS on_trial,
       s.confirmed_at IS NULL AND coalesce(s.confirm_by < clock_timestamp(), false) AS overdue
FROM dialplan_switches s LEFT JOIN dialplan_switches b ON b.switch_id = s.after
ORDER BY s.switch_id DESC
LIMIT 1;

-- name: versions
-- All versions, the newest first.
SELECT version, made_at, made_by, note, previous FROM dialplan_versions ORDER BY version DESC;

-- name: version
-- Version $1.
SELECT version, made_at, made_by, note, previous FROM dialplan_versions WHERE version = $1;

-- name: switches
-- All switches, the newest first.
SELECT switch_id, version, switched_at, switched_by, reason
FROM dialplan_switches ORDER BY switch_id DESC;

-- name: files
-- The files of version $1.
SELECT path, content FROM dialplan_files JOIN dialplan_contents USING (sha256) WHERE version = $1;

-- name: listing
-- The files of version $1, by the hashes of their contents.
SELECT path, sha256 FROM dialplan_files WHERE version = $1;

-- name: contents
-- The contents with the hashes $1.
SELECT sha256, content FROM dialplan_contents WHERE sha256 = ANY ($1::bytea[]);

-- name: known_contents
-- Which of the contents $1 are here already.
SELECT sha256 FROM dialplan_contents WHERE sha256 = ANY ($1::bytea[]);

-- name: add_content
-- Content $2 with its hash $1, unless it is here.
INSERT INTO dialplan_contents (sha256, content) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: add_version
-- A new version by $1 with note $2, with what is live as its previous one; its number, null if another was just added.
INSERT INTO dialplan_versions (version, made_by, note, previous)
SELECT coalesce((SELECT max(version) FROM dialplan_versions), 0) + 1, $1, $2,
       (SELECT version FROM dialplan_switches ORDER BY switch_id DESC LIMIT 1)
ON CONFLICT DO NOTHING
RETURNING version;

-- name: add_files
-- Version $1 has at the paths $2 the contents with the hashes $3.
INSERT INTO dialplan_files (version, path, sha256)
SELECT $1, path, sha256 FROM unnest($2::text[], $3::bytea[]) AS files (path, sha256);

-- name: switch
-- Make version $1 live, by $2 for the reason $3, if $4 is the newest switch (null: there is none); $5: how long the
-- trial may take, null for none. The new switch, null if somebody else has switched.
INSERT INTO dialplan_switches (version, switched_by, reason, after, confirm_by)
SELECT $1, $2, $3, $4, clock_timestamp() + $5::interval
WHERE $4::bigint IS NOT DISTINCT FROM (SELECT max(switch_id) FROM dialplan_switches)
ON CONFLICT DO NOTHING
RETURNING switch_id;

-- name: confirm
-- End the trial of switch $1 well; no row if it is too late.
UPDATE dialplan_switches s SET confirmed_at = clock_timestamp()
WHERE switch_id = $1 AND confirmed_at IS NULL AND confirm_by >= clock_timestamp()
  AND NOT EXISTS (SELECT FROM dialplan_switches WHERE after = s.switch_id);

-- name: report
-- Instance $1 has done with switch $2 what it could: it runs version $3, on nodes $4 of its own; $5: what kept it.
INSERT INTO dialplan_running (instance, switch_id, version, nodes, error) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (instance) DO UPDATE
SET switch_id = excluded.switch_id, version = excluded.version, nodes = excluded.nodes, error = excluded.error,
    applied_at = clock_timestamp(), seen_at = clock_timestamp();

-- name: seen
-- Instance $1 is alive.
UPDATE dialplan_running SET seen_at = clock_timestamp() WHERE instance = $1;

-- name: gone
-- Instance $1 ends.
DELETE FROM dialplan_running WHERE instance = $1;

-- name: running
-- The ccores seen within $1, each with the switch it has come to.
SELECT instance, switch_id, version, nodes, applied_at, error
FROM dialplan_running WHERE seen_at > clock_timestamp() - $1::interval ORDER BY instance;

-- name: take_turn
-- Whether nobody else publishes now; kept until this transaction ends.
SELECT pg_try_advisory_xact_lock(7163389);

-- name: keep_turn
-- Nothing: a transaction that pauses is ended by PostgreSQL.
SELECT 1;
