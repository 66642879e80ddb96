-- Agents: who they are, what each is doing, and the members of queues that follow from it.

-- name: changes
-- How often agents were changed so far, and this database's time.
SELECT number, clock_timestamp() AS now FROM agent_changes;

-- name: all
-- Every agent there is.
SELECT agent, name, skills, echelon, own_penalty, mobile FROM agents WHERE active;

-- name: presences
-- What those do of whom that was changed since $1.
SELECT p.agent, state, since, device_kind, device_number, node, paused, reason, queue, call_id, wrap_up_until,
       idle_since, extended, lost, missed, version, changed_at
FROM presences p JOIN agents USING (agent)
WHERE active AND changed_at >= $1;

-- name: presence
-- What agent $1 does.
SELECT agent, state, since, device_kind, device_number, node, paused, reason, queue, call_id, wrap_up_until,
       idle_since, extended, lost, missed, version, changed_at
FROM presences WHERE agent = $1;

-- name: change
-- Agent $1, whose presence is of version $2 and state $3, does something else from $19 on, as $20 wants it or says;
-- $21: the log tells of it. No row comes back if somebody has changed it before.
WITH changed AS (
    UPDATE presences SET
        state = $4, since = $5, device_kind = $6, device_number = $7, node = $8, paused = $9, reason = $10, queue = $11,
        call_id = $12, wrap_up_until = $13, idle_since = $14, extended = $15, lost = $16, missed = $17, version = $18,
        changed_at = clock_timestamp()
    WHERE agent = $1 AND version = $2 AND state = $3
    RETURNING *
), noted AS (
    INSERT INTO presence_log (agent, at, state, reason, queue, call_id, node, device_number, by_whom)
    SELECT agent, $19, state, reason, queue, call_id, node, device_number, $20 FROM changed WHERE $21
)
SELECT version FROM changed;

-- name: lock_presences
-- The version of every presence that is not signed out, which stay as they are until the transaction's end.
SELECT agent, version FROM presences WHERE state <> 'signed-out' ORDER BY agent FOR UPDATE;

-- name: manage
-- The lines $2 of the nodes $1 are ccore's to fill, and no others of the operators' queues.
WITH wanted AS (
    SELECT node, queue FROM unnest($1::text[], $2::text[]) AS given (node, queue)
), gone AS (
    DELETE FROM managed_queues m
    WHERE of_centre AND NOT EXISTS (SELECT FROM wanted w WHERE (w.node, w.queue) = (m.node, m.queue))
)
INSERT INTO managed_queues AS m (node, queue, of_centre) SELECT node, queue, true FROM wanted
ON CONFLICT (node, queue) DO UPDATE SET of_centre = true WHERE NOT m.of_centre;

-- name: want_members
-- Agent $1 is to be reached at interface $3 of node $2 in the lines $4 with the penalties $5, paused ($6) for $7, and
-- nowhere else.
WITH gone AS (
    DELETE FROM wanted_members
    WHERE agent = $1 AND (node IS DISTINCT FROM $2 OR interface IS DISTINCT FROM $3 OR NOT queue = ANY ($4::text[]))
)
INSERT INTO wanted_members AS m (node, queue, interface, name, penalty, paused, pause_reason, agent)
SELECT node, queue, $3, $1, penalty, $6, $7, $1
FROM unnest($4::text[], $5::integer[]) AS given (queue, penalty) JOIN managed_queues USING (queue)
WHERE node = $2
ON CONFLICT (node, queue, interface) DO UPDATE
SET name = $1, penalty = excluded.penalty, paused = $6, pause_reason = $7, agent = $1
WHERE (m.penalty, m.paused, m.pause_reason, m.agent) IS DISTINCT FROM (excluded.penalty, $6, $7, $1);

-- name: members
-- Where each agent is to be reached: one row for each line.
SELECT agent, node, interface, queue, penalty, pause_reason FROM wanted_members WHERE agent IS NOT NULL;

-- name: queue_of_call
-- The queue that call $1 (node!uniqueid of the caller) came to last; of one that an agent has begun, their campaign's.
SELECT queue FROM (
    SELECT queue, entered_at AS at FROM visits WHERE call_key = $1
    UNION ALL
    SELECT p.queue, p.offered_at FROM previews p JOIN attempts a USING (attempt_id) WHERE a.channel = split_part($1, '!', 2)
) found ORDER BY at DESC LIMIT 1;

-- name: add
-- A new agent $1, or what is known of them anew: name $2, skills $3, echelon $4, mobile $5; $6 says so.
WITH written AS (
    INSERT INTO agents AS a (agent, name, skills, echelon, mobile, set_by) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (agent) DO UPDATE
    SET name = $2, skills = $3, echelon = $4, mobile = $5, active = true, set_by = $6, set_at = clock_timestamp()
    RETURNING agent
), present AS (
    INSERT INTO presences (agent) SELECT agent FROM written ON CONFLICT (agent) DO NOTHING
), changed AS (
    UPDATE agent_changes SET number = number + 1
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    VALUES ($6, 'agent-written', 'agent:' || $1, jsonb_build_object(
        'name', $2::text, 'skills', $3::jsonb, 'echelon', $4::integer, 'mobile', $5::text))
)
SELECT agent FROM written;

-- name: set_skills
-- The skills of agent $1 are $2 from now on; $3 says so. No row comes back if there is no such agent.
WITH written AS (
    UPDATE agents SET skills = $2, set_by = $3, set_at = clock_timestamp() WHERE agent = $1 AND active RETURNING agent
), changed AS (
    UPDATE agent_changes SET number = number + 1 WHERE EXISTS (SELECT FROM written)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'agent-skills-set', 'agent:' || agent, $2::jsonb FROM written
)
SELECT agent FROM written;

-- name: set_mobile
-- Agent $1 may take calls at $2 (null: nowhere outside); $3 says so. No row comes back if there is no such agent.
WITH written AS (
    UPDATE agents SET mobile = $2, set_by = $3, set_at = clock_timestamp() WHERE agent = $1 AND active RETURNING agent
), changed AS (
    UPDATE agent_changes SET number = number + 1 WHERE EXISTS (SELECT FROM written)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'agent-mobile-set', 'agent:' || agent, jsonb_build_object('mobile', $2::text) FROM written
)
SELECT agent FROM written;

-- name: set_pin
-- Agent $1 signs in by phone with the PIN behind salt $2 and hash $3; $4 says so. No row comes back if there is none.
WITH written AS (
    UPDATE agents SET pin_salt = $2, pin_hash = $3, set_by = $4, set_at = clock_timestamp()
    WHERE agent = $1 AND active RETURNING agent
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $4, 'agent-pin-set', 'agent:' || agent FROM written
)
SELECT agent FROM written;

-- name: remove
-- Agent $1 is one no more; $2 says so. Who they were stays for the statistics. No row comes back if there is none.
WITH written AS (
    UPDATE agents SET active = false, pin_salt = NULL, pin_hash = NULL, mobile = NULL, set_by = $2,
                      set_at = clock_timestamp()
    WHERE agent = $1 AND active RETURNING agent
), changed AS (
    UPDATE agent_changes SET number = number + 1 WHERE EXISTS (SELECT FROM written)
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'agent-removed', 'agent:' || agent FROM written
)
SELECT agent FROM written;

-- name: list
-- Every agent with what they do, in the order of their numbers; $1 (null: all) is one of them.
SELECT a.agent, a.name, a.skills, a.echelon, a.mobile, a.pin_hash IS NOT NULL AS pin, p.state, p.since, p.reason,
       p.queue, p.call_id, p.device_kind, p.device_number, p.node, p.wrap_up_until, p.paused
FROM agents a JOIN presences p USING (agent)
WHERE active AND ($1::text IS NULL OR a.agent = $1)
ORDER BY length(a.agent), a.agent;

-- name: try_pin
-- Write down that phone $3 tries to sign in as $2 in call $1, before it is known whether the PIN is right. Old tries go.
WITH old AS (
    DELETE FROM agent_tries WHERE tried_at < clock_timestamp() - interval '90 days'
)
INSERT INTO agent_tries (call_key, number, caller) VALUES ($1, $2, $3) RETURNING try_id;

-- name: pin
-- The PIN of $1; and how many tries as $1 or at phone $2 that failed, or are not judged yet, are within $3.
SELECT a.name, a.pin_salt, a.pin_hash, tries.wrong
FROM (SELECT greatest(count(*) FILTER (WHERE number = $1), count(*) FILTER (WHERE caller = $2)) AS wrong
      FROM agent_tries
      WHERE (number = $1 OR caller = $2) AND NOT passed AND tried_at > clock_timestamp() - $3::interval) AS tries
LEFT JOIN agents a ON a.agent = $1 AND a.active;

-- name: pass_pin
-- Try $1 had the right PIN.
UPDATE agent_tries SET passed = true WHERE try_id = $1;
