-- Which campaigns run, and who says so.

-- name: states
-- Every campaign that was ever started.
SELECT name, state, epoch, by, at, reason FROM campaigns ORDER BY name;

-- name: change
-- Campaign $1 is in state $2 from now on, says $3, for reason $4: all ccores are told at once. Its epoch, or no row if it
-- was in that state, or is to drain and does not run.
WITH changed AS (
    INSERT INTO campaigns AS c (name, state, by, reason)
    SELECT $1::text, $2::text, $3, $4 WHERE $2 = 'running' OR EXISTS (SELECT FROM campaigns WHERE name = $1)
    ON CONFLICT (name) DO UPDATE
    SET state = excluded.state, epoch = c.epoch + 1, by = excluded.by, at = clock_timestamp(), reason = excluded.reason
    WHERE c.state <> excluded.state AND (excluded.state <> 'draining' OR c.state = 'running')
    RETURNING name, state, epoch
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, CASE state WHEN 'running' THEN 'campaign-started' WHEN 'draining' THEN 'campaign-drained'
                          ELSE 'campaign-stopped' END,
           'campaign:' || name, jsonb_build_object('reason', $4::text, 'epoch', epoch)
    FROM changed
)
SELECT epoch, pg_notify('ccore_campaigns', name) FROM changed;

-- name: pace
-- What campaign $1 decided in the last $2, in steps of $3, at each node, the oldest first; how things stood on average, and
-- `gate` and `bank` as they were at the end of a step.
SELECT node, date_bin($3::interval, at, 'epoch') AS at, sum(began)::integer AS began, sum(hung_up)::integer AS hung_up,
       (array_agg(why ->> 'gate' ORDER BY at DESC))[1] AS gate,
       avg((why ->> 'idle')::float8) AS idle, avg((why ->> 'busy')::float8) AS busy,
       avg((why ->> 'waiting')::float8) AS waiting, avg((why ->> 'outstanding')::float8) AS outstanding,
       avg((why ->> 'expected_free')::float8) AS expected_free,
       avg((why ->> 'expected_answers')::float8) AS expected_answers,
       (array_agg((why ->> 'bank')::float8 ORDER BY at DESC))[1] AS bank
FROM pacing_log
WHERE campaign = $1 AND at > now() - $2::interval
GROUP BY node, date_bin($3::interval, pacing_log.at, 'epoch')
ORDER BY 2, node;
