-- The product pool and those who claim from it: who may order what, prices that change on a date, tests of products,
-- departments as a tree, and codes given out under concurrency.

-- Who may order it: numbers that begin with one of `beginnings` (+86138) or of its regions; neither: everybody.
-- `revision` counts the changes that ask for another test.
ALTER TABLE products
    ADD beginnings text[] NOT NULL DEFAULT '{}',
    ADD regions text[] NOT NULL DEFAULT '{}',
    ADD part_held text NOT NULL DEFAULT 'refuse' CHECK (part_held IN ('refuse', 'allow')), -- a subscriber has a part of this combo
    ADD revision integer NOT NULL DEFAULT 1 CHECK (revision > 0);
CREATE TABLE number_regions (
    region        text PRIMARY KEY CHECK (region ~ '^[a-z][a-z0-9-]{1,40}$'),
    beginnings    text[] NOT NULL CHECK (beginnings <> '{}')
);

-- What a subscriber must have (one of them, active), and what they may not have, to order a product.
CREATE TABLE product_relations (
    product_id    bigint NOT NULL REFERENCES products,
    other_id      bigint NOT NULL REFERENCES products,
    kind          text NOT NULL CHECK (kind IN ('needs', 'excludes')),
    PRIMARY KEY (product_id, other_id),
    CHECK (product_id <> other_id)
);

-- Price and confirmation of a product on sale from a date on. Before the first of these, what products has holds.
CREATE TABLE product_terms (
    product_id    bigint NOT NULL REFERENCES products,
    valid         tstzrange NOT NULL CHECK (NOT isempty(valid) AND lower(valid) IS NOT NULL),
    price_fen     bigint NOT NULL CHECK (price_fen > 0),
    confirm       text NOT NULL CHECK (confirm IN ('none', 'key', 'sms')),
    confirm_within_h integer NOT NULL CHECK (confirm_within_h BETWEEN 1 AND 720),
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    EXCLUDE USING gist (product_id WITH =, valid WITH &&)
);
CREATE FUNCTION product_terms_at(product bigint, at timestamptz)
RETURNS TABLE (price_fen bigint, confirm text, confirm_within_h integer) LANGUAGE sql STABLE AS $$
    SELECT coalesce(t.price_fen, p.price_fen), coalesce(t.confirm, p.confirm), coalesce(t.confirm_within_h, p.confirm_within_h)
    FROM products p LEFT JOIN product_terms t ON t.product_id = p.product_id AND t.valid @> at
    WHERE p.product_id = product
$$;

-- What an order is judged by beside price and dates: whether the number may order it, whether its owner has one of what it
-- needs, has what it excludes, or has a part of it (or a combo it is a part of) where that is no matter of indifference.
CREATE FUNCTION product_fits(product bigint, subscriber text)
RETURNS TABLE (number_allowed boolean, has_needed boolean, has_excluded boolean, has_part boolean) LANGUAGE sql STABLE AS $$
    WITH mine AS (
        SELECT o.product_id, o.state FROM orders o
        WHERE o.subscriber = product_fits.subscriber AND o.state NOT IN ('rejected', 'expired', 'cancelled')
    )
    SELECT (p.beginnings = '{}' AND p.regions = '{}')
               OR EXISTS (SELECT FROM unnest(p.beginnings) b WHERE starts_with(product_fits.subscriber, b))
               OR EXISTS (SELECT FROM number_regions r, unnest(r.beginnings) b
                          WHERE r.region = ANY (p.regions) AND starts_with(product_fits.subscriber, b)),
           NOT EXISTS (SELECT FROM product_relations r WHERE r.product_id = product AND r.kind = 'needs')
               OR EXISTS (SELECT FROM product_relations r JOIN mine ON mine.product_id = r.other_id
                          WHERE r.product_id = product AND r.kind = 'needs' AND mine.state = 'active'),
           EXISTS (SELECT FROM product_relations r JOIN mine ON mine.product_id = r.other_id
                   WHERE r.product_id = product AND r.kind = 'excludes'),
           EXISTS (SELECT FROM product_parts t JOIN products combo ON combo.product_id = t.combo_id AND combo.part_held = 'refuse'
                   JOIN mine ON mine.product_id IN (t.combo_id, t.part_id)
                   WHERE product IN (t.combo_id, t.part_id) AND mine.product_id <> product)
    FROM products p WHERE p.product_id = product
$$;

-- Every dry order, step by step; one that passed counts for the revision it tried.
CREATE TABLE product_tests (
    test_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint NOT NULL REFERENCES products,
    revision      integer NOT NULL,
    passed        boolean NOT NULL,
    steps         jsonb NOT NULL,
    tested_by     text NOT NULL,
    tested_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON product_tests (product_id, test_id);

-- Departments are a tree: a name stands once among its sisters. `ids` begins with the root and ends with the department.
ALTER TABLE departments
    DROP CONSTRAINT departments_name_key,
    ADD CONSTRAINT departments_name_once UNIQUE NULLS NOT DISTINCT (parent_id, name);
CREATE VIEW department_paths AS
WITH RECURSIVE path AS (
    SELECT department_id, name AS path, ARRAY[department_id] AS ids FROM departments WHERE parent_id IS NULL
    UNION ALL
    SELECT d.department_id, path.path || '/' || d.name, path.ids || d.department_id
    FROM departments d JOIN path ON path.department_id = d.parent_id
)
SELECT department_id, path, ids FROM path;

-- The claim this one goes on from, when its holder left and somebody else took the code over.
ALTER TABLE claims ADD handed_from bigint REFERENCES claims;

-- Who sells by a claim at a time: its person, its team's members of then, or everybody in its department.
CREATE FUNCTION sellers_of(person bigint, team bigint, department bigint, at timestamptz)
RETURNS SETOF employees LANGUAGE sql STABLE AS $$
    SELECT e.* FROM employees e
    WHERE coalesce(e.left_at > at, true)
      AND (e.employee_id = person OR e.department_id = department
           OR e.employee_id IN (SELECT s.employee_id FROM team_versions v JOIN team_shares s USING (version_id)
                                WHERE v.team_id = team AND v.valid @> at))
$$;

-- Claims of one holder, and codes of one product, are given out one after the other; who needs both asks in this order.
CREATE FUNCTION holder_turn(person bigint, team bigint, department bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'claims of', 'p' || person, 't' || team, 'd' || department), 0))
$$;
CREATE FUNCTION product_turn(product bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('claims in product ' || product, 0))
$$;

-- Gives the lowest code that is free at `starts`, or says why there is none: `reason` is held, limit, holder-gone,
-- not-on-sale or exhausted. Whoever calls has judged all else. A function, as each of its statements sees what was committed
-- while it waited for its turn; a single statement would not. Of 999 codes the search takes 0.6 ms of the 4 ms of a claim; a
-- table of codes would save the half of it, and have to be kept true.
CREATE FUNCTION make_claim(
    product bigint, person bigint, team bigint, department bigint, starts timestamptz, ends timestamptz,
    width integer, reserved text[], quarantine interval, most integer, who text,
    OUT claim_id bigint, OUT code text, OUT reason text) LANGUAGE plpgsql AS $$
DECLARE
    held integer;
    same boolean;
    rested timestamptz := starts - quarantine; -- a code that was given back by then is free
BEGIN
    PERFORM holder_turn(person, team, department);
    SELECT count(*), coalesce(bool_or(c.product_id = product), false) INTO held, same
    FROM claims c
    WHERE (c.employee_id = person OR c.team_id = team OR c.department_id = department)
      AND c.valid && tstzrange(starts, ends);
    IF same THEN reason := 'held'; RETURN; END IF;
    IF held >= most THEN reason := 'limit'; RETURN; END IF;
    IF EXISTS (SELECT FROM employees e WHERE e.employee_id = person AND e.left_at <= starts) THEN
        reason := 'holder-gone'; RETURN;
    END IF;
    PERFORM product_turn(product);
    IF NOT EXISTS (SELECT FROM products p WHERE p.product_id = product AND p.state = 'on-sale') THEN
        reason := 'not-on-sale'; RETURN;
    END IF;
    SELECT free INTO code
    FROM (SELECT lpad(n::text, width, '0') AS free FROM generate_series(0, (10 ^ width)::integer - 1) AS n) AS every
    WHERE free <> ALL (reserved) AND NOT EXISTS (
        SELECT FROM claims c
        WHERE c.product_id = product AND c.code = free AND (upper_inf(c.valid) OR upper(c.valid) > rested))
    ORDER BY free LIMIT 1;
    IF code IS NULL THEN reason := 'exhausted'; RETURN; END IF;
    INSERT INTO claims (product_id, code, employee_id, team_id, department_id, valid, made_by)
    VALUES (product, code, person, team, department, tstzrange(starts, ends), who)
    RETURNING claims.claim_id INTO claim_id;
END $$;

-- The introduction of a claimed product, and how it is ordered, to everybody who sells by claim `claimed`: how many that
-- were. `access` is the number that its code comes after.
CREATE FUNCTION send_kit(claimed bigint, access text) RETURNS integer LANGUAGE sql AS $$
    WITH queued AS (
        INSERT INTO outbox (kind, recipient, language, params)
        SELECT 'claim-kit', s.phone, s.language, jsonb_build_object(
            'product_zh', p.name_zh, 'product_en', p.name_en, 'intro', CASE s.language WHEN 'zh' THEN p.intro_zh ELSE p.intro_en END,
            'number', access || p.code || c.code, 'code', p.code || c.code, 'price_fen', terms.price_fen, 'employee', s.name)
        FROM claims c JOIN products p USING (product_id)
        CROSS JOIN LATERAL (SELECT greatest(lower(c.valid), clock_timestamp()) AS at) sold
        CROSS JOIN LATERAL product_terms_at(p.product_id, sold.at) terms
        CROSS JOIN LATERAL sellers_of(c.employee_id, c.team_id, c.department_id, sold.at) s
        WHERE c.claim_id = claimed
        RETURNING message_id
    )
    SELECT count(*)::integer FROM queued
$$;
