-- Orders that look wrong: the fraud desk's list, what it decides, and the nightly look for what no single order shows.

-- name: flags
-- Flags of state $1, of reason $2 and of order $3 (null: any), older than flag $4 (null: from the newest), up to $5; of orders
-- that employee $6 sold alone (null: anybody). With what is held of the order's commission, and of all that it has earned.
SELECT f.flag_id, f.order_id, f.reason, f.detail, f.raised_at, f.state, f.ended_at, f.ended_by, f.ended_why,
       o.state AS order_state, o.subscriber, o.called_at, o.price_fen, p.code AS product, c.code AS claim,
       coalesce(e.number, '') AS employee, coalesce(e.name, t.name, d.name) AS holder, money.held_fen, money.earned_fen
FROM fraud_flags f JOIN orders o USING (order_id) JOIN products p USING (product_id) JOIN claims c USING (claim_id)
LEFT JOIN employees e ON e.employee_id = o.employee_id
LEFT JOIN teams t ON t.team_id = o.team_id
LEFT JOIN departments d ON d.department_id = c.department_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(n.amount_fen) FILTER (WHERE n.account = 'held'), 0)::bigint AS held_fen,
           coalesce(sum(n.amount_fen) FILTER (WHERE n.account <> 'expense'), 0)::bigint AS earned_fen
    FROM commission_postings b JOIN commission_entries n USING (posting_id) WHERE b.order_id = f.order_id) AS money
WHERE ($1::text IS NULL OR f.state = $1) AND ($2::text IS NULL OR f.reason = $2) AND ($3::bigint IS NULL OR f.order_id = $3)
  AND ($4::bigint IS NULL OR f.flag_id < $4) AND ($6::text IS NULL OR e.number = $6)
ORDER BY f.flag_id DESC LIMIT $5;

-- name: waiting
-- By reason: how many flags are open, of how many orders, what of their commission is held, and since when; reason null:
-- of all together, each order once.
WITH open AS (SELECT order_id, reason, raised_at FROM fraud_flags WHERE state = 'open'), money AS (
    SELECT b.order_id, coalesce(sum(n.amount_fen) FILTER (WHERE n.account = 'held'), 0)::bigint AS held_fen
    FROM commission_postings b JOIN commission_entries n USING (posting_id)
    WHERE b.order_id IN (SELECT order_id FROM open) GROUP BY b.order_id
)
SELECT o.reason, count(*) AS flags, count(DISTINCT o.order_id) AS orders, min(o.raised_at) AS oldest_at,
       coalesce(sum(m.held_fen), 0)::bigint AS held_fen
FROM open o LEFT JOIN money m USING (order_id) GROUP BY o.reason
UNION ALL
SELECT NULL, (SELECT count(*) FROM open), count(*), (SELECT min(raised_at) FROM open), coalesce(sum(m.held_fen), 0)::bigint
FROM (SELECT DISTINCT order_id FROM open) o LEFT JOIN money m USING (order_id);

-- name: clear
-- Flag $1 was nothing, says $2, because $3. No row: it is not open.
UPDATE fraud_flags SET state = 'cleared', ended_at = clock_timestamp(), ended_by = $2, ended_why = $3
WHERE flag_id = $1 AND state = 'open' RETURNING order_id;

-- name: flagged_order
-- The order of flag $1, if the flag is open; nobody else moves it meanwhile.
SELECT f.order_id, f.reason FROM fraud_flags f JOIN orders o USING (order_id)
WHERE f.flag_id = $1 AND f.state = 'open' FOR NO KEY UPDATE OF o;

-- name: uphold
-- All open flags of order $1 are right, says $2, because $3.
UPDATE fraud_flags SET state = 'upheld', ended_at = clock_timestamp(), ended_by = $2, ended_why = $3
WHERE order_id = $1 AND state = 'open';

-- name: open_flags
-- How many flags wait for the fraud desk, and since when.
SELECT count(*) AS open, min(raised_at) AS oldest FROM fraud_flags WHERE state = 'open';

-- name: begin_night
-- The day $1 is looked at; no row if it has been.
INSERT INTO fraud_nights (day, flagged) VALUES ($1, 0) ON CONFLICT DO NOTHING RETURNING day;

-- name: end_night
-- What the look at day $1 has found.
UPDATE fraud_nights SET flagged = $2, looked_at = clock_timestamp() WHERE day = $1;

-- name: busiest
-- Orders from $1 to $2 of claims that had $3 of them or more, and $4 times as many as the middle one.
WITH sold AS (
    SELECT claim_id, count(*) AS orders FROM orders
    WHERE called_at >= $1 AND called_at < $2 AND state NOT IN ('rejected', 'expired') GROUP BY claim_id
), middle AS (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY orders) AS orders FROM sold
)
INSERT INTO fraud_flags (order_id, reason, detail)
SELECT o.order_id, 'busiest', jsonb_build_object('orders', sold.orders, 'middle', middle.orders)
FROM middle, sold JOIN orders o USING (claim_id)
WHERE sold.orders >= $3 AND sold.orders >= $4 * middle.orders
  AND o.called_at >= $1 AND o.called_at < $2 AND o.state NOT IN ('rejected', 'expired', 'cancelled')
ON CONFLICT DO NOTHING;

-- name: few_numbers
-- Orders from $1 to $2 of whoever sold $3 or more of them, to less than $4 percent as many numbers.
WITH sold AS (
    SELECT o.employee_id, o.team_id, o.department_id, count(*) AS orders, count(DISTINCT o.subscriber) AS numbers
    FROM orders o WHERE o.called_at >= $1 AND o.called_at < $2 AND o.state NOT IN ('rejected', 'expired')
    GROUP BY 1, 2, 3
)
INSERT INTO fraud_flags (order_id, reason, detail)
SELECT o.order_id, 'few-numbers', jsonb_build_object('orders', sold.orders, 'numbers', sold.numbers)
FROM sold JOIN orders o ON (o.employee_id, o.team_id, o.department_id)
                           IS NOT DISTINCT FROM (sold.employee_id, sold.team_id, sold.department_id)
WHERE sold.orders >= $3 AND sold.numbers * 100 < $4 * sold.orders
  AND o.called_at >= $1 AND o.called_at < $2 AND o.state NOT IN ('rejected', 'expired')
ON CONFLICT DO NOTHING;

-- name: former_staff
-- Orders since $4 of claims whose employee had left, and that were tried $3 times or more from $1 to $2.
WITH tried AS (
    SELECT dialled, count(*) AS tries FROM order_attempts
    WHERE called_at >= $1 AND called_at < $2 AND reason = 'employee-left' GROUP BY dialled HAVING count(*) >= $3
)
INSERT INTO fraud_flags (order_id, reason, detail)
SELECT o.order_id, 'former-staff', jsonb_build_object('tries', tried.tries)
FROM tried JOIN orders o USING (dialled)
WHERE o.called_at >= $4 AND o.called_at < $2 AND o.state NOT IN ('rejected', 'expired', 'cancelled')
ON CONFLICT DO NOTHING;
