-- The product pool (ccore/marketing/products.py). What a product is stands in several tables; `product` puts it together.

-- name: products
-- Those of code $1 (null: all), by code, as they are at $2, with what claims hold of them.
SELECT p.product_id, p.code, p.state, p.name_zh, p.name_en, p.intro_zh, p.intro_en, p.term_days, p.lines, p.ways,
       lower(p.sale) AS sale_from, upper(p.sale) AS sale_until, p.provision_as, p.beginnings, p.regions, p.part_held,
       p.revision, terms.price_fen, terms.confirm, terms.confirm_within_h,
       coalesce(last.price_fen, p.price_fen) AS last_price_fen, coalesce(last.confirm, p.confirm) AS last_confirm,
       coalesce(last.confirm_within_h, p.confirm_within_h) AS last_confirm_within_h,
       CASE WHEN lower(last.valid) > $2 THEN lower(last.valid) END AS last_from,
       ARRAY(SELECT o.code FROM product_relations r JOIN products o ON o.product_id = r.other_id
             WHERE r.product_id = p.product_id AND r.kind = 'needs' ORDER BY o.code) AS needs,
       ARRAY(SELECT o.code FROM product_relations r JOIN products o ON o.product_id = r.other_id
             WHERE r.product_id = p.product_id AND r.kind = 'excludes' ORDER BY o.code) AS excludes,
       ARRAY(SELECT o.code FROM product_parts r JOIN products o ON o.product_id = r.part_id
             WHERE r.combo_id = p.product_id ORDER BY o.code) AS parts,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'version', r.version, 'starts', lower(r.valid), 'ends', upper(r.valid), 'kind', r.kind, 'fen', r.fen,
            'basis_points', r.basis_points, 'tiers', r.tiers, 'hold_days', r.hold_days, 'clawback_days', r.clawback_days)
            ORDER BY lower(r.valid)), '[]') FROM commission_rules r WHERE r.product_id = p.product_id) AS commission,
       (SELECT count(*) FROM claims c WHERE c.product_id = p.product_id AND c.valid @> $2::timestamptz) AS claims
FROM products p
CROSS JOIN LATERAL product_terms_at(p.product_id, $2::timestamptz) AS terms
LEFT JOIN product_terms last ON last.product_id = p.product_id AND upper_inf(last.valid)
WHERE $1::text IS NULL OR p.code = $1
ORDER BY p.code;

-- name: lock
-- Product $1, which nobody else changes, claims or ends until the end of the transaction.
SELECT product_id, state, revision FROM products WHERE code = $1 FOR UPDATE;

-- name: turn
-- Nobody is given a code of product $1 (its number) until the end of the transaction.
WITH turn AS MATERIALIZED (SELECT product_turn($1) IS NULL AS mine) SELECT mine FROM turn;

-- name: add
-- A new draft.
INSERT INTO products (code, name_zh, name_en, intro_zh, intro_en, price_fen, term_days, lines, ways, confirm, confirm_within_h,
                      sale, provision_as, beginnings, regions, part_held)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, tstzrange($12, $13), $14, $15, $16, $17)
RETURNING product_id;

-- name: change
-- Product $1 becomes this, in state $18. $19: something of it asks for another test.
UPDATE products
SET name_zh = $2, name_en = $3, intro_zh = $4, intro_en = $5, price_fen = $6, term_days = $7, lines = $8, ways = $9, confirm = $10,
    confirm_within_h = $11, sale = tstzrange($12, $13), provision_as = $14, beginnings = $15, regions = $16, part_held = $17,
    state = $18, revision = revision + $19::boolean::integer
WHERE code = $1
RETURNING product_id;

-- name: words
-- What may change of product $1 at any time: names, introductions, and when it is sold.
UPDATE products SET name_zh = $2, name_en = $3, intro_zh = $4, intro_en = $5, sale = tstzrange($6, $7) WHERE code = $1;

-- name: forget_others
-- Product $1 (its number) needs, excludes and is made of nothing.
WITH relations AS (DELETE FROM product_relations WHERE product_id = $1)
DELETE FROM product_parts WHERE combo_id = $1;

-- name: add_relations
-- Product $1 needs one of the codes $2, and excludes $3.
INSERT INTO product_relations (product_id, other_id, kind)
SELECT $1, o.product_id, CASE WHEN o.code = ANY ($2::text[]) THEN 'needs' ELSE 'excludes' END
FROM products o WHERE o.code = ANY ($2 || $3::text[]);

-- name: add_parts
-- Combo $1 is made of the codes $2.
INSERT INTO product_parts (combo_id, part_id) SELECT $1, o.product_id FROM products o WHERE o.code = ANY ($2::text[]);

-- name: codes
-- Which of the codes $1 there are; a combo is no part of another.
SELECT code, EXISTS (SELECT FROM product_parts t WHERE t.combo_id = p.product_id) AS combo FROM products p WHERE code = ANY ($1::text[]);

-- name: regions
-- Every region that is known.
SELECT region, beginnings FROM number_regions ORDER BY region;

-- name: put_region
-- Region $1 has the beginnings $2; no row comes back if it had them before.
INSERT INTO number_regions AS r (region, beginnings) VALUES ($1, $2)
ON CONFLICT (region) DO UPDATE SET beginnings = excluded.beginnings WHERE r.beginnings <> excluded.beginnings
RETURNING region;

-- name: forget_rules
-- Product $1 earns nothing; it was never sold, so nothing was ever booked by its rules.
DELETE FROM commission_rules WHERE product_id = $1;

-- name: end_rule
-- The last version of product $1 ends at $2, unless there is a version that begins then or later: no row comes back.
UPDATE commission_rules r SET valid = tstzrange(lower(valid), $2)
WHERE product_id = $1 AND upper_inf(valid) AND lower(valid) < $2
RETURNING version;

-- name: add_rule
-- The next version of what product $1 earns.
INSERT INTO commission_rules (product_id, version, valid, kind, fen, basis_points, tiers, hold_days, clawback_days, made_by)
SELECT $1, 1 + coalesce(max(version), 0), tstzrange($2, $3), $4, $5, $6, $7, $8, $9, $10 FROM commission_rules WHERE product_id = $1
RETURNING version;

-- name: end_terms
-- The last terms of product $1 end at $2; no row comes back if there are none, or they begin then or later.
UPDATE product_terms SET valid = tstzrange(lower(valid), $2) WHERE product_id = $1 AND upper_inf(valid) AND lower(valid) < $2
RETURNING lower(valid);

-- name: later_terms
-- Whether terms of product $1 begin at $2 or later.
SELECT EXISTS (SELECT FROM product_terms WHERE product_id = $1 AND lower(valid) >= $2);

-- name: add_terms
-- From $2 on, product $1 costs $3 and is confirmed so, says $6.
INSERT INTO product_terms (product_id, valid, price_fen, confirm, confirm_within_h, made_by)
VALUES ($1, tstzrange($2, NULL), $3, $4, $5, $6);

-- name: set_state
-- Product $1 (its number) is in state $2.
UPDATE products SET state = $2 WHERE product_id = $1;

-- name: end_sale
-- Product $1 (its number) is not sold any more from $2 on; its claims end, says $3. How many.
WITH sold AS (
    UPDATE products SET state = 'ended', sale = CASE WHEN sale @> $2::timestamptz THEN tstzrange(lower(sale), $2) ELSE sale END
    WHERE product_id = $1
), over AS (
    UPDATE claims SET valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 us')), ended_by = $3
    WHERE product_id = $1 AND coalesce(upper(valid) > $2, true)
    RETURNING claim_id
)
SELECT count(*) FROM over;

-- name: add_test
-- A test of product $1 at revision $2.
INSERT INTO product_tests (product_id, revision, passed, steps, tested_by) VALUES ($1, $2, $3, $4, $5) RETURNING test_id;

-- name: last_test
-- The last test of product $1 (its code).
SELECT t.test_id, t.revision, t.passed, t.steps, t.tested_by, t.tested_at
FROM product_tests t JOIN products p USING (product_id) WHERE p.code = $1 ORDER BY t.test_id DESC LIMIT 1;
