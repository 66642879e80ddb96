-- What was sold, counted: by the day and the claim, and three coarser counts made of those, as a report reads the smallest that knows enough. Orders and what they earn are
-- marked by triggers in the transaction that changes them; ccore/reports/counting.py counts again what is marked. Days are
-- those of the site's zone at the time of counting; an order counts for the day it was placed.

CREATE TABLE sales_due (
    due_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint NOT NULL
);
CREATE FUNCTION mark_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales_due (order_id) SELECT order_id FROM changed WHERE order_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER count_placed AFTER INSERT ON orders REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_order();
CREATE TRIGGER count_moved AFTER UPDATE ON orders REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_order();
CREATE TRIGGER count_earned AFTER INSERT ON commission_postings REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_order();
INSERT INTO sales_due (order_id) SELECT order_id FROM orders;
CREATE INDEX ON commission_postings (order_id);

-- How each order was counted last, so that what changes is taken from where it was.
CREATE TABLE sales_counted (
    order_id      bigint PRIMARY KEY REFERENCES orders,
    day           date NOT NULL,
    state         text NOT NULL,
    commission_fen bigint NOT NULL
);

-- team_id and department_id: 0 for none. A part for each month: a year more of data is a dozen parts that are not read.
CREATE TABLE sales_by_claim_day (
    day           date NOT NULL,
    claim_id      bigint NOT NULL,
    department_id bigint NOT NULL,
    channel       text NOT NULL,
    state         text NOT NULL,
    product_id    bigint NOT NULL,
    employee_id   bigint,
    team_id       bigint,
    orders        bigint NOT NULL,
    price_fen     bigint NOT NULL,
    commission_fen bigint NOT NULL,
    PRIMARY KEY (day, claim_id, department_id, channel, state)
) PARTITION BY RANGE (day);
CREATE INDEX ON sales_by_claim_day (employee_id, day);
CREATE INDEX ON sales_by_claim_day (claim_id, day);
CREATE FUNCTION make_sales_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := to_char(month, '"sales_by_claim_day_"YYYY_MM');
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF sales_by_claim_day FOR VALUES FROM (%L) TO (%L)', part, month, month + interval '1 month');
    END IF;
END $$;

-- For long times by the day, without who sold.
CREATE TABLE sales_by_group_day (
    day           date NOT NULL,
    product_id    bigint NOT NULL,
    department_id bigint NOT NULL,
    team_id       bigint NOT NULL,
    channel       text NOT NULL,
    state         text NOT NULL,
    orders        bigint NOT NULL,
    price_fen     bigint NOT NULL,
    commission_fen bigint NOT NULL,
    PRIMARY KEY (day, product_id, department_id, team_id, channel, state)
);

CREATE TABLE sales_by_group_month (
    month         date NOT NULL,
    product_id    bigint NOT NULL,
    department_id bigint NOT NULL,
    team_id       bigint NOT NULL,
    channel       text NOT NULL,
    state         text NOT NULL,
    orders        bigint NOT NULL,
    price_fen     bigint NOT NULL,
    commission_fen bigint NOT NULL,
    PRIMARY KEY (month, product_id, department_id, team_id, channel, state)
);

-- For long times by who sold, by the month (its first day).
CREATE TABLE sales_by_claim_month (
    month         date NOT NULL,
    claim_id      bigint NOT NULL,
    department_id bigint NOT NULL,
    channel       text NOT NULL,
    state         text NOT NULL,
    product_id    bigint NOT NULL,
    employee_id   bigint,
    team_id       bigint,
    orders        bigint NOT NULL,
    price_fen     bigint NOT NULL,
    commission_fen bigint NOT NULL,
    PRIMARY KEY (month, claim_id, department_id, channel, state)
);
CREATE INDEX ON sales_by_claim_month (employee_id, month);

-- Every try to order, for the way from tries to orders. `dialled` is as it was understood or not; a try never changes.
CREATE TABLE attempts_due (
    attempt_id    bigint PRIMARY KEY
);
CREATE FUNCTION mark_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO attempts_due SELECT attempt_id FROM changed;
    RETURN NULL;
END $$;
CREATE TRIGGER count_tried AFTER INSERT ON order_attempts REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_attempt();
INSERT INTO attempts_due SELECT attempt_id FROM order_attempts;
CREATE TABLE attempt_days (
    day           date NOT NULL,
    product       text NOT NULL,                        -- its code; '' if none was understood
    claim         text NOT NULL,
    channel       text NOT NULL,
    outcome       text NOT NULL,
    attempts      bigint NOT NULL,
    PRIMARY KEY (day, product, claim, channel, outcome)
);

-- Files that people asked for: made in the background, kept for a day, and whoever asked is in the audit.
CREATE TABLE exports (
    export_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_by      text NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind          text NOT NULL CHECK (kind IN ('sales', 'orders')),
    format        text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    question      jsonb NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'making', 'ready', 'failed', 'gone')),
    rows_done     bigint NOT NULL DEFAULT 0,
    rows_all      bigint,
    trouble       text NOT NULL DEFAULT '',
    begun_at      timestamptz,
    ready_at      timestamptz,
    bytes         bigint
);
CREATE INDEX ON exports (export_id) WHERE state IN ('waiting', 'making');
CREATE TABLE export_parts (
    export_id     bigint NOT NULL REFERENCES exports ON DELETE CASCADE,
    part          integer NOT NULL,
    content       bytea NOT NULL,
    PRIMARY KEY (export_id, part)
);
