-- Contacts that agents look at before they call them, and what an agent sees of whom they talk to.

-- name: offer
-- The next contact for agent $1 in campaign $2, whose agents are queue $3's: of lists $4, in zones $5, whom nothing forbids
-- to call (`callable`): fewer than $6 attempts, $7 at their number in 24 h, consent for $8, quotas that are full $9; their
-- own first, and with $10 no others. They have $11 to decide. Who was abandoned may be called: an agent is there for them.
-- No row comes back if there is none; another one may look at the same contacts just now.
WITH found AS MATERIALIZED (
    (SELECT c.contact_id, 0 AS rank FROM contacts c
     WHERE c.agent = $1 AND c.state = 'open' AND c.next_at <= clock_timestamp()
       AND c.list = ANY($4::text[]) AND c.zone = ANY($5::text[])
     ORDER BY c.next_at, c.contact_id LIMIT 20)
    UNION ALL
    SELECT page.contact_id, 1 FROM levels($4::text[]) l CROSS JOIN LATERAL (
        SELECT c.contact_id FROM contacts c
        WHERE c.list = l.list AND c.zone = l.zone AND c.priority = l.priority AND c.state = 'open'
          AND c.next_at <= clock_timestamp() AND c.agent IS NULL
        ORDER BY c.next_at, c.contact_id LIMIT 20) page
    WHERE NOT $10 AND l.zone = ANY($5::text[])
), locked AS MATERIALIZED (
    SELECT c.contact_id, c.number, c.priority, c.next_at, c.not_before, c.attempts, c.fields, f.rank
    FROM contacts c JOIN found f USING (contact_id) WHERE c.state = 'open' FOR UPDATE OF c SKIP LOCKED
), judged AS MATERIALIZED (
    SELECT k.contact_id, k.rank, k.priority, k.next_at, may.number, may.why, may.until
    FROM locked k CROSS JOIN LATERAL callable(
        k.contact_id, k.number, k.attempts, k.not_before, k.fields, $6, $7, NULL, $8, $9::jsonb) may
), chosen AS (
    SELECT j.contact_id, j.number FROM judged j
    WHERE j.why IS NULL AND EXISTS (SELECT FROM campaigns p WHERE p.name = $2 AND p.state = 'running')
    ORDER BY j.rank, j.priority DESC, j.next_at, j.contact_id LIMIT 1
), taken AS (
    UPDATE contacts c SET state = 'claimed' FROM chosen WHERE c.contact_id = chosen.contact_id
), moved AS (
    UPDATE contacts c SET
        state = CASE WHEN j.until = 'infinity' THEN 'done' ELSE c.state END,
        last_outcome = CASE WHEN j.why = 'do-not-call' THEN j.why ELSE c.last_outcome END,
        next_at = CASE WHEN j.until = 'infinity' THEN c.next_at ELSE j.until END
    FROM judged j WHERE j.why IS NOT NULL AND c.contact_id = j.contact_id
)
INSERT INTO previews (agent, campaign, queue, contact_id, number, decide_by)
SELECT $1, $2, $3, contact_id, number, clock_timestamp() + $11::interval FROM chosen
RETURNING preview_id, agent, campaign, queue, contact_id, state, offered_at, decide_by, attempt_id;

-- name: current
-- What agent $1 has before them.
SELECT preview_id, agent, campaign, queue, contact_id, state, offered_at, decide_by, attempt_id FROM previews
WHERE agent = $1 AND ended_at IS NULL;

-- name: dialled
-- Preview $1 is attempt $2 now; no row comes back if it was decided already.
UPDATE previews SET state = 'dialling', attempt_id = $2 WHERE preview_id = $1 AND state = 'offered' RETURNING preview_id;

-- name: decided
-- Preview $1 was not dialled but ended as $2, for the reason $3; its contact may be offered again after $4. No row comes
-- back if it was decided already.
WITH decided AS (
    UPDATE previews SET state = $2, ended_at = clock_timestamp(), reason = $3 WHERE preview_id = $1 AND state = 'offered'
    RETURNING preview_id, contact_id
), freed AS (
    UPDATE contacts c SET state = 'open', next_at = clock_timestamp() + $4::interval
    FROM decided WHERE c.contact_id = decided.contact_id AND c.state = 'claimed'
)
SELECT preview_id FROM decided;

-- name: skipped
-- How many agent $1 has skipped in campaign $2 since they called somebody.
SELECT count(*) FROM previews
WHERE agent = $1 AND campaign = $2 AND state = 'skipped' AND preview_id > coalesce(
    (SELECT max(preview_id) FROM previews WHERE agent = $1 AND campaign = $2 AND state = 'over'), 0);

-- name: late
-- Previews whose time is up, or whose agent is not there any more.
SELECT p.preview_id, p.agent, p.campaign, p.queue, p.contact_id, p.state, p.offered_at, p.decide_by, p.attempt_id,
       s.state IS NULL OR s.state = 'signed-out' AS away
FROM previews p LEFT JOIN presences s ON s.agent = p.agent
WHERE p.state = 'offered' AND (p.decide_by < clock_timestamp() OR s.state IS NULL OR s.state = 'signed-out');

-- name: finish
-- Previews whose attempts are over are over too.
UPDATE previews p SET state = 'over', ended_at = clock_timestamp(), reason = coalesce(a.outcome, '')
FROM attempts a WHERE p.state = 'dialling' AND a.attempt_id = p.attempt_id AND a.state = 'over'
RETURNING p.preview_id, p.agent;

-- name: queue_of_attempt
-- The queue whose wrap-up a call that was looked at before has: call $1 is an attempt's.
SELECT p.queue FROM previews p JOIN attempts a USING (attempt_id) WHERE a.channel = $1;

-- name: contact
-- Contact $1, as their agent sees them: the number is that of attempt $2 if there is one, or that is to be called.
SELECT c.contact_id, c.list, called.number, c.name, c.region, c.zone, c.fields, c.attempts, c.last_outcome, c.disposition,
       c.agent, ARRAY(SELECT n.number FROM contact_numbers n WHERE n.contact_id = $1 AND n.number <> called.number
                      ORDER BY n.place) AS others
FROM contacts c CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT a.number FROM attempts a WHERE a.attempt_id = $2),
    (SELECT p.number FROM previews p WHERE p.contact_id = $1 AND p.ended_at IS NULL), c.number) AS number) called
WHERE c.contact_id = $1;

-- name: attempt
-- Which contact call $1 is with, for which campaign, and by whom it was taken.
SELECT attempt_id, campaign, contact_id, number, agent, mode FROM attempts WHERE channel = $1;

-- name: history
-- The last 20 attempts at number $1 in which it was dialled, and what was said and written of them; without attempt $2.
SELECT a.attempt_id, a.campaign, a.dialled_at, a.outcome, a.agent,
       (SELECT d.disposition FROM dispositions d WHERE d.call_id = a.channel ORDER BY d.disposition_id DESC LIMIT 1)
           AS disposition,
       ARRAY(SELECT n.text FROM call_notes n WHERE n.call_id = a.channel ORDER BY n.note_id) AS notes
FROM attempts a WHERE a.number = $1 AND a.dialled_at IS NOT NULL AND a.attempt_id IS DISTINCT FROM $2
ORDER BY a.dialled_at DESC LIMIT 20;

-- name: consent
-- That number $1 may be called for purpose $2.
SELECT given_at, evidence FROM consents WHERE number = $1 AND purpose = $2 AND withdrawn_at IS NULL;

-- name: call_back
-- When contact $1 asked to be called, and by whom.
SELECT due_at, agent, note FROM contact_call_backs WHERE contact_id = $1 AND state = 'open';
