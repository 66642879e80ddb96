-- 认领 and 派发: who holds which code of which product (ccore/marketing/claims.py).

-- name: facts
-- What a claim of product $1 that begins at $2 is judged by: of the holder, a person $3, a team $4 or a department $5.
SELECT p.product_id, p.state, coalesce(p.sale @> $2::timestamptz, false) AS sold_then,
       e.employee_id IS NOT NULL OR t.team_id IS NOT NULL OR d.department_id IS NOT NULL AS holder,
       coalesce(e.left_at <= $2, t.ended_at <= $2, false) AS gone,
       b.period, b.detail
FROM (VALUES (1)) AS one (row)
LEFT JOIN products p ON p.code = $1
LEFT JOIN employees e ON e.employee_id = $3
LEFT JOIN teams t ON t.team_id = $4
LEFT JOIN departments d ON d.department_id = $5
LEFT JOIN LATERAL (
    SELECT s.name AS period, b.detail FROM claim_bars b JOIN sales_periods s USING (period_id)
    WHERE b.employee_id = $3 AND b.lifted_at IS NULL AND s.span @> $2::timestamptz LIMIT 1) AS b ON true;

-- name: claim
-- Give the lowest free code of product $1 to holder $2, $3 or $4 from $5 to $6 (null: until it is ended): codes have $7
-- digits, $8 are given to nobody, one that was given back is free after $9, a holder has $10 at most. Says $11. The kit
-- goes out with it; the code stands after $12, with a check digit if $13. One row, whose `reason` says why nothing was given.
WITH made AS MATERIALIZED (
    SELECT claim_id, code, reason FROM make_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $11, 'claim-made', 'claim:' || claim_id, jsonb_build_object(
        'product', (SELECT code FROM products WHERE product_id = $1), 'code', code, 'from', $5::timestamptz,
        'employee', $2::bigint, 'team', $3::bigint, 'department', $4::bigint)
    FROM made WHERE claim_id IS NOT NULL
)
SELECT claim_id, code, reason, CASE WHEN claim_id IS NOT NULL THEN send_kit(claim_id, $12, $13) ELSE 0 END AS kits FROM made;

-- name: end
-- Claim $1 ends at $2, says $3; no row comes back if it is over by then, or there is none.
WITH over AS (
    UPDATE claims SET valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 us')), ended_by = $3
    WHERE claim_id = $1 AND coalesce(upper(valid) > greatest($2, lower(valid) + interval '1 us'), true)
    RETURNING claim_id, code, upper(valid) AS ended_at
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'claim-ended', 'claim:' || claim_id, jsonb_build_object('at', ended_at) FROM over
)
SELECT claim_id, code, ended_at FROM over;

-- name: kit
-- Send the kit of claim $1 again, asked for by $2; the code stands after $3, with a check digit if $4. How many it went to; no row: it is not running.
WITH asked AS (
    SELECT claim_id FROM claims WHERE claim_id = $1 AND coalesce(upper(valid) > clock_timestamp(), true)
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'claim-kit-sent', 'claim:' || claim_id FROM asked
)
SELECT send_kit(claim_id, $3, $4) AS kits FROM asked;

-- name: of
-- The product of claim $1, its holder, and the departments above them.
SELECT c.claim_id, p.code AS product, c.code, c.employee_id, c.team_id, c.department_id, c.valid,
       e.number AS employee, coalesce(path.ids, '{}') AS departments
FROM claims c JOIN products p USING (product_id)
LEFT JOIN employees e USING (employee_id)
LEFT JOIN teams t USING (team_id)
LEFT JOIN employees leader ON leader.employee_id = t.leader_id
LEFT JOIN department_paths path ON path.department_id = coalesce(c.department_id, e.department_id, leader.department_id)
WHERE c.claim_id = $1;

-- name: claims
-- $1 claims with a number below $2 (null: any), the newest first: of person $3, with those of their teams and department;
-- of a department in or below $4; of product $5; $6: only those that run or will, at $7. Null: any.
SELECT c.claim_id, p.code AS product, p.name_zh, p.name_en, p.state AS product_state, c.code,
       CASE WHEN c.employee_id IS NOT NULL THEN 'employee' WHEN c.team_id IS NOT NULL THEN 'team' ELSE 'department' END AS holder_kind,
       coalesce(e.number, t.team_id::text, d.department_id::text) AS holder, coalesce(e.name, t.name, path.path) AS holder_name,
       lower(c.valid) AS starts, upper(c.valid) AS ends, c.made_by, c.ended_by, c.handed_from
FROM claims c JOIN products p USING (product_id)
LEFT JOIN employees e USING (employee_id)
LEFT JOIN teams t USING (team_id)
LEFT JOIN employees leader ON leader.employee_id = t.leader_id
LEFT JOIN departments d ON d.department_id = c.department_id
LEFT JOIN department_paths path ON path.department_id = coalesce(c.department_id, e.department_id, leader.department_id)
WHERE ($2::bigint IS NULL OR c.claim_id < $2)
  AND ($3::bigint IS NULL OR c.employee_id = $3
       OR c.department_id = (SELECT department_id FROM employees WHERE employee_id = $3)
       OR c.team_id IN (SELECT v.team_id FROM team_versions v JOIN team_shares s USING (version_id)
                        WHERE s.employee_id = $3 AND v.valid @> $7::timestamptz))
  AND ($4::bigint IS NULL OR $4 = ANY (path.ids))
  AND ($5::text IS NULL OR p.code = $5)
  AND (NOT $6::boolean OR coalesce(upper(c.valid) > $7, true))
ORDER BY c.claim_id DESC LIMIT $1;

-- name: held
-- The products of which a person $2, a team $3 or a department $4 has a claim at $1 or later.
SELECT p.code AS product FROM claims c JOIN products p USING (product_id)
WHERE (c.employee_id = $2 OR c.team_id = $3 OR c.department_id = $4) AND coalesce(upper(c.valid) > $1, true);

-- name: turns
-- Nobody claims for a person $1, a team $2 or a department $3 until the end of the transaction.
WITH turn AS MATERIALIZED (SELECT holder_turn($1, $2, $3) IS NULL AS mine) SELECT mine FROM turn;

-- name: to_hand_over
-- The claims of person $1 that run at $2 or begin later, of product $3 (null: of any), in the order of their numbers, and
-- whether holder $4, $5 or $6 has the product already.
SELECT c.claim_id, p.code AS product, c.code, EXISTS (
           SELECT FROM claims o WHERE o.product_id = c.product_id AND coalesce(upper(o.valid) > $2, true)
                                  AND (o.employee_id = $4 OR o.team_id = $5 OR o.department_id = $6)) AS has_it
FROM claims c JOIN products p USING (product_id)
WHERE c.employee_id = $1 AND coalesce(upper(c.valid) > $2, true) AND ($3::text IS NULL OR p.code = $3)
ORDER BY c.claim_id FOR UPDATE OF c;

-- name: hand_over
-- Claim $1 goes on at $2 as one of holder $3, $4 or $5, with the same code until the same end, says $6: the new one's number.
WITH over AS (
    UPDATE claims SET valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 us')), ended_by = $6
    WHERE claim_id = $1 RETURNING claim_id, product_id, code, upper(valid) AS at
), made AS (
    INSERT INTO claims (product_id, code, employee_id, team_id, department_id, valid, made_by, handed_from)
    SELECT o.product_id, o.code, $3, $4, $5, tstzrange(o.at, nullif(upper(was.valid), o.at)), $6, o.claim_id
    FROM over o JOIN claims was USING (claim_id)
    RETURNING claim_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $6, 'claim-handed-over', 'claim:' || $1, jsonb_build_object('to', made.claim_id, 'at', over.at,
           'employee', $3::bigint, 'team', $4::bigint, 'department', $5::bigint) FROM made, over
)
SELECT claim_id FROM made;

-- name: send
-- The kit of claim $1, whose code stands after $2, with a check digit if $3.
WITH sent AS MATERIALIZED (SELECT send_kit($1, $2, $3) AS kits) SELECT kits FROM sent;

-- name: taken
-- How many codes of each product on sale are taken at $1, those given back less than $2 ago among them, by their width
-- (null: none is).
SELECT p.code AS product, length(c.code) AS width, count(DISTINCT c.code) AS taken
FROM products p
LEFT JOIN claims c ON c.product_id = p.product_id AND (upper_inf(c.valid) OR upper(c.valid) > $1::timestamptz - $2::interval)
WHERE p.state = 'on-sale'
GROUP BY p.code, length(c.code) ORDER BY p.code;

-- name: holder
-- Who is meant by employee number $1, team $2 or department $3 (of a path): of one of them, the number of its row, and
-- the departments above.
SELECT e.employee_id AS id, path.ids AS departments FROM employees e JOIN department_paths path USING (department_id) WHERE e.number = $1
UNION ALL
SELECT t.team_id, path.ids FROM teams t JOIN employees e ON e.employee_id = t.leader_id JOIN department_paths path USING (department_id)
WHERE t.team_id = $2
UNION ALL
SELECT department_id, ids FROM department_paths WHERE path = $3;
