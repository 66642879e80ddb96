-- The whole story of one call, and the calls there were (ccore/reports/story.py): all of it only reads.

-- name: call
-- The call that $1 names on one of the nodes $2: its LinkedID, the Uniqueid of one of its channels, or a call key; the last
-- one of that name, with what its campaign knows of it, and whether rows of it wait to be folded.
SELECT c.node, c.linkedid, c.state, c.disposition, c.started_at, c.answered_at, c.ended_at, c.duration_ms, c.talk_ms, c.caller,
       c.caller_name, c.dialled, c.trunk, c.hangup_cause, c.hangup_source, c.channel, c.clock_suspect, c.call_keys,
       coalesce(a.campaign, '') AS campaign, coalesce(a.number, '') AS called, a.attempt_id,
       c.call_keys || ARRAY(SELECT o.call_key FROM tried_in(c.call_keys) o WHERE o.channel = 'agent') AS every_key,
       EXISTS (SELECT FROM call_folds_due d WHERE d.node = c.node AND d.linkedid = c.linkedid)
       OR EXISTS (SELECT FROM queue_folds_due d WHERE d.node = c.node AND d.linkedid = c.linkedid)
       OR EXISTS (SELECT FROM walk_folds_due d WHERE d.node = c.node AND d.linkedid = c.linkedid) AS behind
FROM folded_calls c
LEFT JOIN attempts a ON a.attempt_id = CASE WHEN c.linkedid ~ '^attempt-[0-9]{1,18}$' THEN substr(c.linkedid, 9)::bigint END
WHERE c.node = ANY ($2::text[])
  AND (c.linkedid = $1
       OR c.call_keys && (ARRAY(SELECT node || '!' || $1 FROM unnest($2::text[]) AS node) || $1::text))
ORDER BY c.started_at DESC LIMIT 1;

-- name: events
-- What the channel events of call $2 of node $1 say of channels, bridges, holds and transfers, in order; $3 rows at most.
SELECT event_at, eventtype, uniqueid, channame, eventextra FROM cel
WHERE node = $1 AND linkedid = $2
  AND eventtype IN ('CHAN_START', 'ANSWER', 'BRIDGE_ENTER', 'BRIDGE_EXIT', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'CCORE_HOLD',
                    'HANGUP', 'CHAN_END', 'PARK_START', 'PARK_END')
ORDER BY event_at, digest LIMIT $3;

-- name: facts
-- All else that tables know of call $2 of node $1 with call keys $3 (those of orders that agents entered in it among them),
-- which was from $4 until $5 and is attempt $6 of a campaign, if it is one: what it is, from when until when, its columns.
SELECT f.source, f.at, f.until, f.told FROM (
    SELECT 'walk' AS source, began_at AS at, moved_at AS until, 0 AS place,
           jsonb_build_object('hotline', hotline, 'language', language, 'version', version, 'missing', missing) AS told
    FROM walks WHERE node = $1 AND linkedid = $2
    UNION ALL
    SELECT 'walk-step', at, NULL, number, jsonb_build_object('menu', menu, 'outcome', outcome, 'key', key, 'target', target)
    FROM walk_steps WHERE node = $1 AND linkedid = $2
    UNION ALL
    SELECT 'queued', entered_at, left_at, 10 + visit, jsonb_build_object('queue', queue, 'line', line, 'how', how, 'tier', tier,
           'priority', priority, 'agent', agent, 'wait_ms', wait_ms, 'talk_ms', talk_ms, 'hold_ms', hold_ms)
    FROM queue_calls WHERE node = $1 AND linkedid = $2
    UNION ALL
    SELECT 'visit', entered_at, NULL, 11, jsonb_build_object('queue', queue, 'decision', decision, 'raised', raised, 'tier', tier)
    FROM visits WHERE call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'ring', rung_at, ended_at, 12, jsonb_build_object('channel', uniqueid, 'agent', agent, 'device', device, 'queue', queue,
           'line', line, 'outcome', outcome)
    FROM queue_rings WHERE node = $1 AND linkedid = $2
    UNION ALL
    SELECT 'offer', rung_at, ended_at, 13, jsonb_build_object('channel', channel, 'agent', agent, 'line', line,
           'decision', decision, 'agreed', agreed)
    FROM offers WHERE call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'recording', coalesce(started_at, expected_at), coalesce(ended_at, stopped_at), 14, jsonb_build_object(
           'recording', recording_id, 'state', state, 'rule', rule, 'kind', kind, 'trouble', trouble, 'queue', queue,
           'milliseconds', milliseconds, 'agents', ARRAY(SELECT s.agent FROM recording_segments s
                                                         WHERE s.recording_id = r.recording_id ORDER BY s.number))
    FROM recordings r WHERE r.node = $1 AND (r.call_id = $2 OR r.call_key = ANY ($3::text[]))
    UNION ALL
    SELECT 'segment', s.from_at, s.until_at, 15, jsonb_build_object('channel', s.channel, 'agent', s.agent)
    FROM recordings r JOIN recording_segments s USING (recording_id)
    WHERE r.node = $1 AND (r.call_id = $2 OR r.call_key = ANY ($3::text[]))
    UNION ALL
    SELECT 'recording-pause', p.from_at, p.until_at, 16, jsonb_build_object('recording', p.recording_id, 'why', p.why,
           'by', p.by_whom, 'resumed_by', p.resumed_by)
    FROM recordings r JOIN recording_pauses p USING (recording_id)
    WHERE r.node = $1 AND (r.call_id = $2 OR r.call_key = ANY ($3::text[]))
    UNION ALL
    SELECT 'order-try', a.attempted_at, NULL, 17, jsonb_build_object('order', a.order_id, 'dialled', a.dialled, 'outcome', a.outcome,
           'reason', a.reason, 'channel', a.channel, 'product_zh', b.name_zh, 'product_en', b.name_en, 'price_fen', b.price_fen,
           'holder', b.holder, 'demanded_by', b.demanded_by, 'by', (
               SELECT p.name FROM audit u JOIN people p ON p.login = u.actor
               WHERE a.channel = 'agent' AND u.action = 'order-placed' AND u.subject = 'order:' || a.order_id LIMIT 1))
    FROM order_attempts a LEFT JOIN order_book b USING (order_id) WHERE a.call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'order-move', m.at, NULL, 18, jsonb_build_object('order', m.order_id, 'was', m.was, 'became', m.became, 'by', m.by,
           'reason', m.reason)
    FROM orders o JOIN order_moves m USING (order_id) WHERE o.call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'order-flag', f.raised_at, f.ended_at, 19, jsonb_build_object('order', f.order_id, 'reason', f.reason, 'state', f.state)
    FROM orders o JOIN fraud_flags f USING (order_id) WHERE o.call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'text', queued_at, coalesce(sent_at, ended_at), 20, jsonb_build_object('kind', kind, 'channel', channel,
           'recipient', recipient, 'state', state, 'reason', reason, 'gateway', gateway, 'parts', parts, 'order', order_id)
    FROM outbox WHERE call_key = ANY ($3::text[])
    UNION ALL  -- those of orders are found by the order: only those without one are known by the call alone
    SELECT 'text', x.queued_at, coalesce(x.sent_at, x.ended_at), 20, jsonb_build_object('kind', x.kind, 'channel', x.channel,
           'recipient', x.recipient, 'state', x.state, 'reason', x.reason, 'gateway', x.gateway, 'parts', x.parts,
           'order', x.order_id)
    FROM orders o JOIN outbox x USING (order_id) WHERE o.call_key = ANY ($3::text[]) AND x.call_key <> ALL ($3::text[])
    UNION ALL
    SELECT 'handling', at, NULL, 21, jsonb_build_object('agent', agent, 'by', by_whom, 'what', what, 'detail', detail)
    FROM handlings WHERE node = $1 AND call_id = $2
    UNION ALL
    SELECT 'disposed', at, NULL, 22, jsonb_build_object('agent', agent, 'by', by_whom, 'queue', queue,
           'disposition', disposition, 'fields', fields, 'again_at', again_at)
    FROM dispositions WHERE call_id = $2
    UNION ALL
    SELECT 'note', at, NULL, 23, jsonb_build_object('by', by_whom, 'text', text) FROM call_notes WHERE call_id = $2
    UNION ALL
    SELECT 'listened', coalesce(began_at, asked_at), ended_at, 24, jsonb_build_object('agent', agent, 'by', who, 'mode', mode,
           'answered', began_at IS NOT NULL)
    FROM spied_sessions WHERE node = $1 AND call_id = $2
    UNION ALL
    SELECT 'call-back', asked_at, done_at, 25, jsonb_build_object('queue', queue, 'state', state, 'by', noted_by, 'reason', reason)
    FROM call_backs WHERE call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'voicemail', recorded_at, NULL, 26, jsonb_build_object('box', box, 'milliseconds', milliseconds, 'state', state)
    FROM voicemails WHERE call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'survey', answered_at, NULL, 27, jsonb_build_object('survey', survey, 'question', question, 'score', score)
    FROM survey_answers WHERE call_key = ANY ($3::text[])
    UNION ALL
    SELECT 'attempt', coalesce(dialled_at, claimed_at), ended_at, 28, jsonb_build_object('campaign', campaign, 'list', list,
           'mode', mode, 'outcome', outcome, 'reason', reason, 'agent', agent, 'rang_at', rang_at, 'answered_at', answered_at,
           'connected_at', connected_at, 'cause', cause, 'sip', sip, 'said', said, 'trunk', trunk)
    FROM attempts WHERE attempt_id = $6
    UNION ALL
    SELECT 'gap', began_at, ended_at, 29, jsonb_build_object('why', why)
    FROM ami_gaps WHERE node = $1 AND began_at < coalesce($5::timestamptz, now()) AND ended_at > $4
    ) AS f
ORDER BY f.at, f.place LIMIT 2000;

-- name: names
-- What the agents $1 are called.
SELECT agent, name FROM agents WHERE agent = ANY ($1::text[]);

-- name: records
-- Calls of the nodes $1 that began from $2 until before $3, the newest first, $4 at most; for the next page those after the
-- call with LinkedID $6 that began at $5. Of a number whose digits are any of $7, agent $8, queue $9, number dialled or hotline
-- $10, outcome $11: null is any. Those of a number are found by their index first, and then looked at as all others.
SELECT * FROM (
    SELECT c.node, c.linkedid, c.started_at, c.ended_at, c.duration_ms, c.talk_ms, c.state,
           coalesce(a.number, c.caller) AS caller, c.dialled, c.trunk, coalesce(a.campaign, '') AS campaign, c.transferred,
           coalesce(w.hotline, '') AS hotline, coalesce(q.queues, '{}') AS queues, coalesce(q.wait_ms, 0) AS wait_ms,
           coalesce(nullif(s.agents, '{}'), q.agents, '{}') AS agents, t.order_id, s.recordings,
           CASE WHEN c.state = 'open' THEN 'going-on'
                WHEN c.state = 'interrupted' THEN 'interrupted'
                WHEN t.order_id IS NOT NULL THEN 'ordered'
                WHEN t.channel <> 'agent' THEN 'order-refused' -- whom an agent told that it cannot be was served all the same
                WHEN a.outcome IS NOT NULL AND a.outcome <> 'answered' THEN 'campaign'
                WHEN 'answered' = ANY (q.hows) OR cardinality(s.agents) > 0 THEN 'served'
                WHEN EXISTS (SELECT FROM call_backs b WHERE b.call_key = ANY (c.call_keys)) THEN 'call-back'
                WHEN EXISTS (SELECT FROM voicemails v WHERE v.call_key = ANY (c.call_keys)) THEN 'voicemail'
                WHEN 'abandoned' = ANY (q.hows) THEN 'abandoned'
                WHEN q.hows IS NOT NULL THEN 'not-served'
                WHEN w.outcome = 'contained' THEN 'self-served'
                WHEN w.outcome IN ('dropped', 'given-up') THEN 'left-in-menu'
                WHEN c.disposition = 'answered' THEN 'answered'
                WHEN c.disposition IN ('no-answer', 'busy') THEN c.disposition
                ELSE 'failed' END AS outcome
    FROM folded_calls c
    LEFT JOIN attempts a ON a.attempt_id = CASE WHEN c.linkedid ~ '^attempt-[0-9]{1,18}$' THEN substr(c.linkedid, 9)::bigint END
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT v.queue) AS queues, array_agg(DISTINCT v.how) AS hows, sum(v.wait_ms)::bigint AS wait_ms,
               array_agg(DISTINCT v.agent) FILTER (WHERE v.agent <> '') AS agents
        FROM queue_calls v WHERE v.node = c.node AND v.linkedid = c.linkedid) q ON true
    LEFT JOIN LATERAL (
        SELECT hotline, outcome FROM walks w WHERE w.node = c.node AND w.linkedid = c.linkedid
        ORDER BY began_at DESC LIMIT 1) w ON true
    LEFT JOIN LATERAL (
        SELECT order_id, outcome, channel FROM tried_in(c.call_keys)
        ORDER BY order_id IS NULL, attempt_id LIMIT 1) t ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT g.agent) FILTER (WHERE g.agent <> '') AS agents, count(DISTINCT r.recording_id) AS recordings
        FROM recordings r LEFT JOIN recording_segments g USING (recording_id)
        WHERE r.call_id = c.linkedid AND r.node = c.node AND r.state IN ('recording', 'finished', 'stored')) s ON true
    WHERE c.node = ANY ($1::text[]) AND c.started_at >= $2 AND c.started_at < $3
      AND ($5::timestamptz IS NULL OR (c.started_at, c.linkedid) < ($5, $6::text))
      AND ($7::text[] IS NULL OR digits_of(coalesce(a.number, c.caller)) = ANY ($7) AND c.linkedid = ANY (ARRAY(
              SELECT f.linkedid FROM folded_calls f WHERE digits_of(f.caller) = ANY ($7) AND f.started_at >= $2 AND f.started_at < $3
              UNION ALL SELECT l.channel FROM attempts l WHERE digits_of(l.number) = ANY ($7))))
      AND ($8::text IS NULL OR q.agents @> ARRAY[$8] OR s.agents @> ARRAY[$8])
      AND ($9::text IS NULL OR q.queues @> ARRAY[$9])
      AND ($10::text IS NULL OR c.dialled = $10 OR w.hotline = $10)
) found
WHERE $11::text IS NULL OR found.outcome = $11
ORDER BY found.started_at DESC, found.linkedid DESC LIMIT $4;
