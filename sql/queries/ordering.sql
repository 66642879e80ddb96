-- What one-dial orders read and write. A call is judged by what held at the moment it was made, `called_at`.

-- name: facts
-- All that the judgement of one try needs, always in one row.
-- $1 call key, $2 subscriber or null, $3 product code or null, $4 claim code or null, $5 called at,
-- $6 the wrong-code window as an interval.
SELECT earlier.caller AS earlier_caller,
       earlier.dialled AS earlier_dialled,
       earlier.outcome AS earlier_outcome,
       EXISTS (SELECT FROM barred_numbers b WHERE b.number = $2) AS barred,
       (SELECT count(*) FROM order_attempts a
         WHERE a.subscriber = $2 AND a.called_at > $5::timestamptz - $6::interval AND a.called_at <= $5
           AND a.outcome = 'unknown-code') AS wrong_codes,
       mine.orders_ever,
       mine.orders_within_a_day,
       mine.has_live_order,
       p.price_fen, p.lines, p.commission, p.commission_fen, p.commission_basis_points,
       lower(p.sale) AS sale_from, upper(p.sale) AS sale_until,
       c.claim_id, c.valid_from, c.valid_until,
       e.phone AS employee_phone, e.left_at AS employee_left_at
FROM (SELECT coalesce(max(o.nth), 0) AS orders_ever,
             count(*) FILTER (WHERE o.called_at > $5::timestamptz - interval '24 hours'
                                AND o.called_at < $5::timestamptz + interval '24 hours') AS orders_within_a_day,
             coalesce(bool_or(o.state <> 'cancelled' AND ordered.code = $3), false) AS has_live_order
      FROM orders o JOIN products ordered USING (product_id)
      WHERE o.subscriber = $2) AS mine
LEFT JOIN order_attempts earlier ON earlier.call_key = $1
LEFT JOIN products p ON p.code = $3
LEFT JOIN LATERAL (
    -- The newest holder of the code; a claim that begins only later is not there yet.
    SELECT claim_id, employee_id, lower(valid) AS valid_from, upper(valid) AS valid_until
    FROM claims
    WHERE product_id = p.product_id AND code = $4 AND lower(valid) <= $5
    ORDER BY lower(valid) DESC
    LIMIT 1) AS c ON true
LEFT JOIN employees e ON e.employee_id = c.employee_id;

-- name: place
-- The order, its commission, its message, its audit entry and its attempt: all or nothing, in one statement.
-- No row comes back, and nothing is written, if the facts have changed since they were read: the claim has ended, or the
-- subscriber has ordered ($3 is taken, or the product is theirs). A call refused meanwhile violates a unique key.
-- $1 call key, $2 subscriber, $3 nth order of the subscriber, $4 claim id, $5 caller as received, $6 dialled,
-- $7 channel, $8 called at, $9 price in fen, $10 commission in fen.
WITH placed AS (
    INSERT INTO orders (call_key, subscriber, nth, product_id, claim_id, employee_id, dialled, price_fen, channel, called_at)
    SELECT $1, $2, $3, c.product_id, c.claim_id, c.employee_id, $6, $9, $7, $8
    FROM claims c
    WHERE c.claim_id = $4 AND c.valid @> $8::timestamptz
    ON CONFLICT DO NOTHING
    RETURNING order_id, product_id, claim_id, employee_id
), booked AS (
    INSERT INTO commission_ledger (order_id, employee_id, kind, amount_fen)
    SELECT order_id, employee_id, 'sale', $10 FROM placed
), queued AS (
    INSERT INTO outbox (order_id, call_key, kind, recipient, params)
    SELECT order_id, $1, 'order-accepted', $2, jsonb_build_object(
        'product_zh', p.name_zh, 'product_en', p.name_en, 'price_fen', $9::bigint, 'called_at', $8::timestamptz)
    FROM placed JOIN products p USING (product_id)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT 'caller', 'order-placed', 'order:' || order_id, jsonb_build_object(
        'call_key', $1::text, 'channel', $7::text, 'claim_id', claim_id, 'commission_fen', $10::bigint)
    FROM placed
)
INSERT INTO order_attempts (call_key, caller, subscriber, dialled, channel, outcome, reason, order_id, called_at)
SELECT $1, $5, $2, $6, $7, 'placed', 'placed', order_id, $8 FROM placed
RETURNING order_id;

-- name: refuse
-- The attempt that became no order; no row comes back if this call has been judged already.
INSERT INTO order_attempts (call_key, caller, subscriber, dialled, channel, outcome, reason, called_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (call_key) DO NOTHING
RETURNING attempt_id;

-- name: tell_refused
-- A caller who was told "received" (the order went to the spool) is told that call $1 became no order, once.
INSERT INTO outbox (call_key, kind, recipient, params)
SELECT call_key, 'order-not-possible', subscriber, jsonb_build_object(
    'outcome', outcome, 'dialled', dialled, 'called_at', called_at)
FROM order_attempts
WHERE call_key = $1 AND order_id IS NULL AND subscriber IS NOT NULL
ON CONFLICT DO NOTHING;
