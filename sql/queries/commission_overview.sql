-- What everybody who sells has earned in a period and is owed, at a glance (ccore/ordering/commission/overview.py).

-- name: people
-- Of those in or below department $1 (null: all): what each earned on the days from midnight $2 to before midnight $3 and in
-- the times from $4 to before $5, what of it was given back and what was paid from $6 to before $7, and what they are owed.
WITH whose AS (
    SELECT e.employee_id, e.number, e.name, d.path AS department, coalesce(e.left_at <= clock_timestamp(), false) AS has_left
    FROM employees e JOIN department_paths d USING (department_id) WHERE $1::bigint IS NULL OR $1 = ANY (d.ids)
), booked AS (
    SELECT e.employee_id, p.kind, e.account, e.amount_fen AS fen
    FROM commission_postings p JOIN commission_entries e USING (posting_id)
    WHERE p.booked_at >= $6 AND p.booked_at < $7 AND p.kind IN ('clawback', 'payout') AND e.employee_id IS NOT NULL
), at_edges AS (
    SELECT e.employee_id, e.amount_fen AS fen
    FROM unnest($4::timestamptz[], $5::timestamptz[]) AS edge (since, until)
    JOIN commission_postings p ON p.booked_at >= edge.since AND p.booked_at < edge.until
    JOIN commission_entries e USING (posting_id)
    WHERE p.kind IN ('sale', 'clawback', 'adjustment') AND e.employee_id IS NOT NULL
), told AS (
    SELECT employee_id, 'earned' AS what, fen FROM earned_days WHERE day >= $2 AND day < $3
    UNION ALL SELECT employee_id, 'earned', fen FROM owed_changes WHERE earned AND booked_at >= $2 AND booked_at < $3
    UNION ALL SELECT employee_id, 'earned', fen FROM at_edges
    UNION ALL SELECT employee_id, 'given-back', -fen FROM booked WHERE kind = 'clawback'
    UNION ALL SELECT employee_id, 'paid-out', fen FROM booked WHERE kind = 'payout' AND account = 'paid'
    UNION ALL SELECT employee_id, account, fen FROM owed
    UNION ALL SELECT employee_id, account, fen FROM owed_changes
), summed AS (
    SELECT employee_id,
           coalesce(sum(fen) FILTER (WHERE what = 'earned'), 0)::bigint AS booked_fen,
           coalesce(sum(fen) FILTER (WHERE what = 'given-back'), 0)::bigint AS clawed_back_fen,
           coalesce(sum(fen) FILTER (WHERE what = 'held'), 0)::bigint AS held_fen,
           coalesce(sum(fen) FILTER (WHERE what = 'payable'), 0)::bigint AS payable_fen,
           coalesce(sum(fen) FILTER (WHERE what = 'paid-out'), 0)::bigint AS paid_out_fen
    FROM told GROUP BY employee_id
)
SELECT number, name, department, has_left, booked_fen, clawed_back_fen, held_fen, payable_fen, paid_out_fen
FROM whose JOIN summed USING (employee_id)
WHERE (booked_fen, clawed_back_fen, held_fen, payable_fen, paid_out_fen) <> (0, 0, 0, 0, 0)
ORDER BY booked_fen DESC, number;

-- name: departments
-- What departments in or below $1 (null: all) have by claims of their own: earned, given back and paid from $2 to before $3,
-- and what they are owed.
SELECT d.path AS department,
       coalesce(sum(e.amount_fen) FILTER (WHERE p.kind IN ('sale', 'clawback', 'adjustment') AND p.booked_at >= $2 AND p.booked_at < $3), 0)::bigint AS booked_fen,
       coalesce(-sum(e.amount_fen) FILTER (WHERE p.kind = 'clawback' AND p.booked_at >= $2 AND p.booked_at < $3), 0)::bigint AS clawed_back_fen,
       coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'held'), 0)::bigint AS held_fen,
       coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'payable'), 0)::bigint AS payable_fen,
       coalesce(sum(e.amount_fen) FILTER (WHERE e.account = 'paid' AND p.booked_at >= $2 AND p.booked_at < $3), 0)::bigint AS paid_out_fen
FROM commission_entries e JOIN commission_postings p USING (posting_id) JOIN department_paths d USING (department_id)
WHERE e.department_id IS NOT NULL AND ($1::bigint IS NULL OR $1 = ANY (d.ids))
GROUP BY d.path ORDER BY d.path;
