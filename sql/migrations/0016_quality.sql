-- What reviewers think of calls, and what agents learn from it.

-- Each version of a scorecard that a review was made by: the operator's file may change, the review does not.
CREATE TABLE scorecards (
    scorecard_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL,
    sha256       text NOT NULL,
    content      jsonb NOT NULL,                   -- ccore.quality.scorecard.Scorecard
    since        timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (name, sha256)
);

CREATE TABLE reviews (
    review_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recording_id bigint NOT NULL REFERENCES recordings,
    scorecard_id bigint NOT NULL REFERENCES scorecards,
    agent        text NOT NULL CHECK (agent <> ''),
    reviewer     text NOT NULL,                    -- a login
    calibration  boolean NOT NULL DEFAULT false,   -- several reviewers compare themselves: nothing is said of the agent
    state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'acknowledged', 'disputed', 'settled')),
    answers      jsonb NOT NULL DEFAULT '{}',      -- question → answer, null: does not apply
    comments     jsonb NOT NULL DEFAULT '{}',      -- question → words
    summary      text NOT NULL DEFAULT '',
    per_mille    integer CHECK (per_mille BETWEEN 0 AND 1000), -- once it is submitted
    passed       boolean,
    fatal        text[] NOT NULL DEFAULT '{}',
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    submitted_at timestamptz,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((state = 'draft') = (per_mille IS NULL))
);
CREATE UNIQUE INDEX reviews_once ON reviews (recording_id, agent, scorecard_id) WHERE NOT calibration;
CREATE UNIQUE INDEX reviews_once_each ON reviews (recording_id, agent, scorecard_id, reviewer) WHERE calibration;
CREATE INDEX ON reviews (agent, submitted_at);
CREATE INDEX ON reviews (reviewer, state);

-- What became of each review, in order.
CREATE TABLE review_steps (
    step_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    review_id    bigint NOT NULL REFERENCES reviews,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    who          text NOT NULL,
    step         text NOT NULL,
    note         text NOT NULL,
    answers      jsonb NOT NULL,                   -- as they were after it
    per_mille    integer
);
CREATE INDEX ON review_steps (review_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON review_steps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What somebody tells an agent about a call, or about all of them.
CREATE TABLE coaching_notes (
    note_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent        text NOT NULL,
    by_whom      text NOT NULL,
    text         text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    recording_id bigint REFERENCES recordings,
    from_ms      bigint CHECK (from_ms >= 0),
    until_ms     bigint,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at      timestamptz,                      -- the agent has read it
    CHECK (until_ms >= from_ms),
    CHECK (from_ms IS NULL OR recording_id IS NOT NULL)
);
CREATE INDEX ON coaching_notes (agent, note_id);

-- Calls to learn from. A case holds its recording: it is not erased before it is taken out of the library.
CREATE TABLE cases (
    case_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recording_id bigint NOT NULL REFERENCES recordings,
    hold_id      bigint NOT NULL REFERENCES recording_holds,
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    verdict      text NOT NULL CHECK (verdict IN ('good', 'bad')),
    why          text NOT NULL CHECK (length(why) BETWEEN 1 AND 4000),
    tags         text[] NOT NULL,
    from_ms      bigint NOT NULL CHECK (from_ms >= 0),
    until_ms     bigint NOT NULL,
    by_whom      text NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at   timestamptz,
    removed_by   text,
    CHECK (until_ms > from_ms)
);
CREATE INDEX ON cases USING gin (tags) WHERE removed_at IS NULL;
