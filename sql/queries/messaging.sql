-- Text messages: the outbox is claimed, sent and receipted; the inbox is filled and worked off. ccore/messaging/life.py
-- has the moves: each statement here makes one, from the states it names.

-- name: claim
-- $2 messages that are due, for ccore $1, which has them for $3: then whoever asks gets them, as it must have died. One a
-- recipient, the oldest first. Those of the kinds $4 are marketing; consent is for $5 (null: no matter). A message is
-- given up $6 after its first claim. With each come the facts it is judged by.
WITH due AS (
    SELECT o.message_id, o.state AS was FROM outbox o
    WHERE o.state IN ('queued', 'sending') AND o.next_at <= now() AND o.channel = 'sms' AND NOT EXISTS (
        SELECT FROM outbox b WHERE b.recipient = o.recipient AND b.state IN ('queued', 'sending')
                               AND (b.state = 'sending' AND b.next_at > now()
                                    OR b.next_at <= now() AND b.message_id < o.message_id))
    ORDER BY o.next_at, o.message_id LIMIT $2 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox o
    SET state = 'sending', claim = o.claim + 1, claimed_by = $1, next_at = clock_timestamp() + $3::interval,
        give_up_at = coalesce(o.give_up_at, clock_timestamp() + $6::interval),
        purpose = CASE WHEN CASE WHEN o.kind LIKE 'menu-%' THEN 'menu' ELSE o.kind END = ANY ($4::text[])
                       THEN 'marketing' ELSE 'service' END
    FROM due WHERE o.message_id = due.message_id
    RETURNING o.message_id, due.was, o.claim, o.tries, o.kind, o.recipient, o.params, o.purpose, o.queued_at, o.not_after,
              o.language
)
SELECT c.message_id, c.was, c.claim, c.tries, c.kind, c.recipient, c.params, c.purpose, c.queued_at, c.not_after,
       coalesce(c.language, nullif(u.language, ''), e.language) AS language,
       sent.within_hour, sent.within_day, sent.hour_again_at, sent.day_again_at,
       c.purpose = 'marketing' AND is_barred(c.recipient) AS barred,
       c.purpose <> 'marketing' OR $5::text IS NULL OR EXISTS (
           SELECT FROM consents s WHERE s.number = c.recipient AND s.purpose = $5 AND s.withdrawn_at IS NULL) AS consented
FROM claimed c
LEFT JOIN customers u ON u.number = c.recipient
LEFT JOIN LATERAL (SELECT language FROM employees WHERE phone = c.recipient AND left_at IS NULL LIMIT 1) e ON true
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.sent_at > now() - interval '1 h') AS within_hour, count(*) AS within_day,
           min(s.sent_at) FILTER (WHERE s.sent_at > now() - interval '1 h') + interval '1 h' AS hour_again_at,
           min(s.sent_at) + interval '24 h' AS day_again_at
    FROM outbox s
    WHERE s.recipient = c.recipient AND s.purpose = c.purpose AND s.sent_at > now() - interval '24 h') sent
ORDER BY c.message_id;

-- name: sent
-- Claim $2 of message $1 was taken by gateway $3, whose number of it is $4: text $5 in $6 parts. A receipt may have come.
UPDATE outbox
SET state = CASE state WHEN 'sending' THEN 'sent' ELSE state END, tries = tries + 1, gateway = $3, gateway_id = $4,
    body = $5, parts = $6, reason = '', sent_at = coalesce(sent_at, clock_timestamp())
WHERE message_id = $1 AND claim = $2 AND state IN ('sending', 'sent', 'delivered', 'failed');

-- name: failed
-- Claim $2 of message $1 is not to be sent, ever: gateway $3 (null: none was asked) or ccore says $4.
UPDATE outbox
SET state = 'failed', tries = tries + ($3::text IS NOT NULL)::integer, gateway = coalesce($3, gateway), reason = $4,
    ended_at = clock_timestamp()
WHERE message_id = $1 AND claim = $2 AND state = 'sending';

-- name: again
-- Claim $2 of message $1, text $6 in $7 parts, was not taken by gateway $3, because of $4: again in $5, or given up. Gives
-- what it came to.
UPDATE outbox
SET state = CASE WHEN clock_timestamp() >= give_up_at THEN 'given_up' ELSE 'queued' END, tries = tries + 1, gateway = $3,
    reason = $4, next_at = clock_timestamp() + $5::interval, body = $6, parts = $7,
    ended_at = CASE WHEN clock_timestamp() >= give_up_at THEN clock_timestamp() END
WHERE message_id = $1 AND claim = $2 AND state = 'sending'
RETURNING state;

-- name: wait
-- Claim $2 of message $1 waits until $3, because of $4; the time in which it is given up begins anew.
UPDATE outbox SET state = 'queued', next_at = $3, reason = $4, give_up_at = NULL
WHERE message_id = $1 AND claim = $2 AND state = 'sending';

-- name: never
-- Claim $2 of message $1 is $3 (expired or withheld), because of $4.
UPDATE outbox SET state = $3, reason = $4, ended_at = clock_timestamp()
WHERE message_id = $1 AND claim = $2 AND state = 'sending';

-- name: give_up
-- What waits for a gateway for longer than $1 is given up: while none is asked, nobody claims it. How many of each kind.
WITH late AS (
    UPDATE outbox SET state = 'given_up', ended_at = clock_timestamp(),
           reason = CASE reason WHEN '' THEN 'no gateway in time' ELSE reason END
    WHERE state = 'queued' AND coalesce(give_up_at, next_at + $1::interval) <= now()
    RETURNING CASE WHEN kind LIKE 'menu-%' THEN 'menu' ELSE kind END AS kind
)
SELECT kind, count(*) FROM late GROUP BY kind;

-- name: receipt
-- Gateway $2 says $3 ($4 in full) of message $1, which becomes $5 if it is in one of the states $6; gives what it was
-- then. A gateway may say so of a message whose answer was lost, or that is queued again.
WITH kept AS (
    INSERT INTO receipts (message_id, gateway, word, detail) SELECT message_id, $2, $3, $4 FROM outbox WHERE message_id = $1
    ON CONFLICT DO NOTHING
), before AS (
    SELECT message_id, state FROM outbox WHERE message_id = $1 AND state = ANY ($6::text[]) FOR UPDATE
)
UPDATE outbox o
SET state = $5, sent_at = coalesce(o.sent_at, clock_timestamp()), gateway = coalesce(o.gateway, $2),
    reason = CASE WHEN $5 = 'failed' THEN $4 ELSE '' END,
    ended_at = CASE WHEN $5 IN ('delivered', 'failed') THEN clock_timestamp() END
FROM before WHERE o.message_id = before.message_id
RETURNING before.state AS was;

-- name: message_of
-- The message that gateway $1 knows as $2.
SELECT message_id FROM outbox WHERE gateway = $1 AND gateway_id = $2 ORDER BY message_id DESC LIMIT 1;

-- name: standing
-- How the outbox and the inbox stand.
SELECT count(*) FILTER (WHERE state IN ('queued', 'sending') AND next_at <= now()) AS due,
       count(*) FILTER (WHERE state IN ('queued', 'sending')) AS waiting,
       min(queued_at) FILTER (WHERE state IN ('queued', 'sending') AND next_at <= now()) AS due_since,
       count(*) FILTER (WHERE state = 'given_up') AS given_up,
       (SELECT count(*) FROM inbox WHERE state = 'new') AS unread,
       (SELECT count(*) FROM inbox WHERE state = 'set_aside') AS set_aside
FROM outbox
WHERE state IN ('queued', 'sending') OR state = 'given_up' AND ended_at > now() - interval '24 h';

-- name: arrive
-- Gateway $1 hands over its message $2 from $3 to $4, which says $5 and came at $6; once. No row: it had before.
INSERT INTO inbox (gateway, gateway_id, sender, receiver, body, received_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
RETURNING inbox_id;

-- name: take
-- $1 messages of the inbox that are due, one a sender, the oldest first: whoever gets them has them for $2.
WITH due AS (
    SELECT i.inbox_id FROM inbox i
    WHERE i.state = 'new' AND i.next_at <= now()
      AND NOT EXISTS (SELECT FROM inbox b WHERE b.sender = i.sender AND b.state = 'new' AND b.inbox_id < i.inbox_id)
    ORDER BY i.next_at, i.inbox_id LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE inbox i SET tries = tries + 1, next_at = clock_timestamp() + $2::interval
FROM due WHERE i.inbox_id = due.inbox_id
RETURNING i.inbox_id, i.sender, i.receiver, i.body, i.received_at, i.tries;

-- name: done
-- Message $1 of the inbox is done: $2 came of it.
UPDATE inbox SET state = 'done', outcome = $2, ended_at = clock_timestamp() WHERE inbox_id = $1 AND state = 'new';

-- name: not_done
-- Message $1 of the inbox is tried again in $3, or set aside if $4, because of $2.
UPDATE inbox SET state = CASE WHEN $4 THEN 'set_aside' ELSE 'new' END, outcome = $2,
       next_at = clock_timestamp() + $3::interval, ended_at = CASE WHEN $4 THEN clock_timestamp() END
WHERE inbox_id = $1 AND state = 'new';

-- name: not_counted
-- As not_done, and the try does not count: it was PostgreSQL that did not answer.
UPDATE inbox SET tries = tries - 1, next_at = clock_timestamp() + $2::interval WHERE inbox_id = $1 AND state = 'new';

-- name: messages
-- The outbox, the newest first: in state $1 (null: any), to $2 (null: anybody), of kind $3 (null: any), before number $4,
-- $5 of them.
SELECT message_id, kind, recipient, state, tries, parts, reason, queued_at, sent_at, ended_at, next_at FROM outbox
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR recipient = $2) AND ($3::text IS NULL OR kind = $3)
  AND ($4::bigint IS NULL OR message_id < $4)
ORDER BY message_id DESC LIMIT $5;

-- name: message
-- All of message $1.
SELECT message_id, order_id, call_key, kind, channel, recipient, params, state, language, purpose, queued_at, not_after,
       next_at, tries, give_up_at, claimed_by, gateway, gateway_id, body, parts, reason, sent_at, ended_at
FROM outbox WHERE message_id = $1;

-- name: receipts
-- What gateways said of message $1.
SELECT gateway, word, detail, came_at FROM receipts WHERE message_id = $1 ORDER BY receipt_id;

-- name: incoming
-- The inbox, the newest first: in state $1 (null: any), $2 of them.
SELECT inbox_id, gateway, sender, receiver, body, received_at, state, tries, outcome FROM inbox
WHERE $1::text IS NULL OR state = $1 ORDER BY inbox_id DESC LIMIT $2;

-- name: retry
-- Message $1 is sent again, says $2: it was in one of the states $3. No row: it was not.
WITH queued AS (
    UPDATE outbox SET state = 'queued', next_at = clock_timestamp(), queued_at = clock_timestamp(), not_after = NULL,
           give_up_at = NULL, tries = 0, ended_at = NULL, reason = ''
    WHERE message_id = $1 AND state = ANY ($3::text[]) RETURNING message_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'message-retried', 'message:' || message_id FROM queued
)
SELECT message_id FROM queued;

-- name: retry_incoming
-- Message $1 of the inbox, which was set aside, is handed on again, says $2.
WITH queued AS (
    UPDATE inbox SET state = 'new', next_at = clock_timestamp(), tries = 0, ended_at = NULL
    WHERE inbox_id = $1 AND state = 'set_aside' RETURNING inbox_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'message-retried', 'inbox:' || inbox_id FROM queued
)
SELECT inbox_id FROM queued;

-- name: cancel
-- Message $1 is not sent, says $2. No row: it is not queued.
WITH cancelled AS (
    UPDATE outbox SET state = 'cancelled', ended_at = clock_timestamp(), reason = 'by ' || $2
    WHERE message_id = $1 AND state = 'queued' RETURNING message_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'message-cancelled', 'message:' || message_id FROM cancelled
)
SELECT message_id FROM cancelled;

-- name: queue_test
-- A message to $1 that says $2, for trying the gateway out, by $3.
WITH queued AS (
    INSERT INTO outbox (kind, recipient, params) VALUES ('test', $1, jsonb_build_object('text', $2::text))
    RETURNING message_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $3, 'message-tested', 'message:' || message_id FROM queued
)
SELECT message_id FROM queued;
