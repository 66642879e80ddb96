-- The books of commission (ccore/ordering/commission): what is given back, released, adjusted and paid, and asked for.

-- name: claw_back
-- Order $1 ended at $2 from state $3, by $4, for the reason $5: what it gives back, in fen.
WITH given AS MATERIALIZED (SELECT claw_back($1, $2, $3, $4, $5) AS fen) SELECT fen FROM given;

-- name: settle_alone
-- Whether nothing is released meanwhile, until the transaction ends; waits for those who release.
SELECT pg_advisory_xact_lock(7105200);

-- name: may_release
-- Whether nobody settles at present; nobody will, until the transaction ends.
SELECT pg_try_advisory_xact_lock_shared(7105200);

-- name: balance_at_once
-- Postings are checked with the statement that makes them, not all of them by COMMIT, for which nobody waits so long.
SET CONSTRAINTS ALL IMMEDIATE;

-- name: release
-- Make payable what is held of orders that were due at $1 and had not ended before, $2 orders at most; how many were looked
-- at. An order that the fraud desk looks at waits for it.
WITH due AS (
    SELECT d.order_id, o.rule_id, o.state = 'active' OR o.state_at >= d.due_at AS lasted
    FROM commission_due d JOIN orders o USING (order_id)
    WHERE d.due_at <= $1
      AND NOT EXISTS (SELECT FROM fraud_flags f WHERE f.order_id = d.order_id AND f.state <> 'cleared')
    ORDER BY d.due_at LIMIT $2 FOR NO KEY UPDATE OF o SKIP LOCKED
), gone AS (
    DELETE FROM commission_due d USING due WHERE d.order_id = due.order_id
), held AS (
    SELECT due.order_id, due.rule_id, e.employee_id, e.department_id, sum(e.amount_fen) AS fen
    FROM due JOIN commission_postings p USING (order_id) JOIN commission_entries e USING (posting_id)
    WHERE due.lasted AND e.account = 'held'
    GROUP BY due.order_id, due.rule_id, e.employee_id, e.department_id HAVING sum(e.amount_fen) <> 0
), posted AS (
    INSERT INTO commission_postings (order_id, kind, rule_id) SELECT DISTINCT order_id, 'release', rule_id FROM held
    RETURNING posting_id, order_id
), moved AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, department_id, amount_fen)
    SELECT posting_id, account, employee_id, department_id, sign * fen
    FROM posted JOIN held USING (order_id), (VALUES ('held', -1), ('payable', 1)) AS side (account, sign)
)
SELECT (SELECT count(*) FROM due) AS looked_at, (SELECT count(*) FROM posted) AS released;

-- name: overdue
-- Orders whose commission has been due for $1 (an interval), and which nobody looks at for fraud; counted up to 1000.
SELECT count(*) FROM (
    SELECT FROM commission_due d
    WHERE d.due_at < clock_timestamp() - $1::interval
      AND NOT EXISTS (SELECT FROM fraud_flags f WHERE f.order_id = d.order_id AND f.state <> 'cleared')
    LIMIT 1000) AS late;

-- name: employee
-- Who has the number $1.
SELECT e.employee_id, e.number, e.name, e.phone, e.language, e.department_id, e.left_at, d.path AS department
FROM employees e JOIN department_paths d USING (department_id) WHERE e.number = $1;

-- name: number_of
-- The number of employee $1.
SELECT number FROM employees WHERE employee_id = $1;

-- name: adjust
-- $4 gives employee $1 $2 fen more, or takes it from them if it is less than nothing, for the reason $3; the posting's number.
WITH posted AS (
    INSERT INTO commission_postings (kind, note, by) VALUES ('adjustment', $3, $4) RETURNING posting_id
), booked AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, amount_fen)
    SELECT posting_id, account, CASE WHEN account = 'payable' THEN $1::bigint END, fen
    FROM posted, (VALUES ('payable', $2::bigint), ('expense', -$2::bigint)) AS side (account, fen)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $4, 'commission-adjusted', 'employee:' || number,
           jsonb_build_object('posting', posting_id, 'fen', $2::bigint, 'note', $3::text)
    FROM posted, employees WHERE employee_id = $1
)
SELECT posting_id FROM posted;

-- name: payable
-- What is payable to each, where it is at least $1.
SELECT employee_id, department_id, sum(amount_fen)::bigint AS fen
FROM commission_entries WHERE account = 'payable'
GROUP BY employee_id, department_id HAVING sum(amount_fen) >= $1
ORDER BY employee_id, department_id;

-- name: pay
-- A payout by $1 of at least $2 to each: employees $3 or departments $4, fen $5; its number.
WITH run AS (
    INSERT INTO commission_payouts (made_by, least_fen) VALUES ($1, $2) RETURNING payout_id
), owed AS (
    SELECT row_number() OVER () AS n, employee_id, department_id, fen
    FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS given (employee_id, department_id, fen)
), posted AS (
    INSERT INTO commission_postings (kind, payout_id, by) SELECT 'payout', payout_id, $1 FROM run, owed
    RETURNING posting_id
), numbered AS (
    SELECT row_number() OVER (ORDER BY posting_id) AS n, posting_id FROM posted
), booked AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, department_id, amount_fen)
    SELECT posting_id, account, employee_id, department_id, sign * fen
    FROM numbered JOIN owed USING (n), (VALUES ('payable', -1), ('paid', 1)) AS side (account, sign)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $1, 'commission-paid', 'payout:' || payout_id,
           jsonb_build_object('payees', cardinality($5::bigint[]), 'fen', (SELECT sum(fen) FROM owed))
    FROM run
)
SELECT payout_id FROM run;

-- name: payouts
-- The payouts before $1, the newest first, $2 at most.
SELECT o.payout_id, o.made_at, o.made_by, o.least_fen, count(*) AS payees, sum(e.amount_fen)::bigint AS fen
FROM commission_payouts o JOIN commission_postings p USING (payout_id)
JOIN commission_entries e ON e.posting_id = p.posting_id AND e.account = 'paid'
WHERE $1::bigint IS NULL OR o.payout_id < $1
GROUP BY o.payout_id ORDER BY o.payout_id DESC LIMIT $2;

-- name: payees
-- Whom payout $1 pays, and how much.
SELECT o.made_at, e.number, coalesce(e.name, d.name) AS name, coalesce(h.path, d.path) AS department, n.amount_fen AS fen,
       p.posting_id
FROM commission_payouts o JOIN commission_postings p USING (payout_id)
JOIN commission_entries n ON n.posting_id = p.posting_id AND n.account = 'paid'
LEFT JOIN employees e ON e.employee_id = n.employee_id
LEFT JOIN department_paths h ON h.department_id = e.department_id
LEFT JOIN (SELECT x.department_id, x.name, y.path FROM departments x JOIN department_paths y USING (department_id)) AS d
       ON d.department_id = n.department_id
WHERE o.payout_id = $1
ORDER BY p.posting_id;

-- name: statement
-- What was booked for employee $1 from $2 to before $3, before posting $4 and for order $6 where these are given, the newest
-- first; $5 at most.
SELECT p.posting_id, p.booked_at, p.kind, p.order_id, r.code AS product, p.note, p.by,
       sum(e.amount_fen)::bigint AS fen,
       coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'held'), 0)::bigint AS held,
       coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'payable'), 0)::bigint AS payable,
       coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'paid'), 0)::bigint AS paid
FROM commission_entries e JOIN commission_postings p USING (posting_id)
LEFT JOIN orders o USING (order_id) LEFT JOIN products r USING (product_id)
WHERE e.employee_id = $1 AND p.booked_at >= $2 AND p.booked_at < $3 AND ($4::bigint IS NULL OR e.posting_id < $4)
  AND ($6::bigint IS NULL OR p.order_id = $6)
GROUP BY p.posting_id, r.code ORDER BY p.posting_id DESC LIMIT $5;

-- name: dialled
-- Who has the digits $1 in their number, if that is one person.
SELECT min(e.number) AS number, min(e.language) AS language
FROM employees e WHERE digits_of(e.number) = digits_of($1) AND digits_of($1) <> '' AND coalesce(e.left_at > clock_timestamp(), true)
HAVING count(*) = 1;

-- name: try_pin
-- Write down that $3 asks as $2 in call $1, before it is known whether the PIN is right. Old tries go.
WITH old AS (
    DELETE FROM enquiry_tries WHERE tried_at < clock_timestamp() - interval '90 days'
)
INSERT INTO enquiry_tries (call_key, number, caller) VALUES ($1, $2, $3) RETURNING try_id;

-- name: pin
-- The PIN of $1; and how many tries as $1 or by $2 that failed, or are not judged yet, are within $3. Whoever withholds
-- their number is judged by the other alone.
SELECT p.pin_salt, p.pin_hash, tries.wrong
FROM (SELECT greatest(count(*) FILTER (WHERE number = $1), count(*) FILTER (WHERE caller = $2)) AS wrong
      FROM enquiry_tries
      WHERE (number = $1 OR caller = $2) AND NOT passed AND tried_at > clock_timestamp() - $3::interval) AS tries
LEFT JOIN (employees e JOIN employee_pins p USING (employee_id)) ON e.number = $1;

-- name: pass_pin
-- Try $1 had the right PIN.
UPDATE enquiry_tries SET passed = true WHERE try_id = $1;

-- name: set_pin
-- Employee $1 asks by telephone with the PIN behind salt $2 and hash $3; $4 says so.
WITH written AS (
    INSERT INTO employee_pins (employee_id, pin_salt, pin_hash, set_by) VALUES ($1, $2, $3, $4)
    ON CONFLICT (employee_id) DO UPDATE
    SET pin_salt = excluded.pin_salt, pin_hash = excluded.pin_hash, set_by = excluded.set_by, set_at = clock_timestamp()
    RETURNING employee_id
)
INSERT INTO audit (actor, action, subject)
SELECT $4, 'employee-pin-set', 'employee:' || number FROM written JOIN employees USING (employee_id);

-- name: open_dispute
-- $4 opens a dispute of employee $1 about period $2 or order $3, saying $5; its number.
WITH opened AS (
    INSERT INTO commission_disputes (employee_id, period_id, order_id) VALUES ($1, $2, $3) RETURNING dispute_id
), noted AS (
    INSERT INTO commission_dispute_notes (dispute_id, by, became, note) SELECT dispute_id, $4, 'open', $5 FROM opened
), audited AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $4, 'dispute-opened', 'dispute:' || dispute_id, jsonb_build_object('employee_id', $1::bigint, 'period_id', $2::bigint,
                                                                             'order_id', $3::bigint)
    FROM opened
)
SELECT dispute_id FROM opened;

-- name: note_dispute
-- $3 adds the note $4 to dispute $1, which becomes $2; no row comes back if there is none that is not closed.
WITH moved AS (
    UPDATE commission_disputes SET state = $2, changed_at = clock_timestamp() WHERE dispute_id = $1 AND state <> 'closed'
    RETURNING dispute_id
), noted AS (
    INSERT INTO commission_dispute_notes (dispute_id, by, became, note) SELECT dispute_id, $3, $2, $4 FROM moved
), audited AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'dispute-' || $2::text, 'dispute:' || dispute_id, jsonb_build_object('note', $4::text) FROM moved
)
SELECT dispute_id FROM moved;

-- name: disputes
-- Disputes before $1, the newest first: of employee $2, those below department $3, in state $4, where these are given; $5 at
-- most.
SELECT x.dispute_id, e.number, e.name, d.path AS department, p.name AS period, x.order_id, x.state, x.opened_at, x.changed_at
FROM commission_disputes x JOIN employees e USING (employee_id) JOIN department_paths d USING (department_id)
LEFT JOIN sales_periods p USING (period_id)
WHERE ($1::bigint IS NULL OR x.dispute_id < $1) AND ($2::bigint IS NULL OR x.employee_id = $2)
  AND ($3::bigint IS NULL OR $3 = ANY (d.ids)) AND ($4::text IS NULL OR x.state = $4)
ORDER BY x.dispute_id DESC LIMIT $5;

-- name: dispute
-- Dispute $1.
SELECT x.dispute_id, x.employee_id, e.number, e.name, p.name AS period, x.order_id, x.state, x.opened_at, x.changed_at
FROM commission_disputes x JOIN employees e USING (employee_id) LEFT JOIN sales_periods p USING (period_id)
WHERE x.dispute_id = $1;

-- name: dispute_notes
-- What was said in dispute $1.
SELECT at, by, became, note FROM commission_dispute_notes WHERE dispute_id = $1 ORDER BY note_id;

-- name: order_of
-- Whether order $1 counts for employee $2, alone or in a team.
SELECT EXISTS (
    SELECT FROM orders o LEFT JOIN team_versions v ON v.team_id = o.team_id AND v.valid @> o.called_at
    LEFT JOIN team_shares s USING (version_id)
    WHERE o.order_id = $1 AND (o.employee_id = $2 OR s.employee_id = $2));

-- name: one_moment
-- What this transaction reads is of one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: verify_orders
-- Orders after ($1, $2) in the order of their placing, placed before $3, with what counts for their commission; $4 at most.
SELECT o.placed_at, o.order_id, o.product_id, o.rule_id, o.price_fen, o.employee_id, o.team_id, o.department_id,
       o.state, o.state_at, o.called_at,
       EXISTS (SELECT FROM fraud_flags f WHERE f.order_id = o.order_id AND f.state <> 'cleared') AS flagged
FROM orders o WHERE (o.placed_at, o.order_id) > ($1::timestamptz, $2::bigint) AND o.placed_at < $3
ORDER BY o.placed_at, o.order_id LIMIT $4;

-- name: verify_postings
-- What was booked for orders $1, each posting with its entries as lists.
SELECT p.order_id, p.posting_id, p.kind, p.rule_id, p.period_id, p.booked_at,
       array_agg(e.account) AS accounts, array_agg(e.employee_id) AS employees, array_agg(e.department_id) AS departments,
       array_agg(e.amount_fen) AS fens
FROM commission_postings p LEFT JOIN commission_entries e USING (posting_id)
WHERE p.order_id = ANY ($1::bigint[])
GROUP BY p.posting_id ORDER BY p.posting_id;

-- name: verify_moves
-- The moves of orders $1, in their order.
SELECT order_id, was, became, at FROM order_moves WHERE order_id = ANY ($1::bigint[]) ORDER BY move_id;

-- name: verify_others
-- Postings after $1 that are of no order, $2 at most, each with its entries as lists.
SELECT p.posting_id, p.kind, p.note, p.payout_id,
       array_agg(e.account) AS accounts, array_agg(e.employee_id) AS employees, array_agg(e.department_id) AS departments,
       array_agg(e.amount_fen) AS fens
FROM commission_postings p LEFT JOIN commission_entries e USING (posting_id)
WHERE p.posting_id > $1 AND p.order_id IS NULL
GROUP BY p.posting_id ORDER BY p.posting_id LIMIT $2;

-- name: verify_periods
-- The closed periods, the first one first.
SELECT period_id, name, lower(span) AS begins, upper(span) AS ends, counted_at, open_orders, policy
FROM sales_periods WHERE closed_at IS NOT NULL ORDER BY span;

-- name: verify_closing
-- Periods that somebody is closing.
SELECT period_id FROM sales_periods WHERE closed_at IS NULL AND closing_since IS NOT NULL;

-- name: verify_results
-- The results of period $1, and who was barred because of it.
SELECT r.employee_id, r.group_name, r.orders_bp, r.sales_fen, r.commission_fen, r.rank, r.of, r.seats, r.fate,
       b.employee_id IS NOT NULL AS barred
FROM period_results r LEFT JOIN claim_bars b ON b.employee_id = r.employee_id AND b.because_of = r.period_id
WHERE r.period_id = $1;
