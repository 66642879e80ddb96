-- What a provider is asked. Whoever writes here has the order's row first, so that nobody waits for each other.

-- name: claim
-- Up to $1 that are due, of orders nobody else is at; asked again after $2, should nobody write an answer down until then.
-- What is to be switched off is asked for once it is known whether it was switched on.
WITH due AS (
    SELECT v.order_id, v.action FROM provisionings v JOIN orders o USING (order_id)
    WHERE v.state = 'due' AND v.next_at <= clock_timestamp()
      AND NOT (v.action = 'off' AND EXISTS (SELECT FROM provisionings f
                                            WHERE f.order_id = v.order_id AND f.action = 'on' AND f.state = 'due'))
    ORDER BY v.next_at LIMIT $1
    FOR NO KEY UPDATE OF o SKIP LOCKED
), begun AS (
    UPDATE orders o SET state = 'activating', state_at = clock_timestamp()
    FROM due WHERE due.order_id = o.order_id AND due.action = 'on' AND o.state = 'confirmed'
    RETURNING o.order_id
), noted AS (
    INSERT INTO order_moves (order_id, was, became, by, reason)
    SELECT order_id, 'confirmed', 'activating', 'provider', 'asked' FROM begun
)
UPDATE provisionings v SET tries = v.tries + 1, next_at = clock_timestamp() + $2::interval
FROM due JOIN orders_to_move m USING (order_id)
WHERE v.order_id = due.order_id AND v.action = due.action AND v.state = 'due' AND v.next_at <= clock_timestamp()
RETURNING v.order_id, v.action, v.tries, m.subscriber, m.provision;

-- name: ended
-- The provider has said $3 (done, refused) to action $2 for order $1, with the words $4.
UPDATE provisionings SET state = $3, reason = $4, ended_at = clock_timestamp()
WHERE order_id = $1 AND action = $2 AND state = 'due';

-- name: again
-- Try $3 for order $1, action $2, has brought no answer, but the words $4: it is asked again after $5.
UPDATE provisionings SET reason = $4, next_at = clock_timestamp() + $5::interval
WHERE order_id = $1 AND action = $2 AND tries = $3 AND state = 'due';

-- name: late
-- How many have waited for longer than $1, and how many there are that the provider did not switch off.
SELECT (SELECT count(*) FROM provisionings WHERE state = 'due' AND due_since < clock_timestamp() - $1::interval) AS late,
       (SELECT count(*) FROM provisionings WHERE state = 'refused' AND action = 'off') AS left_on;
