-- Periods of sales (ccore/ordering/commission): made ahead, counted, closed, with ranks and bars.

-- name: ahead
-- The first moment that needs a period: that of the first sale, or $1; and until when there are periods already.
SELECT least((SELECT min(placed_at) FROM orders), $1::timestamptz) AS since, (SELECT max(upper(span)) FROM sales_periods) AS until;

-- name: make
-- Period $1 from $2 to before $3, unless there is one at that time or of that name.
INSERT INTO sales_periods (name, span) VALUES ($1, tstzrange($2, $3)) ON CONFLICT DO NOTHING;

-- name: list
-- The periods, the newest first: those that begin before $1 (null: all), $2 at most.
SELECT period_id, name, lower(span) AS begins, upper(span) AS ends, closed_at, closed_by, counted_at, open_orders, policy,
       closing_since
FROM sales_periods WHERE $1::timestamptz IS NULL OR lower(span) < $1 ORDER BY span DESC LIMIT $2;

-- name: named
-- Period $1, the one after it, and whether one before it is not closed.
SELECT p.period_id, p.name, lower(p.span) AS begins, upper(p.span) AS ends, p.closed_at, p.closed_by, p.counted_at,
       p.open_orders, p.policy, p.closing_since, p.tiers_through_at, p.tiers_through_order, p.tiers, p.tiers_fen,
       (SELECT n.period_id FROM sales_periods n WHERE lower(n.span) >= upper(p.span) ORDER BY n.span LIMIT 1) AS next_id,
       (SELECT n.name FROM sales_periods n WHERE lower(n.span) >= upper(p.span) ORDER BY n.span LIMIT 1) AS next_name,
       (SELECT min(b.name) FROM sales_periods b WHERE upper(b.span) <= lower(p.span) AND b.closed_at IS NULL) AS open_before
FROM sales_periods p WHERE p.name = $1;

-- name: running
-- The period that $1 lies in.
SELECT period_id, name, lower(span) AS begins, upper(span) AS ends FROM sales_periods WHERE span @> $1::timestamptz;

-- name: ended
-- Periods that ended before $1 and are not closed, the first one first.
SELECT name, upper(span) AS ends FROM sales_periods WHERE closed_at IS NULL AND upper(span) <= $1 ORDER BY span;

-- name: open_orders
-- Orders placed from $1 to before $2 that had not come to an end, nor were active, at $3.
SELECT count(*) FROM orders o
WHERE o.placed_at >= $1 AND o.placed_at < $2
  AND state_then(o.order_id, o.state, o.state_at, $3) IN ('received', 'pending_confirm', 'confirmed', 'activating');

-- name: rules
-- Every version of every rule of commission.
SELECT rule_id, product_id, version, lower(valid) AS since, upper(valid) AS until, kind, fen, basis_points, tiers,
       hold_days, clawback_days
FROM commission_rules;

-- name: teams
-- Every version of every team, with its members' shares.
SELECT v.version_id, v.team_id, lower(v.valid) AS since, upper(v.valid) AS until,
       array_agg(s.employee_id ORDER BY s.employee_id) AS employees, array_agg(s.basis_points ORDER BY s.employee_id) AS shares
FROM team_versions v JOIN team_shares s USING (version_id) GROUP BY v.version_id;

-- name: tiered
-- Orders placed from $1 to before $2 of products $3 that were in one of the states $5 at $4, in the order in which volume
-- counts them, those after ($6, $7); $8 at most.
SELECT o.placed_at, o.order_id, o.product_id, o.rule_id, o.employee_id, o.team_id, o.department_id, o.price_fen, v.version_id AS version
FROM orders o LEFT JOIN team_versions v ON v.team_id = o.team_id AND v.valid @> o.called_at
WHERE o.placed_at >= $1 AND o.placed_at < $2 AND o.product_id = ANY ($3::bigint[])
  AND (o.placed_at, o.order_id) > ($6::timestamptz, $7::bigint)
  AND state_then(o.order_id, o.state, o.state_at, $4) = ANY ($5::text[])
ORDER BY o.placed_at, o.order_id LIMIT $8;

-- name: sold
-- Orders placed from $1 to before $2 that were in one of the states $4 at $3: by person, or by version of a team and price.
SELECT o.employee_id, v.version_id, CASE WHEN v.version_id IS NOT NULL THEN o.price_fen END AS price_fen,
       count(*) AS orders, sum(o.price_fen)::bigint AS sales_fen
FROM orders o LEFT JOIN team_versions v ON v.team_id = o.team_id AND v.valid @> o.called_at
WHERE o.placed_at >= $1 AND o.placed_at < $2 AND (o.employee_id IS NOT NULL OR o.team_id IS NOT NULL)
  AND state_then(o.order_id, o.state, o.state_at, $3) = ANY ($4::text[])
GROUP BY 1, 2, 3;

-- name: sale_commission
-- What was booked at once for orders placed from $1 to before $2 that were in one of the states $4 at $3, by person.
SELECT e.employee_id, sum(e.amount_fen)::bigint AS fen
FROM orders o JOIN commission_postings p USING (order_id) JOIN commission_entries e USING (posting_id)
WHERE o.placed_at >= $1 AND o.placed_at < $2 AND p.kind = 'sale' AND e.employee_id IS NOT NULL
  AND state_then(o.order_id, o.state, o.state_at, $3) = ANY ($4::text[])
GROUP BY 1;

-- name: contenders
-- Who is ranked in a period from $1 to before $2; $3: all who could claim, else those who held a claim, or were in a team
-- that did.
SELECT e.employee_id, e.number, d.path AS department, e.kind, e.joined_at
FROM employees e JOIN department_paths d USING (department_id)
WHERE e.kind <> 'friend' AND e.joined_at < $2 AND coalesce(e.left_at >= $2, true)
  AND ($3 OR EXISTS (
        SELECT FROM claims c WHERE c.valid && tstzrange($1, $2)
          AND (c.employee_id = e.employee_id OR c.team_id IN (
                SELECT v.team_id FROM team_versions v JOIN team_shares s USING (version_id)
                WHERE s.employee_id = e.employee_id AND v.valid && tstzrange($1, $2)))))
ORDER BY e.employee_id;

-- name: lock_orders
-- Nobody ends one of the orders $1 before this transaction is over.
SELECT order_id FROM orders WHERE order_id = ANY ($1::bigint[]) ORDER BY order_id FOR NO KEY UPDATE;

-- name: book_tiers
-- What volume adds in period $1: to orders $2, employees $3 or departments $4, fen $5; how many orders, and how much. One
-- that has been given back already gets nothing.
WITH owed AS (
    SELECT g.*, EXISTS (SELECT FROM commission_postings p WHERE p.order_id = g.order_id AND p.kind = 'release') AS released
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS g (order_id, employee_id, department_id, fen)
    WHERE NOT EXISTS (SELECT FROM commission_postings p WHERE p.order_id = g.order_id AND p.kind = 'clawback')
), posted AS (
    INSERT INTO commission_postings (order_id, kind, rule_id, period_id)
    SELECT order_id, 'tier', rule_id, $1 FROM orders WHERE order_id IN (SELECT order_id FROM owed)
    RETURNING posting_id, order_id
), booked AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, department_id, amount_fen)
    SELECT posting_id, CASE WHEN released THEN 'payable' ELSE 'held' END, employee_id, department_id, fen
    FROM posted JOIN owed USING (order_id)
    UNION ALL
    SELECT posting_id, 'expense', NULL, NULL, -sum(fen) FROM posted JOIN owed USING (order_id) GROUP BY posting_id
), due AS (
    INSERT INTO commission_due (order_id, due_at)
    SELECT DISTINCT o.order_id, o.state_at + make_interval(hours => 24 * coalesce(r.hold_days, 0))
    FROM owed JOIN orders o USING (order_id) LEFT JOIN commission_rules r USING (rule_id)
    WHERE NOT owed.released AND o.state = 'active'
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM posted) AS orders, (SELECT coalesce(sum(fen), 0) FROM owed)::bigint AS fen;

-- name: earned_by_all
-- What each earned in period $1, from $2 to before $3: sales, tiers, what was given back, adjustments.
SELECT e.employee_id, sum(e.amount_fen)::bigint AS fen
FROM commission_postings p JOIN commission_entries e USING (posting_id)
WHERE e.employee_id IS NOT NULL AND p.kind IN ('sale', 'tier', 'clawback', 'adjustment')
  AND (p.period_id = $1 OR p.period_id IS NULL AND p.booked_at >= $2 AND p.booked_at < $3)
GROUP BY e.employee_id HAVING sum(e.amount_fen) <> 0;

-- name: result
-- Employee $2 in period $1: group $3, figures $4 to $6, rank $7 of $8, $9 seats, and what comes of it, $10.
INSERT INTO period_results (period_id, employee_id, group_name, orders_bp, sales_fen, commission_fen, rank, of, seats, fate)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: bar
-- Who came last in period $1 does not claim in period $2, by $3; how many.
WITH barred AS (
    INSERT INTO claim_bars (employee_id, period_id, because_of, detail)
    SELECT employee_id, $2, $1, jsonb_build_object(
        'group', group_name, 'rank', rank, 'of', of, 'seats', seats,
        'measure', $3::jsonb -> 'measure', 'percent', $3::jsonb -> 'last_percent',
        'orders', orders_bp / 10000.0, 'sales_fen', sales_fen, 'commission_fen', commission_fen)
    FROM period_results WHERE period_id = $1 AND fate = 'barred'
    ON CONFLICT DO NOTHING
    RETURNING employee_id
)
SELECT count(*) FROM barred;

-- name: tell_results
-- Everybody who was ranked in period $1, called $2, hears how: employees $3 with commission $4.
INSERT INTO outbox (call_key, kind, recipient, language, params)
SELECT 'period!' || $2 || '!' || e.number, 'period-result', e.phone, e.language, jsonb_build_object(
    'period', $2::text, 'rank', r.rank, 'of', r.of, 'barred', r.fate = 'barred', 'amount_fen', coalesce(g.fen, 0))
FROM period_results r JOIN employees e USING (employee_id)
LEFT JOIN unnest($3::bigint[], $4::bigint[]) AS g (employee_id, fen) USING (employee_id)
WHERE r.period_id = $1
ON CONFLICT DO NOTHING;

-- name: tell_commission
-- Employees $2 hear that they earned $3 fen in period $1.
INSERT INTO outbox (call_key, kind, recipient, language, params)
SELECT 'period!' || $1 || '!' || e.number, 'commission-notice', e.phone, e.language,
       jsonb_build_object('period', $1::text, 'amount_fen', g.fen)
FROM unnest($2::bigint[], $3::bigint[]) AS g (employee_id, fen) JOIN employees e USING (employee_id)
WHERE coalesce(e.left_at > clock_timestamp(), true)
ON CONFLICT DO NOTHING;

-- name: begin_closing
-- $2 begins to close period $1, whose orders count as they were at $3; those still open then as $4 says; ranks by policy $5.
-- Nothing changes if somebody has begun already.
WITH begun AS (
    UPDATE sales_periods SET closing_since = clock_timestamp(), counted_at = $3, open_orders = $4, policy = $5::jsonb
    WHERE period_id = $1 AND closing_since IS NULL RETURNING name
)
INSERT INTO audit (actor, action, subject, detail)
SELECT $2, 'period-closing', 'period:' || name, jsonb_build_object('counted_at', $3::timestamptz, 'open_orders', $4::text) FROM begun;

-- name: held
-- Period $1 as it is; nobody else goes on with closing it until this transaction ends.
SELECT period_id, name, closed_at, tiers_through_at, tiers_through_order, tiers, tiers_fen FROM sales_periods WHERE period_id = $1
FOR NO KEY UPDATE;

-- name: booked
-- Tiers of period $1 are booked up to order $3, placed at $2: $4 more, of $5 fen.
UPDATE sales_periods SET tiers_through_at = $2, tiers_through_order = $3, tiers = tiers + $4, tiers_fen = tiers_fen + $5
WHERE period_id = $1;

-- name: close
-- $2 closes period $1; more for the audit is in $3.
WITH closed AS (
    UPDATE sales_periods SET closed_at = clock_timestamp(), closed_by = $2 WHERE period_id = $1 AND closed_at IS NULL
    RETURNING name, counted_at, open_orders
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'period-closed', 'period:' || name,
           jsonb_build_object('counted_at', counted_at, 'open_orders', open_orders) || $3::jsonb
    FROM closed
)
SELECT name FROM closed;

-- name: closing
-- The periods that somebody began to close before $1, and has not.
SELECT name, closing_since FROM sales_periods WHERE closed_at IS NULL AND closing_since < $1 ORDER BY span;

-- name: came_to
-- How many were ranked in period $1, how many of them came last, and how many of these may claim all the same.
SELECT count(*) AS ranked, count(*) FILTER (WHERE r.fate = 'barred') AS barred, count(b.lifted_at) AS lifted
FROM period_results r LEFT JOIN claim_bars b ON b.employee_id = r.employee_id AND b.because_of = r.period_id
WHERE r.period_id = $1;

-- name: people
-- The people $1.
SELECT e.employee_id, e.number, e.name, d.path AS department FROM employees e JOIN department_paths d USING (department_id)
WHERE e.employee_id = ANY ($1::bigint[]);

-- name: ranks
-- The results of period $1: of employee $2, of those below department $3 and of those of whom $6 came, where these are given;
-- after rank-row $4, $5 at most.
SELECT e.number, e.name, d.path AS department, r.group_name, r.orders_bp, r.sales_fen, r.commission_fen, r.rank, r.of,
       r.seats, r.fate, b.lifted_at, b.lifted_by, b.lifted_why
FROM period_results r JOIN employees e USING (employee_id) JOIN department_paths d USING (department_id)
LEFT JOIN claim_bars b ON b.employee_id = r.employee_id AND b.because_of = r.period_id
WHERE r.period_id = $1 AND ($2::bigint IS NULL OR r.employee_id = $2) AND ($3::bigint IS NULL OR $3 = ANY (d.ids))
  AND ($6::text IS NULL OR r.fate = $6)
ORDER BY r.group_name, r.rank, e.number OFFSET $4 LIMIT $5;

-- name: lift
-- $3 lets employee $1 claim after all who came last in period $2, for the reason $4; no row comes back if they are not barred.
WITH lifted AS (
    UPDATE claim_bars SET lifted_at = clock_timestamp(), lifted_by = $3, lifted_why = $4
    WHERE employee_id = $1 AND because_of = $2 AND lifted_at IS NULL RETURNING employee_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'bar-lifted', 'employee:' || e.number, jsonb_build_object('because_of', p.name, 'why', $4::text)
    FROM lifted JOIN employees e USING (employee_id), sales_periods p WHERE p.period_id = $2
)
SELECT employee_id FROM lifted;
