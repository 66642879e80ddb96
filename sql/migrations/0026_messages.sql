-- Text messages for real: the life of what is sent, what comes in, and what a gateway says of both.

-- queued -> sending -> sent -> delivered | failed, with given_up, expired, withheld and cancelled as other ends; the moves
-- stand in ccore/messaging/life.py. `next_at` is when the row is looked at next: of a queued one when it is tried, of one
-- that is being sent when whoever sends it has surely died, so that it is tried again.
ALTER TABLE outbox
    ADD language text CHECK (language IN ('zh', 'en')), -- null: the recipient's where it is known, else the site's
    ADD not_after timestamptz,                          -- no use later; null: as the template of the kind says
    ADD next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD claim integer NOT NULL DEFAULT 0,               -- claims so far: whoever has an older one may not write here
    ADD tries integer NOT NULL DEFAULT 0,               -- at a gateway
    ADD purpose text CHECK (purpose IN ('service', 'marketing')), -- as its template had it when it was last claimed
    ADD give_up_at timestamptz,                         -- from its first try on
    ADD claimed_by text,                                -- the ccore that sends it
    ADD gateway text,                                   -- that was asked last
    ADD gateway_id text,                                -- its own number of the message
    ADD body text,                                      -- as it was sent
    ADD parts smallint,                                 -- of which the network makes so many
    ADD reason text NOT NULL DEFAULT '',                -- why it is where it is: what the gateway said, or the cap
    ADD sent_at timestamptz,
    ADD ended_at timestamptz,
    DROP CONSTRAINT outbox_state_check,
    ADD CONSTRAINT outbox_state_check CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'given_up',
                                                       'expired', 'withheld', 'cancelled')),
    DROP CONSTRAINT outbox_channel_check,
    ADD CONSTRAINT outbox_channel_check CHECK (channel IN ('sms', 'mms', 'push'));
DROP INDEX outbox_queued_at_idx;
CREATE INDEX outbox_due ON outbox (next_at, message_id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_one_at_a_time ON outbox (recipient, message_id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_sent ON outbox (recipient, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_given_up ON outbox (ended_at) WHERE state = 'given_up';
CREATE INDEX outbox_by_gateway ON outbox (gateway, gateway_id) WHERE gateway_id IS NOT NULL; -- of those that number messages

-- What gateways said of messages that were taken, each word once: they come late, twice and in any order.
CREATE TABLE receipts (
    receipt_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id    bigint NOT NULL REFERENCES outbox,
    gateway       text NOT NULL,
    word          text NOT NULL CHECK (word IN ('accepted', 'buffered', 'delivered', 'failed', 'rejected')),
    detail        text NOT NULL DEFAULT '',
    came_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (message_id, gateway, word)
);

-- Text messages that came in, each once by its gateway's own number of it: new -> done, or set_aside for a person.
CREATE TABLE inbox (
    inbox_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway       text NOT NULL,
    gateway_id    text NOT NULL,
    sender        text NOT NULL,                        -- E.164 if it is a number, else as it came
    receiver      text NOT NULL DEFAULT '',             -- the number it was sent to
    body          text NOT NULL,
    received_at   timestamptz NOT NULL,                 -- says the gateway
    arrived_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    state         text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'set_aside')),
    tries         integer NOT NULL DEFAULT 0,
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome       text NOT NULL DEFAULT '',             -- in a word or two of whoever handled it
    ended_at      timestamptz,
    UNIQUE (gateway, gateway_id),
    CHECK ((state = 'new') = (ended_at IS NULL))
);
CREATE INDEX inbox_new ON inbox (next_at, inbox_id) WHERE state = 'new';
CREATE INDEX inbox_set_aside ON inbox (ended_at) WHERE state = 'set_aside';
CREATE INDEX ON inbox (sender, received_at);

-- Senders look every second, and at once when they are told to. Commits that tell wait for each other's disk (600 a second
-- where there are 4,000 without), so of a rush only the first tells: while something is due the sender is up anyway.
CREATE FUNCTION tell_senders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added) AND NOT EXISTS (
        SELECT FROM outbox WHERE state IN ('queued', 'sending') AND next_at <= statement_timestamp() + interval '30 s'
                             AND message_id < (SELECT min(message_id) FROM added)) THEN
        NOTIFY ccore_outbox;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON outbox REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tell_senders();
