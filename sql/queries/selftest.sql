-- What `make run` shows of its self-test call.

-- name: order_of_caller
-- The newest try of subscriber $1 at number $2 with all that was written with it.
SELECT a.outcome, a.call_key, o.order_id, p.code AS product, p.name_zh, p.name_en, o.price_fen,
       e.number AS employee, e.name AS employee_name, l.amount_fen, m.message_id, m.kind AS message_kind,
       m.recipient, m.state AS message_state
FROM order_attempts a
LEFT JOIN orders o ON o.order_id = a.order_id
LEFT JOIN products p ON p.product_id = o.product_id
LEFT JOIN employees e ON e.employee_id = o.employee_id
LEFT JOIN commission_ledger l ON l.order_id = o.order_id AND l.kind = 'sale'
LEFT JOIN outbox m ON m.order_id = o.order_id AND m.kind = 'order-accepted'
WHERE a.subscriber = $1 AND a.dialled = $2
ORDER BY a.attempt_id DESC
LIMIT 1;

-- name: has_ordered
-- Whether subscriber $1 ever tried to order.
SELECT EXISTS (SELECT FROM order_attempts WHERE subscriber = $1);

-- name: call_record
-- The record of the call with key $1 (node, !, uniqueid), once the call has ended.
SELECT disposition, duration_ms, order_id FROM call_records WHERE call_keys @> ARRAY[$1] AND state = 'ended';
