-- What each who sells has sold and is owed, added up (ccore/ordering/commission/tallies.py).

-- name: alone
-- Nobody else adds up until this transaction ends.
SELECT pg_advisory_xact_lock(hashtext('ccore adds up what sellers have'));

-- name: add_sold
-- Add up to $2 changes to what was sold by day, in zone $1; how many there were.
WITH due AS (
    DELETE FROM sold_changes WHERE change_id IN (SELECT change_id FROM sold_changes ORDER BY change_id LIMIT $2) RETURNING *
), summed AS (
    SELECT date_trunc('day', placed_at, $1) AS day, employee_id, team_id, version_id, product_id, rule_id, price_fen, sum(orders) AS orders
    FROM due GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(orders) <> 0
), added AS (
    INSERT INTO sold_days AS d (day, employee_id, team_id, version_id, product_id, rule_id, price_fen, orders)
    SELECT * FROM summed
    ON CONFLICT (employee_id, team_id, day, version_id, product_id, rule_id, price_fen) DO UPDATE SET orders = d.orders + excluded.orders
)
SELECT count(*) FROM due;

-- name: add_owed
-- Add up to $2 changes to what is owed, and to what was earned by day, in zone $1; how many there were.
WITH due AS (
    DELETE FROM owed_changes WHERE change_id IN (SELECT change_id FROM owed_changes ORDER BY change_id LIMIT $2) RETURNING *
), added AS (
    INSERT INTO owed AS o (employee_id, account, fen) SELECT employee_id, account, sum(fen) FROM due GROUP BY 1, 2
    ON CONFLICT (employee_id, account) DO UPDATE SET fen = o.fen + excluded.fen
), earned AS (
    INSERT INTO earned_days AS d (employee_id, day, fen)
    SELECT employee_id, date_trunc('day', booked_at, $1), sum(fen) FROM due WHERE earned GROUP BY 1, 2
    ON CONFLICT (employee_id, day) DO UPDATE SET fen = d.fen + excluded.fen
)
SELECT count(*) FROM due;

-- name: again
-- Everything there is waits to be added up.
WITH done AS MATERIALIZED (SELECT tally_again()) SELECT FROM done;

-- name: owed
-- What employee $1 is owed, and was paid.
SELECT coalesce(sum(fen) FILTER (WHERE account = 'held'), 0)::bigint AS held,
       coalesce(sum(fen) FILTER (WHERE account = 'payable'), 0)::bigint AS payable,
       coalesce(sum(fen) FILTER (WHERE account = 'paid'), 0)::bigint AS paid
FROM (SELECT account, fen FROM owed WHERE employee_id = $1
      UNION ALL SELECT account, fen FROM owed_changes WHERE employee_id = $1) AS each;

-- name: earned
-- What employee $1 earned on the days from midnight $2 to before midnight $3: sales, what was given back, adjustments.
SELECT coalesce(sum(fen), 0)::bigint
FROM (SELECT fen FROM earned_days WHERE employee_id = $1 AND day >= $2 AND day < $3
      UNION ALL SELECT fen FROM owed_changes WHERE employee_id = $1 AND earned AND booked_at >= $2 AND booked_at < $3) AS each;

-- name: earned_between
-- The same of a time that is no whole days, entry by entry.
SELECT coalesce(sum(e.amount_fen), 0)::bigint
FROM commission_postings p JOIN commission_entries e USING (posting_id)
WHERE e.employee_id = $1 AND p.kind IN ('sale', 'clawback', 'adjustment') AND p.booked_at >= $2 AND p.booked_at < $3;

-- name: sold
-- What counts for employee $1, alone or in a team, of the days from midnight $2 to before midnight $3 in zone $4, in their order.
WITH teams AS (
    SELECT DISTINCT v.team_id FROM team_versions v JOIN team_shares s USING (version_id) WHERE s.employee_id = $1
), mine AS (
    SELECT * FROM sold_days WHERE employee_id = $1 AND team_id = 0 AND day >= $2 AND day < $3
    UNION ALL
    SELECT d.* FROM teams t JOIN sold_days d ON d.employee_id = 0 AND d.team_id = t.team_id WHERE d.day >= $2 AND d.day < $3
    UNION ALL
    SELECT date_trunc('day', placed_at, $4), employee_id, team_id, version_id, product_id, rule_id, price_fen, orders
    FROM sold_changes
    WHERE placed_at >= $2 AND placed_at < $3 AND (employee_id = $1 OR team_id <> 0 AND team_id IN (SELECT team_id FROM teams))
)
SELECT day, (day AT TIME ZONE $4 + interval '1 day') AT TIME ZONE $4 AS next_day, 0::bigint AS order_id, product_id,
       nullif(rule_id, 0) AS rule_id, price_fen, nullif(employee_id, 0) AS employee_id, nullif(team_id, 0) AS team_id,
       NULL::bigint AS department_id, nullif(version_id, 0) AS version, sum(orders)::bigint AS orders
FROM mine GROUP BY day, product_id, mine.rule_id, price_fen, mine.employee_id, mine.team_id, version_id HAVING sum(orders) <> 0
ORDER BY day;

-- name: sold_between
-- The same orders, one by one, placed from $2 to before $3.
SELECT o.placed_at AS day, o.order_id, o.product_id, o.rule_id, o.employee_id, o.team_id, o.department_id, o.price_fen,
       v.version_id AS version, 1::bigint AS orders
FROM orders o LEFT JOIN team_versions v ON v.team_id = o.team_id AND v.valid @> o.called_at
WHERE o.placed_at >= $2 AND o.placed_at < $3 AND o.state IN ('confirmed', 'activating', 'active')
  AND (o.employee_id = $1 OR o.team_id IN (
        SELECT x.team_id FROM team_versions x JOIN team_shares s USING (version_id) WHERE s.employee_id = $1))
ORDER BY o.placed_at, o.order_id;

-- name: differences
-- Where the tallies are not what orders and books say: whose, what, as it is and as it was tallied. At most $1.
WITH sold AS (
    SELECT employee_id, team_id, sum(orders) AS tallied, sum(orders * price_fen) AS tallied_fen
    FROM (SELECT employee_id, team_id, orders, price_fen FROM sold_days
          UNION ALL SELECT employee_id, team_id, orders, price_fen FROM sold_changes) AS each GROUP BY 1, 2
), is_sold AS (
    SELECT coalesce(employee_id, 0) AS employee_id, coalesce(team_id, 0) AS team_id, count(*) AS orders, sum(price_fen) AS fen
    FROM orders o WHERE is_sold(o) GROUP BY 1, 2
), owing AS (
    SELECT employee_id, account, sum(fen) AS tallied
    FROM (SELECT employee_id, account, fen FROM owed UNION ALL SELECT employee_id, account, fen FROM owed_changes) AS each GROUP BY 1, 2
), is_owed AS (
    SELECT employee_id, account, sum(amount_fen) AS fen FROM commission_entries WHERE employee_id IS NOT NULL GROUP BY 1, 2
)
(SELECT employee_id, team_id, 'sold' AS what, coalesce(orders, 0) AS is_now, coalesce(tallied, 0) AS tallied
 FROM sold FULL JOIN is_sold USING (employee_id, team_id)
 WHERE (coalesce(orders, 0), coalesce(fen, 0)) <> (coalesce(tallied, 0), coalesce(tallied_fen, 0)))
UNION ALL
(SELECT employee_id, 0, account, coalesce(fen, 0), coalesce(tallied, 0)
 FROM owing FULL JOIN is_owed USING (employee_id, account) WHERE coalesce(fen, 0) <> coalesce(tallied, 0))
LIMIT $1;
