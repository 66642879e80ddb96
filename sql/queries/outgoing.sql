-- The trunks campaigns call out by: killed, resting, and what they cost.

-- name: kills
-- Trunks that are shut, and why.
SELECT trunk, by, at, reason FROM trunk_kills ORDER BY trunk;

-- name: kill
-- $2 shuts trunk $1 ('*': all) for reason $3; no row: it was shut already.
INSERT INTO trunk_kills (trunk, by, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING trunk;

-- name: revive
-- Trunk $1 ('*': all) may be used again; no row comes back if it was not shut.
DELETE FROM trunk_kills WHERE trunk = $1 RETURNING trunk;

-- name: rests
-- Those that are not over for longer than a trunk may rest: how often one had to in a row is still known after a restart.
SELECT node, trunk, since, until, times, reason FROM trunk_rests WHERE until > clock_timestamp() - interval '1 day';

-- name: rest
-- Trunk $2 rests at node $1 from $3 until $4, for the $5th time in a row, because of $6. One that rests for longer goes on.
INSERT INTO trunk_rests AS old (node, trunk, since, until, times, reason) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (node, trunk) DO UPDATE
SET since = excluded.since, until = excluded.until, times = excluded.times, reason = excluded.reason
WHERE old.until < excluded.until;

-- name: wake
-- Trunk $2 rests no longer, at node $1 or at any (null).
DELETE FROM trunk_rests WHERE trunk = $2 AND ($1::text IS NULL OR node = $1) RETURNING node;

-- name: count_spend
-- What attempts of trunks $1 have cost that are over and were not counted, $5 of them at most, by fen per call $2 and per
-- minute begun $3; days are those of zone $4. Each attempt is counted once, whoever counts. A trunk that is not among $1
-- costs nothing. How many were counted.
WITH tariffs AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS tariff (trunk, per_call, per_minute)
), due AS (
    SELECT attempt_id, trunk, dialled_at,
           coalesce(extract(epoch FROM ended_at - least(picked_up_at, answered_at, connected_at)), 0) AS seconds
    FROM attempts WHERE state = 'over' AND dialled_at IS NOT NULL AND fen IS NULL AND trunk IS NOT NULL
    LIMIT $5 FOR UPDATE SKIP LOCKED
), counted AS (
    UPDATE attempts SET fen = coalesce(tariffs.per_call + tariffs.per_minute * ceil(greatest(due.seconds, 0) / 60)::bigint, 0)
    FROM due LEFT JOIN tariffs USING (trunk)
    WHERE attempts.attempt_id = due.attempt_id
    RETURNING attempts.trunk, (due.dialled_at AT TIME ZONE $4)::date AS day, due.seconds, attempts.fen
), spent AS (
    INSERT INTO trunk_spend AS known (trunk, day, calls, seconds, fen)
    SELECT trunk, day, count(*), ceil(sum(seconds)), sum(fen) FROM counted GROUP BY trunk, day
    ON CONFLICT (trunk, day) DO UPDATE
    SET calls = known.calls + excluded.calls, seconds = known.seconds + excluded.seconds, fen = known.fen + excluded.fen
)
SELECT count(*)::integer FROM counted;

-- name: spent
-- By trunk: fen of the day and the month that $1 is in, and how many attempts are dialled and not counted yet.
SELECT trunk, coalesce(sum(fen) FILTER (WHERE day = $1), 0)::bigint AS today,
       coalesce(sum(fen), 0)::bigint AS this_month, coalesce(max(open), 0)::integer AS open
FROM (SELECT trunk, day, fen, 0 AS open FROM trunk_spend
      WHERE day >= date_trunc('month', $1::date)::date AND day < (date_trunc('month', $1::date) + interval '1 month')::date
      UNION ALL
      SELECT trunk, NULL, 0, count(*) FROM attempts WHERE dialled_at IS NOT NULL AND fen IS NULL AND trunk IS NOT NULL
      GROUP BY trunk) AS each
GROUP BY trunk;

-- name: spend
-- Of trunk $1 or of all (null), from day $2 to $3: what was spent on each.
SELECT trunk, day, calls, seconds, fen FROM trunk_spend
WHERE ($1::text IS NULL OR trunk = $1) AND day BETWEEN $2 AND $3 ORDER BY day, trunk;
