-- Attempts to reach contacts of campaigns: written before anything is dialled, so whoever goes on after a crash knows.

-- One row for each time a number is, or may have been, dialled. `channel` is the name ccore gives the call's first channel.
CREATE TABLE attempts (
    attempt_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign      text NOT NULL,
    contact_id    bigint NOT NULL,
    list          text NOT NULL,
    number        text NOT NULL CHECK (number ~ '^\+[0-9]{6,15}$'),
    node          text NOT NULL,
    trunk         text,                            -- by which it was dialled
    channel       text NOT NULL UNIQUE GENERATED ALWAYS AS ('attempt-' || attempt_id) STORED,
    state         text NOT NULL DEFAULT 'claimed'
                  CHECK (state IN ('claimed', 'dialling', 'ringing', 'picked-up', 'answered', 'connected', 'over')),
    outcome       text,
    agent         text,                            -- who talked with them; in mode preview, for whom it is
    mode          text NOT NULL CHECK (mode IN ('preview', 'progressive', 'ratio', 'predictive')),
    epoch         bigint NOT NULL,                 -- of the lease by which it was claimed; 0: claimed by an agent
    claimed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    dialled_at    timestamptz,                     -- the gate said yes: it counts as dialled
    rang_at       timestamptz,
    picked_up_at  timestamptz,
    answered_at   timestamptz,
    connected_at  timestamptz,
    ended_at      timestamptz,
    said          text NOT NULL DEFAULT '' CHECK (said IN ('', 'machine', 'fax', 'abandoned')),  -- by the dialplan
    status        text NOT NULL DEFAULT '',        -- Dial's
    cause         integer NOT NULL DEFAULT 0,      -- Q.850's
    sip           integer NOT NULL DEFAULT 0,      -- of the final answer
    cancelled     boolean NOT NULL DEFAULT false,  -- we hung up while it rang
    reason        text NOT NULL DEFAULT '',        -- why it was refused, or not sent
    CHECK ((state = 'over') = (outcome IS NOT NULL)),
    CHECK (state IN ('claimed', 'over') OR dialled_at IS NOT NULL)
);
-- A number is called by one at a time, whatever lists and campaigns it is in. So the limit on its attempts can be looked
-- at without a lock: nobody else can begin one meanwhile.
CREATE UNIQUE INDEX attempts_under_way ON attempts (number) WHERE state <> 'over';
CREATE INDEX attempts_of_a_number ON attempts (number, dialled_at) WHERE dialled_at IS NOT NULL;
CREATE INDEX ON attempts (contact_id);
CREATE INDEX ON attempts (campaign, claimed_at);

-- Who is next, without reading those who are not.
CREATE INDEX contacts_next ON contacts (list, zone, priority, next_at, contact_id) WHERE state = 'open';

-- What the pace of a campaign at a node has learnt, for whoever goes on.
CREATE TABLE pacer_snapshots (
    campaign      text NOT NULL,
    node          text NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    learnt        jsonb NOT NULL,
    PRIMARY KEY (campaign, node)
);

-- Decisions, each that began or ended calls and one of all others in some seconds.
CREATE TABLE pacing_log (
    campaign      text NOT NULL,
    node          text NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    began         integer NOT NULL,                -- calls
    hung_up       integer NOT NULL,
    why           jsonb NOT NULL
);
CREATE INDEX ON pacing_log (campaign, at);
CREATE INDEX ON pacing_log (at);
