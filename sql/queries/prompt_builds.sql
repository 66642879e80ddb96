-- Prompts that are spoken for drafts, from the console (ccore/versions/building.py).

-- name: give_up
-- A build of which nobody has told for $1 is over: whoever made it is gone.
UPDATE prompt_builds SET ended_at = clock_timestamp(), trouble = 'lost'
WHERE ended_at IS NULL AND seen_at < clock_timestamp() - $1::interval;

-- name: begin
-- $1 has $2 sounds built; its number, and no row if another build goes on.
INSERT INTO prompt_builds (asked_by, wanted) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING build_id;

-- name: tell
-- Build $1 goes on: $2 sounds are spoken, $3 are not; no row is changed if it was given up.
UPDATE prompt_builds SET spoken = $2, failed = $3, seen_at = clock_timestamp() WHERE build_id = $1 AND ended_at IS NULL;

-- name: end_build
-- Build $1 has ended, with the trouble $2 ("": none), of which $3 says more.
UPDATE prompt_builds SET ended_at = clock_timestamp(), seen_at = clock_timestamp(), trouble = $2, why = $3
WHERE build_id = $1 AND ended_at IS NULL;

-- name: newest
-- The newest $1 builds; one of which nobody has told for $2 is lost.
SELECT *, ended_at IS NULL AND seen_at < clock_timestamp() - $2::interval AS lost
FROM prompt_builds ORDER BY build_id DESC LIMIT $1;
