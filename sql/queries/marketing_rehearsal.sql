-- What a dry order needs around it (ccore/marketing/rehearsal.py); all of it is undone at the end.

-- name: seller
-- Somebody who sells for a moment, with telephone $1.
WITH made AS (INSERT INTO departments (name) VALUES ('test ' || gen_random_uuid()) RETURNING department_id)
INSERT INTO employees (number, name, phone, department_id) SELECT 'test-' || gen_random_uuid(), '测试 Test', $1, department_id FROM made
RETURNING employee_id;

-- name: sell
-- Product $1 is on sale at $2, whatever it is.
UPDATE products SET state = 'on-sale' WHERE code = $1 AND coalesce(sale @> $2::timestamptz, false) RETURNING product_id;

-- name: claim
-- Person $1 holds code $3 of product $2 from $4 on.
INSERT INTO claims (product_id, code, employee_id, valid, made_by) SELECT product_id, $3, $1, tstzrange($4, NULL), 'test'
FROM products WHERE code = $2 RETURNING claim_id;

-- name: strangers
-- Those of the numbers $1 that ccore knows nothing of.
SELECT number FROM unnest($1::text[]) WITH ORDINALITY AS each (number, place)
WHERE NOT EXISTS (SELECT FROM orders o WHERE o.subscriber = each.number)
  AND NOT EXISTS (SELECT FROM order_attempts a WHERE a.subscriber = each.number)
  AND NOT EXISTS (SELECT FROM barred_numbers b WHERE b.number = each.number)
ORDER BY place;

-- name: has
-- Subscriber $1 has the product of claim $2 since before $3.
INSERT INTO orders (call_key, subscriber, nth, product_id, claim_id, employee_id, department_id, dialled, price_fen, channel, state,
                    called_at, placed_at)
SELECT 'test!' || gen_random_uuid(), $1, 1 + coalesce((SELECT max(nth) FROM orders WHERE subscriber = $1), 0), c.product_id, c.claim_id,
       c.employee_id, e.department_id, 'test', 0, 'web', 'active', $3::timestamptz - interval '30 days', $3::timestamptz - interval '30 days'
FROM claims c JOIN employees e USING (employee_id) WHERE c.claim_id = $2
RETURNING order_id;

-- name: order
-- The order of call $1, what its seller earns by which version of the rule, and the reason of its try.
SELECT o.order_id, o.state, o.price_fen, o.confirm_by, a.outcome, a.reason, r.version, r.kind,
       CASE WHEN o.earns IS NOT NULL THEN (SELECT sum((part->>1)::bigint) FROM jsonb_array_elements(o.earns) part)
            ELSE (SELECT sum(e.amount_fen) FROM commission_postings p JOIN commission_entries e USING (posting_id)
                  WHERE p.order_id = o.order_id AND p.kind = 'sale' AND e.account <> 'expense') END AS commission_fen
FROM order_attempts a LEFT JOIN orders o USING (call_key) LEFT JOIN commission_rules r USING (rule_id)
WHERE a.call_key = $1;

-- name: texts
-- What was written to telephones $1 since message $2.
SELECT message_id, kind, recipient, params FROM outbox WHERE recipient = ANY ($1::text[]) AND message_id > $2 ORDER BY message_id;

-- name: last_text
-- The last message there is.
SELECT coalesce(max(message_id), 0) FROM outbox;

-- name: parts
-- The parts of combo $1 that nobody can switch on any more.
SELECT part.code FROM products p JOIN product_parts t ON t.combo_id = p.product_id JOIN products part ON part.product_id = t.part_id
WHERE p.code = $1 AND part.state = 'ended' ORDER BY part.code;

-- name: settled
-- All that is checked at the end of a transaction holds now.
SET CONSTRAINTS ALL IMMEDIATE;
