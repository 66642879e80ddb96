-- Products, the people who sell them, and the orders taken by dialling one number.
-- Money is integer fen. Times are timestamptz. Numbers of people are E.164 text.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted: add a new one', TG_TABLE_NAME;
END $$;

CREATE TABLE products (
    product_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code          text NOT NULL UNIQUE CHECK (code ~ '^[0-9]{1,6}$'),
    name_zh       text NOT NULL,
    name_en       text NOT NULL,
    price_fen     bigint NOT NULL CHECK (price_fen >= 0),
    lines         text NOT NULL DEFAULT 'any' CHECK (lines IN ('any', 'mobile')),
    sale          tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    commission    text NOT NULL CHECK (commission IN ('flat', 'percent')),
    commission_fen bigint CHECK (commission_fen >= 0),
    commission_basis_points integer CHECK (commission_basis_points BETWEEN 0 AND 10000),
    CHECK ((commission = 'flat') = (commission_fen IS NOT NULL)),
    CHECK ((commission = 'percent') = (commission_basis_points IS NOT NULL))
);

CREATE TABLE departments (
    department_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE,
    parent_id     bigint REFERENCES departments
);

CREATE TABLE employees (
    employee_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number        text NOT NULL UNIQUE,            -- 工号, the employee number
    name          text NOT NULL,
    phone         text NOT NULL CHECK (phone ~ '^\+[0-9]{6,15}$'),
    department_id bigint NOT NULL REFERENCES departments,
    left_at       timestamptz
);
CREATE INDEX ON employees (phone);

-- 认领: an employee holds a code of a product for a period; nobody else holds it in that period.
CREATE TABLE claims (
    claim_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint NOT NULL REFERENCES products,
    code          text NOT NULL CHECK (code ~ '^[0-9]{1,6}$'),
    employee_id   bigint NOT NULL REFERENCES employees,
    valid         tstzrange NOT NULL DEFAULT tstzrange(now(), NULL) CHECK (lower(valid) IS NOT NULL),
    EXCLUDE USING gist (product_id WITH =, code WITH =, valid WITH &&)
);
CREATE INDEX ON claims (product_id, code, lower(valid)); -- every call looks its claim up; b-tree beats gist at that
CREATE INDEX ON claims (employee_id);

CREATE TABLE barred_numbers (
    number        text PRIMARY KEY CHECK (number ~ '^\+[0-9]{6,15}$'),
    reason        text NOT NULL,
    since         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    order_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_key      text NOT NULL UNIQUE,            -- node and uniqueid of the call: one call, one order
    subscriber    text NOT NULL CHECK (subscriber ~ '^\+[0-9]{6,15}$'),
    -- This is the subscriber's first, second … order. Each number is taken once, so two calls judged by the same facts
    -- at the same time cannot both become orders: the loser looks at the facts again.
    nth           integer NOT NULL CHECK (nth > 0),
    product_id    bigint NOT NULL REFERENCES products,
    claim_id      bigint NOT NULL REFERENCES claims,
    employee_id   bigint NOT NULL REFERENCES employees,
    dialled       text NOT NULL,
    price_fen     bigint NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('call', 'spool')),
    state         text NOT NULL DEFAULT 'confirmed' CHECK (state IN ('confirmed', 'cancelled')),
    called_at     timestamptz NOT NULL,
    placed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (subscriber, nth)
);
CREATE UNIQUE INDEX orders_live ON orders (subscriber, product_id) WHERE state <> 'cancelled';
CREATE INDEX ON orders (employee_id, placed_at);

-- 酬金: what an employee earned or, as a negative entry, gave back.
CREATE TABLE commission_ledger (
    entry_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint NOT NULL REFERENCES orders,
    employee_id   bigint NOT NULL REFERENCES employees,
    kind          text NOT NULL CHECK (kind IN ('sale', 'clawback')),
    amount_fen    bigint NOT NULL,
    booked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (order_id, employee_id, kind)
);
CREATE INDEX ON commission_ledger (employee_id, booked_at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Messages to send. ordering writes them in the order's transaction; messaging sends them.
CREATE TABLE outbox (
    message_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint REFERENCES orders,
    call_key      text,                            -- the call it answers, if it answers one
    kind          text NOT NULL,
    channel       text NOT NULL DEFAULT 'sms' CHECK (channel IN ('sms')),
    recipient     text NOT NULL CHECK (recipient ~ '^\+[0-9]{6,15}$'),
    params        jsonb NOT NULL DEFAULT '{}',
    state         text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'given_up')),
    queued_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (order_id, kind)
);
CREATE UNIQUE INDEX outbox_without_order ON outbox (call_key, kind) WHERE order_id IS NULL;
CREATE INDEX ON outbox (queued_at) WHERE state = 'queued';

-- Every try to order, whatever came of it.
CREATE TABLE order_attempts (
    attempt_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_key      text NOT NULL UNIQUE,
    caller        text NOT NULL,                   -- as received, cut to 40 characters
    subscriber    text,                            -- E.164 if it is a number
    dialled       text NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('call', 'spool')),
    outcome       text NOT NULL,
    reason        text NOT NULL,                   -- why this outcome, in one word of ordering.decision
    order_id      bigint REFERENCES orders,        -- the order, if this try placed one
    called_at     timestamptz NOT NULL,
    attempted_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON order_attempts (subscriber, called_at);

-- Who did what to which thing; never changed.
CREATE TABLE audit (
    audit_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor         text NOT NULL,
    action        text NOT NULL,
    subject       text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}'
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
