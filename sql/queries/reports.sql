-- Sales as they are counted, asked for, and written into files.

-- name: alone
-- Nobody else counts sales until this transaction ends.
SELECT pg_advisory_xact_lock(hashtext('ccore counts sales'));

-- name: make_months
-- Have a part of sales_by_claim_day for each month of the orders that are due; days are those of zone $1.
WITH due AS (
    SELECT DISTINCT date_trunc('month', o.placed_at AT TIME ZONE $1)::date AS month FROM sales_due d JOIN orders o USING (order_id)
)
SELECT make_sales_month(month) FROM due;

-- name: count
-- Count up to $2 marks again: take each order from where it was counted, and add it to where it is. Days are those of zone
-- $1. Gives how many marks there were.
WITH due AS (
    DELETE FROM sales_due WHERE due_id IN (SELECT due_id FROM sales_due ORDER BY due_id LIMIT $2) RETURNING order_id
), is_now AS (
    SELECT o.order_id, (o.placed_at AT TIME ZONE $1)::date AS day, o.claim_id, coalesce(o.department_id, 0) AS department_id,
           o.channel, o.state, o.product_id, o.employee_id, o.team_id, o.price_fen,
           coalesce((SELECT sum(l.amount_fen) FROM commission_ledger l WHERE l.order_id = o.order_id), 0)::bigint AS commission_fen
    FROM orders o WHERE o.order_id IN (SELECT order_id FROM due)
), changes AS (
    SELECT day, claim_id, department_id, channel, state, product_id, employee_id, team_id, 1 AS orders, price_fen, commission_fen
    FROM is_now
    UNION ALL
    SELECT c.day, n.claim_id, n.department_id, n.channel, c.state, n.product_id, n.employee_id, n.team_id, -1, -n.price_fen,
           -c.commission_fen
    FROM sales_counted c JOIN is_now n USING (order_id)
), summed AS (
    SELECT day, claim_id, department_id, channel, state, product_id, employee_id, team_id,
           sum(orders) AS orders, sum(price_fen) AS price_fen, sum(commission_fen) AS commission_fen
    FROM changes GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    HAVING (sum(orders), sum(price_fen), sum(commission_fen)) <> (0, 0, 0)
), cells AS (
    INSERT INTO sales_by_claim_day AS c (day, claim_id, department_id, channel, state, product_id, employee_id, team_id,
                                  orders, price_fen, commission_fen)
    SELECT * FROM summed
    ON CONFLICT (day, claim_id, department_id, channel, state) DO UPDATE SET orders = c.orders + excluded.orders,
        price_fen = c.price_fen + excluded.price_fen, commission_fen = c.commission_fen + excluded.commission_fen
), months AS (
    INSERT INTO sales_by_claim_month AS m (month, claim_id, department_id, channel, state, product_id, employee_id, team_id,
                                   orders, price_fen, commission_fen)
    SELECT date_trunc('month', day)::date, claim_id, department_id, channel, state, product_id, employee_id, team_id,
           sum(orders), sum(price_fen), sum(commission_fen) FROM summed GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (month, claim_id, department_id, channel, state) DO UPDATE SET orders = m.orders + excluded.orders,
        price_fen = m.price_fen + excluded.price_fen, commission_fen = m.commission_fen + excluded.commission_fen
), days AS (
    INSERT INTO sales_by_group_day AS d (day, product_id, department_id, team_id, channel, state, orders, price_fen, commission_fen)
    SELECT day, product_id, department_id, coalesce(team_id, 0), channel, state, sum(orders), sum(price_fen), sum(commission_fen)
    FROM summed GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (day, product_id, department_id, team_id, channel, state) DO UPDATE SET orders = d.orders + excluded.orders,
        price_fen = d.price_fen + excluded.price_fen, commission_fen = d.commission_fen + excluded.commission_fen
), group_months AS (
    INSERT INTO sales_by_group_month AS m (month, product_id, department_id, team_id, channel, state, orders, price_fen, commission_fen)
    SELECT date_trunc('month', day)::date, product_id, department_id, coalesce(team_id, 0), channel, state,
           sum(orders), sum(price_fen), sum(commission_fen)
    FROM summed GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (month, product_id, department_id, team_id, channel, state) DO UPDATE SET orders = m.orders + excluded.orders,
        price_fen = m.price_fen + excluded.price_fen, commission_fen = m.commission_fen + excluded.commission_fen
), noted AS (
    INSERT INTO sales_counted AS c (order_id, day, state, commission_fen)
    SELECT order_id, day, state, commission_fen FROM is_now
    ON CONFLICT (order_id) DO UPDATE SET day = excluded.day, state = excluded.state, commission_fen = excluded.commission_fen
)
SELECT count(*) FROM due;

-- name: tries_due
-- Up to $2 tries that are not counted, with the day of zone $1.
WITH due AS (
    DELETE FROM attempts_due WHERE attempt_id IN (SELECT attempt_id FROM attempts_due ORDER BY 1 LIMIT $2) RETURNING attempt_id
)
SELECT (a.called_at AT TIME ZONE $1)::date AS day, a.dialled, a.channel, a.outcome, count(*) AS attempts
FROM due JOIN order_attempts a USING (attempt_id) GROUP BY 1, 2, 3, 4;

-- name: add_tries
-- $6 tries more on day $1 of product $2 and claim $3 (codes, or empty) by channel $4 with outcome $5.
INSERT INTO attempt_days AS a (day, product, claim, channel, outcome, attempts) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (day, product, claim, channel, outcome) DO UPDATE SET attempts = a.attempts + excluded.attempts;

-- name: behind
-- How many marks wait to be counted, up to 100,000.
SELECT (SELECT count(*) FROM (SELECT FROM sales_due LIMIT 100000) s) + (SELECT count(*) FROM (SELECT FROM attempts_due LIMIT 100000) a);

-- name: as_asked
-- What follows is planned for what it asks: plans that fit any question read far too much for most.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true);

-- name: sales
-- Sales by the words of $1, of the counts by $2 ('claim', 'group', 'product', 'department'): the months from $3 until before $4,
-- the days from $5 until before $6 times $7 (-1: those months without these days) and from $8 until before $9 times $10. Of
-- products $11, departments $12, teams $13, employees $14, claims $15, channels $16, states $17; null: of all. At most $18 rows.
WITH found AS (
    SELECT month AS day, claim_id, department_id, channel, state, product_id, employee_id, team_id, orders, price_fen, commission_fen
    FROM sales_by_claim_month WHERE $2 = 'claim' AND month >= $3::date AND month < $4::date
    UNION ALL
    SELECT day, claim_id, department_id, channel, state, product_id, employee_id, team_id, orders * $7::bigint, price_fen * $7, commission_fen * $7
    FROM sales_by_claim_day WHERE $2 = 'claim' AND day >= $5::date AND day < $6::date
    UNION ALL
    SELECT day, claim_id, department_id, channel, state, product_id, employee_id, team_id, orders * $10::bigint, price_fen * $10, commission_fen * $10
    FROM sales_by_claim_day WHERE $2 = 'claim' AND day >= $8::date AND day < $9::date
    UNION ALL
    SELECT month, NULL::bigint, department_id, channel, state, product_id, NULL::bigint, nullif(team_id, 0), orders, price_fen, commission_fen
    FROM sales_by_group_month WHERE $2 <> 'claim' AND month >= $3::date AND month < $4::date
    UNION ALL
    SELECT day, NULL::bigint, department_id, channel, state, product_id, NULL::bigint, nullif(team_id, 0), orders * $7, price_fen * $7, commission_fen * $7
    FROM sales_by_group_day WHERE $2 = 'group' AND day >= $5::date AND day < $6::date
    UNION ALL
    SELECT day, NULL::bigint, department_id, channel, state, product_id, NULL::bigint, nullif(team_id, 0), orders * $10, price_fen * $10, commission_fen * $10
    FROM sales_by_group_day WHERE $2 = 'group' AND day >= $8::date AND day < $9::date
    UNION ALL
    SELECT day, NULL, NULL, channel, state, product_id, NULL, NULL, orders * $7, price_fen * $7, commission_fen * $7
    FROM sales_by_product_day WHERE $2 = 'product' AND day >= $5::date AND day < $6::date
    UNION ALL
    SELECT day, NULL, NULL, channel, state, product_id, NULL, NULL, orders * $10, price_fen * $10, commission_fen * $10
    FROM sales_by_product_day WHERE $2 = 'product' AND day >= $8::date AND day < $9::date
    UNION ALL
    SELECT day, NULL, department_id, channel, state, NULL, NULL, nullif(team_id, 0), orders * $7, price_fen * $7, commission_fen * $7
    FROM sales_by_department_day WHERE $2 = 'department' AND day >= $5::date AND day < $6::date
    UNION ALL
    SELECT day, NULL, department_id, channel, state, NULL, NULL, nullif(team_id, 0), orders * $10, price_fen * $10, commission_fen * $10
    FROM sales_by_department_day WHERE $2 = 'department' AND day >= $8::date AND day < $9::date
), summed AS (
    SELECT CASE WHEN 'product' = ANY ($1::text[]) THEN product_id END AS product_id,
           CASE WHEN 'department' = ANY ($1) THEN department_id END AS department_id,
           CASE WHEN 'team' = ANY ($1) THEN team_id END AS team_id,
           CASE WHEN 'person' = ANY ($1) THEN employee_id END AS employee_id,
           CASE WHEN 'claim' = ANY ($1) THEN claim_id END AS claim_id,
           CASE WHEN 'channel' = ANY ($1) THEN channel END AS channel,
           CASE WHEN 'state' = ANY ($1) THEN state END AS state,
           CASE WHEN 'day' = ANY ($1) THEN day WHEN 'week' = ANY ($1) THEN day - (day - date '1900-01-01') % 7  -- a Monday
                WHEN 'month' = ANY ($1) THEN date_trunc('month', day::timestamp)::date END AS day,
           sum(orders)::bigint AS orders,
           coalesce(sum(orders) FILTER (WHERE state NOT IN ('rejected', 'expired', 'cancelled')), 0)::bigint AS live,
           coalesce(sum(orders) FILTER (WHERE state = 'active'), 0)::bigint AS active,
           coalesce(sum(price_fen) FILTER (WHERE state NOT IN ('rejected', 'expired', 'cancelled')), 0)::bigint AS sales_fen,
           sum(commission_fen)::bigint AS commission_fen
    FROM found
    WHERE ($11::bigint[] IS NULL OR product_id = ANY ($11)) AND ($12::bigint[] IS NULL OR department_id = ANY ($12))
      AND ($13::bigint[] IS NULL OR team_id = ANY ($13)) AND ($14::bigint[] IS NULL OR employee_id = ANY ($14))
      AND ($15::bigint[] IS NULL OR claim_id = ANY ($15)) AND ($16::text[] IS NULL OR channel = ANY ($16))
      AND ($17::text[] IS NULL OR state = ANY ($17))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    HAVING sum(orders) <> 0 OR sum(commission_fen) <> 0
    LIMIT $18
)
SELECT p.code AS product, p.name_zh AS product_zh, p.name_en AS product_en, d.path AS department, t.name AS team,
       e.number AS person, e.name AS person_name, product_code.code || c.code AS claim, s.channel, s.state, s.day,
       s.orders, s.live, s.active, s.sales_fen, s.commission_fen
FROM summed s
LEFT JOIN products p ON p.product_id = s.product_id
LEFT JOIN department_paths d ON d.department_id = s.department_id
LEFT JOIN teams t ON t.team_id = s.team_id
LEFT JOIN employees e ON e.employee_id = s.employee_id
LEFT JOIN claims c ON c.claim_id = s.claim_id
LEFT JOIN products product_code ON product_code.product_id = c.product_id;

-- name: tries
-- Tries to order from day $1 until before day $2, by outcome and, where they are named in $3, product, claim, channel and day;
-- of the product codes $4 and channels $5, null: of all.
SELECT CASE WHEN 'product' = ANY ($3::text[]) THEN product END AS product,
       CASE WHEN 'claim' = ANY ($3) THEN product || claim END AS claim,
       CASE WHEN 'channel' = ANY ($3) THEN channel END AS channel,
       CASE WHEN 'day' = ANY ($3) THEN day WHEN 'week' = ANY ($3) THEN date_trunc('week', day)::date
            WHEN 'month' = ANY ($3) THEN date_trunc('month', day)::date END AS day,
       outcome, sum(attempts)::bigint AS attempts
FROM attempt_days
WHERE day >= $1 AND day < $2 AND ($4::text[] IS NULL OR product = ANY ($4)) AND ($5::text[] IS NULL OR channel = ANY ($5))
GROUP BY 1, 2, 3, 4, 5;

-- name: recounted
-- Where what is counted is not what the orders say now, beside what waits to be counted: up to $2 days and claims, in zone $1.
WITH is_now AS (
    SELECT (o.placed_at AT TIME ZONE $1)::date AS day, o.claim_id, o.state, count(*) AS orders, sum(o.price_fen) AS price_fen
    FROM orders o WHERE NOT EXISTS (SELECT FROM sales_due d WHERE d.order_id = o.order_id) GROUP BY 1, 2, 3
), counted AS (
    SELECT day, claim_id, state, sum(orders) AS orders, sum(price_fen) AS price_fen FROM sales_by_claim_day GROUP BY 1, 2, 3
), sums AS (
    SELECT what, date_trunc('month', day)::date AS month, sum(orders) AS orders, sum(price_fen) AS price_fen,
           sum(commission_fen) AS commission_fen
    FROM (SELECT '' AS what, day, orders, price_fen, commission_fen FROM sales_by_claim_day
          UNION ALL SELECT 'claims by month', month, orders, price_fen, commission_fen FROM sales_by_claim_month
          UNION ALL SELECT 'groups by day', day, orders, price_fen, commission_fen FROM sales_by_group_day
          UNION ALL SELECT 'groups by month', month, orders, price_fen, commission_fen FROM sales_by_group_month
          UNION ALL SELECT 'products by day', day, orders, price_fen, commission_fen FROM sales_by_product_day
          UNION ALL SELECT 'departments by day', day, orders, price_fen, commission_fen FROM sales_by_department_day) each
    GROUP BY 1, 2
)
(SELECT day, claim_id, state, coalesce(n.orders, 0) AS orders, coalesce(c.orders, 0) AS counted
 FROM is_now n FULL JOIN counted c USING (day, claim_id, state)
 WHERE (coalesce(n.orders, 0), coalesce(n.price_fen, 0)) <> (coalesce(c.orders, 0), coalesce(c.price_fen, 0)))
UNION ALL
(SELECT coalesce(d.month, s.month), NULL, coalesce(kind, s.what), coalesce(d.orders, 0), coalesce(s.orders, 0)
 FROM unnest(ARRAY['claims by month', 'groups by day', 'groups by month', 'products by day', 'departments by day']) kind
     CROSS JOIN LATERAL (SELECT * FROM sums WHERE what = '') d
     FULL JOIN (SELECT * FROM sums WHERE what <> '') s ON (s.what, s.month) = (kind, d.month)
 WHERE (d.orders, d.price_fen, d.commission_fen) IS DISTINCT FROM (s.orders, s.price_fen, s.commission_fen))
LIMIT $2;

-- name: numbered
-- The rows that are named: product codes $1, departments $2 (paths) with all that are under them unless $6, team names $3,
-- employee numbers $4 and claims $5 (product and claim code).
SELECT (SELECT array_agg(product_id) FROM products WHERE code = ANY ($1::text[])) AS products,
       (SELECT array_agg(DISTINCT under.department_id)
        FROM department_paths top JOIN department_paths under ON top.department_id = ANY (under.ids)
        WHERE top.path = ANY ($2::text[]) AND (under.department_id = top.department_id OR NOT $6::boolean)) AS departments,
       (SELECT array_agg(team_id) FROM teams WHERE name = ANY ($3::text[])) AS teams,
       (SELECT array_agg(employee_id) FROM employees WHERE number = ANY ($4::text[])) AS employees,
       (SELECT array_agg(claim_id) FROM claims c JOIN products p USING (product_id) WHERE p.code || c.code = ANY ($5::text[])) AS claims;

-- name: products
-- Every product by its code.
SELECT code, name_zh, name_en FROM products;

-- name: ask_export
-- $1 wants a file of kind $2 in format $3, by question $4.
INSERT INTO exports (asked_by, kind, format, question) VALUES ($1, $2, $3, $4::jsonb) RETURNING export_id;

-- name: export
-- Export $1 of $2, or (null) of whoever asked for it.
SELECT export_id AS number, asked_by, kind, format, state, rows_done, rows_all, trouble, bytes FROM exports
WHERE export_id = $1 AND ($2::text IS NULL OR asked_by = $2);

-- name: begin_export
-- The first export that waits, or that nobody has gone on with for so long ($1).
UPDATE exports SET state = 'making', begun_at = clock_timestamp(), rows_done = 0
WHERE export_id = (SELECT export_id FROM exports
                   WHERE state = 'waiting' OR state = 'making' AND begun_at < clock_timestamp() - $1::interval
                   ORDER BY export_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING export_id, kind, format, question::text AS question;

-- name: progress
-- $2 of $3 rows of export $1 are written.
UPDATE exports SET rows_done = $2, rows_all = $3, begun_at = clock_timestamp() WHERE export_id = $1 AND state = 'making';

-- name: forget_parts
-- What somebody wrote of export $1 before.
DELETE FROM export_parts WHERE export_id = $1;

-- name: add_part
-- Part $2 of export $1 is $3.
INSERT INTO export_parts (export_id, part, content) VALUES ($1, $2, $3);

-- name: end_export
-- Export $1 is whole, with $2 bytes.
UPDATE exports SET state = 'ready', bytes = $2, ready_at = clock_timestamp() WHERE export_id = $1 AND state = 'making';

-- name: fail_export
-- Export $1 cannot be made, because of $2.
UPDATE exports SET state = 'failed', trouble = $2 WHERE export_id = $1 AND state = 'making';

-- name: export_part
-- Part $2 of export $1.
SELECT content FROM export_parts JOIN exports USING (export_id) WHERE export_id = $1 AND part = $2 AND state = 'ready';

-- name: forget_exports
-- Exports older than $1 are gone.
WITH old AS (
    UPDATE exports SET state = 'gone' WHERE state IN ('ready', 'failed') AND asked_at < clock_timestamp() - $1::interval RETURNING export_id
)
DELETE FROM export_parts WHERE export_id IN (SELECT export_id FROM old);

-- name: count_orders
-- How many orders of the days, in zone $1, from $2 until before $3 there are of products $4, departments $5, teams $6,
-- employees $7, claims $8, channels $9 and states $10; null: of all.
SELECT count(*) FROM orders o
WHERE placed_at >= ($2::date)::timestamp AT TIME ZONE $1 AND placed_at < ($3::date)::timestamp AT TIME ZONE $1
  AND ($4::bigint[] IS NULL OR product_id = ANY ($4)) AND ($5::bigint[] IS NULL OR department_id = ANY ($5))
  AND ($6::bigint[] IS NULL OR team_id = ANY ($6)) AND ($7::bigint[] IS NULL OR employee_id = ANY ($7))
  AND ($8::bigint[] IS NULL OR claim_id = ANY ($8)) AND ($9::text[] IS NULL OR channel = ANY ($9))
  AND ($10::text[] IS NULL OR state = ANY ($10));

-- name: orders
-- The same orders, after order $11, at most $12 of them; times are those of zone $1.
SELECT o.order_id, o.placed_at AT TIME ZONE $1 AS placed_at, p.code, p.name_zh, p.name_en, p.code || c.code AS claim, o.subscriber,
       o.channel, o.state, e.number AS employee, t.name AS team, d.path AS department, o.price_fen,
       coalesce((SELECT sum(l.amount_fen) FROM commission_ledger l WHERE l.order_id = o.order_id), 0)::bigint AS commission_fen
FROM orders o JOIN products p USING (product_id) JOIN claims c USING (claim_id)
LEFT JOIN employees e ON e.employee_id = o.employee_id LEFT JOIN teams t ON t.team_id = o.team_id
LEFT JOIN department_paths d ON d.department_id = o.department_id
WHERE o.placed_at >= ($2::date)::timestamp AT TIME ZONE $1 AND o.placed_at < ($3::date)::timestamp AT TIME ZONE $1
  AND ($4::bigint[] IS NULL OR o.product_id = ANY ($4)) AND ($5::bigint[] IS NULL OR o.department_id = ANY ($5))
  AND ($6::bigint[] IS NULL OR o.team_id = ANY ($6)) AND ($7::bigint[] IS NULL OR o.employee_id = ANY ($7))
  AND ($8::bigint[] IS NULL OR o.claim_id = ANY ($8)) AND ($9::text[] IS NULL OR o.channel = ANY ($9))
  AND ($10::text[] IS NULL OR o.state = ANY ($10)) AND o.order_id > $11
ORDER BY o.order_id LIMIT $12;

-- name: rebuild_forget
-- Nothing is counted.
TRUNCATE sales_by_claim_day, sales_by_claim_month, sales_by_group_day, sales_by_group_month, sales_counted, sales_due;

-- name: rebuild_months
-- Have a part of sales_by_claim_day for each month of any order; days are those of zone $1.
WITH months AS (
    SELECT generate_series(date_trunc('month', min(placed_at AT TIME ZONE $1)), max(placed_at AT TIME ZONE $1), '1 month')::date AS month FROM orders
)
SELECT make_sales_month(month) FROM months;

-- name: rebuild_counted
-- How each order stands, in days of zone $1.
INSERT INTO sales_counted (order_id, day, state, commission_fen)
SELECT o.order_id, (o.placed_at AT TIME ZONE $1)::date, o.state, coalesce(l.fen, 0)
FROM orders o LEFT JOIN (SELECT order_id, sum(amount_fen)::bigint AS fen FROM commission_ledger GROUP BY 1) l USING (order_id);

-- name: rebuild_claim_days
-- Their counts.
INSERT INTO sales_by_claim_day (day, claim_id, department_id, channel, state, product_id, employee_id, team_id, orders, price_fen, commission_fen)
SELECT c.day, o.claim_id, coalesce(o.department_id, 0), o.channel, c.state, o.product_id, o.employee_id, o.team_id, count(*),
       sum(o.price_fen), sum(c.commission_fen)
FROM sales_counted c JOIN orders o USING (order_id) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1;

-- name: rebuild_group_days
-- The same by the day, without who sold.
INSERT INTO sales_by_group_day (day, product_id, department_id, team_id, channel, state, orders, price_fen, commission_fen)
SELECT day, product_id, department_id, coalesce(team_id, 0), channel, state, sum(orders), sum(price_fen), sum(commission_fen)
FROM sales_by_claim_day GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1;

-- name: rebuild_claim_months
-- The same by the month.
INSERT INTO sales_by_claim_month (month, claim_id, department_id, channel, state, product_id, employee_id, team_id, orders, price_fen, commission_fen)
SELECT date_trunc('month', day)::date, claim_id, department_id, channel, state, product_id, employee_id, team_id,
       sum(orders), sum(price_fen), sum(commission_fen)
FROM sales_by_claim_day GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1;

-- name: rebuild_group_months
-- And that without who sold.
INSERT INTO sales_by_group_month (month, product_id, department_id, team_id, channel, state, orders, price_fen, commission_fen)
SELECT date_trunc('month', day)::date, product_id, department_id, team_id, channel, state, sum(orders), sum(price_fen), sum(commission_fen)
FROM sales_by_group_day GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1;

-- name: paths_under
-- The path of department $1, and those of all that are under it; null: of all there are.
SELECT path FROM department_paths WHERE $1::bigint IS NULL OR $1 = ANY (ids) ORDER BY cardinality(ids), path;

-- name: teams_under
-- Teams, also those that have ended, whose leader is in department $1 or under it; null: all there are.
SELECT DISTINCT t.name FROM teams t JOIN employees e ON e.employee_id = t.leader_id
                    JOIN department_paths p ON p.department_id = e.department_id
WHERE $1::bigint IS NULL OR $1 = ANY (p.ids) ORDER BY t.name;

-- name: people_under
-- Up to $3 people in department $1 or under it (null: of all there are), also those who have left, whose number or name has $2.
SELECT e.number, e.name, p.path AS department
FROM employees e JOIN department_paths p ON p.department_id = e.department_id
WHERE ($1::bigint IS NULL OR $1 = ANY (p.ids)) AND position(lower($2) IN lower(e.number || ' ' || e.name)) > 0
ORDER BY e.number LIMIT $3;
