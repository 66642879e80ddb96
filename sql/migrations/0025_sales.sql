-- Selling through everybody (员工关系营销): what a product is, who holds a claim, the life of an order, and books in which
-- every fen has two sides. Money is integer fen, shares are basis points, times are timestamptz.

-- Products: draft -> tested -> on-sale -> ended. Only one that is on sale is ordered, within its sale window.
ALTER TABLE products
    ADD state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'tested', 'on-sale', 'ended')),
    ADD term_days integer CHECK (term_days > 0),        -- null: until it is cancelled
    ADD intro_zh text NOT NULL DEFAULT '',
    ADD intro_en text NOT NULL DEFAULT '',
    ADD ways text[] NOT NULL DEFAULT '{call,sms}' CHECK (ways <@ '{call,sms,web,agent}' AND ways <> '{}'),
    ADD confirm text NOT NULL DEFAULT 'none' CHECK (confirm IN ('none', 'key', 'sms')),
    ADD confirm_within_h integer NOT NULL DEFAULT 24 CHECK (confirm_within_h BETWEEN 1 AND 720),
    ADD provision_as text;                              -- the provider's name of it; null: nobody has to switch it on
UPDATE products SET state = 'on-sale';

-- A combo is sold under a code of its own; these are what is in it.
CREATE TABLE product_parts (
    combo_id      bigint NOT NULL REFERENCES products,
    part_id       bigint NOT NULL REFERENCES products,
    PRIMARY KEY (combo_id, part_id),
    CHECK (combo_id <> part_id)
);

-- 酬金规则: versions of a product's rule, one at a time. A new one ends the one before; what was booked stays booked.
CREATE TABLE commission_rules (
    rule_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint NOT NULL REFERENCES products,
    version       integer NOT NULL CHECK (version > 0),
    valid         tstzrange NOT NULL CHECK (NOT isempty(valid) AND lower(valid) IS NOT NULL),
    kind          text NOT NULL CHECK (kind IN ('flat', 'percent')),
    fen           bigint CHECK (fen BETWEEN 0 AND 1000000000),
    basis_points  integer CHECK (basis_points BETWEEN 0 AND 10000),
    -- By volume, [{"from": 101, "fen": 300}] or "basis_points": from the holder's so-manieth sale of a period.
    tiers         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(tiers) = 'array'),
    hold_days     integer NOT NULL DEFAULT 0 CHECK (hold_days BETWEEN 0 AND 366),     -- held, then payable
    clawback_days integer NOT NULL DEFAULT 0 CHECK (clawback_days BETWEEN 0 AND 3660), -- cancelled within: given back
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (product_id, version),
    CHECK ((kind = 'flat') = (fen IS NOT NULL) AND (kind = 'percent') = (basis_points IS NOT NULL)),
    EXCLUDE USING gist (product_id WITH =, valid WITH &&)
);
INSERT INTO commission_rules (product_id, version, valid, kind, fen, basis_points, made_by)
SELECT product_id, 1, tstzrange(coalesce(lower(sale), '2000-01-01 00:00+00'), NULL), commission, commission_fen,
       commission_basis_points, 'ccore' FROM products;
ALTER TABLE products DROP commission, DROP commission_fen, DROP commission_basis_points;

-- Those who sell: staff, contracted outsiders, and friends or family in somebody's team.
ALTER TABLE employees
    ADD kind text NOT NULL DEFAULT 'staff' CHECK (kind IN ('staff', 'contracted', 'friend')),
    ADD joined_at timestamptz NOT NULL DEFAULT '2000-01-01 00:00+00',
    ADD language text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en'));
CREATE INDEX ON employees (department_id);

-- Further numbers of theirs, and of their families: they earn nothing by these.
CREATE TABLE employee_numbers (
    employee_id   bigint NOT NULL REFERENCES employees,
    number        text NOT NULL CHECK (number ~ '^\+[0-9]{6,15}$'),
    kind          text NOT NULL CHECK (kind IN ('own', 'family')),
    PRIMARY KEY (employee_id, number)
);
CREATE INDEX ON employee_numbers (number);

-- 虚拟团队: members with shares, which sum to the whole in every version.
CREATE TABLE teams (
    team_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE,
    leader_id     bigint NOT NULL REFERENCES employees,
    ended_at      timestamptz
);
CREATE TABLE team_versions (
    version_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id       bigint NOT NULL REFERENCES teams,
    valid         tstzrange NOT NULL CHECK (NOT isempty(valid) AND lower(valid) IS NOT NULL),
    set_by        text NOT NULL,
    EXCLUDE USING gist (team_id WITH =, valid WITH &&)
);
CREATE TABLE team_shares (
    version_id    bigint NOT NULL REFERENCES team_versions,
    employee_id   bigint NOT NULL REFERENCES employees,
    basis_points  integer NOT NULL CHECK (basis_points BETWEEN 1 AND 10000),
    PRIMARY KEY (version_id, employee_id)
);
CREATE INDEX ON team_shares (employee_id);
CREATE FUNCTION shares_are_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(basis_points) FROM team_shares WHERE version_id = NEW.version_id) IS DISTINCT FROM 10000 THEN
        RAISE EXCEPTION 'the shares of a team sum to 100 %%' USING ERRCODE = 'check_violation', CONSTRAINT = 'team_shares_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole AFTER INSERT ON team_versions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shares_are_whole();
CREATE CONSTRAINT TRIGGER whole AFTER INSERT OR UPDATE ON team_shares DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shares_are_whole();

-- A claim is held by a person, a team or a department; each holds a product once at a time.
ALTER TABLE claims
    ALTER employee_id DROP NOT NULL,
    ADD team_id bigint REFERENCES teams,
    ADD department_id bigint REFERENCES departments,
    ADD made_by text NOT NULL DEFAULT '',               -- the holder themselves, or who dispatched it
    ADD ended_by text NOT NULL DEFAULT '',
    ADD CHECK (num_nonnulls(employee_id, team_id, department_id) = 1),
    ADD CONSTRAINT one_claim_of_a_person EXCLUDE USING gist (product_id WITH =, employee_id WITH =, valid WITH &&),
    ADD CONSTRAINT one_claim_of_a_team EXCLUDE USING gist (product_id WITH =, team_id WITH =, valid WITH &&),
    ADD CONSTRAINT one_claim_of_a_department EXCLUDE USING gist (product_id WITH =, department_id WITH =, valid WITH &&);
CREATE INDEX ON claims (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX ON claims (department_id) WHERE department_id IS NOT NULL;

-- The life of an order; its moves stand in ccore/ordering/life.py. It counts for who held the claim when it was placed:
-- a person (and their department of that day), a team, or a department.
ALTER TABLE orders
    ALTER employee_id DROP NOT NULL,
    ADD team_id bigint REFERENCES teams,
    ADD department_id bigint REFERENCES departments,
    ADD rule_id bigint REFERENCES commission_rules,
    ADD confirm_until timestamptz,
    ADD state_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD CHECK (num_nonnulls(employee_id, team_id) = 1 OR department_id IS NOT NULL),
    DROP CONSTRAINT orders_state_check,
    DROP CONSTRAINT orders_channel_check,
    ADD CONSTRAINT orders_state_check CHECK (state IN ('received', 'pending_confirm', 'confirmed', 'activating', 'active',
                                                       'rejected', 'expired', 'cancelled')),
    ADD CONSTRAINT orders_channel_check CHECK (channel IN ('call', 'spool', 'sms', 'web', 'agent'));
UPDATE orders o SET department_id = e.department_id, rule_id = r.rule_id
FROM employees e, commission_rules r WHERE e.employee_id = o.employee_id AND r.product_id = o.product_id;
DROP INDEX orders_live;
CREATE UNIQUE INDEX orders_live ON orders (subscriber, product_id) WHERE state NOT IN ('rejected', 'expired', 'cancelled');
CREATE INDEX orders_to_go_on ON orders (state_at) WHERE state IN ('received', 'pending_confirm', 'confirmed', 'activating');
CREATE INDEX ON orders (team_id, placed_at) WHERE team_id IS NOT NULL;
CREATE INDEX ON orders (claim_id);
ALTER TABLE order_attempts
    DROP CONSTRAINT order_attempts_channel_check,
    ADD CONSTRAINT order_attempts_channel_check CHECK (channel IN ('call', 'spool', 'sms', 'web', 'agent'));

CREATE TABLE order_moves (
    move_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint NOT NULL REFERENCES orders,
    was           text NOT NULL,
    became        text NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    by            text NOT NULL,                        -- 'subscriber', 'provider', 'clock', or a login
    reason        text NOT NULL DEFAULT ''
);
CREATE INDEX ON order_moves (order_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_moves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- 酬金台账, double entry: the entries of a posting sum to nothing. What people are owed is positive: `held` until the hold
-- is over, then `payable`, then `paid`; `expense` is the firm's side.
CREATE TABLE commission_postings (
    posting_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint REFERENCES orders,
    kind          text NOT NULL CHECK (kind IN ('sale', 'tier', 'release', 'clawback', 'payout', 'adjustment')),
    rule_id       bigint REFERENCES commission_rules,
    note          text NOT NULL DEFAULT '',
    by            text NOT NULL DEFAULT 'ccore',
    booked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((kind IN ('sale', 'tier', 'release', 'clawback')) <= (order_id IS NOT NULL))
);
CREATE UNIQUE INDEX once_an_order ON commission_postings (order_id, kind) WHERE kind IN ('sale', 'release', 'clawback');
CREATE INDEX ON commission_postings (booked_at);
CREATE TABLE commission_entries (
    entry_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    posting_id    bigint NOT NULL REFERENCES commission_postings,
    account       text NOT NULL CHECK (account IN ('expense', 'held', 'payable', 'paid')),
    employee_id   bigint REFERENCES employees,
    department_id bigint REFERENCES departments,
    amount_fen    bigint NOT NULL,
    CHECK (num_nonnulls(employee_id, department_id) = (account <> 'expense')::integer)
);
CREATE INDEX ON commission_entries (posting_id);
CREATE INDEX ON commission_entries (employee_id, posting_id);
CREATE FUNCTION posting_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM commission_entries WHERE posting_id = NEW.posting_id) IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'the entries of posting % do not sum to nothing', NEW.posting_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_balanced';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON commission_postings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION posting_is_balanced();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON commission_entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION posting_is_balanced();
WITH posted AS (
    INSERT INTO commission_postings (order_id, kind, booked_at)
    SELECT order_id, kind, booked_at FROM commission_ledger ORDER BY entry_id RETURNING posting_id, order_id, kind
), owed AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, amount_fen)
    SELECT posting_id, 'held', employee_id, amount_fen FROM posted JOIN commission_ledger USING (order_id, kind)
)
INSERT INTO commission_entries (posting_id, account, amount_fen)
SELECT posting_id, 'expense', -amount_fen FROM posted JOIN commission_ledger USING (order_id, kind);
DROP TABLE commission_ledger;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What people earned by orders and gave back, without the moves between their own accounts.
CREATE VIEW commission_ledger AS
SELECT e.entry_id, p.order_id, e.employee_id, e.department_id, p.kind, e.amount_fen, p.booked_at
FROM commission_entries e JOIN commission_postings p USING (posting_id)
WHERE e.account <> 'expense' AND p.kind IN ('sale', 'tier', 'clawback', 'adjustment');

-- Periods of sales, one after the other; a closed one does not change.
CREATE TABLE sales_periods (
    period_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE,                 -- 2026-11
    span          tstzrange NOT NULL CHECK (NOT isempty(span) AND NOT lower_inf(span) AND NOT upper_inf(span)),
    closed_at     timestamptz,
    closed_by     text,
    EXCLUDE USING gist (span WITH &&)
);

-- 末位淘汰: who may not claim in a period, and why; an exception by a manager lifts it.
CREATE TABLE claim_bars (
    employee_id   bigint NOT NULL REFERENCES employees,
    period_id     bigint NOT NULL REFERENCES sales_periods,
    because_of    bigint NOT NULL REFERENCES sales_periods, -- the period they came last in
    detail        jsonb NOT NULL,                           -- rank, of how many, the measure
    lifted_at     timestamptz,
    lifted_by     text,
    lifted_why    text,
    PRIMARY KEY (employee_id, period_id)
);
