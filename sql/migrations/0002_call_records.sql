-- What Asterisk wrote about its calls, row by row as it wrote it, and the one record each call folds into.

-- How far each file of a node has been read. It moves in the transaction that stores the rows, so a row is stored once.
CREATE TABLE call_log_places (
    node        text NOT NULL,
    log         text NOT NULL CHECK (log IN ('cdr', 'cel')),
    file_id     text NOT NULL,                     -- device:inode, which outlives a rename
    head        bytea NOT NULL,                    -- the file's first bytes: another file may get the same inode later
    position    bigint NOT NULL CHECK (position >= 0),
    file        text NOT NULL,                     -- its name when last read
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (node, log, file_id)
);

-- Call detail records. Asterisk's names; times are its clock's.
CREATE TABLE cdr (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    uniqueid    text NOT NULL,
    sequence    bigint NOT NULL,
    accountcode text NOT NULL,
    src         text NOT NULL,
    dst         text NOT NULL,
    dcontext    text NOT NULL,
    clid        text NOT NULL,
    channel     text NOT NULL,
    dstchannel  text NOT NULL,
    lastapp     text NOT NULL,
    lastdata    text NOT NULL,
    started_at  timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at    timestamptz NOT NULL,
    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
    billed_ms   bigint NOT NULL CHECK (billed_ms >= 0),
    disposition text NOT NULL,
    amaflags    text NOT NULL,
    userfield   text NOT NULL,
    clock_suspect boolean NOT NULL,                -- the clock was set back in the call: the durations were clamped
    mended      text,                              -- what had to be replaced before PostgreSQL could hold the row
    digest      bytea NOT NULL,                    -- of the row as Asterisk wrote it
    read_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (node, linkedid, uniqueid, sequence)
);

-- Channel events. They carry no number of their own, so a row is its own key: Asterisk stamps microseconds, and two
-- rows alike in every column say the same thing once.
CREATE TABLE cel (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    digest      bytea NOT NULL,
    eventtype   text NOT NULL,
    event_at    timestamptz NOT NULL,
    cid_name    text NOT NULL,
    cid_num     text NOT NULL,
    cid_ani     text NOT NULL,
    cid_rdnis   text NOT NULL,
    cid_dnid    text NOT NULL,
    exten       text NOT NULL,
    context     text NOT NULL,
    channame    text NOT NULL,
    appname     text NOT NULL,
    appdata     text NOT NULL,
    amaflags    text NOT NULL,
    accountcode text NOT NULL,
    uniqueid    text NOT NULL,
    userfield   text NOT NULL,
    peer        text NOT NULL,
    eventextra  text NOT NULL,
    mended      text,
    read_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (node, linkedid, digest)
);

-- What stood in the files and is no row, with the reason: kept for a person to look at.
CREATE TABLE call_record_rejects (
    reject_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node        text NOT NULL,
    log         text NOT NULL,
    file        text NOT NULL,
    position    bigint NOT NULL,
    reason      text NOT NULL,
    raw         text NOT NULL,                     -- bytes that are no text stand as \x..
    digest      bytea NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (node, log, position, digest)
);

-- When each Asterisk started last: a call it has not ended before that never will be.
CREATE TABLE call_nodes (
    node        text PRIMARY KEY,
    booted_at   timestamptz NOT NULL
);

-- Calls of which rows have come since they were folded last.
CREATE TABLE call_folds_due (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    PRIMARY KEY (node, linkedid)
);

-- One row for each call (LinkedID), made from its rows in cel and cdr by ccore/cdr/fold.py and from nothing else.
CREATE TABLE folded_calls (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    state       text NOT NULL CHECK (state IN ('open', 'ended', 'interrupted')),
    disposition text CHECK (disposition IN ('answered', 'no-answer', 'busy', 'congestion', 'failed', 'interrupted')),
    started_at  timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at    timestamptz,
    duration_ms bigint CHECK (duration_ms >= 0),
    billed_ms   bigint CHECK (billed_ms >= 0),
    talk_ms     bigint CHECK (talk_ms >= 0),
    caller      text NOT NULL,
    caller_name text NOT NULL,
    dialled     text NOT NULL,
    context     text NOT NULL,
    channel     text NOT NULL,
    trunk       text NOT NULL,
    hangup_cause integer,
    hangup_source text NOT NULL,
    legs        integer NOT NULL CHECK (legs >= 0),
    transferred boolean NOT NULL,
    cdrs        integer NOT NULL CHECK (cdrs >= 0),
    clock_suspect boolean NOT NULL,
    call_keys   text[] NOT NULL,
    PRIMARY KEY (node, linkedid),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((state = 'open') = (duration_ms IS NULL)),
    CHECK (state = 'open' OR disposition IS NOT NULL),
    CHECK (ended_at >= started_at AND answered_at >= started_at)
);
CREATE INDEX ON folded_calls (started_at);
CREATE INDEX ON folded_calls USING gin (call_keys);
CREATE INDEX folded_calls_open ON folded_calls (node, started_at) WHERE state = 'open';

-- The call record people read: the call, and the order that was placed in it.
CREATE VIEW call_records AS
SELECT c.*, a.order_id, a.outcome AS order_outcome
FROM folded_calls c
LEFT JOIN LATERAL (
    SELECT order_id, outcome FROM order_attempts
    WHERE call_key = ANY (c.call_keys)
    ORDER BY order_id IS NULL, attempt_id
    LIMIT 1) a ON true;
