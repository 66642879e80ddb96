-- How orders go on once they are placed: every move is one statement, with all that belongs to it.

-- name: move
-- Order $1 goes from state $2 to $3; no row comes back, and nothing is written, if it is not in $2 any more.
-- $4 who did it, $5 why, $6 the text message its subscriber gets (null: none), with $5 as its reason.
-- What it earns is booked when it is confirmed; a provider is told to switch it on then, and off when it ends.
WITH moved AS (
    UPDATE orders o
    SET state = $3, state_at = clock_timestamp(),
        earns = CASE WHEN $3 IN ('confirmed', 'active') THEN NULL ELSE o.earns END
    FROM orders was JOIN products p USING (product_id)
    WHERE o.order_id = $1 AND o.state = $2 AND was.order_id = o.order_id
    RETURNING o.order_id, o.call_key, o.subscriber, o.price_fen, o.called_at, o.department_id, o.rule_id, was.earns,
              p.name_zh, p.name_en
), noted AS (
    INSERT INTO order_moves (order_id, was, became, by, reason) SELECT order_id, $2, $3, $4, $5 FROM moved
), posted AS (
    INSERT INTO commission_postings (order_id, kind, rule_id)
    SELECT order_id, 'sale', rule_id FROM moved WHERE $2 = 'pending_confirm' AND $3 IN ('confirmed', 'active')
    RETURNING posting_id
), parts AS (
    SELECT (part ->> 0)::bigint AS employee_id, (part ->> 1)::bigint AS fen, moved.department_id
    FROM moved, jsonb_array_elements(moved.earns) AS part
), booked AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, department_id, amount_fen)
    SELECT posting_id, 'held', employee_id, CASE WHEN employee_id IS NULL THEN department_id END, fen FROM posted, parts
    UNION ALL SELECT posting_id, 'expense', NULL, NULL, -(SELECT sum(fen) FROM parts) FROM posted
), to_begin AS (
    INSERT INTO provisionings (order_id, action) SELECT order_id, 'on' FROM moved WHERE $3 = 'confirmed'
), not_begun AS (
    UPDATE provisionings v SET state = 'void', ended_at = clock_timestamp() FROM moved
    WHERE v.order_id = moved.order_id AND v.action = 'on' AND v.state = 'due' AND $2 = 'confirmed' AND $3 = 'cancelled'
), to_end AS (
    INSERT INTO provisionings (order_id, action)
    SELECT order_id, 'off' FROM moved
    WHERE $3 = 'cancelled' AND $2 IN ('activating', 'active')
      AND EXISTS (SELECT FROM provisionings v WHERE v.order_id = moved.order_id AND v.action = 'on')
), queued AS (
    INSERT INTO outbox (order_id, call_key, kind, recipient, params)
    SELECT order_id, call_key, $6, subscriber, jsonb_build_object(
        'product_zh', name_zh, 'product_en', name_en, 'price_fen', price_fen, 'called_at', called_at, 'reason', $5::text)
    FROM moved WHERE $6::text IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT order_id FROM moved;

-- name: ask_by_text
-- Nobody pressed the key for order $1: its subscriber is asked by text message instead. No row: it waits no more, or is
-- being asked by text message already.
WITH asked AS (
    UPDATE orders o
    SET confirm_by = 'sms', confirm_until = clock_timestamp() + make_interval(hours => terms.confirm_within_h)
    FROM orders was JOIN products p USING (product_id), product_terms_at(p.product_id, was.called_at) AS terms
    WHERE o.order_id = $1 AND o.state = 'pending_confirm' AND o.confirm_by = 'key' AND was.order_id = o.order_id
    RETURNING o.order_id, o.call_key, o.subscriber, o.price_fen, o.called_at, o.confirm_until, p.name_zh, p.name_en
), queued AS (
    INSERT INTO outbox (order_id, call_key, kind, recipient, params, not_after)
    SELECT order_id, call_key, 'confirm-request', subscriber, jsonb_build_object(
        'product_zh', name_zh, 'product_en', name_en, 'price_fen', price_fen, 'called_at', called_at, 'until', confirm_until),
        confirm_until
    FROM asked
    ON CONFLICT DO NOTHING
)
SELECT order_id FROM asked;

-- name: claw_back
-- What order $1, which has ended from state $2, had earned is given back; by $3, because of $4.
WITH given_back AS MATERIALIZED (SELECT claw_back($1, clock_timestamp(), $2, $3, $4) AS fen) SELECT fen FROM given_back;

-- name: order
-- One order, by its number: what its next move needs.
SELECT o.order_id, o.state, o.subscriber, o.confirm_by, o.provision FROM orders_to_move o WHERE o.order_id = $1;

-- name: by_call
-- The order of a call.
SELECT o.order_id, o.state, o.subscriber, o.confirm_by, o.provision FROM orders_to_move o WHERE o.call_key = $1;

-- name: waiting
-- Orders that subscriber $1 has to confirm, the oldest first.
SELECT o.order_id, o.state, o.subscriber, o.confirm_by, o.provision FROM orders_to_move o
WHERE o.subscriber = $1 AND o.state = 'pending_confirm' ORDER BY o.order_id;

-- name: live
-- The order by which subscriber $1 has the product of code $2, or is getting it.
SELECT o.order_id, o.state, o.subscriber, o.confirm_by, o.provision FROM orders_to_move o
WHERE o.subscriber = $1 AND o.product = $2 AND o.state NOT IN ('rejected', 'expired', 'cancelled');

-- name: too_late
-- Up to $1 orders whose time to be confirmed is over, for whoever takes them first.
SELECT o.order_id, o.state, o.subscriber, o.confirm_by, v.provision
FROM orders o JOIN orders_to_move v USING (order_id)
WHERE o.state = 'pending_confirm' AND o.confirm_until <= clock_timestamp()
ORDER BY o.confirm_until LIMIT $1
FOR NO KEY UPDATE OF o SKIP LOCKED;
