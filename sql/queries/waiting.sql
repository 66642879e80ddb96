-- Waiting callers: call-backs that keep their place, numbers not to call, emergencies that close queues.

-- name: note_call_back
-- Call $1 of queue $3 wants a call-back to $2 at the place of one who came at $4, of tier $5, in language $6, with menu
-- priority $7; $8 says so. One who has asked already keeps the earlier place. False if the number must not be called.
WITH allowed AS (
    SELECT WHERE NOT EXISTS (SELECT FROM do_not_call WHERE number = $2)
), noted AS (
    INSERT INTO call_backs (call_key, number, queue, asked_at, came_at, tier, language, menu_priority, noted_by)
    SELECT $1, $2, $3, clock_timestamp(), coalesce($4::timestamptz, clock_timestamp()), $5, $6, $7, $8 FROM allowed
    ON CONFLICT DO NOTHING
)
SELECT EXISTS (SELECT FROM allowed) AS allowed;

-- name: call_backs
-- Those under way, and with $1 those that are over as well, of queue $2 or of all (null): who asked first, first; $3 rows.
SELECT call_back_id, number, queue, asked_at, coalesce(came_at, asked_at) AS came_at, language, state, attempts,
       not_before, reason, noted_by, done_at, done_by
FROM call_backs
WHERE (state IN ('open', 'dialling', 'asked', 'accepted') OR $1) AND ($2::text IS NULL OR queue = $2)
ORDER BY asked_at, call_back_id LIMIT $3;

-- name: open_call_backs
-- Those of queues $1 whose turn may come.
SELECT call_back_id AS number, number AS "to", queue, tier, language, menu_priority, coalesce(came_at, asked_at) AS came_at,
       split_part(call_key, '!', 1) AS node
FROM call_backs
WHERE state = 'open' AND queue = ANY($1::text[]) AND (not_before IS NULL OR not_before <= clock_timestamp());

-- name: under_way
-- Those that are being called or in the line.
SELECT call_back_id, queue, language, state, attempts, node, channel, dialled_at FROM call_backs
WHERE state IN ('dialling', 'asked', 'accepted');

-- name: dial
-- Call-back $1 is being called now, as channel $2 of node $3: written before it is. No row comes back if it is no longer
-- open; one whose number must not be called is refused.
WITH refused AS (
    UPDATE call_backs c SET state = 'refused', ended_at = clock_timestamp(), reason = 'do not call'
    WHERE call_back_id = $1 AND state = 'open' AND EXISTS (SELECT FROM do_not_call d WHERE d.number = c.number)
    RETURNING call_back_id
), dialled AS (
    UPDATE call_backs SET state = 'dialling', attempts = attempts + 1, channel = $2, node = $3,
                          dialled_at = clock_timestamp(), reason = ''
    WHERE call_back_id = $1 AND state = 'open' AND NOT EXISTS (SELECT FROM refused)
    RETURNING call_back_id, dialled_at
), noted AS (
    INSERT INTO call_back_attempts (channel, call_back_id, node, dialled_at)
    SELECT $2, call_back_id, $3, dialled_at FROM dialled
)
SELECT call_back_id FROM dialled;

-- name: answered
-- Channel $1 was answered: whoever it is has not pressed 1 yet.
UPDATE call_backs SET state = 'asked' WHERE channel = $1 AND state = 'dialling';

-- name: accepted
-- Call-back $1 is accepted on channel $2; the place it has kept comes back.
UPDATE call_backs SET state = 'accepted' WHERE call_back_id = $1 AND channel = $2
    AND state IN ('dialling', 'asked', 'accepted')
RETURNING queue, tier, language, menu_priority, coalesce(came_at, asked_at) AS came_at;

-- name: in_line
-- Channel $1 waits in the line, so it was accepted, though nobody told.
UPDATE call_backs SET state = 'accepted' WHERE channel = $1 AND state IN ('dialling', 'asked');

-- name: connected
-- Channel $1 talks with an agent.
WITH over AS (
    UPDATE call_backs SET state = 'connected', ended_at = clock_timestamp() WHERE channel = $1
        AND state IN ('dialling', 'asked', 'accepted')
    RETURNING channel
)
UPDATE call_back_attempts a SET outcome = 'connected', ended_at = clock_timestamp() FROM over WHERE a.channel = over.channel;

-- name: attempt_over
-- Channel $1, of a call-back in state $2, came to no agent: outcome $3. There are $4 attempts, the next one after $5.
WITH over AS (
    UPDATE call_backs SET
        state = CASE WHEN attempts >= $4 THEN 'failed' ELSE 'open' END,
        not_before = clock_timestamp() + $5::interval,
        ended_at = CASE WHEN attempts >= $4 THEN clock_timestamp() END,
        reason = $3
    WHERE channel = $1 AND state = $2
    RETURNING channel
)
UPDATE call_back_attempts a SET outcome = $3, ended_at = clock_timestamp() FROM over WHERE a.channel = over.channel;

-- name: not_sent
-- Channel $1 was never asked for: as if it had not been tried.
WITH undone AS (
    UPDATE call_backs SET state = 'open', attempts = attempts - 1, reason = 'not-sent',
                          not_before = clock_timestamp() + interval '5 s'
    WHERE channel = $1 AND state = 'dialling'
    RETURNING channel
)
UPDATE call_back_attempts a SET outcome = 'not-sent', ended_at = clock_timestamp()
FROM undone WHERE a.channel = undone.channel;

-- name: gave_up
-- The customer on channel $1 had accepted, and hung up before an agent came.
WITH over AS (
    UPDATE call_backs SET state = 'cancelled', ended_at = clock_timestamp(), reason = 'hung-up'
    WHERE channel = $1 AND state = 'accepted'
    RETURNING channel
)
UPDATE call_back_attempts a SET outcome = 'hung-up', ended_at = clock_timestamp() FROM over WHERE a.channel = over.channel;

-- name: events
-- What the channel events say of channel $2 of node $1, which began its call: whether it was answered, came together with
-- another one, and is over.
SELECT coalesce(bool_or(eventtype = 'ANSWER'), false) AS answered,
       coalesce(bool_or(eventtype = 'BRIDGE_ENTER'), false) AS talked,
       coalesce(bool_or(eventtype = 'CHAN_END'), false) AS over
FROM cel WHERE node = $1 AND linkedid = $2 AND uniqueid = $2;

-- name: expire
-- Call-backs of queue $1 that were asked for more than $2 (an interval) ago are over.
UPDATE call_backs SET state = 'expired', ended_at = clock_timestamp(), reason = 'expired'
WHERE state = 'open' AND queue = $1 AND asked_at < clock_timestamp() - $2::interval;

-- name: cancel
-- $2 cancels call-back $1; no row comes back if it is not open.
WITH cancelled AS (
    UPDATE call_backs SET state = 'cancelled', ended_at = clock_timestamp(), reason = 'by ' || $2
    WHERE call_back_id = $1 AND state = 'open'
    RETURNING call_back_id
), noted AS (
    INSERT INTO audit (actor, action, subject)
    SELECT $2, 'call-back-cancelled', 'call-back:' || call_back_id FROM cancelled
)
SELECT call_back_id FROM cancelled;

-- name: closings
-- Emergencies that are not over.
SELECT closing_id, queue, prompt, waiting, ends_at, made_by, made_at FROM closings
WHERE opened_at IS NULL AND (ends_at IS NULL OR ends_at > clock_timestamp())
ORDER BY closing_id;

-- name: close
-- Queue $1 ('all') is closed with prompt $2, those who wait too if $3, until $4 (null: until opened), by $5.
WITH closed AS (
    INSERT INTO closings (queue, prompt, waiting, ends_at, made_by) VALUES ($1, $2, $3, $4, $5)
    RETURNING closing_id, ends_at
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $5, 'queue-closed', 'queue:' || $1,
           jsonb_build_object('prompt', $2::text, 'waiting', $3::boolean, 'until', ends_at) FROM closed
)
SELECT closing_id FROM closed;

-- name: open
-- $2 ends every emergency of queue $1; gives how many there were.
WITH opened AS (
    UPDATE closings SET opened_at = clock_timestamp(), opened_by = $2
    WHERE queue = $1 AND opened_at IS NULL AND (ends_at IS NULL OR ends_at > clock_timestamp())
    RETURNING closing_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'queue-opened', 'queue:' || $1 WHERE EXISTS (SELECT FROM opened)
)
SELECT count(*) FROM opened;
