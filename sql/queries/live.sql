-- What is told live: who is let in still, what agents look at, and orders as they are placed and move.

-- name: let_in
-- Which of sessions $1, used within the last $2 (an interval), of the tokens with hashes $3 and of displays $4 let in now,
-- and as whom. Nothing is written down of that.
SELECT s.session_id AS session, '\x'::bytea AS token, 0::bigint AS display, coalesce(p.agent, ''), coalesce(p.employee, '')
FROM sessions s JOIN people_let_in p USING (person_id)
WHERE s.session_id = ANY ($1::bigint[]) AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
  AND s.seen_at > clock_timestamp() - $2::interval AND p.role = s.role
UNION ALL
SELECT 0, t.hash, 0, coalesce(p.agent, ''), coalesce(p.employee, '') FROM tokens t JOIN people_let_in p USING (person_id)
WHERE t.hash = ANY ($3::bytea[]) AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND p.role = t.role
UNION ALL
SELECT 0, '\x', d.display_id, '', '' FROM displays d JOIN people_let_in p USING (person_id)
WHERE d.display_id = ANY ($4::bigint[]) AND d.ended_at IS NULL AND d.expires_at > clock_timestamp() AND p.role = d.role;

-- name: seen
-- Sessions $1 are used, as those are that were used within the last $2 (an interval); it is written down every $3.
UPDATE sessions SET seen_at = clock_timestamp()
WHERE session_id = ANY ($1::bigint[]) AND ended_at IS NULL AND expires_at > clock_timestamp()
  AND seen_at > clock_timestamp() - $2::interval AND seen_at < clock_timestamp() - $3::interval;

-- name: previews
-- What agents $1 have before them.
SELECT agent, preview_id, campaign, state, decide_by FROM previews WHERE agent = ANY ($1::text[]) AND ended_at IS NULL;

-- name: marks
-- How far orders and their moves go.
SELECT coalesce((SELECT max(order_id) FROM orders), 0) AS orders, coalesce((SELECT max(move_id) FROM order_moves), 0) AS moves;

-- name: news
-- The orders beyond $1, and those that moved beyond move $2, in their states, with the marks of both.
SELECT order_id, state, order_id AS order_mark, 0::bigint AS move_mark FROM orders WHERE order_id > $1
UNION ALL
SELECT o.order_id, o.state, 0, m.move FROM (
    SELECT order_id, max(move_id) AS move FROM order_moves WHERE move_id > $2 GROUP BY 1) m JOIN orders o USING (order_id);

-- name: today_by
-- The orders placed from $2 on that employee $1 sold, alone or in a team.
SELECT o.order_id FROM employees e JOIN orders o USING (employee_id) WHERE e.number = $1 AND o.placed_at >= $2
UNION
SELECT o.order_id FROM employees e JOIN team_shares s USING (employee_id) JOIN team_versions v USING (version_id)
JOIN orders o ON o.team_id = v.team_id AND v.valid @> o.called_at WHERE e.number = $1 AND o.placed_at >= $2;

-- name: today_in
-- The orders placed from $2 on in department $1 and those below it; null: in any.
SELECT o.order_id FROM orders o LEFT JOIN teams t ON t.team_id = o.team_id
LEFT JOIN employees l ON l.employee_id = t.leader_id
WHERE o.placed_at >= $2 AND ($1::bigint IS NULL OR coalesce(o.department_id, l.department_id) IN (
    SELECT department_id FROM department_paths WHERE $1 = ANY (ids)));

-- name: newest
-- The numbers of the newest $2 orders of department $1 and those below it; null: of all. As ordering_book.listed_in has them.
SELECT own.order_id FROM (SELECT o.order_id FROM orders o WHERE $1::bigint IS NULL ORDER BY o.order_id DESC LIMIT $2) AS own
UNION ALL
SELECT own.order_id FROM department_paths d CROSS JOIN LATERAL (
    SELECT o.order_id FROM orders o WHERE o.department_id = d.department_id ORDER BY o.order_id DESC LIMIT $2) AS own
WHERE $1 = ANY (d.ids)
UNION ALL
SELECT own.order_id FROM department_paths d JOIN employees l USING (department_id) JOIN teams t ON t.leader_id = l.employee_id
CROSS JOIN LATERAL (
    SELECT o.order_id FROM orders o WHERE o.team_id = t.team_id AND o.department_id IS NULL ORDER BY o.order_id DESC LIMIT $2) AS own
WHERE $1 = ANY (d.ids)
ORDER BY 1 DESC LIMIT $2;

-- name: book
-- Orders $1 as people look them up.
SELECT b.* FROM order_book b WHERE b.order_id = ANY ($1::bigint[]);

-- name: sold
-- Orders $1: who sold each, in which departments, and what it earned whom ("": a department).
SELECT o.order_id, o.state, o.placed_at, o.subscriber, o.price_fen, p.code AS product, p.name_zh, p.name_en,
       coalesce(e.number, '') AS employee, s.sellers, coalesce(d.ids, '{}') AS departments, c.earners, c.earned
FROM orders o JOIN products p USING (product_id) LEFT JOIN employees e ON e.employee_id = o.employee_id
LEFT JOIN teams t ON t.team_id = o.team_id LEFT JOIN employees l ON l.employee_id = t.leader_id
LEFT JOIN department_paths d ON d.department_id = coalesce(o.department_id, l.department_id)
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(m.number), '{}') AS sellers FROM (
        SELECT e.number WHERE e.number IS NOT NULL
        UNION
        SELECT member.number FROM team_versions v JOIN team_shares share USING (version_id)
        JOIN employees member ON member.employee_id = share.employee_id
        WHERE v.team_id = o.team_id AND v.valid @> o.called_at) m) s
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(i.number), '{}') AS earners, coalesce(array_agg(i.fen), '{}') AS earned FROM (
        SELECT coalesce(earner.number, '') AS number, sum(k.amount_fen)::bigint AS fen
        FROM commission_ledger k LEFT JOIN employees earner ON earner.employee_id = k.employee_id
        WHERE k.order_id = o.order_id GROUP BY 1) i) c
WHERE o.order_id = ANY ($1::bigint[]) ORDER BY o.order_id;
