-- Counts of sales that a year more of data does not make slower: the coarser ones in a part for each year too, and two by the
-- day that know less and are a tenth of the size. These are made of sales_by_group_day by triggers, so that an older ccore that
-- counts meanwhile keeps them as well.

CREATE FUNCTION make_sales_year(counts text, since date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := counts || to_char(since, '"_"YYYY');
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, counts, since, since + interval '1 year');
    END IF;
END $$;

ALTER TABLE sales_by_claim_month RENAME TO was_claim_month;
ALTER TABLE sales_by_group_month RENAME TO was_group_month;
ALTER TABLE sales_by_group_day RENAME TO was_group_day;
ALTER INDEX sales_by_claim_month_pkey RENAME TO was_claim_month_pkey;
ALTER INDEX sales_by_group_month_pkey RENAME TO was_group_month_pkey;
ALTER INDEX sales_by_group_day_pkey RENAME TO was_group_day_pkey;
ALTER INDEX sales_by_claim_month_employee_id_month_idx RENAME TO was_claim_month_employee;

CREATE TABLE sales_by_claim_month (LIKE was_claim_month, PRIMARY KEY (month, claim_id, department_id, channel, state))
    PARTITION BY RANGE (month);
CREATE INDEX ON sales_by_claim_month (employee_id, month);
CREATE TABLE sales_by_group_month (LIKE was_group_month, PRIMARY KEY (month, product_id, department_id, team_id, channel, state))
    PARTITION BY RANGE (month);
CREATE TABLE sales_by_group_day (LIKE was_group_day, PRIMARY KEY (day, product_id, department_id, team_id, channel, state))
    PARTITION BY RANGE (day);
CREATE INDEX ON sales_by_group_day (product_id, day);
CREATE INDEX ON sales_by_group_day (department_id, day);

-- By the day without who sold, where, nor for which team; and without what.
CREATE TABLE sales_by_product_day (
    day           date NOT NULL,
    product_id    bigint NOT NULL,
    channel       text NOT NULL,
    state         text NOT NULL,
    orders        bigint NOT NULL,
    price_fen     bigint NOT NULL,
    commission_fen bigint NOT NULL,
    PRIMARY KEY (day, product_id, channel, state)
) PARTITION BY RANGE (day);
CREATE TABLE sales_by_department_day (
    day           date NOT NULL,
    department_id bigint NOT NULL,
    team_id       bigint NOT NULL,
    channel       text NOT NULL,
    state         text NOT NULL,
    orders        bigint NOT NULL,
    price_fen     bigint NOT NULL,
    commission_fen bigint NOT NULL,
    PRIMARY KEY (day, department_id, team_id, channel, state)
) PARTITION BY RANGE (day);

CREATE FUNCTION count_coarser() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales_by_product_day AS c (day, product_id, channel, state, orders, price_fen, commission_fen)
    SELECT day, product_id, channel, state, sum(orders), sum(price_fen), sum(commission_fen) FROM added GROUP BY 1, 2, 3, 4
    ON CONFLICT (day, product_id, channel, state) DO UPDATE SET orders = c.orders + excluded.orders,
        price_fen = c.price_fen + excluded.price_fen, commission_fen = c.commission_fen + excluded.commission_fen;
    INSERT INTO sales_by_department_day AS c (day, department_id, team_id, channel, state, orders, price_fen, commission_fen)
    SELECT day, department_id, team_id, channel, state, sum(orders), sum(price_fen), sum(commission_fen) FROM added GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (day, department_id, team_id, channel, state) DO UPDATE SET orders = c.orders + excluded.orders,
        price_fen = c.price_fen + excluded.price_fen, commission_fen = c.commission_fen + excluded.commission_fen;
    IF TG_OP = 'UPDATE' THEN  -- what is updated was counted above, as it was
        UPDATE sales_by_product_day c SET orders = c.orders - t.orders, price_fen = c.price_fen - t.price_fen,
            commission_fen = c.commission_fen - t.commission_fen
        FROM (SELECT day, product_id, channel, state, sum(orders) AS orders, sum(price_fen) AS price_fen, sum(commission_fen) AS commission_fen
              FROM taken GROUP BY 1, 2, 3, 4) t
        WHERE (c.day, c.product_id, c.channel, c.state) = (t.day, t.product_id, t.channel, t.state);
        UPDATE sales_by_department_day c SET orders = c.orders - t.orders, price_fen = c.price_fen - t.price_fen,
            commission_fen = c.commission_fen - t.commission_fen
        FROM (SELECT day, department_id, team_id, channel, state, sum(orders) AS orders, sum(price_fen) AS price_fen,
                     sum(commission_fen) AS commission_fen
              FROM taken GROUP BY 1, 2, 3, 4, 5) t
        WHERE (c.day, c.department_id, c.team_id, c.channel, c.state) = (t.day, t.department_id, t.team_id, t.channel, t.state);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_added AFTER INSERT ON sales_by_group_day REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_coarser();
CREATE TRIGGER count_changed AFTER UPDATE ON sales_by_group_day REFERENCING OLD TABLE AS taken NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_coarser();
CREATE FUNCTION forget_coarser() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE sales_by_product_day, sales_by_department_day;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_coarser AFTER TRUNCATE ON sales_by_group_day FOR EACH STATEMENT EXECUTE FUNCTION forget_coarser();

CREATE OR REPLACE FUNCTION make_sales_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := to_char(month, '"sales_by_claim_day_"YYYY_MM');
    counts text;
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF sales_by_claim_day FOR VALUES FROM (%L) TO (%L)', part, month, month + interval '1 month');
    END IF;
    FOREACH counts IN ARRAY ARRAY['sales_by_claim_month', 'sales_by_group_month', 'sales_by_group_day', 'sales_by_product_day', 'sales_by_department_day'] LOOP
        PERFORM make_sales_year(counts, date_trunc('year', month)::date);
    END LOOP;
END $$;

SELECT make_sales_month(month) FROM (SELECT DISTINCT month FROM was_group_month
                                     UNION SELECT DISTINCT month FROM was_claim_month
                                     UNION SELECT DISTINCT date_trunc('month', day)::date FROM was_group_day) months;
INSERT INTO sales_by_claim_month SELECT * FROM was_claim_month ORDER BY month;
INSERT INTO sales_by_group_month SELECT * FROM was_group_month ORDER BY month;
INSERT INTO sales_by_group_day SELECT * FROM was_group_day ORDER BY day;
DROP TABLE was_claim_month, was_group_month, was_group_day;

-- The department an order was sold in; of a team: that of its leader now.
CREATE FUNCTION department_of_order(of_order bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(o.department_id, l.department_id)
    FROM orders o LEFT JOIN teams t USING (team_id) LEFT JOIN employees l ON l.employee_id = t.leader_id
    WHERE o.order_id = of_order
$$;

-- What each who sells has sold and is owed, counted, so that to ask costs the same however many orders there are. What changes
-- is written in the transaction that changes it, as a row of its own, so that nobody waits for anybody else's order;
-- ccore/ordering/commission/tallies.py adds these rows up. Who asks reads both, and is never told of half.

-- Orders that are sold (confirmed, activating, active) by day and what their commission depends on; those of departments alone
-- are nobody's. 0: none.
CREATE TABLE sold_changes (
    change_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    placed_at     timestamptz NOT NULL,
    employee_id   bigint NOT NULL,
    team_id       bigint NOT NULL,
    version_id    bigint NOT NULL,                      -- of the team, when the order was placed
    product_id    bigint NOT NULL,
    rule_id       bigint NOT NULL,
    price_fen     bigint NOT NULL,
    orders        bigint NOT NULL
);
CREATE INDEX ON sold_changes (employee_id);
CREATE INDEX ON sold_changes (team_id) WHERE team_id <> 0;
CREATE TABLE sold_days (
    day           timestamptz NOT NULL,                 -- midnight of the site's zone
    employee_id   bigint NOT NULL,
    team_id       bigint NOT NULL,
    version_id    bigint NOT NULL,
    product_id    bigint NOT NULL,
    rule_id       bigint NOT NULL,
    price_fen     bigint NOT NULL,
    orders        bigint NOT NULL,
    PRIMARY KEY (employee_id, team_id, day, version_id, product_id, rule_id, price_fen)
);

-- What is owed by account, of all times; and what was earned by day: sales, what was given back, adjustments.
CREATE TABLE owed_changes (
    change_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booked_at     timestamptz NOT NULL,
    employee_id   bigint NOT NULL,
    account       text NOT NULL,
    fen           bigint NOT NULL,
    earned        boolean NOT NULL
);
CREATE INDEX ON owed_changes (employee_id);
CREATE TABLE owed (
    employee_id   bigint NOT NULL,
    account       text NOT NULL,
    fen           bigint NOT NULL,
    PRIMARY KEY (employee_id, account)
);
CREATE TABLE earned_days (
    employee_id   bigint NOT NULL,
    day           timestamptz NOT NULL,
    fen           bigint NOT NULL,
    PRIMARY KEY (employee_id, day)
);

CREATE FUNCTION is_sold(o orders) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT o.state IN ('confirmed', 'activating', 'active') AND num_nonnulls(o.employee_id, o.team_id) > 0
$$;
CREATE FUNCTION note_sold(o orders, orders bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sold_changes (placed_at, employee_id, team_id, version_id, product_id, rule_id, price_fen, orders)
    SELECT o.placed_at, coalesce(o.employee_id, 0), coalesce(o.team_id, 0),
           coalesce((SELECT v.version_id FROM team_versions v WHERE v.team_id = o.team_id AND v.valid @> o.called_at), 0),
           o.product_id, coalesce(o.rule_id, 0), o.price_fen, note_sold.orders
$$;
CREATE FUNCTION tally_sold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND is_sold(OLD) THEN
        PERFORM note_sold(OLD, -1);
    END IF;
    IF is_sold(NEW) THEN
        PERFORM note_sold(NEW, 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_sold AFTER INSERT ON orders FOR EACH ROW WHEN (is_sold(NEW)) EXECUTE FUNCTION tally_sold();
CREATE TRIGGER tally_moved AFTER UPDATE ON orders FOR EACH ROW
    WHEN (is_sold(OLD) <> is_sold(NEW) OR is_sold(NEW) AND
          (OLD.placed_at, OLD.called_at, OLD.employee_id, OLD.team_id, OLD.product_id, OLD.rule_id, OLD.price_fen)
          IS DISTINCT FROM (NEW.placed_at, NEW.called_at, NEW.employee_id, NEW.team_id, NEW.product_id, NEW.rule_id, NEW.price_fen))
    EXECUTE FUNCTION tally_sold();

CREATE FUNCTION tally_owed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO owed_changes (booked_at, employee_id, account, fen, earned)
    SELECT p.booked_at, e.employee_id, e.account, e.amount_fen, p.kind IN ('sale', 'clawback', 'adjustment')
    FROM booked e JOIN commission_postings p USING (posting_id) WHERE e.employee_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_owed AFTER INSERT ON commission_entries REFERENCING NEW TABLE AS booked
    FOR EACH STATEMENT EXECUTE FUNCTION tally_owed();

-- Tally all there is anew.
CREATE FUNCTION tally_again() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE orders, commission_entries IN SHARE MODE;
    TRUNCATE sold_changes, sold_days, owed_changes, owed, earned_days;
    PERFORM note_sold(o, 1) FROM orders o WHERE is_sold(o);
    INSERT INTO owed_changes (booked_at, employee_id, account, fen, earned)
    SELECT p.booked_at, e.employee_id, e.account, e.amount_fen, p.kind IN ('sale', 'clawback', 'adjustment')
    FROM commission_entries e JOIN commission_postings p USING (posting_id) WHERE e.employee_id IS NOT NULL;
END $$;
SELECT tally_again();

-- How far closing a period is: its tiers are booked some orders at a time, so that nobody waits for all of them.
ALTER TABLE sales_periods
    ADD closing_since timestamptz,
    ADD tiers_through_at timestamptz,                   -- of the orders up to this one, in the order of their placing
    ADD tiers_through_order bigint,
    ADD tiers bigint NOT NULL DEFAULT 0,
    ADD tiers_fen bigint NOT NULL DEFAULT 0;

-- The digit after others by which a wrong one is noticed (Luhn); ccore/ordering/number.py has the same.
CREATE FUNCTION check_digit(digits text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT mod(10 - mod(sum(v / 10 + v % 10), 10), 10)::text
    FROM (SELECT digit::integer * CASE WHEN place % 2 = 1 THEN 2 ELSE 1 END AS v
          FROM regexp_split_to_table(reverse(digits), '') WITH ORDINALITY AS d (digit, place)) AS doubled
$$;
-- The kit of a claim whose code stands after `access`, with a check digit if `checked`.
CREATE FUNCTION send_kit(claimed bigint, access text, checked boolean) RETURNS integer LANGUAGE sql AS $$
    WITH queued AS (
        INSERT INTO outbox (kind, recipient, language, params)
        SELECT 'claim-kit', s.phone, s.language, jsonb_build_object(
            'product_zh', p.name_zh, 'product_en', p.name_en, 'intro', CASE s.language WHEN 'zh' THEN p.intro_zh ELSE p.intro_en END,
            'number', access || digits.code, 'code', digits.code, 'price_fen', terms.price_fen, 'employee', s.name)
        FROM claims c JOIN products p USING (product_id)
        CROSS JOIN LATERAL (SELECT p.code || c.code || CASE WHEN checked THEN check_digit(p.code || c.code) ELSE '' END AS code) digits
        CROSS JOIN LATERAL (SELECT greatest(lower(c.valid), clock_timestamp()) AS at) sold
        CROSS JOIN LATERAL product_terms_at(p.product_id, sold.at) terms
        CROSS JOIN LATERAL sellers_of(c.employee_id, c.team_id, c.department_id, sold.at) s
        WHERE c.claim_id = claimed
        RETURNING message_id
    )
    SELECT count(*)::integer FROM queued
$$;
