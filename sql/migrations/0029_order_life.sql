-- How orders go on after they are placed: confirmed by a key or a text message, switched on by a provider, looked at by
-- the fraud desk. The moves between states stand in ccore/ordering/life.py.

UPDATE orders o SET state = 'active' FROM products p
WHERE p.product_id = o.product_id AND p.provision_as IS NULL AND o.state = 'confirmed';
ALTER TABLE orders
    ADD confirm_by text CHECK (confirm_by IN ('key', 'sms')), -- null: nobody had to confirm it
    ADD demanded_by text[] NOT NULL DEFAULT '{}',       -- the rules that had it confirmed though the product needs none
    ADD earns jsonb,                                    -- while it waits: [[employee or null, fen], …], booked when confirmed
    ADD trunk text NOT NULL DEFAULT '',                 -- the call came in by
    ADD CHECK (state <> 'pending_confirm' OR (confirm_by IS NOT NULL AND confirm_until IS NOT NULL AND earns IS NOT NULL));
CREATE INDEX orders_to_confirm ON orders (confirm_until) WHERE state = 'pending_confirm';
-- How many an hour, by claim and by trunk: every call may have to count.
DROP INDEX orders_claim_id_idx;
CREATE INDEX ON orders (claim_id, called_at);
CREATE INDEX ON orders (trunk, called_at) WHERE trunk <> '';
CREATE INDEX ON orders USING brin (called_at);
CREATE INDEX ON order_attempts USING brin (called_at);

-- What a provider has to be asked, once for each order and direction; asked again under the same key until it has answered.
CREATE TABLE provisionings (
    order_id      bigint NOT NULL REFERENCES orders,
    action        text NOT NULL CHECK (action IN ('on', 'off')),
    state         text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'refused', 'void')),
    tries         integer NOT NULL DEFAULT 0,           -- claims so far: whoever has an older one may not write here
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(), -- asked again then, whatever became of who asked last
    reason        text NOT NULL DEFAULT '',             -- what the provider said last
    due_since     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    PRIMARY KEY (order_id, action),
    CHECK ((state = 'due') = (ended_at IS NULL))
);
CREATE INDEX provisionings_due ON provisionings (next_at) WHERE state = 'due';
CREATE INDEX provisionings_left_on ON provisionings (order_id) WHERE state = 'refused' AND action = 'off';

-- Orders that look wrong, and why: each reason once. Commission stays held until the fraud desk has cleared them all.
CREATE TABLE fraud_flags (
    flag_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint NOT NULL REFERENCES orders,
    reason        text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}',
    raised_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'cleared', 'upheld')),
    ended_at      timestamptz,
    ended_by      text,
    ended_why     text,
    UNIQUE (order_id, reason),
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX ON fraud_flags (flag_id) WHERE state = 'open';

-- Days whose orders the nightly look has been through.
CREATE TABLE fraud_nights (
    day           date PRIMARY KEY,
    flagged       integer NOT NULL,
    looked_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Text messages that asked for something else than an order, and what came of each: done once, by the key of the message.
CREATE TABLE texts_handled (
    call_key      text PRIMARY KEY,
    sender        text NOT NULL,
    asked         text NOT NULL,
    outcome       text NOT NULL,
    handled_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON texts_handled (sender, handled_at);

-- What the next move of an order needs; `provision` are the provider's names of what it has to switch on, null: nothing.
-- Of a combo without a name of its own these are its parts'.
CREATE VIEW orders_to_move AS
SELECT o.order_id, o.call_key, o.state, o.subscriber, o.confirm_by, p.code AS product,
       CASE WHEN p.provision_as IS NOT NULL THEN ARRAY[p.provision_as]
            ELSE (SELECT array_agg(part.provision_as ORDER BY part.code)
                  FROM product_parts t JOIN products part ON part.product_id = t.part_id
                  WHERE t.combo_id = p.product_id AND part.provision_as IS NOT NULL) END AS provision
FROM orders o JOIN products p USING (product_id);

-- Why a product is not for a subscriber, in a word; '' if it is, or nobody has to know. Not SQL on purpose: within the
-- statement that every call runs it would cost each of them, and few products have such rules.
CREATE FUNCTION order_misfit(product bigint, subscriber text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT CASE WHEN NOT number_allowed THEN 'number-not-eligible'
                        WHEN NOT has_needed THEN 'lacks-needed-product'
                        WHEN has_excluded THEN 'has-excluded-product'
                        WHEN has_part THEN 'has-part' ELSE '' END
            FROM product_fits(product, subscriber));
END $$;

-- Orders as people look them up.
CREATE VIEW order_book AS
SELECT o.order_id, o.state, o.state_at, o.subscriber, o.channel, o.called_at, o.placed_at, o.price_fen, o.confirm_by,
       o.confirm_until, o.demanded_by, p.code AS product, p.name_zh, p.name_en, c.code AS claim,
       coalesce(e.number, '') AS employee, coalesce(e.name, t.name, d.name) AS holder,
       EXISTS (SELECT FROM fraud_flags f WHERE f.order_id = o.order_id AND f.state = 'open') AS flagged
FROM orders o JOIN products p USING (product_id) JOIN claims c USING (claim_id)
LEFT JOIN employees e ON e.employee_id = o.employee_id
LEFT JOIN teams t ON t.team_id = o.team_id
LEFT JOIN departments d ON d.department_id = c.department_id;
