-- What explanations of dialling are made of; `lately` is the last 10 minutes.

-- name: dialler
-- Which ccore dials, and whether its lease still stands.
SELECT holder, expires_at > now() AS alive FROM leases WHERE name = 'dialler';

-- name: agents
-- Agents of line $1 by state.
SELECT p.state, count(*)::int AS agents FROM presences p
WHERE EXISTS (SELECT FROM wanted_members m WHERE m.agent = p.agent AND m.queue = $1) GROUP BY p.state;

-- name: decisions
-- The last decision of campaign $1 at each node, unless it is older than $2.
SELECT DISTINCT ON (node) node, at, began, why FROM pacing_log
WHERE campaign = $1 AND at > now() - $2::interval ORDER BY node, at DESC;

-- name: sample
-- Of contacts of lists $1 who are open, the next of each zone and priority: how many may not be called now, by why ("": may).
-- The limits of `callable`: most attempts $2, per day $3, abandoned $4, consent $5, quotas that are full $6; $7: mode preview.
SELECT coalesce(may.why, CASE WHEN page.agent IS NOT NULL AND NOT $7 THEN 'owned'
                              WHEN page.next_at > statement_timestamp() THEN 'not-due' ELSE '' END) AS why,
       count(*)::int AS contacts
FROM (SELECT next_ones.* FROM levels($1::text[]) l CROSS JOIN LATERAL (
          SELECT * FROM contacts c
          WHERE c.list = l.list AND c.zone = l.zone AND c.priority = l.priority AND c.state = 'open'
          ORDER BY c.next_at, c.contact_id LIMIT 100) next_ones
      LIMIT 1000) page
CROSS JOIN LATERAL callable(page.contact_id, page.number, page.attempts, page.not_before, page.fields,
                            $2, $3, $4::interval, $5, $6::jsonb) may
GROUP BY 1;

-- name: spent
-- Contacts of lists $1 who are done, by why: they had $2 attempts, are not to be called, or came to a result ("").
SELECT CASE WHEN last_outcome = 'do-not-call' THEN 'do-not-call' WHEN attempts >= $2 AND disposition IS NULL THEN 'attempts'
            ELSE '' END AS why, count(*)::int AS contacts
FROM contacts WHERE list = ANY($1::text[]) AND state = 'done' GROUP BY 1;

-- name: refused
-- Attempts of campaign $1 that came to nothing before they were dialled, in the last $2, by reason.
SELECT reason, count(*)::int AS attempts FROM attempts
WHERE campaign = $1 AND claimed_at > now() - $2::interval AND outcome IN ('refused', 'not-sent') GROUP BY reason;

-- name: dialled
-- How many numbers campaign $1 has dialled in the last $2.
SELECT count(*)::int FROM attempts
WHERE campaign = $1 AND claimed_at > now() - $2::interval AND dialled_at IS NOT NULL;

-- name: under_way
-- Attempts that are not over: of which campaign, where, by which trunk, in which state.
SELECT campaign, node, trunk, state, count(*)::int AS attempts FROM attempts WHERE state <> 'over' GROUP BY 1, 2, 3, 4;

-- name: contacts
-- Number $1 in every list, with the agent who looks at them; of a contact with several numbers which it is, and how the retry
-- rules stand for it.
SELECT c.contact_id, c.list, c.zone, c.state, c.next_at, c.attempts, c.not_before, c.agent, c.last_outcome, c.disposition,
       p.agent AS looked_at_by, nullif(n.next_at, '-infinity') AS number_at, coalesce(n.spent, false) AS spent,
       (SELECT count(*)::int FROM contact_numbers b WHERE b.contact_id = c.contact_id AND b.place <= n.place) AS place,
       (SELECT count(*)::int FROM contact_numbers b WHERE b.contact_id = c.contact_id) AS numbers
FROM contacts c LEFT JOIN previews p ON p.contact_id = c.contact_id AND p.ended_at IS NULL
LEFT JOIN contact_numbers n ON n.contact_id = c.contact_id AND n.number = $1
WHERE c.number = $1 OR c.contact_id = ANY (ARRAY(SELECT b.contact_id FROM contact_numbers b WHERE b.number = $1))
ORDER BY c.list, c.contact_id;

-- name: attempts
-- Attempts at number $1: of the last 24 h, those under way, and the last ones at contacts $2 that were not dialled.
SELECT campaign, coalesce(dialled_at, claimed_at) AS at, dialled_at IS NOT NULL AS dialled, state, outcome, trunk, agent,
       node, reason
FROM attempts
WHERE (number = $1 AND (dialled_at > clock_timestamp() - interval '24 h' OR state <> 'over'))
   OR (contact_id = ANY($2::bigint[]) AND dialled_at IS NULL AND claimed_at > clock_timestamp() - interval '10 min')
ORDER BY at;

-- name: abandoned
-- When number $1 was dialled last for an attempt that was abandoned.
SELECT max(dialled_at) FROM attempts WHERE number = $1 AND outcome = 'abandoned' AND dialled_at IS NOT NULL;
