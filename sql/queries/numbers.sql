-- Numbers of queues, agents and skills: folded from channel events, counted by quarters of an hour, reported.

-- name: take_due
-- Up to $1 calls whose visits to queues are to be folded.
DELETE FROM queue_folds_due d
USING (SELECT node, linkedid FROM queue_folds_due ORDER BY 1, 2 LIMIT $1 FOR UPDATE SKIP LOCKED) taken
WHERE d.node = taken.node AND d.linkedid = taken.linkedid
RETURNING d.node, d.linkedid;

-- name: events_of
-- The channel events of the calls whose nodes are $1 and LinkedIDs $2.
SELECT node, linkedid, event_at, eventtype, uniqueid, channame, cid_num, eventextra
FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN cel USING (node, linkedid);

-- name: cut_of
-- Which of the calls whose nodes are $1 and LinkedIDs $2 their Asterisk has lost, and when they were last seen.
SELECT node, linkedid, ended_at
FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN folded_calls USING (node, linkedid)
WHERE state = 'interrupted';

-- name: whose
-- Which agent was at the device number $1 at the time $2, each pair by itself.
SELECT wanted.number, wanted.at, log.agent
FROM unnest($1::text[], $2::timestamptz[]) AS wanted (number, at) JOIN LATERAL (
    SELECT agent, state FROM presence_log l WHERE l.device_number = wanted.number AND l.at <= wanted.at
    ORDER BY l.at DESC, l.log_id DESC LIMIT 1) log ON log.state <> 'signed-out';

-- name: visits_of
-- The visits of the calls whose nodes are $1 and LinkedIDs $2, as they are stored.
SELECT v.* FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN queue_calls v USING (node, linkedid);

-- name: rings_of
-- The rings in the calls whose nodes are $1 and LinkedIDs $2, as they are stored.
SELECT r.* FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN queue_rings r USING (node, linkedid);

-- name: forget_visits
-- The visits of the calls whose nodes are $1 and LinkedIDs $2, to be written anew.
DELETE FROM queue_calls USING unnest($1::text[], $2::text[]) AS held (node, linkedid)
WHERE (queue_calls.node, queue_calls.linkedid) = (held.node, held.linkedid);

-- name: forget_rings
-- The rings in the calls whose nodes are $1 and LinkedIDs $2, to be written anew.
DELETE FROM queue_rings USING unnest($1::text[], $2::text[]) AS held (node, linkedid)
WHERE (queue_rings.node, queue_rings.linkedid) = (held.node, held.linkedid);

-- name: save_visit
-- Write a visit; the columns of queue_calls in order.
INSERT INTO queue_calls VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22);

-- name: save_ring
-- Write a ring; the columns of queue_rings in order.
INSERT INTO queue_rings VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: mark_quarters
-- The quarters that began at $1 are to be counted, those that are over: as the function of this name.
INSERT INTO counted_quarters (began_at)
SELECT began_at FROM unnest($1::timestamptz[]) AS q (began_at) WHERE began_at + interval '16 minutes' <= now() ORDER BY 1
ON CONFLICT (began_at) DO UPDATE SET due = true;

-- name: lazy_commit
-- Let this transaction's COMMIT not wait for the disk: what is folded and not kept is folded again.
SELECT set_config('synchronous_commit', 'off', true);

-- name: mark_passed
-- Quarters that are over, for a minute at least, and that nobody has counted yet: agents are signed in whether anything
-- happens or not.
INSERT INTO counted_quarters (began_at)
SELECT * FROM generate_series(
    coalesce((SELECT max(began_at) + interval '15 minutes' FROM counted_quarters WHERE NOT due),
             quarter_of(least((SELECT min(entered_at) FROM queue_calls), (SELECT min(at) FROM presence_log)))),
    quarter_of(now() - interval '1 minute') - interval '15 minutes', interval '15 minutes')
ON CONFLICT DO NOTHING;

-- name: take_quarter
-- The oldest quarter that is over and due; nobody else counts it in this transaction.
UPDATE counted_quarters SET due = false, counted_at = clock_timestamp()
WHERE began_at = (SELECT began_at FROM counted_quarters WHERE due
                  ORDER BY began_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING began_at;

-- name: drop_queues
-- Drop what is counted in the quarter $1, to count again.
DELETE FROM queue_intervals WHERE began_at = $1;

-- name: drop_skills
-- Drop what is counted in the quarter $1, to count again.
DELETE FROM skill_intervals WHERE began_at = $1;

-- name: drop_agents
-- Drop what is counted in the quarter $1, to count again.
DELETE FROM agent_intervals WHERE began_at = $1;

-- name: count_queues
-- Count the queues' quarter $1.
INSERT INTO queue_intervals SELECT * FROM counted_queues($1::timestamptz, $1::timestamptz + interval '15 minutes', false);

-- name: count_skills
-- Count the skills' quarter $1.
INSERT INTO skill_intervals SELECT * FROM counted_queues($1::timestamptz, $1::timestamptz + interval '15 minutes', true);

-- name: count_agents
-- Count the agents' quarter $1.
INSERT INTO agent_intervals SELECT * FROM counted_agents($1::timestamptz, $1::timestamptz + interval '15 minutes');

-- name: calls_after
-- The next $3 calls with rows that concern queues, or with visits, after LinkedID $2 of node $1.
SELECT node, linkedid FROM (
    (SELECT DISTINCT node, linkedid FROM cel WHERE eventtype = 'CCORE_QUEUE' AND (node, linkedid) > ($1::text, $2::text) ORDER BY 1, 2 LIMIT $3)
    UNION
    (SELECT DISTINCT node, linkedid FROM queue_calls WHERE (node, linkedid) > ($1::text, $2::text) ORDER BY 1, 2 LIMIT $3)
) calls
ORDER BY 1, 2 LIMIT $3;

-- name: due_of
-- Which of the calls whose nodes are $1 and LinkedIDs $2 wait to be folded.
SELECT node, linkedid FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN queue_folds_due USING (node, linkedid);

-- name: mark_due
-- Fold the calls whose nodes are $1 and LinkedIDs $2 again.
INSERT INTO queue_folds_due SELECT * FROM unnest($1::text[], $2::text[]) ORDER BY 1, 2
ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid;

-- name: counted
-- The quarters that are counted and not due again, from $1 on, $2 of them at most.
SELECT began_at FROM counted_quarters WHERE NOT due AND began_at >= $1 ORDER BY began_at LIMIT $2;

-- name: miscounted_queues
-- Queues whose stored quarter $1 is not what is counted now.
SELECT coalesce(stored.queue, counted.queue) AS name
FROM (SELECT * FROM queue_intervals WHERE began_at = $1) stored
    FULL JOIN counted_queues($1::timestamptz, $1::timestamptz + interval '15 minutes', false) counted USING (queue, began_at)
WHERE stored IS DISTINCT FROM counted ORDER BY 1;

-- name: miscounted_skills
-- Skills whose stored quarter $1 is not what is counted now.
SELECT coalesce(stored.skill, counted.queue) AS name
FROM (SELECT * FROM skill_intervals WHERE began_at = $1) stored
    FULL JOIN counted_queues($1::timestamptz, $1::timestamptz + interval '15 minutes', true) counted ON counted.queue = stored.skill
WHERE row_to_json(stored)::jsonb - 'skill' IS DISTINCT FROM row_to_json(counted)::jsonb - 'queue' ORDER BY 1;

-- name: miscounted_agents
-- Agents whose stored quarter $1 is not what is counted now.
SELECT coalesce(stored.agent, counted.agent) AS name
FROM (SELECT * FROM agent_intervals WHERE began_at = $1) stored
    FULL JOIN counted_agents($1::timestamptz, $1::timestamptz + interval '15 minutes') counted USING (agent, began_at)
WHERE stored IS DISTINCT FROM counted ORDER BY 1;

-- name: due_quarter
-- Count the quarter $1 again.
UPDATE counted_quarters SET due = true WHERE began_at = $1;

-- name: terms
-- The newest terms of every line.
SELECT DISTINCT ON (line) line, queue, percent, within_s, short_abandon_s, skills FROM queue_terms ORDER BY line, since DESC;

-- name: new_terms
-- From now on line $1 has these; of a line that had none they hold for the past too.
INSERT INTO queue_terms (line, since, queue, percent, within_s, short_abandon_s, skills)
VALUES ($1, CASE WHEN EXISTS (SELECT FROM queue_terms WHERE line = $1) THEN clock_timestamp() ELSE '-infinity' END, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- name: queues
-- Quarters of queues from $1 until before $2: those that are over as stored, the last as counted now.
SELECT queue AS name, i.* FROM queue_intervals i WHERE began_at >= $1 AND began_at < least($2, quarter_of(now() - interval '1 minute'))
UNION ALL
SELECT queue, c.* FROM counted_queues(greatest(quarter_of($1), quarter_of(now() - interval '1 minute')), least($2, now()), false) c
ORDER BY began_at, name;

-- name: skills
-- As `queues`, by skill.
SELECT skill AS name, i.* FROM skill_intervals i WHERE began_at >= $1 AND began_at < least($2, quarter_of(now() - interval '1 minute'))
UNION ALL
SELECT queue, c.* FROM counted_queues(greatest(quarter_of($1), quarter_of(now() - interval '1 minute')), least($2, now()), true) c
ORDER BY began_at, name;

-- name: agents
-- As `queues`, by agent.
SELECT agent AS name, i.* FROM agent_intervals i WHERE began_at >= $1 AND began_at < least($2, quarter_of(now() - interval '1 minute'))
UNION ALL
SELECT agent, c.* FROM counted_agents(greatest(quarter_of($1), quarter_of(now() - interval '1 minute')), least($2, now())) c
ORDER BY began_at, name;

-- name: agents_named
-- Every agent there is or was, by number.
SELECT agent, name FROM agents ORDER BY agent;

-- name: uncounted
-- Quarters from $1 until before $2 that are over and not counted yet.
SELECT began_at FROM counted_quarters WHERE due AND began_at >= $1 AND began_at < least($2, quarter_of(now() - interval '1 minute')) ORDER BY 1;

-- name: incomplete
-- Gaps of any node that are not closed and begin before $2; ended_at is null if it lasts.
SELECT node, began_at, ended_at, why FROM open_gaps WHERE began_at < $2 AND coalesce(ended_at, 'infinity') >= $1 ORDER BY 2;

-- name: rolling
-- Visits that ended their wait from $1 on, by queue and what became of them.
SELECT v.queue, count(*) FILTER (WHERE what <> 'waiting') AS offered, count(*) FILTER (WHERE what = 'answered') AS answered,
       count(*) FILTER (WHERE v.within) AS within, count(*) FILTER (WHERE what = 'abandoned') AS abandoned,
       count(*) FILTER (WHERE what = 'short-abandoned') AS short_abandoned,
       coalesce(avg(v.wait_ms) FILTER (WHERE what = 'answered'), 0)::float8 AS asa_ms
FROM counted_visits($1, 'infinity') v GROUP BY 1 ORDER BY 1;

-- name: rolling_last
-- Of the last $1 callers of each queue who have waited to the end: how many count, and how many were answered in time.
SELECT q.queue, count(*) AS counted, count(*) FILTER (WHERE v.how = 'answered' AND v.wait_ms <= 1000 * v.within_s) AS within
FROM (SELECT DISTINCT queue FROM queue_terms) q CROSS JOIN LATERAL (
    SELECT c.how, c.wait_ms, t.within_s, t.short_abandon_s FROM queue_calls c CROSS JOIN LATERAL (
        SELECT within_s, short_abandon_s FROM queue_terms WHERE line IN (c.line, c.queue) AND since <= c.entered_at
        ORDER BY line = c.line DESC, since DESC LIMIT 1) t
    WHERE c.queue = q.queue AND c.how <> 'waiting' AND NOT (c.how = 'abandoned' AND c.wait_ms < 1000 * t.short_abandon_s)
    ORDER BY c.entered_at DESC LIMIT $1) v
GROUP BY 1 ORDER BY 1;

-- name: waiting
-- Who waits now: how many, and since when the first, by queue.
SELECT queue, count(*) AS waiting, min(entered_at) AS since FROM queue_calls WHERE how = 'waiting' GROUP BY 1 ORDER BY 1;

-- name: read_until
-- Until when the channel events of every node are read and folded.
SELECT least((SELECT min(read_until) FROM call_log_reads WHERE log = 'cel'), (SELECT min(due_since) FROM queue_folds_due)) AS until;

-- name: open_alerts
-- Alarms that are raised and not over.
SELECT alert_id, name, subject FROM alerts WHERE cleared_at IS NULL;

-- name: raise_alert
-- Alarm $1 about $2 is raised at $3 with the value $4 and the text $5, in English $6; no row comes back if it is raised already.
INSERT INTO alerts (name, subject, raised_at, value, text, text_en) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name, subject) WHERE cleared_at IS NULL DO NOTHING
RETURNING alert_id;

-- name: clear_alert
-- Alarm $1 about $2 is over at $3; the alert that was raised, if there is one.
UPDATE alerts SET cleared_at = greatest($3, raised_at) WHERE name = $1 AND subject = $2 AND cleared_at IS NULL
RETURNING alert_id, raised_at, value, text;

-- name: tell_webhook
-- Tell of alert $1 that it is $2, in the words $3; once.
INSERT INTO webhook_outbox (alert_id, event, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: text
-- Queue a text message of kind $1 to $2, made of $3.
INSERT INTO outbox (kind, recipient, params) VALUES ($1, $2, $3::jsonb);

-- name: alerts
-- Alerts, the newest first; $1: also those that are over, $2: before this one, $3 of them at most.
SELECT alert_id, name, subject, raised_at, value, text, text_en, cleared_at, acknowledged_at, acknowledged_by FROM alerts
WHERE ($1 OR cleared_at IS NULL) AND ($2::bigint IS NULL OR alert_id < $2)
ORDER BY alert_id DESC LIMIT $3;

-- name: acknowledge
-- $2 has seen alert $1; no row comes back if somebody had before, or there is none.
UPDATE alerts SET acknowledged_at = clock_timestamp(), acknowledged_by = $2 WHERE alert_id = $1 AND acknowledged_at IS NULL
RETURNING alert_id, name, subject;

-- name: webhook_due
-- What is to be sent now, the oldest first.
SELECT message_id, event, body, tries, queued_at FROM webhook_outbox WHERE state = 'queued' AND next_at <= clock_timestamp()
ORDER BY message_id LIMIT 20;

-- name: webhook_sent
-- Message $1 was taken.
UPDATE webhook_outbox SET state = 'sent', sent_at = clock_timestamp(), tries = tries + 1, error = NULL WHERE message_id = $1;

-- name: webhook_failed
-- Message $1 was not taken, because of $2: it is tried again in $3, or given up if $4.
UPDATE webhook_outbox SET state = CASE WHEN $4 THEN 'given-up' ELSE 'queued' END, tries = tries + 1, error = $2,
       next_at = clock_timestamp() + $3::interval
WHERE message_id = $1;

-- name: webhook_waiting
-- How many messages wait, and since when the oldest does; and how many were given up in the last day.
SELECT count(*) FILTER (WHERE state = 'queued') AS waiting, min(queued_at) FILTER (WHERE state = 'queued') AS since,
       count(*) FILTER (WHERE state = 'given-up' AND queued_at > now() - interval '2 days') AS given_up
FROM webhook_outbox WHERE state <> 'sent';

-- name: clear_plan
-- Forget the volume plan of the queues $1, for a new one.
DELETE FROM volume_plans WHERE queue = ANY ($1::text[]);

-- name: plan
-- Plan $4 calls for queue $1 on weekday $2 (1 is Monday) in hour $3.
INSERT INTO volume_plans VALUES ($1, $2, $3, $4);

-- name: volumes
-- By queue with a plan for weekday $2 and hour $3: calls since $1 that were no mistakes, the plan, and what stands by.
SELECT p.queue, p.calls AS plan, coalesce(v.calls, 0) AS calls, coalesce(s.level, 0) AS level,
       (SELECT percent FROM queue_terms t WHERE t.line = p.queue ORDER BY since DESC LIMIT 1) AS wanted_level
FROM volume_plans p LEFT JOIN echelon_states s USING (queue) LEFT JOIN (
    SELECT queue, count(*) AS calls FROM counted_visits($1, 'infinity') WHERE what <> 'short-abandoned' GROUP BY 1) v USING (queue)
WHERE p.weekday = $2 AND p.hour = $3
ORDER BY p.queue;

-- name: set_echelon
-- From $3 on echelon $2 is wanted for queue $1, whose volume is $4 percent of its plan.
INSERT INTO echelon_states VALUES ($1, $2, $3, $4)
ON CONFLICT (queue) DO UPDATE SET level = excluded.level, since = excluded.since, percent = excluded.percent;

-- name: echelon_states
-- What stands by for which queue.
SELECT queue, level, since, percent FROM echelon_states ORDER BY queue;

-- name: standby
-- The standby staff, and whether they are signed in.
SELECT a.agent, a.name, a.echelon, coalesce(a.mobile, '') AS mobile, coalesce(p.state, 'signed-out') <> 'signed-out' AS signed_in
FROM agents a LEFT JOIN presences p USING (agent)
WHERE a.active AND a.echelon > 0
ORDER BY a.echelon, a.agent;

-- name: call_up
-- Agent $1 is called up for level $3 of queue $4 by $5, in the hour $2; no row comes back if they were in this hour.
INSERT INTO echelon_calls (agent, hour, level, queue, called_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
RETURNING agent;

-- name: called_up
-- Who was called up from $1 on, and when they signed in since.
SELECT c.agent, a.name, c.level, c.queue, c.called_at, c.called_by,
       (SELECT min(l.at) FROM presence_log l WHERE l.agent = c.agent AND l.at >= c.called_at AND l.state <> 'signed-out') AS came_at
FROM echelon_calls c LEFT JOIN agents a USING (agent)
WHERE c.called_at >= $1
ORDER BY c.called_at, c.agent;

-- name: was_told
-- Whether the webhook is told of alert $1.
SELECT EXISTS (SELECT FROM webhook_outbox WHERE alert_id = $1);

-- name: presences
-- What every agent does now, since when.
SELECT agent, state, reason, since FROM presences ORDER BY agent;
