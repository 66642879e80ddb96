-- When each Asterisk was listened to, and when it was not.

-- name: lazy_commit
-- Let this transaction's COMMIT not wait for the disk: a heartbeat that is lost makes a gap longer, never shorter.
SELECT set_config('synchronous_commit', 'off', true);

-- name: save_link
-- How long the link of instance $2 to node $1 that came up at $3 has been up; the columns of ami_links without beat_at.
INSERT INTO ami_links (node, instance, up_at, epoch, booted_at, alive_at, lost_at, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (node, instance, up_at) DO UPDATE
SET alive_at = excluded.alive_at, lost_at = excluded.lost_at, why = excluded.why, beat_at = clock_timestamp();

-- name: note_gaps
-- Make the ledger of node $1 say, from $2 on, what its links say; the gaps that are new. A life of a link begins after a
-- gap if every life that began before it has ended: another instance may write of its lives later, so gaps can go too.
WITH lives AS (
    SELECT instance, epoch, up_at, coalesce(lost_at, alive_at) AS until, booted_at, coalesce(nullif(why, ''), 'ccore-away') AS why
    FROM ami_links
    WHERE node = $1
), gaps AS (
    SELECT life.instance, life.epoch, earlier.until AS began_at, life.up_at AS ended_at,
           CASE WHEN earlier.booted_at = life.booted_at THEN earlier.why ELSE 'asterisk-restarted' END AS why
    FROM lives AS life CROSS JOIN LATERAL (
        SELECT until, booted_at, why FROM lives WHERE up_at < life.up_at ORDER BY until DESC LIMIT 1) AS earlier
    WHERE life.up_at >= $2 AND earlier.until < life.up_at
), gone AS (
    DELETE FROM ami_gaps AS noted
    WHERE node = $1 AND ended_at >= $2
      AND NOT EXISTS (SELECT FROM gaps WHERE (began_at, ended_at) = (noted.began_at, noted.ended_at))
)
INSERT INTO ami_gaps (node, instance, epoch, began_at, ended_at, why)
SELECT $1, instance, epoch, began_at, ended_at, why FROM gaps
ON CONFLICT DO NOTHING
RETURNING began_at, ended_at, why;

-- name: mark_gaps_read
-- Note the gaps of the nodes $1 whose end both logs have been read past, by $2 at least.
UPDATE ami_gaps AS gap SET read_at = clock_timestamp()
WHERE node = ANY ($1::text[]) AND read_at IS NULL AND closed_at IS NULL
  AND ended_at + $2::interval < (SELECT min(read_until) FROM call_log_reads WHERE node = gap.node HAVING count(*) = 2);

-- name: close_gaps
-- Close the gaps of the nodes $1 whose rows are all stored, and whose calls are all folded; those closed.
UPDATE ami_gaps AS gap SET closed_at = clock_timestamp()
WHERE node = ANY ($1::text[]) AND closed_at IS NULL AND read_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM call_folds_due WHERE node = gap.node AND due_since <= gap.read_at)
RETURNING node, began_at, ended_at, why;

-- name: open_gaps
-- The gaps of the nodes $1 that are not closed, those that still last without an end.
SELECT node, began_at, ended_at, why FROM open_gaps WHERE node = ANY ($1::text[]) ORDER BY node, began_at;

-- name: forget_links
-- Drop lives that ended more than a month ago, but for the newest of them, after which a younger gap may begin.
DELETE FROM ami_links AS old
WHERE EXISTS (SELECT FROM ami_links WHERE node = old.node AND coalesce(lost_at, alive_at) < now() - interval '30 days'
                AND coalesce(lost_at, alive_at) > coalesce(old.lost_at, old.alive_at));
