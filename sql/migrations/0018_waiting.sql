-- Call-backs that keep a caller's place, emergencies that close queues, and numbers that are not to be called.

-- open → dialling → asked (it was answered) → accepted (key 1: in the line) → connected. From dialling and asked back to
-- open, not_before some time, as long as there are attempts left; else failed. Where no trunk is named for a queue's
-- call-backs people call and say done.
ALTER TABLE call_backs DROP CONSTRAINT call_backs_state_check;
ALTER TABLE call_backs
    ADD CHECK (state IN ('open', 'dialling', 'asked', 'accepted', 'connected', 'failed', 'expired', 'cancelled', 'refused',
                         'done')),
    ADD COLUMN came_at    timestamptz,             -- to the queue: the place that is kept; NULL: asked_at
    ADD COLUMN tier       text NOT NULL DEFAULT '',
    ADD COLUMN language   text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
    ADD COLUMN menu_priority integer NOT NULL DEFAULT 0,
    ADD COLUMN noted_by   text NOT NULL DEFAULT 'caller',
    ADD COLUMN attempts   integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    ADD COLUMN not_before timestamptz,
    ADD COLUMN node       text,                    -- of the last attempt
    ADD COLUMN channel    text UNIQUE,             -- its Uniqueid, which ccore chose and wrote here before it dialled
    ADD COLUMN dialled_at timestamptz,
    ADD COLUMN ended_at   timestamptz,             -- in a state that is none of a call-back under way
    ADD COLUMN reason     text NOT NULL DEFAULT '';-- why it is in its state, for people
DROP INDEX call_backs_open;
CREATE UNIQUE INDEX call_backs_under_way ON call_backs (number, queue)
    WHERE state IN ('open', 'dialling', 'asked', 'accepted');

-- Each time a number was dialled, and what came of it.
CREATE TABLE call_back_attempts (
    channel       text PRIMARY KEY,
    call_back_id  bigint NOT NULL REFERENCES call_backs,
    node          text NOT NULL,
    dialled_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    outcome       text CHECK (outcome IN ('connected', 'not-sent', 'no-answer', 'not-accepted', 'hung-up')),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX ON call_back_attempts (call_back_id);

CREATE TABLE do_not_call (
    number        text PRIMARY KEY CHECK (number ~ '^\+[0-9]{6,15}$'),
    reason        text NOT NULL DEFAULT '',
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- While one is there, callers of the queue hear its prompt.
CREATE TABLE closings (
    closing_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue         text NOT NULL,                   -- or 'all'
    prompt        text NOT NULL CHECK (prompt ~ '^[a-z][a-z0-9-]{1,40}$'),
    waiting       boolean NOT NULL DEFAULT false,  -- those who wait already hear it too
    ends_at       timestamptz,                     -- NULL: until somebody opens the queue
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    opened_at     timestamptz,
    opened_by     text,
    CHECK ((opened_at IS NULL) = (opened_by IS NULL))
);
CREATE INDEX ON closings (closing_id) WHERE opened_at IS NULL;
