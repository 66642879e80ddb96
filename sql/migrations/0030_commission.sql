-- 酬金 as it goes on: what falls due and is given back, tiers and ranks of a period, payouts, disputes, PINs for enquiries.

ALTER TABLE commission_postings
    ADD period_id bigint REFERENCES sales_periods,      -- that a tier settles; all else belongs to the period of booked_at
    ADD CHECK ((kind = 'tier') = (period_id IS NOT NULL)),
    ADD CHECK (kind <> 'adjustment' OR note <> '');
CREATE UNIQUE INDEX one_tier_an_order ON commission_postings (order_id) WHERE kind = 'tier';
CREATE INDEX ON commission_postings (period_id) WHERE period_id IS NOT NULL;
CREATE INDEX ON commission_entries (department_id, posting_id) WHERE department_id IS NOT NULL;
CREATE INDEX ON orders (placed_at, order_id);           -- a period's sales, in the order that tiers count them

-- Orders whose commission is held until then. Whoever makes an order active need not think of it.
CREATE TABLE commission_due (
    order_id      bigint PRIMARY KEY REFERENCES orders,
    due_at        timestamptz NOT NULL
);
CREATE INDEX ON commission_due (due_at);
CREATE FUNCTION commission_falls_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO commission_due (order_id, due_at)
    SELECT NEW.order_id, NEW.state_at + make_interval(hours => 24 * coalesce(max(r.hold_days), 0))
    FROM commission_rules r WHERE r.rule_id = NEW.rule_id
    ON CONFLICT (order_id) DO UPDATE SET due_at = excluded.due_at;
    RETURN NULL;
END $$;
CREATE TRIGGER falls_due AFTER INSERT OR UPDATE OF state ON orders
    FOR EACH ROW WHEN (NEW.state = 'active') EXECUTE FUNCTION commission_falls_due();
INSERT INTO commission_due (order_id, due_at)
SELECT o.order_id, o.state_at + make_interval(hours => 24 * coalesce(r.hold_days, 0))
FROM orders o LEFT JOIN commission_rules r USING (rule_id) WHERE o.state = 'active';

-- Order `of_order` has ended, at `ended`, and was in state `was` before: all that was booked for it is given back, unless
-- it was active, and both its hold and the rule's days for that are over. What it gave back, in fen; called again, it gives
-- back nothing.
-- To be called in the transaction that ends the order, which holds the order's row.
CREATE FUNCTION claw_back(of_order bigint, ended timestamptz, was text, by_whom text DEFAULT 'ccore', why text DEFAULT '')
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    rule bigint;
    due boolean;
    given bigint;
    posting bigint;
BEGIN
    SELECT o.rule_id, was <> 'active' OR ended < o.placed_at + make_interval(hours => 24 * coalesce(r.clawback_days, 0))
           OR EXISTS (SELECT FROM commission_due d WHERE d.order_id = of_order AND d.due_at > ended)
    INTO rule, due
    FROM orders o LEFT JOIN commission_rules r USING (rule_id) WHERE o.order_id = of_order FOR NO KEY UPDATE OF o;
    IF NOT coalesce(due, false) THEN
        RETURN 0;
    END IF;
    SELECT -sum(e.amount_fen) INTO given
    FROM commission_postings p JOIN commission_entries e USING (posting_id)
    WHERE p.order_id = of_order AND p.kind IN ('sale', 'tier', 'release', 'clawback') AND e.account = 'expense';
    IF coalesce(given, 0) = 0 THEN
        RETURN 0;
    END IF;
    INSERT INTO commission_postings (order_id, kind, rule_id, by, note) VALUES (of_order, 'clawback', rule, by_whom, why)
    ON CONFLICT (order_id, kind) WHERE kind IN ('sale', 'release', 'clawback') DO NOTHING
    RETURNING posting_id INTO posting;
    IF posting IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO commission_entries (posting_id, account, employee_id, department_id, amount_fen)
    SELECT posting, e.account, e.employee_id, e.department_id, -sum(e.amount_fen)
    FROM commission_postings p JOIN commission_entries e USING (posting_id)
    WHERE p.order_id = of_order AND p.posting_id <> posting AND p.kind IN ('sale', 'tier', 'release')
    GROUP BY e.account, e.employee_id, e.department_id HAVING sum(e.amount_fen) <> 0;
    RETURN given;
END $$;

-- The state of an order at a time: as it is since `since`, or as its moves say of before.
CREATE FUNCTION state_then(of_order bigint, state text, since timestamptz, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN since <= at THEN state ELSE coalesce(
        (SELECT m.became FROM order_moves m WHERE m.order_id = of_order AND m.at <= state_then.at ORDER BY m.move_id DESC LIMIT 1),
        (SELECT m.was FROM order_moves m WHERE m.order_id = of_order ORDER BY m.move_id LIMIT 1),
        state) END
$$;

-- How a period was closed: orders count as they were at `counted_at`, ranks by the `policy` of that time.
ALTER TABLE sales_periods
    ADD counted_at timestamptz,
    ADD open_orders text CHECK (open_orders IN ('count', 'leave-out')), -- those that were still open then
    ADD policy jsonb;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON sales_periods
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();

-- What a closed period came to for each who sold, or could have: rank 1 is the best of its group.
CREATE TABLE period_results (
    period_id     bigint NOT NULL REFERENCES sales_periods,
    employee_id   bigint NOT NULL REFERENCES employees,
    group_name    text NOT NULL,
    orders_bp     bigint NOT NULL,                      -- 10000 for each order of their own, their share of a team's
    sales_fen     bigint NOT NULL,
    commission_fen bigint NOT NULL,                     -- of these orders, tiers included
    rank          integer NOT NULL CHECK (rank > 0),
    of            integer NOT NULL,                     -- so many in the group
    seats         integer NOT NULL,                     -- so many of them could be barred at most
    fate          text NOT NULL CHECK (fate IN ('safe', 'barred', 'newcomer', 'small-group', 'tie-spared')),
    PRIMARY KEY (period_id, employee_id),
    CHECK (rank <= of AND seats <= of)
);
CREATE INDEX ON period_results (employee_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON period_results
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A run of payments: what was payable then, to each of at least so much.
CREATE TABLE commission_payouts (
    payout_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    least_fen     bigint NOT NULL CHECK (least_fen > 0),
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE commission_postings
    ADD payout_id bigint REFERENCES commission_payouts,
    ADD CHECK ((kind = 'payout') = (payout_id IS NOT NULL));
CREATE INDEX ON commission_postings (payout_id) WHERE payout_id IS NOT NULL;

-- What somebody does not agree with: their result of a period, or what an order earned them.
CREATE TABLE commission_disputes (
    dispute_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id   bigint NOT NULL REFERENCES employees,
    period_id     bigint REFERENCES sales_periods,
    order_id      bigint REFERENCES orders,
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
    opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (num_nonnulls(period_id, order_id) = 1)
);
CREATE INDEX ON commission_disputes (employee_id);
CREATE INDEX ON commission_disputes (changed_at) WHERE state <> 'closed';
CREATE TABLE commission_dispute_notes (
    note_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dispute_id    bigint NOT NULL REFERENCES commission_disputes,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    by            text NOT NULL,
    became        text NOT NULL CHECK (became IN ('open', 'answered', 'closed')),
    note          text NOT NULL CHECK (length(note) BETWEEN 1 AND 2000)
);
CREATE INDEX ON commission_dispute_notes (dispute_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_dispute_notes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- PINs of those who ask by telephone what they have sold, and every try of one. A telephone has no letters: there they
-- are who has these digits in their number, without leading zeros.
CREATE TABLE employee_pins (
    employee_id   bigint PRIMARY KEY REFERENCES employees,
    pin_salt      bytea NOT NULL,                       -- scrypt(PIN, salt)
    pin_hash      bytea NOT NULL,
    set_by        text NOT NULL,
    set_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE enquiry_tries (
    try_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_key      text NOT NULL,
    number        text NOT NULL,                        -- as dialled
    caller        text NOT NULL,
    passed        boolean NOT NULL DEFAULT false,
    tried_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON enquiry_tries (number, tried_at);
CREATE INDEX ON enquiry_tries (caller, tried_at);
CREATE FUNCTION digits_of(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ltrim(regexp_replace(number, '[^0-9]', '', 'g'), '0');
CREATE INDEX employees_dialled ON employees (digits_of(number));
