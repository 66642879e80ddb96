-- Verdicts of the detection of machines, whose first seconds were recorded, and what people say of them.

-- name: take
-- Put before people the machines of the last $1 whose first seconds there are.
INSERT INTO machine_samples (attempt_id, campaign, trunk, cause, recording_id, called_at)
SELECT DISTINCT ON (a.attempt_id) a.attempt_id, a.campaign, coalesce(a.trunk, ''), split_part(told.words, ' ', 3),
       r.recording_id, a.dialled_at
FROM attempts a JOIN cel e ON e.node = a.node AND e.linkedid = a.channel
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.eventtype = 'CCORE_DIAL' THEN e.eventextra::jsonb ->> 'extra' ELSE '' END AS words) told
JOIN recordings r ON r.node = a.node AND r.channel = e.uniqueid
WHERE a.outcome = 'machine' AND a.ended_at > clock_timestamp() - $1::interval AND told.words LIKE 'machine %'
  AND NOT EXISTS (SELECT FROM machine_samples s WHERE s.attempt_id = a.attempt_id)
ORDER BY a.attempt_id, r.recording_id
ON CONFLICT DO NOTHING;

-- name: let_go
-- What was recorded for a verdict alone, of somebody who is no machine, is not kept.
UPDATE recordings r SET keep_until = clock_timestamp()
FROM attempts a
WHERE r.rule = 'machine-sample' AND r.state = 'stored' AND r.keep_until > clock_timestamp()
  AND a.node = r.node AND a.channel = r.call_id AND a.state = 'over' AND a.outcome <> 'machine';

-- name: listed
-- Samples of campaign $1 that were judged ($2) or not, the newest first; $3 at most.
SELECT attempt_id, trunk, cause, recording_id, called_at, verdict, by, judged_at FROM machine_samples
WHERE campaign = $1 AND (verdict IS NOT NULL) = $2 ORDER BY called_at DESC LIMIT $3;

-- name: judge
-- Sample $2 of campaign $1 was a $3, says $4.
UPDATE machine_samples SET verdict = $3, by = $4, judged_at = clock_timestamp() WHERE campaign = $1 AND attempt_id = $2;

-- name: rates
-- By trunk of campaign $1, and for all ('*'), of the last 30 days: samples that were judged, how many of them were persons;
-- machines in all, and persons who answered.
WITH samples AS (
    SELECT trunk, count(*) AS judged, count(*) FILTER (WHERE verdict = 'person') AS persons FROM machine_samples
    WHERE campaign = $1 AND verdict IS NOT NULL AND called_at > clock_timestamp() - interval '30 days' GROUP BY trunk
), ended AS (
    SELECT coalesce(trunk, '') AS trunk, count(*) FILTER (WHERE outcome = 'machine') AS machines,
           count(*) FILTER (WHERE answered_at IS NOT NULL) AS answered
    FROM attempts WHERE campaign = $1 AND claimed_at > clock_timestamp() - interval '30 days' GROUP BY 1
)
SELECT CASE WHEN grouping(trunk) = 1 THEN '*' ELSE trunk END AS trunk, coalesce(sum(judged), 0)::int AS judged,
       coalesce(sum(persons), 0)::int AS persons, coalesce(sum(machines), 0)::int AS machines,
       coalesce(sum(answered), 0)::int AS answered
FROM ended FULL JOIN samples USING (trunk) GROUP BY ROLLUP (trunk);
