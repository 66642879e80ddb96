-- Visits of callers to queues, each agent they were offered to, and why; who served whom last.

-- One visit for each call and queue it came to, written when it comes (ccore/queues/decisions.py). Statistics are not
-- made of it: it is written by ccore, which may be away.
CREATE TABLE visits (
    call_key      text NOT NULL,                   -- node!uniqueid of the caller's channel
    queue         text NOT NULL,
    node          text NOT NULL,
    uniqueid      text NOT NULL,
    line          text NOT NULL,                   -- of app_queue
    number        text NOT NULL,                   -- E.164; '' unknown
    tier          text NOT NULL,
    language      text NOT NULL,
    menu_priority integer NOT NULL,
    priority      integer NOT NULL,                -- as app_queue was told last
    came_at       timestamptz NOT NULL,            -- all the waiting counts from here, that of queues before too
    entered_at    timestamptz NOT NULL,            -- into this queue
    decision      jsonb NOT NULL,                  -- how they entered and why: ccore.queues.stories reads it
    raised        jsonb NOT NULL DEFAULT '[]',     -- [epoch seconds, priority]: by waiting
    PRIMARY KEY (call_key, queue)
);
CREATE INDEX ON visits (number, entered_at) WHERE number <> '';
CREATE INDEX ON visits (uniqueid);
CREATE INDEX ON visits (entered_at);

-- Each time a line rang an agent for a caller, and whether that was the agent ccore would have chosen.
CREATE TABLE offers (
    node          text NOT NULL,
    channel       text NOT NULL,                   -- Uniqueid of the channel to the agent
    call_key      text NOT NULL,
    line          text NOT NULL,
    agent         text NOT NULL,
    rung_at       timestamptz NOT NULL,            -- by Asterisk's clock
    decision      jsonb NOT NULL,                  -- whom else it could have been, and why not the others
    agreed        boolean NOT NULL,
    outcome       text CHECK (outcome IN ('answered', 'missed', 'caller-left')), -- NULL: it rings, or nobody heard
    ended_at      timestamptz,
    PRIMARY KEY (node, channel),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX ON offers (call_key, rung_at);
CREATE INDEX ON offers (rung_at) WHERE NOT agreed;

-- Who served a customer last in each queue.
CREATE TABLE last_served (
    number        text NOT NULL CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
    queue         text NOT NULL,
    agent         text NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (number, queue)
);
