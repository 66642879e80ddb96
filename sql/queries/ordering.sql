-- What one-dial orders read and write. A call is judged by what held at the moment it was made, `called_at`.

-- name: facts
-- All that the judgement of one try needs, always in one row.
-- $1 call key, $2 subscriber or null, $3 product code or null, $4 claim code or null, $5 called at,
-- $6 the wrong-code window as an interval. Of the rules against fraud: $7 and $8 the windows of velocity and cycle,
-- $9 and $10 up to how many orders of the hour are counted, of the claim and of the trunk (0: none), $11 the trunk.
-- $12 the employee who orders for them ('': nobody does): a number of theirs is as a seller's own. $13 whether the
-- holder's department is asked for.
SELECT earlier.caller AS earlier_caller,
       earlier.dialled AS earlier_dialled,
       earlier.outcome AS earlier_outcome,
       EXISTS (SELECT FROM barred_numbers b WHERE b.number = $2) AS barred,
       (SELECT count(*) FROM order_attempts a
         WHERE a.subscriber = $2 AND a.called_at > $5::timestamptz - $6::interval AND a.called_at <= $5
           AND a.outcome = 'unknown-code') AS wrong_codes,
       mine.*,
       coalesce(terms.price_fen, p.price_fen) AS price_fen, coalesce(terms.confirm, p.confirm) AS confirm,
       coalesce(terms.confirm_within_h, p.confirm_within_h) AS confirm_within_h,
       p.lines, p.state AS product_state, lower(p.sale) AS sale_from, upper(p.sale) AS sale_until, p.ways,
       p.provision_as IS NOT NULL OR EXISTS (SELECT FROM product_parts t JOIN products part ON part.product_id = t.part_id
                                             WHERE t.combo_id = p.product_id AND part.provision_as IS NOT NULL) AS provided,
       CASE WHEN p.beginnings <> '{}' OR p.regions <> '{}'
                 OR EXISTS (SELECT FROM product_relations l WHERE l.product_id = p.product_id)
                 OR EXISTS (SELECT FROM product_parts t WHERE p.product_id IN (t.combo_id, t.part_id))
            THEN order_misfit(p.product_id, $2) ELSE '' END AS not_eligible,
       r.kind, r.fen, r.basis_points,
       c.claim_id, c.valid_from, c.valid_until,
       e.left_at, s.sellers, s.shares, s.own_number, s.newest_seller,
       CASE WHEN $9::integer > 0 THEN (
           SELECT count(*) FROM (SELECT FROM orders o
                                 WHERE o.claim_id = c.claim_id AND o.called_at > $5::timestamptz - interval '1 hour'
                                   AND o.called_at <= $5 LIMIT $9) AS n) ELSE 0 END AS claim_hour,
       CASE WHEN $10::integer > 0 THEN (
           SELECT count(*) FROM (SELECT FROM orders o
                                 WHERE o.trunk = $11 AND o.trunk <> '' AND o.called_at > $5::timestamptz - interval '1 hour'
                                   AND o.called_at <= $5 LIMIT $10) AS n) ELSE 0 END AS trunk_hour,
       CASE WHEN $13::boolean THEN (
           SELECT d.path FROM department_paths d
           WHERE d.department_id = coalesce(c.department_id, e.department_id,
                                            (SELECT l.department_id FROM teams t JOIN employees l ON l.employee_id = t.leader_id
                                             WHERE t.team_id = c.team_id))) END AS department
FROM (SELECT coalesce(max(o.nth), 0) AS orders_ever,
             count(*) FILTER (WHERE o.called_at > $5::timestamptz - interval '24 hours'
                                AND o.called_at < $5::timestamptz + interval '24 hours') AS orders_within_a_day,
             coalesce(bool_or(o.state NOT IN ('rejected', 'expired', 'cancelled') AND ordered.code = $3), false) AS has_live_order,
             coalesce(bool_or(o.state = 'pending_confirm' AND ordered.code = $3), false) AS waits,
             coalesce(bool_or(o.earns IS NULL AND o.state <> 'rejected'), false) AS has_had,
             count(*) FILTER (WHERE o.called_at > $5::timestamptz - $7::interval AND o.called_at <= $5) AS recent,
             count(*) FILTER (WHERE o.state = 'cancelled' AND ordered.code = $3
                                AND o.called_at > $5::timestamptz - $8::interval) AS given_up
      FROM orders o JOIN products ordered USING (product_id)
      WHERE o.subscriber = $2) AS mine
LEFT JOIN order_attempts earlier ON earlier.call_key = $1
LEFT JOIN products p ON p.code = $3
LEFT JOIN product_terms terms ON terms.product_id = p.product_id AND terms.valid @> $5::timestamptz
LEFT JOIN commission_rules r ON r.product_id = p.product_id AND r.valid @> $5::timestamptz
LEFT JOIN LATERAL (
    -- The newest holder of the code; a claim that begins only later is not there yet.
    SELECT claim_id, employee_id, team_id, department_id, lower(valid) AS valid_from, upper(valid) AS valid_until
    FROM claims
    WHERE product_id = p.product_id AND code = $4 AND lower(valid) <= $5
    ORDER BY lower(valid) DESC
    LIMIT 1) AS c ON true
LEFT JOIN employees e ON e.employee_id = c.employee_id
LEFT JOIN LATERAL (
    -- Who earns by it: its person, its team's members of that day, or (null) its department.
    SELECT array_agg(seller.employee_id ORDER BY seller.employee_id) AS sellers,
           array_agg(seller.basis_points ORDER BY seller.employee_id) AS shares,
           max((SELECT x.joined_at FROM employees x WHERE x.employee_id = seller.employee_id)) AS newest_seller,
           coalesce(bool_or(EXISTS (SELECT FROM employees x WHERE x.employee_id = seller.employee_id AND x.phone = $2)
                         OR EXISTS (SELECT FROM employee_numbers n WHERE n.employee_id = seller.employee_id AND n.number = $2)),
                    false)
           OR $12::text <> '' AND EXISTS (
               SELECT FROM employees x WHERE x.number = $12 AND (x.phone = $2 OR EXISTS (
                   SELECT FROM employee_numbers n WHERE n.employee_id = x.employee_id AND n.number = $2))) AS own_number
    FROM (SELECT t.employee_id, t.basis_points
          FROM team_versions v JOIN team_shares t USING (version_id)
          WHERE v.team_id = c.team_id AND v.valid @> $5::timestamptz
          UNION ALL SELECT c.employee_id, 10000 WHERE c.team_id IS NULL) AS seller) AS s ON c.claim_id IS NOT NULL;

-- name: place
-- The order, its commission, its message, its audit entry and its attempt: all or nothing, in one statement.
-- No row comes back, and nothing is written, if the facts have changed since they were read: the claim has ended, or the
-- subscriber has ordered ($3 is taken, or the product is theirs). A call refused meanwhile violates a unique key.
-- $1 call key, $2 subscriber, $3 nth order of the subscriber, $4 claim id, $5 caller as received, $6 dialled,
-- $7 channel, $8 called at, $9 price in fen, $10 employees who earn (null: the claim's department), $11 their parts in fen,
-- $12 state, $13 how and $14 how long from now it is to be confirmed (null: not at all), $15 rules that demanded that,
-- $16 trunk, $17 rules that have the fraud desk look at it, $18 what the subscriber is told (null: nothing), $19 outcome,
-- $20 reason, $21 who orders. An order that waits to be confirmed keeps what it will earn, and books nothing.
WITH placed AS (
    INSERT INTO orders (call_key, subscriber, nth, product_id, claim_id, employee_id, team_id, department_id, rule_id,
                        dialled, price_fen, channel, called_at, state, confirm_by, confirm_until, demanded_by, trunk, earns)
    SELECT $1, $2, $3, c.product_id, c.claim_id, c.employee_id, c.team_id,
           coalesce(c.department_id, (SELECT e.department_id FROM employees e WHERE e.employee_id = c.employee_id)),
           (SELECT r.rule_id FROM commission_rules r WHERE r.product_id = c.product_id AND r.valid @> $8::timestamptz),
           $6, $9, $7, $8, $12, $13, clock_timestamp() + $14::interval, $15, $16,
           CASE WHEN $12 = 'pending_confirm' THEN (
               SELECT jsonb_agg(jsonb_build_array(employee_id, fen))
               FROM unnest($10::bigint[], $11::bigint[]) AS part (employee_id, fen)) END
    FROM claims c
    WHERE c.claim_id = $4 AND c.valid @> $8::timestamptz
    ON CONFLICT DO NOTHING
    RETURNING order_id, product_id, claim_id, department_id, rule_id, state, confirm_until
), posted AS (
    INSERT INTO commission_postings (order_id, kind, rule_id)
    SELECT order_id, 'sale', rule_id FROM placed WHERE state <> 'pending_confirm'
    RETURNING posting_id
), booked AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, department_id, amount_fen)
    SELECT posting_id, 'held', employee_id, CASE WHEN employee_id IS NULL THEN placed.department_id END, fen
    FROM posted, placed, unnest($10::bigint[], $11::bigint[]) AS part (employee_id, fen)
    UNION ALL
    SELECT posting_id, 'expense', NULL, NULL, -(SELECT sum(fen) FROM unnest($11::bigint[]) fen) FROM posted
), to_provide AS (
    INSERT INTO provisionings (order_id, action) SELECT order_id, 'on' FROM placed WHERE state = 'confirmed'
), flagged AS (
    INSERT INTO fraud_flags (order_id, reason) SELECT order_id, reason FROM placed, unnest($17::text[]) AS reason
), queued AS (
    INSERT INTO outbox (order_id, call_key, kind, recipient, params, not_after)
    SELECT order_id, $1, $18, $2, jsonb_build_object(
        'product_zh', p.name_zh, 'product_en', p.name_en, 'price_fen', $9::bigint, 'called_at', $8::timestamptz)
        || CASE WHEN confirm_until IS NULL THEN '{}' ELSE jsonb_build_object('until', confirm_until) END, confirm_until
    FROM placed JOIN products p USING (product_id)
    WHERE $18::text IS NOT NULL
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $21::text, 'order-placed', 'order:' || order_id, jsonb_build_object(
        'call_key', $1::text, 'channel', $7::text, 'claim_id', claim_id,
        'commission_fen', (SELECT sum(fen) FROM unnest($11::bigint[]) fen))
    FROM placed
)
INSERT INTO order_attempts (call_key, caller, subscriber, dialled, channel, outcome, reason, order_id, called_at)
SELECT $1, $5, $2, $6, $7, $19, $20, order_id, $8 FROM placed
RETURNING order_id;

-- name: refuse
-- The attempt that became no order; no row comes back if this call has been judged already.
INSERT INTO order_attempts (call_key, caller, subscriber, dialled, channel, outcome, reason, called_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (call_key) DO NOTHING
RETURNING attempt_id;

-- name: tell_refused
-- A caller who was told "received" (the order went to the spool) is told that call $1 became no order, once.
INSERT INTO outbox (call_key, kind, recipient, params)
SELECT call_key, 'order-not-possible', subscriber, jsonb_build_object(
    'outcome', outcome, 'dialled', dialled, 'called_at', called_at)
FROM order_attempts
WHERE call_key = $1 AND order_id IS NULL AND subscriber IS NOT NULL
ON CONFLICT DO NOTHING;
