-- How the site is: the ccores on this database, their links to Asterisks, gaps, and PostgreSQL itself (ccore/versions/instances.py,
-- ccore/web/v1/nodes.py).

-- name: beat
-- Instance $1 of version $2, which began at $3, is here; its event loop was $4 ms late at most within the last minute.
-- Others that nobody has heard of for $5 (an interval) are forgotten.
WITH gone AS (
    DELETE FROM instances WHERE instance <> $1 AND seen_at < clock_timestamp() - $5::interval
)
INSERT INTO instances (instance, software, began_at, loop_lag_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (instance) DO UPDATE
SET software = excluded.software, began_at = excluded.began_at, loop_lag_ms = excluded.loop_lag_ms, seen_at = clock_timestamp();

-- name: leave
-- Instance $1 ends in order.
DELETE FROM instances WHERE instance = $1;

-- name: instances
-- The instances there are or were lately, what work of all each does, and which version of the operators' files it runs.
-- One counts as here if it was heard within $1 (an interval).
SELECT i.instance, i.software, i.began_at, i.loop_lag_ms, i.seen_at, i.seen_at > clock_timestamp() - $1::interval AS here,
       r.version, r.applied_at, r.error, coalesce(l.leads, '[]') AS leads
FROM instances i
LEFT JOIN dialplan_running r USING (instance)
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('name', name, 'since', taken_at) ORDER BY name) AS leads
    FROM leases WHERE holder = i.instance AND expires_at > clock_timestamp()) l ON true
ORDER BY i.instance;

-- name: links
-- The newest link of each instance to each of nodes $1; one that lasts counts as up if it was heard of within $2 (an interval).
SELECT DISTINCT ON (node, instance) node, instance, up_at, lost_at, why,
       lost_at IS NULL AND beat_at > clock_timestamp() - $2::interval AS up
FROM ami_links WHERE node = ANY ($1::text[]) ORDER BY node, instance, up_at DESC;

-- name: gaps
-- The times in which no ccore heard a node, the newest first: before gap $1, of node $2, where these are given; $3 at most.
SELECT gap_id, node, began_at, ended_at, why, closed_at FROM ami_gaps
WHERE ($1::bigint IS NULL OR gap_id < $1) AND ($2::text IS NULL OR node = $2)
ORDER BY gap_id DESC LIMIT $3;

-- name: server
-- PostgreSQL itself.
SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby, pg_postmaster_start_time() AS began_at,
       pg_database_size(current_database()) AS bytes, current_setting('max_connections')::integer AS most_connections,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections;

-- name: standbys
-- Those that follow this PostgreSQL, as far as our account may see: how far behind each is.
SELECT coalesce(application_name, '') AS name, coalesce(state, '') AS state, coalesce(sync_state, '') AS kept,
       extract(epoch FROM replay_lag)::float8 AS behind_s
FROM pg_stat_replication ORDER BY 1, pid;
