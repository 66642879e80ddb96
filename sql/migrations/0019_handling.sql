-- What agents do with their calls and write about them, and when supervisors listen.

-- Who listened to whom, how, and from when to when: one row for each mode, so that whispering and barging have their own
-- seconds. began_at is when the supervisor's phone answered, or the mode was changed; it may never have.
CREATE TABLE spied_sessions (
    session_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node          text NOT NULL,
    channel       text NOT NULL,                   -- Uniqueid of the supervisor's channel: one listening in all its modes
    call_id       text NOT NULL,                   -- LinkedID of the call
    agent         text NOT NULL,
    spied         text NOT NULL,                   -- Uniqueid of the agent's channel
    who           text NOT NULL,                   -- the supervisor's login
    phone         text NOT NULL,
    mode          text NOT NULL CHECK (mode IN ('listen', 'whisper', 'barge', 'take-over')),
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    began_at      timestamptz,
    ended_at      timestamptz,
    CHECK (began_at <= ended_at)
);
CREATE UNIQUE INDEX spied_sessions_open ON spied_sessions (node, channel) WHERE ended_at IS NULL;
CREATE INDEX ON spied_sessions (asked_at);
CREATE INDEX ON spied_sessions (agent, asked_at);

-- What was done with a call, by whom, in order: hold, transfer, consult … Never changed.
CREATE TABLE handlings (
    handling_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id       text NOT NULL,
    node          text NOT NULL,
    agent         text NOT NULL,                   -- whose call it was
    by_whom       text NOT NULL,                   -- a login
    what          text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}',
    at            timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON handlings (call_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON handlings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What came of a call, as its agent says; the last one counts.
CREATE TABLE dispositions (
    disposition_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id       text NOT NULL,
    agent         text NOT NULL,
    queue         text NOT NULL,
    disposition   text NOT NULL,
    fields        jsonb NOT NULL,
    by_whom       text NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON dispositions (call_id, agent);
CREATE INDEX ON dispositions (disposition, at);

CREATE TABLE call_notes (
    note_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id       text NOT NULL,
    by_whom       text NOT NULL,
    text          text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    at            timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON call_notes (call_id);
