-- The ledger of recordings: a row stands before its files do, and remains when they are gone.

-- One recording of one channel. `expected`: Asterisk was told to record; `recording`: it does; `finished`: the channel is
-- gone and its raw files are closed and measured. From there on the store has it: `stored`, `failed` (with `trouble`),
-- `discarded` (on demand, and nobody asked) or `erased`.
CREATE TABLE recordings (
    recording_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node         text NOT NULL,
    channel      text NOT NULL,                    -- Uniqueid of the recorded channel: the caller's
    part         integer NOT NULL DEFAULT 1,       -- counts the recordings of one channel
    call_id      text NOT NULL,                    -- LinkedID; until a fact or CEL tells another, the channel's own
    call_key     text NOT NULL,                    -- node!uniqueid
    hotline      text NOT NULL DEFAULT '',
    queue        text NOT NULL DEFAULT '',
    campaign     text NOT NULL DEFAULT '',
    agent        text NOT NULL DEFAULT '',         -- who talked first; all of them are in recording_segments
    number       text NOT NULL DEFAULT '',         -- the caller's, or who was called; '' if not known
    direction    text NOT NULL CHECK (direction IN ('in', 'out', 'internal')),
    state        text NOT NULL DEFAULT 'expected' CHECK (state IN
                     ('expected', 'recording', 'finished', 'stored', 'failed', 'discarded', 'erased')),
    rule         text NOT NULL,                    -- what decided: ccore.recording.policy
    kind         text NOT NULL CHECK (kind IN ('always', 'sample', 'on-demand')),
    asked_at     timestamptz,                      -- on demand: when somebody first asked for it
    adopted      boolean NOT NULL DEFAULT false,   -- its files were found without a row
    expected_at  timestamptz NOT NULL,
    started_at   timestamptz,                      -- of the first sample, by Asterisk's clock
    stopped_at   timestamptz,                      -- Asterisk told that it stopped, while the channel went on
    ended_at     timestamptz,                      -- of the last one
    stem         text NOT NULL CHECK (stem ~ '^[0-9]{8}/[A-Za-z0-9][A-Za-z0-9_.-]*$'), -- below the node's monitor
    format       text NOT NULL DEFAULT '' CHECK (format IN ('', 'sln', 'sln16')), -- of stem-rx.FORMAT and stem-tx.FORMAT
    rx_bytes     bigint CHECK (rx_bytes >= 0),     -- of the raw files when they were closed
    tx_bytes     bigint CHECK (tx_bytes >= 0),
    trouble      text NOT NULL DEFAULT '',         -- why it failed, or what is odd about it
    keep_days    integer NOT NULL CHECK (keep_days > 0),
    told_by_cel  boolean NOT NULL DEFAULT false,   -- its segments are made from the channel events of the whole call
    -- What follows belongs to the store.
    milliseconds bigint CHECK (milliseconds >= 0),
    sha256       text,
    bytes        bigint CHECK (bytes >= 0),
    key_id       text,
    storage      text,
    object       text,
    keep_until   timestamptz,
    stored_at    timestamptz,
    erased_at    timestamptz,
    UNIQUE (node, stem),
    UNIQUE (node, channel, part),
    CHECK ((state IN ('expected', 'recording')) <= (ended_at IS NULL))
);
CREATE INDEX recordings_live ON recordings (node, expected_at) WHERE state IN ('expected', 'recording');
CREATE INDEX recordings_to_tell ON recordings (node) WHERE ended_at IS NOT NULL AND NOT told_by_cel;
CREATE INDEX recordings_finished ON recordings (ended_at) WHERE state = 'finished';
CREATE INDEX ON recordings (keep_until) WHERE state = 'stored';
CREATE INDEX ON recordings (expected_at);
CREATE INDEX ON recordings (call_key);
CREATE INDEX ON recordings (call_id);
CREATE INDEX ON recordings (number, expected_at) WHERE number <> '';
CREATE INDEX ON recordings (queue, expected_at);

-- Who talked with the recorded channel, from when until when: from facts while it goes on, from CEL afterwards.
CREATE TABLE recording_segments (
    recording_id bigint NOT NULL REFERENCES recordings ON DELETE CASCADE,
    number       integer NOT NULL,                 -- from 1, in order
    agent        text NOT NULL,                    -- '' if it was nobody's we know of
    channel      text NOT NULL,                    -- Uniqueid of who talked with it
    from_at      timestamptz NOT NULL,
    until_at     timestamptz,                      -- none: still talking
    from_ms      bigint CHECK (from_ms >= 0),      -- from the recording's beginning
    until_ms     bigint,
    PRIMARY KEY (recording_id, number),
    CHECK (until_at >= from_at),
    CHECK (until_ms >= from_ms)
);
CREATE INDEX ON recording_segments (agent, from_at);

-- When nothing was to be heard in it: payment data was told, nobody had asked for it yet, or its agent is not recorded.
-- Asterisk was told to be silent from `muted_at` on, and to record again at `unmuted_at`: the silence in the files is
-- that long at least.
CREATE TABLE recording_pauses (
    pause_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recording_id bigint NOT NULL REFERENCES recordings ON DELETE CASCADE,
    why          text NOT NULL CHECK (why IN ('payment', 'on-demand', 'agent')),
    by_whom      text NOT NULL,
    from_at      timestamptz NOT NULL,             -- it was asked for
    muted_at     timestamptz,                      -- none: Asterisk has to be told
    until_at     timestamptz,                      -- its end was asked for; none: it lasts
    unmuted_at   timestamptz,                      -- none: Asterisk has to be told, if it is over
    resumed_by   text,                             -- 'ccore': resume_by was reached; 'end': the call ended in it
    resume_by    timestamptz,                      -- it ends by itself then; none: never
    CHECK (until_at >= from_at),
    CHECK (resumed_by IS NULL = (until_at IS NULL))
);
CREATE UNIQUE INDEX recording_pauses_open ON recording_pauses (recording_id, why) WHERE until_at IS NULL;
CREATE INDEX ON recording_pauses (recording_id);
