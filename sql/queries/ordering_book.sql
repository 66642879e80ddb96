-- Orders as people look them up.

-- name: which
-- What is looked for, by the ids of it: product $1, the claims of it that have code $2, department $3 (its path) if it is $4 or
-- below it (null: any), and all departments in or below that, or below $4 where no path is said. 0 and none: there is no such.
SELECT CASE WHEN $1::text IS NOT NULL THEN coalesce((SELECT product_id FROM products WHERE code = $1), 0) END AS product,
       CASE WHEN $2::text IS NOT NULL
            THEN ARRAY(SELECT c.claim_id FROM claims c JOIN products p USING (product_id) WHERE p.code = $1 AND c.code = $2) END AS claims,
       CASE WHEN $3::text IS NOT NULL OR $4::bigint IS NOT NULL
            THEN ARRAY(SELECT d.department_id FROM department_paths d
                       WHERE ($4 IS NULL OR $4 = ANY (d.ids))
                         AND ($3 IS NULL OR (SELECT m.department_id FROM department_paths m WHERE m.path = $3) = ANY (d.ids))) END
           AS departments;

-- name: listed
-- Orders in state $1, of product $2, of claims $3, by channel $4 (null: any), older than order $5 (null: from the newest), placed
-- from $6 until $7 (null: whenever); $8 at most.
SELECT b.* FROM order_book b WHERE b.order_id IN (
    SELECT o.order_id FROM orders o WHERE is_sought(o, $1, $2, $3, $4, $5, $6, $7) ORDER BY o.order_id DESC LIMIT $8)
ORDER BY b.order_id DESC;

-- name: listed_in
-- As listed, sold in departments $9, by a team: whose leader is there. The newest of each department and of each team come by an
-- index, however few or old they are.
SELECT b.* FROM order_book b WHERE b.order_id IN (
    SELECT own.order_id FROM unnest($9::bigint[]) AS d (id) CROSS JOIN LATERAL (
        SELECT o.order_id FROM orders o WHERE o.department_id = d.id AND is_sought(o, $1, $2, $3, $4, $5, $6, $7)
        ORDER BY o.order_id DESC LIMIT $8) AS own
    UNION ALL
    SELECT own.order_id FROM employees l JOIN teams t ON t.leader_id = l.employee_id CROSS JOIN LATERAL (
        SELECT o.order_id FROM orders o
        WHERE o.team_id = t.team_id AND o.department_id IS NULL AND is_sought(o, $1, $2, $3, $4, $5, $6, $7)
        ORDER BY o.order_id DESC LIMIT $8) AS own
    WHERE l.department_id = ANY ($9)
    ORDER BY 1 DESC LIMIT $8)
ORDER BY b.order_id DESC;

-- name: listed_of
-- As listed, of subscriber $10 in departments $9 (null: in any).
SELECT b.* FROM order_book b WHERE b.order_id IN (
    SELECT o.order_id FROM orders o
    WHERE o.subscriber = $10 AND is_sought(o, $1, $2, $3, $4, $5, $6, $7)
      AND ($9::bigint[] IS NULL OR o.department_id = ANY ($9)
           OR o.department_id IS NULL AND o.team_id IN (SELECT t.team_id FROM teams t JOIN employees l ON l.employee_id = t.leader_id
                                                        WHERE l.department_id = ANY ($9)))
    ORDER BY o.order_id DESC LIMIT $8)
ORDER BY b.order_id DESC;

-- name: listed_by
-- As listed, sold by employee $10, alone or in a team, in departments $9 (null: in any).
SELECT b.* FROM order_book b WHERE b.order_id IN (
    SELECT o.order_id FROM orders o
    WHERE is_sought(o, $1, $2, $3, $4, $5, $6, $7)
      AND ($9::bigint[] IS NULL OR o.department_id = ANY ($9)
           OR o.department_id IS NULL AND o.team_id IN (SELECT t.team_id FROM teams t JOIN employees l ON l.employee_id = t.leader_id
                                                        WHERE l.department_id = ANY ($9)))
      AND o.order_id IN (
          SELECT alone.order_id FROM orders alone JOIN employees e USING (employee_id) WHERE e.number = $10
          UNION ALL
          SELECT theirs.order_id
          FROM employees e JOIN team_shares s USING (employee_id) JOIN team_versions v USING (version_id)
          JOIN orders theirs ON theirs.team_id = v.team_id AND v.valid @> theirs.called_at
          WHERE e.number = $10)
    ORDER BY o.order_id DESC LIMIT $8)
ORDER BY b.order_id DESC;

-- name: is_within
-- Whether order $1 is of a department in or below $2.
SELECT EXISTS (SELECT FROM department_paths WHERE department_id = department_of_order($1) AND $2 = ANY (ids));

-- name: of_call
-- The order that call $1 became.
SELECT order_id, state, confirm_by, confirm_until FROM orders WHERE call_key = $1;

-- name: how
-- How order $1 came: what was dialled, by which trunk, the key of the call or message, who entered it ("caller": nobody else), the
-- path of its department; what of its commission is held and payable now, and from when on the held is payable (null: it is).
SELECT o.dialled, o.trunk, o.call_key, o.placed_at,
       coalesce((SELECT a.actor FROM audit a WHERE a.subject = 'order:' || o.order_id AND a.action = 'order-placed'
                 ORDER BY a.audit_id LIMIT 1), '') AS by,
       coalesce((SELECT d.path FROM department_paths d WHERE d.department_id = department_of_order(o.order_id)), '') AS department,
       (SELECT d.due_at FROM commission_due d WHERE d.order_id = o.order_id) AS due_at,
       money.held_fen, money.payable_fen
FROM orders o CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'held'), 0)::bigint AS held_fen,
           coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'payable'), 0)::bigint AS payable_fen
    FROM commission_postings p JOIN commission_entries e USING (posting_id) WHERE p.order_id = o.order_id) AS money
WHERE o.order_id = $1;

-- name: moves
-- How order $1 came to the state it is in.
SELECT was, became, at, by, reason FROM order_moves WHERE order_id = $1 ORDER BY move_id;

-- name: told
-- What the subscriber of order $1 was told.
SELECT kind, state, queued_at FROM outbox WHERE order_id = $1 ORDER BY message_id;

-- name: earned
-- What order $1 has earned and given back, for whom.
SELECT coalesce(e.number, '') AS employee, l.kind, l.amount_fen, l.booked_at
FROM commission_ledger l LEFT JOIN employees e USING (employee_id)
WHERE l.order_id = $1 ORDER BY l.entry_id;

-- name: provisioned
-- What the provider was asked for order $1.
SELECT action, state, tries, reason, due_since, ended_at FROM provisionings WHERE order_id = $1 ORDER BY action DESC;
