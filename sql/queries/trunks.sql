-- What came of calls by trunks (ccore/web/v1/trunk_figures.py).

-- name: inward
-- The calls since $1 that came in by the lines $2, as channels name them: by node, line and hour, how many were answered, and how
-- long those lasted.
SELECT node, trunk AS line, date_trunc('hour', started_at) AS hour, count(*) AS calls,
       count(*) FILTER (WHERE answered_at IS NOT NULL) AS answered,
       coalesce(sum(billed_ms) FILTER (WHERE answered_at IS NOT NULL), 0)::bigint / 1000 AS seconds
FROM folded_calls WHERE started_at >= $1 AND trunk = ANY ($2::text[]) GROUP BY 1, 2, 3;

-- name: outward
-- As inward, of the calls of campaigns that were dialled since $1; none was claimed more than an hour before that.
SELECT node, trunk AS line, date_trunc('hour', dialled_at) AS hour, count(*) AS calls, count(talked_from) AS answered,
       coalesce(sum(extract(epoch FROM ended_at - talked_from)), 0)::bigint AS seconds
FROM (SELECT node, trunk, dialled_at, ended_at, coalesce(picked_up_at, answered_at, connected_at) AS talked_from
      FROM attempts WHERE claimed_at >= $1::timestamptz - interval '1 hour' AND dialled_at >= $1 AND trunk IS NOT NULL) AS each
GROUP BY 1, 2, 3;

-- name: inward_failures
-- Why calls since $1 that came in by the lines $2 were not answered, by Q.850.
SELECT node, trunk AS line, coalesce(hangup_cause, 0) AS cause, 0 AS sip, count(*) AS calls
FROM folded_calls WHERE started_at >= $1 AND trunk = ANY ($2::text[]) AND answered_at IS NULL AND ended_at IS NOT NULL
GROUP BY 1, 2, 3 ORDER BY 5 DESC LIMIT 200;

-- name: outward_failures
-- Why calls of campaigns that were dialled since $1 came to nothing, by Q.850 and SIP; those that we gave up ourselves do not count.
SELECT node, trunk AS line, cause, sip, count(*) AS calls
FROM attempts
WHERE claimed_at >= $1::timestamptz - interval '1 hour' AND dialled_at >= $1 AND trunk IS NOT NULL AND state = 'over' AND NOT cancelled
  AND coalesce(picked_up_at, answered_at, connected_at) IS NULL
GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 200;
