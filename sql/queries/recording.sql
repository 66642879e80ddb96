-- Recordings until the end of their call: begun, going on, paused, finished; and how they are found.

-- name: begin
-- Node $1's channel $2, call key $3, has a recording of queue $5 from $14 on, whose files' names begin with $4: of hotline
-- $6, campaign $7, agent $8, number $9, direction $10, by rule $11 as kind $12, kept $13 days. Its stem; the same again
-- for the same queue.
WITH running AS (
    SELECT stem, queue FROM recordings
    WHERE node = $1 AND channel = $2 AND state IN ('expected', 'recording') ORDER BY part DESC LIMIT 1
), begun AS (
    INSERT INTO recordings (node, channel, part, call_id, call_key, stem, queue, hotline, campaign, agent, number, direction,
                            rule, kind, keep_days, expected_at)
    SELECT $1, $2, next.part, $2, $3, $4 || next.part, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
    FROM (SELECT coalesce(max(part), 0) + 1 AS part FROM recordings WHERE node = $1 AND channel = $2) AS next
    WHERE NOT EXISTS (SELECT FROM running WHERE queue = $5)
    RETURNING recording_id, stem
), silent AS (
    INSERT INTO recording_pauses (recording_id, why, by_whom, from_at)
    SELECT recording_id, 'on-demand', 'ccore', $14 FROM begun WHERE $12 = 'on-demand'
)
SELECT stem FROM begun UNION ALL SELECT stem FROM running WHERE queue = $5;

-- name: refuse
-- As begin, but there will be no recording, because of $15; noted once for a call and queue.
INSERT INTO recordings (node, channel, part, call_id, call_key, stem, queue, hotline, campaign, agent, number, direction,
                        rule, kind, keep_days, expected_at, ended_at, state, trouble, told_by_cel,
                        keep_until)
SELECT $1, $2, next.part, $2, $3, $4 || next.part, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, 'failed', $15, true,
       $14::timestamptz + make_interval(days => $13)
FROM (SELECT coalesce(max(part), 0) + 1 AS part FROM recordings WHERE node = $1 AND channel = $2) AS next
WHERE NOT EXISTS (SELECT FROM recordings WHERE node = $1 AND channel = $2 AND queue = $5);

-- name: started
-- Asterisk of node $1 began to record channel $2 of call $3 at $4.
UPDATE recordings SET state = 'recording', started_at = $4, call_id = $3
WHERE recording_id = (SELECT recording_id FROM recordings WHERE node = $1 AND channel = $2 AND state = 'expected'
                      ORDER BY part DESC LIMIT 1)
RETURNING recording_id;

-- name: campaign_of
-- The campaign whose call $1 is.
SELECT campaign FROM attempts WHERE channel = $1;

-- name: attempted
-- Asterisk of node $1 has begun at $4 to record channel $2 in call $3, which is a campaign's: to $5, of queue $6, as kind $7
-- by rule $8, kept $9 days. No row comes back if that is known.
WITH begun AS (
    INSERT INTO recordings (node, channel, part, call_id, call_key, stem, queue, campaign, number, direction, rule, kind,
                            keep_days, expected_at, started_at, state)
    SELECT $1, $2, 0, $3, $1 || '!' || $2, $5, $6, campaign, number, 'out', $8, $7, $9, $4, $4, 'recording'
    FROM attempts WHERE channel = $3
    ON CONFLICT DO NOTHING
    RETURNING recording_id
), silent AS (
    INSERT INTO recording_pauses (recording_id, why, by_whom, from_at)
    SELECT recording_id, 'on-demand', 'ccore', $4 FROM begun WHERE $7 = 'on-demand'
)
SELECT recording_id FROM begun;

-- name: stopped
-- Asterisk of node $1 told at $3 that it stopped recording channel $2.
UPDATE recordings SET stopped_at = $3
WHERE recording_id = (SELECT recording_id FROM recordings WHERE node = $1 AND channel = $2 AND state = 'recording'
                        AND stopped_at IS NULL ORDER BY part LIMIT 1);

-- name: merged
-- The call $2 of node $1 goes on as $3.
UPDATE recordings SET call_id = $3 WHERE node = $1 AND call_id = $2 AND state IN ('expected', 'recording');

-- name: connected
-- At $4 the channels $2 and $3 of node $1 hear each other; the one that is not recorded is the phone $5's, or of agent $6.
WITH met AS (
    SELECT DISTINCT ON (r.channel) r.recording_id, CASE r.channel WHEN $2 THEN $3 ELSE $2 END AS peer, r.started_at
    FROM recordings r WHERE node = $1 AND r.channel IN ($2, $3) AND state IN ('expected', 'recording')
    ORDER BY r.channel, part DESC
), talked AS (
    INSERT INTO recording_segments (recording_id, number, agent, channel, from_at, from_ms)
    SELECT recording_id,
           (SELECT coalesce(max(number), 0) + 1 FROM recording_segments s WHERE s.recording_id = met.recording_id),
           coalesce((SELECT agent FROM presences WHERE device_number = $5), $6), peer, $4,
           greatest(extract(epoch FROM $4 - started_at) * 1000, 0)::bigint
    FROM met
    WHERE NOT EXISTS (SELECT FROM recording_segments s
                      WHERE s.recording_id = met.recording_id AND s.channel = met.peer AND until_at IS NULL)
    RETURNING recording_id, agent
)
UPDATE recordings r SET agent = CASE r.agent WHEN '' THEN t.agent ELSE r.agent END FROM talked t
WHERE r.recording_id = t.recording_id
RETURNING r.recording_id, t.agent, r.call_key, r.direction, r.hotline, r.queue, r.campaign, r.kind, r.rule, r.asked_at;

-- name: disconnected
-- At $4 the channels $2 and $3 of node $1 do not hear each other any more.
UPDATE recording_segments s SET until_at = greatest($4, from_at),
    until_ms = greatest(extract(epoch FROM $4 - r.started_at) * 1000, from_ms)::bigint
FROM recordings r
WHERE s.recording_id = r.recording_id AND r.node = $1 AND s.until_at IS NULL AND r.state IN ('expected', 'recording')
  AND ((r.channel = $2 AND s.channel = $3) OR (r.channel = $3 AND s.channel = $2))
RETURNING r.recording_id;

-- name: talking
-- Who talks in the recordings of node $1 that go on, as far as was written down.
SELECT r.channel, s.channel AS peer FROM recordings r JOIN recording_segments s USING (recording_id)
WHERE r.node = $1 AND r.state IN ('expected', 'recording') AND s.until_at IS NULL;

-- name: live
-- The recordings of node $1 that are not finished, each with whether another one of its channel has followed.
SELECT recording_id, call_id, call_key, channel, part, stem, state, kind, expected_at, started_at, stopped_at, asked_at,
       EXISTS (SELECT FROM recordings f WHERE f.node = r.node AND f.channel = r.channel AND f.part > r.part
                 AND f.state <> 'expected') AS followed
FROM recordings r WHERE node = $1 AND state IN ('expected', 'recording');

-- name: seen
-- Recording $1 goes on: its files are there, though nobody told.
UPDATE recordings SET state = 'recording' WHERE recording_id = $1 AND state = 'expected';

-- name: finish
-- Recording $1 is $2: its files of format $3 have $4 and $5 bytes and were closed at $6, having begun at $7 if nobody told;
-- $8 is what was wrong. Its pauses end with it.
WITH ended AS (
    UPDATE recordings SET state = $2, format = $3, rx_bytes = $4, tx_bytes = $5,
        started_at = least(coalesce(started_at, $7), $6), ended_at = $6, trouble = $8,
        keep_until = CASE $2 WHEN 'failed' THEN $6::timestamptz + make_interval(days => keep_days) END
    WHERE recording_id = $1 AND state IN ('expected', 'recording')
    RETURNING recording_id
)
UPDATE recording_pauses p SET until_at = greatest($6, from_at), resumed_by = 'end' FROM ended
WHERE p.recording_id = ended.recording_id AND until_at IS NULL;

-- name: known
-- Which of the stems $2 of node $1 have a row.
SELECT stem FROM recordings WHERE node = $1 AND stem = ANY ($2::text[]);

-- name: whose
-- What is known of the ended call with key $1 on node $2: its LinkedID, caller, beginning, and queues it was in, the first
-- one first.
SELECT linkedid, caller, dialled, started_at,
       ARRAY(SELECT eventextra FROM cel
             WHERE cel.node = c.node AND cel.linkedid = c.linkedid AND eventtype = 'CCORE_QUEUE' ORDER BY event_at, digest) AS told
FROM folded_calls c
WHERE call_keys @> ARRAY[$1] AND node = $2 AND state <> 'open'
ORDER BY started_at LIMIT 1;

-- name: unbegun
-- The recordings of node $1's channel $2 that go on as far as the ledger knows.
SELECT recording_id, stem FROM recordings WHERE node = $1 AND channel = $2 AND state IN ('expected', 'recording')
ORDER BY part DESC;

-- name: claim
-- Recording $1 goes to files $3 (part $2), since nobody could tell Asterisk of its own.
UPDATE recordings SET part = $2, stem = $3, state = 'recording', adopted = true WHERE recording_id = $1;

-- name: adopt
-- The files $4 of node $1's channel $2 (part $3) have no row: call key $5, LinkedID $6, queue $7, hotline $8, number $9,
-- expected at $10, kept $11 days.
INSERT INTO recordings (node, channel, part, stem, call_key, call_id, queue, hotline, number, expected_at, keep_days, state,
                        direction, kind, rule, adopted)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'recording', 'in', 'always', 'found', true)
ON CONFLICT DO NOTHING;

-- name: was_begun
-- Whether the whole call with key $1 on node $2 is known, and whether Asterisk came to record $3 in it.
SELECT EXISTS (SELECT FROM cel WHERE cel.node = c.node AND cel.linkedid = c.linkedid AND eventtype = 'CCORE_RECORD'
                 AND eventextra LIKE '%' || $3 || '%') AS begun
FROM folded_calls c
WHERE call_keys @> ARRAY[$1] AND node = $2 AND state <> 'open'
  AND NOT EXISTS (SELECT FROM call_folds_due d WHERE d.node = c.node AND d.linkedid = c.linkedid)
ORDER BY begun DESC LIMIT 1;

-- name: of_call
-- The recording of node $1 that goes on in the call with LinkedID $2, or on one of the channels $3.
SELECT recording_id, kind, asked_at FROM recordings
WHERE node = $1 AND (call_id = $2 OR channel = ANY ($3::text[])) AND state IN ('expected', 'recording') AND stopped_at IS NULL
ORDER BY part DESC, recording_id LIMIT 1;

-- name: pause
-- Recording $1 pauses for why $2 by $3 from $4 on, until $5 at most. No row comes back if it does already.
INSERT INTO recording_pauses (recording_id, why, by_whom, from_at, resume_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (recording_id, why) WHERE until_at IS NULL DO NOTHING
RETURNING pause_id;

-- name: prolong
-- The pause for payment data of recording $1 lasts until $2 at most.
UPDATE recording_pauses SET resume_by = $2 WHERE recording_id = $1 AND why = 'payment' AND until_at IS NULL;

-- name: resume
-- The pause of recording $1 for why $2 is over at $4, by $3.
WITH over AS (
    UPDATE recording_pauses SET until_at = greatest($4, from_at), resumed_by = $3
    WHERE recording_id = $1 AND why = $2 AND until_at IS NULL
    RETURNING recording_id
)
UPDATE recordings r SET asked_at = coalesce(asked_at, $4) FROM over
WHERE r.recording_id = over.recording_id AND $2 = 'on-demand';

-- name: paused
-- Whether recording $1 pauses for why $2.
SELECT EXISTS (SELECT FROM recording_pauses WHERE recording_id = $1 AND why = $2 AND until_at IS NULL);

-- name: overdue
-- Pauses on node $1 that have lasted long enough at $2 end.
UPDATE recording_pauses p SET until_at = $2, resumed_by = 'ccore' FROM recordings r
WHERE p.recording_id = r.recording_id AND r.node = $1 AND r.state = 'recording' AND p.until_at IS NULL AND resume_by <= $2
RETURNING r.recording_id, r.call_id;

-- name: untold
-- The recordings of node $1 of which Asterisk has to be told that they pause, or do not any more.
SELECT DISTINCT r.recording_id FROM recordings r JOIN recording_pauses p USING (recording_id)
WHERE r.node = $1 AND r.state = 'recording' AND r.stopped_at IS NULL
  AND CASE WHEN until_at IS NULL THEN muted_at IS NULL ELSE unmuted_at IS NULL END;

-- name: lock
-- Recording $1, for whoever tells Asterisk of its pauses: one after the other.
SELECT node, channel, call_id FROM recordings WHERE recording_id = $1 AND state = 'recording' FOR UPDATE;

-- name: to_tell
-- Whether recording $1 is to be silent; no row comes back if Asterisk knows.
SELECT bool_or(until_at IS NULL) AS silent FROM recording_pauses
WHERE recording_id = $1
HAVING bool_or(CASE WHEN until_at IS NULL THEN muted_at IS NULL ELSE unmuted_at IS NULL END);

-- name: told
-- Asterisk knows since $2 whether recording $1 is to be silent.
UPDATE recording_pauses SET muted_at = coalesce(muted_at, $2), unmuted_at = CASE WHEN until_at IS NOT NULL THEN coalesce(unmuted_at, $2) END
WHERE recording_id = $1;

-- name: to_segment
-- Recordings of node $1 that are over, whose calls' channel events have all come, and whose segments are still as live
-- facts told them: $2 at most.
SELECT r.recording_id, r.channel, r.started_at, r.ended_at, array_agg(DISTINCT c.linkedid) AS calls
FROM recordings r JOIN folded_calls c ON c.node = r.node AND c.call_keys @> ARRAY[r.call_key]
WHERE r.node = $1 AND NOT told_by_cel AND r.ended_at IS NOT NULL
GROUP BY r.recording_id
HAVING bool_and(c.state <> 'open' AND NOT EXISTS (
    SELECT FROM call_folds_due d WHERE d.node = c.node AND d.linkedid = c.linkedid))
ORDER BY r.recording_id LIMIT $2;

-- name: events
-- What Asterisk wrote of who talks with whom in the calls $2 of node $1.
SELECT event_at, eventtype, channame, uniqueid, eventextra FROM cel
WHERE node = $1 AND linkedid = ANY ($2::text[])
  AND eventtype IN ('CHAN_START', 'BRIDGE_ENTER', 'BRIDGE_EXIT', 'CHAN_END', 'CCORE_QUEUE', 'CCORE_RECORD')
ORDER BY event_at, digest;

-- name: seats
-- Which agents were at the phones $1 at the latest change before $2.
SELECT DISTINCT ON (device_number) device_number, agent FROM presence_log
WHERE device_number = ANY ($1::text[]) AND at <= $2 AND state <> 'signed-out'
ORDER BY device_number, at DESC, log_id DESC;

-- name: forget_segments
-- The segments of recording $1, to be written anew.
DELETE FROM recording_segments WHERE recording_id = $1;

-- name: segment
-- Write segment $2 of recording $1: agent $3, channel $4, from $5 until $6, which is from $7 ms to $8 ms in it.
INSERT INTO recording_segments (recording_id, number, agent, channel, from_at, until_at, from_ms, until_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: segmented
-- The segments of recording $1 are made from the channel events of its call, LinkedID $2.
UPDATE recordings SET told_by_cel = true, call_id = $2,
    agent = coalesce((SELECT agent FROM recording_segments s WHERE s.recording_id = $1 AND s.agent <> '' ORDER BY number LIMIT 1), agent)
WHERE recording_id = $1;

-- name: find
-- Recordings by queue $1, agent $2, number $3, campaign $4, hotline $5, direction $6, call $7 (LinkedID, uniqueid or call
-- key), state $8, node $9, begun from $10 until before $11, at least $12 ms of talk, at most $13; of calls that came to
-- disposition $14; whose last review gave from $15 to $16 per mille; those before number $17, $18 at most, the newest first.
SELECT recording_id, node, channel, call_id, call_key, hotline, queue, campaign, agent, number, direction, state, kind, rule,
       trouble, adopted, expected_at, started_at, ended_at, stem, keep_until,
       coalesce(milliseconds, rx_bytes / CASE format WHEN 'sln' THEN 16 WHEN 'sln16' THEN 32 END) AS milliseconds,
       ARRAY(SELECT agent FROM recording_segments s WHERE s.recording_id = r.recording_id ORDER BY number) AS agents,
       ARRAY(SELECT DISTINCT disposition FROM dispositions d WHERE d.call_id = r.call_id ORDER BY 1) AS dispositions,
       reviewed.per_mille
FROM recordings r LEFT JOIN LATERAL (
    SELECT v.per_mille FROM reviews v
    WHERE v.recording_id = r.recording_id AND NOT v.calibration AND v.state <> 'draft' ORDER BY v.submitted_at DESC LIMIT 1
) AS reviewed ON true
WHERE ($1::text IS NULL OR queue = $1)
  AND ($2::text IS NULL OR agent = $2
       OR EXISTS (SELECT FROM recording_segments s WHERE s.recording_id = r.recording_id AND s.agent = $2))
  AND ($3::text IS NULL OR number = $3) AND ($4::text IS NULL OR campaign = $4) AND ($5::text IS NULL OR hotline = $5)
  AND ($6::text IS NULL OR direction = $6) AND ($7::text IS NULL OR call_id = $7 OR channel = $7 OR call_key = $7)
  AND ($8::text IS NULL OR state = $8) AND ($9::text IS NULL OR node = $9)
  AND ($10::timestamptz IS NULL OR expected_at >= $10) AND ($11::timestamptz IS NULL OR expected_at < $11)
  AND ($12::bigint IS NULL OR (SELECT sum(until_ms - from_ms) FROM recording_segments s
                               WHERE s.recording_id = r.recording_id) >= $12)
  AND ($13::bigint IS NULL OR (SELECT sum(until_ms - from_ms) FROM recording_segments s
                               WHERE s.recording_id = r.recording_id) <= $13)
  AND ($14::text IS NULL OR EXISTS (SELECT FROM dispositions d WHERE d.call_id = r.call_id AND d.disposition = $14))
  AND ($15::integer IS NULL OR reviewed.per_mille >= $15) AND ($16::integer IS NULL OR reviewed.per_mille <= $16)
  AND ($17::bigint IS NULL OR recording_id < $17)
ORDER BY recording_id DESC LIMIT $18;
