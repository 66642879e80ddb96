-- Numbers told whole (ccore/web/v1/unmasking.py).

-- name: call
-- Of the call that $1 names on one of the nodes $2, as story.call: the customer's.
SELECT coalesce(a.number, c.caller)
FROM folded_calls c
LEFT JOIN attempts a ON a.attempt_id = CASE WHEN c.linkedid ~ '^attempt-[0-9]{1,18}$' THEN substr(c.linkedid, 9)::bigint END
WHERE c.node = ANY ($2::text[])
  AND (c.linkedid = $1
       OR c.call_keys && (ARRAY(SELECT node || '!' || $1 FROM unnest($2::text[]) AS node) || $1::text))
ORDER BY c.started_at DESC
LIMIT 1

-- name: order
-- Of the order $1, if it was sold in the department $2 or below; null: in any.
SELECT o.subscriber
FROM orders o
WHERE o.order_id = $1::bigint
  AND ($2::bigint IS NULL
       OR EXISTS (SELECT FROM department_paths WHERE department_id = department_of_order(o.order_id) AND $2 = ANY (ids)))

-- name: contact
-- Of the contact $1.
SELECT number FROM contacts WHERE contact_id = $1::bigint
