-- Visits of callers to queues, whom they were offered to and why (ccore/queues).

-- name: last_served
-- Who served number $1 in queue $2 last, since $3.
SELECT agent FROM last_served WHERE number = $1 AND queue = $2 AND at >= $3;

-- name: note_visit
-- A caller enters the line of a queue, or comes back to it; $11 is how and why, kept if it is not as it was before,
-- but for the fields $12.
INSERT INTO visits (call_key, queue, node, uniqueid, line, number, tier, language, menu_priority, priority, came_at,
                    entered_at, decision)
VALUES ($1, $2, split_part($1, '!', 1), substr($1, strpos($1, '!') + 1), $3, $4, $5, $6, $7, $8, $9, $10,
        jsonb_build_array($11::jsonb))
ON CONFLICT (call_key, queue) DO UPDATE
SET line = excluded.line, tier = excluded.tier, language = excluded.language, priority = excluded.priority,
    menu_priority = excluded.menu_priority, came_at = excluded.came_at,
    decision = CASE WHEN (visits.decision -> -1) - $12::text[] = $11::jsonb - $12::text[]
                      OR jsonb_array_length(visits.decision) >= 30
                    THEN visits.decision ELSE visits.decision || excluded.decision END;

-- name: visits_waiting
-- What decides the place of callers $1 (call keys) in the lines of their queues.
SELECT call_key, queue, line, tier, menu_priority, priority, came_at FROM visits WHERE call_key = ANY ($1::text[]);

-- name: note_raised
-- Caller $1 of queue $2 goes before more others from $4 (epoch seconds) on: priority $3.
UPDATE visits SET priority = $3, raised = raised || jsonb_build_array(jsonb_build_array($4::float8, $3::integer))
WHERE call_key = $1 AND queue = $2;

-- name: visit_of_line
-- The visit of caller $1 to the queue $2, or to the last one if that is ''.
SELECT queue, line, tier, menu_priority, came_at, decision FROM visits
WHERE call_key = $1 AND ($2 = '' OR queue = $2) ORDER BY entered_at DESC LIMIT 1;

-- name: note_offer
-- An agent was rung: node, channel, caller, line, agent, when, why, agreed.
INSERT INTO offers (node, channel, call_key, line, agent, rung_at, decision, agreed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (node, channel) DO NOTHING;

-- name: end_offer
-- What came of ringing the channel $2 of node $1.
UPDATE offers SET outcome = $3, ended_at = $4 WHERE node = $1 AND channel = $2 AND outcome IS NULL;

-- name: note_served
-- Agent $2 talks with one of the callers $1 (call keys) since $3.
INSERT INTO last_served (number, queue, agent, at)
SELECT number, queue, $2, $3 FROM visits
WHERE call_key = ANY ($1::text[]) AND number ~ '^\+' ORDER BY entered_at DESC LIMIT 1
ON CONFLICT (number, queue) DO UPDATE SET agent = excluded.agent, at = excluded.at
WHERE last_served.at <= excluded.at;

-- name: visits_of
-- The visits of the last call that $1 names: a call key, a Uniqueid, a number, or a LinkedID of one of the nodes $2.
SELECT * FROM visits
WHERE call_key = (
    SELECT call_key FROM (
        SELECT call_key, entered_at FROM visits WHERE call_key = $1 OR uniqueid = $1 OR (number = $1 AND number <> '')
        UNION ALL
        SELECT call_key, entered_at FROM visits JOIN cel USING (node, uniqueid)
        WHERE cel.node = ANY ($2::text[]) AND cel.linkedid = $1
    ) AS calls
    ORDER BY entered_at DESC LIMIT 1)
ORDER BY entered_at;

-- name: offers_of
-- Every agent that was rung for caller $1, the first one first.
SELECT * FROM offers WHERE call_key = $1 ORDER BY rung_at, channel;
