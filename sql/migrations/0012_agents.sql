-- Agents: who they are, what each is doing, what each has done; and which members of queues follow from that.

CREATE TABLE agents (
    agent         text PRIMARY KEY CHECK (agent ~ '^[0-9]{2,12}$'), -- what they sign in with
    name          text NOT NULL,
    skills        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(skills) = 'object'), -- levels from 1 to 9
    echelon       integer NOT NULL DEFAULT 0 CHECK (echelon BETWEEN 0 AND 4), -- 0: regular staff
    mobile        text CHECK (mobile ~ '^\+[1-9][0-9]{6,14}$'), -- E.164: where they may take calls outside
    pin_salt      bytea,                           -- scrypt(PIN, salt); none: they cannot sign in by phone
    pin_hash      bytea,
    own_penalty   integer NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE, -- in the line of head starts
    active        boolean NOT NULL DEFAULT true,
    set_by        text NOT NULL,
    set_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((pin_salt IS NULL) = (pin_hash IS NULL))
);

-- One more with every change of agents: what every ccore asks for, twice a second.
CREATE TABLE agent_changes (
    single        boolean PRIMARY KEY DEFAULT true CHECK (single),
    number        bigint NOT NULL
);
INSERT INTO agent_changes (number) VALUES (0);

-- What each agent is doing: ccore.queues.model.Presence.
CREATE TABLE presences (
    agent         text PRIMARY KEY REFERENCES agents,
    state         text NOT NULL DEFAULT 'signed-out' CHECK (state IN
                  ('signed-out', 'ready', 'ringing', 'talking', 'wrap-up', 'paused', 'unreachable')),
    since         timestamptz NOT NULL DEFAULT clock_timestamp(),
    device_kind   text CHECK (device_kind IN ('phone', 'browser', 'outside')),
    device_number text,
    node          text,
    paused        boolean NOT NULL DEFAULT false,
    reason        text NOT NULL DEFAULT '',
    queue         text NOT NULL DEFAULT '',
    call_id       text NOT NULL DEFAULT '',        -- LinkedID
    wrap_up_until timestamptz,
    idle_since    timestamptz,
    extended      boolean NOT NULL DEFAULT false,
    lost          boolean NOT NULL DEFAULT false,
    missed        integer NOT NULL DEFAULT 0,
    version       bigint NOT NULL DEFAULT 0,       -- one more with each change, so that none is made twice
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((state = 'signed-out') = (device_kind IS NULL)),
    CHECK ((device_kind IS NULL) = (device_number IS NULL) AND (device_kind IS NULL) = (node IS NULL))
);
CREATE UNIQUE INDEX presences_devices ON presences (device_number); -- a device is one agent's
CREATE INDEX ON presences (changed_at);

-- Every change of them, for statistics.
CREATE TABLE presence_log (
    log_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent         text NOT NULL,
    at            timestamptz NOT NULL,
    state         text NOT NULL,
    reason        text NOT NULL,                   -- of the pause they have asked for, whatever goes before it
    queue         text NOT NULL,
    call_id       text NOT NULL,
    node          text,
    device_number text,
    by_whom       text NOT NULL                    -- 'agent 1001', 'person li', or 'ccore': a call or a device did it
);
CREATE INDEX ON presence_log (agent, at);
CREATE INDEX ON presence_log (at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON presence_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every try to sign in at a phone, and whether the PIN was right; `passed` is set afterwards.
CREATE TABLE agent_tries (
    try_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_key      text NOT NULL,
    number        text NOT NULL,                   -- as keyed
    caller        text NOT NULL,                   -- the phone's number
    passed        boolean NOT NULL DEFAULT false,
    tried_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON agent_tries (number, tried_at);
CREATE INDEX ON agent_tries (caller, tried_at);

-- The lines of the operator's queues are managed; who is in them follows from agents, presences and queues.
ALTER TABLE managed_queues ADD COLUMN of_centre boolean NOT NULL DEFAULT false;
ALTER TABLE wanted_members ADD COLUMN agent text REFERENCES agents; -- none: somebody else wants this member
CREATE INDEX ON wanted_members (agent);
