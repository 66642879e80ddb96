-- What agents say came of calls of campaigns, carried over to the contacts; and call-backs, of one agent or of anybody.

-- name: due
-- Results that are not the contact's yet, the first first. campaign is null if there is no such attempt any more.
SELECT x.disposition_id, d.call_id, d.agent, d.disposition, d.again_at, d.own, d.by_whom, a.campaign, a.contact_id, a.number
FROM disposed_contacts x JOIN dispositions d USING (disposition_id) LEFT JOIN attempts a ON a.channel = d.call_id
ORDER BY x.disposition_id LIMIT 200;

-- name: take
-- Result $1 is carried over now; no row comes back if another one does it.
DELETE FROM disposed_contacts WHERE disposition_id = $1 RETURNING disposition_id;

-- name: end_call_backs
-- The call-back of contact $1 is in state $2 now, if one was open; their own priority is theirs again.
WITH ended AS (
    UPDATE contact_call_backs SET state = $2, ended_at = clock_timestamp() WHERE contact_id = $1 AND state = 'open'
    RETURNING contact_id, priority_before
)
UPDATE contacts c SET priority = coalesce(ended.priority_before, c.priority) FROM ended WHERE c.contact_id = ended.contact_id;

-- name: settle
-- Contact $1 came to $2, and is in state $3 now, to be called at $4 (null: as it was).
UPDATE contacts SET
    disposition = $2, state = CASE WHEN state = 'removed' THEN state ELSE $3 END, next_at = coalesce($4, next_at),
    changed_at = clock_timestamp()
WHERE contact_id = $1;

-- name: call_back
-- Contact $1 of campaign $2 is to be called at $3 by agent $4 (null: anybody), before all others, says $5. The contact is
-- open then.
WITH noted AS (
    INSERT INTO contact_call_backs (contact_id, campaign, agent, due_at, made_by, priority_before)
    SELECT $1, $2, $4, $3, $5, priority FROM contacts WHERE contact_id = $1 AND state <> 'removed'
    RETURNING contact_id
)
UPDATE contacts c SET state = 'open', next_at = $3, agent = $4, priority = 9, changed_at = clock_timestamp()
FROM noted WHERE c.contact_id = noted.contact_id;

-- name: machine_met
-- The agent who was given call $1 says whether it was a machine.
UPDATE attempts SET machine_met = $2 WHERE channel = $1 AND machine_met <> $2;

-- name: numbers
-- The numbers of contact $1, if they have several.
SELECT number FROM contact_numbers WHERE contact_id = $1;

-- name: bar_contacts
-- Nobody calls numbers $1 any more, in whatever list; who has another number is called there.
UPDATE contacts c SET state = 'done', last_outcome = 'do-not-call', changed_at = clock_timestamp()
WHERE c.number = ANY ($1::text[]) AND c.state IN ('open', 'claimed')
  AND NOT EXISTS (SELECT FROM contact_numbers n
                  WHERE n.contact_id = c.contact_id AND NOT n.spent AND n.number <> ALL ($1::text[]));

-- name: contact_of
-- The campaign and contact of call $1, with how often they were called.
SELECT a.campaign, a.contact_id, c.zone, c.attempts FROM attempts a JOIN contacts c USING (contact_id) WHERE a.channel = $1;

-- name: call_backs
-- Those that are open, of campaign $1 and agent $2 (null: of all), the first due first; $3 at most.
SELECT b.contact_call_back_id, b.campaign, b.agent, b.due_at, b.note, b.made_by, b.made_at, c.contact_id, c.list, c.name,
       c.number
FROM contact_call_backs b JOIN contacts c USING (contact_id)
WHERE b.state = 'open' AND ($1::text IS NULL OR b.campaign = $1) AND ($2::text IS NULL OR b.agent = $2)
ORDER BY b.due_at, b.contact_call_back_id LIMIT $3;

-- name: call_back_of
-- Call-back $1, if it is open.
SELECT b.contact_id, b.campaign, b.agent, b.due_at, c.zone FROM contact_call_backs b JOIN contacts c USING (contact_id)
WHERE b.contact_call_back_id = $1 AND b.state = 'open';

-- name: move_call_back
-- Call-back $1 is agent $2's (null: anybody's) and due at $3.
WITH moved AS (
    UPDATE contact_call_backs SET agent = $2, due_at = $3 WHERE contact_call_back_id = $1 AND state = 'open'
    RETURNING contact_id
)
UPDATE contacts c SET agent = $2, next_at = $3, changed_at = clock_timestamp()
FROM moved WHERE c.contact_id = moved.contact_id;

-- name: share_call_backs
-- What is due since $1 of agents who are not there, or since $2 of any, may be done by anybody.
WITH shared AS (
    UPDATE contact_call_backs b SET agent = NULL
    WHERE b.state = 'open' AND b.agent IS NOT NULL AND (b.due_at < clock_timestamp() - $2::interval
        OR (b.due_at < clock_timestamp() - $1::interval AND NOT EXISTS (
            SELECT FROM presences p WHERE p.agent = b.agent AND p.state <> 'signed-out')))
    RETURNING contact_id, contact_call_back_id
), freed AS (
    UPDATE contacts c SET agent = NULL FROM shared WHERE c.contact_id = shared.contact_id
)
SELECT contact_call_back_id FROM shared;

-- name: drop_call_backs
-- Call-backs of contacts whom nobody calls any more.
UPDATE contact_call_backs b SET state = 'cancelled', ended_at = clock_timestamp()
FROM contacts c WHERE b.state = 'open' AND c.contact_id = b.contact_id AND c.state IN ('done', 'removed');
