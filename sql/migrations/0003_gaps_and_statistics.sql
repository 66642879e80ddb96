-- Times in which nobody listened to an Asterisk, and statistics of calls that know of them.

-- Each life of a link to a node's manager interface, of every ccore instance. Times are ccore's clock, but for beat_at.
CREATE TABLE ami_links (
    node        text NOT NULL,
    instance    text NOT NULL,
    up_at       timestamptz NOT NULL,              -- since when all events come, or are in the snapshot taken then
    epoch       integer NOT NULL,                  -- the instance's login, counted from its start
    booted_at   text NOT NULL,                     -- what Asterisk said of its start: another text is another start
    alive_at    timestamptz NOT NULL,              -- up at least until then; the heartbeat
    beat_at     timestamptz NOT NULL DEFAULT clock_timestamp(), -- when alive_at was written, by this database's clock
    lost_at     timestamptz,                       -- null: up, or its ccore was killed
    why         text NOT NULL,                     -- it was lost, in one word; "" while it is up
    PRIMARY KEY (node, instance, up_at),
    CHECK (alive_at >= up_at AND lost_at >= up_at)
);

-- The ledger of gaps: times between the lives of a node's links in which no instance heard its Asterisk.
CREATE TABLE ami_gaps (
    gap_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node        text NOT NULL,
    instance    text NOT NULL,                     -- whose login ended it, and the epoch that began with it
    epoch       integer NOT NULL,
    began_at    timestamptz NOT NULL,
    ended_at    timestamptz NOT NULL,
    why         text NOT NULL,                     -- in one word of ccore.ami, or ccore-away, or asterisk-restarted
    noted_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    read_at     timestamptz,                       -- all that Asterisk wrote up to its end was stored by then
    closed_at   timestamptz,                       -- and folded by then: records and statistics of it are whole
    CHECK (ended_at > began_at AND read_at <= closed_at),
    UNIQUE (node, began_at, ended_at)
);
CREATE INDEX ami_gaps_unclosed ON ami_gaps (node) WHERE closed_at IS NULL;
CREATE INDEX ON ami_gaps (node, ended_at);

-- Gaps that are not closed yet, with those that still last (ended_at is null): a node whose newest link has ended, or
-- has not beaten for several heartbeats.
CREATE VIEW open_gaps AS
SELECT node, began_at, ended_at, why FROM ami_gaps WHERE closed_at IS NULL
UNION ALL
SELECT node, until, NULL, why FROM (
    SELECT DISTINCT ON (node) node, coalesce(lost_at, alive_at) AS until, coalesce(nullif(why, ''), 'ccore-away') AS why,
           bool_or(lost_at IS NULL AND beat_at > now() - interval '10 seconds') OVER (PARTITION BY node) AS linked
    FROM ami_links
    ORDER BY node, coalesce(lost_at, alive_at) DESC) AS newest
WHERE NOT linked;

-- Until when each log of a node has been read to its end: all that its Asterisk wrote before that is stored.
CREATE TABLE call_log_reads (
    node        text NOT NULL,
    log         text NOT NULL CHECK (log IN ('cdr', 'cel')),
    read_until  timestamptz NOT NULL,              -- by the clock of the ccore that read
    PRIMARY KEY (node, log)
);

-- Since when a call waits to be folded: a gap is closed once those that waited when its rows were in are folded.
ALTER TABLE call_folds_due ADD COLUMN due_since timestamptz NOT NULL DEFAULT now();

-- Calls by node, trunk, dialled number and the quarter of an hour they began in (UTC). Kept in the transactions that
-- save folded calls, by what these change; orders are not in it, as they may come later than their call: they are
-- joined when it is read. No CHECK that a number is not negative: a wrong one must not stop the folding of calls.
CREATE TABLE call_statistics (
    node        text NOT NULL,
    trunk       text NOT NULL,
    dialled     text NOT NULL,
    began_at    timestamptz NOT NULL,
    calls       bigint NOT NULL,
    going_on    bigint NOT NULL,                   -- of them; those answered already count as answered too
    answered    bigint NOT NULL,
    no_answer   bigint NOT NULL,
    busy        bigint NOT NULL,
    congestion  bigint NOT NULL,
    failed      bigint NOT NULL,
    interrupted bigint NOT NULL,
    clock_suspect bigint NOT NULL,
    duration_ms bigint NOT NULL,                   -- these three of calls that have ended
    billed_ms   bigint NOT NULL,
    talk_ms     bigint NOT NULL,
    PRIMARY KEY (node, trunk, dialled, began_at)
);
CREATE INDEX ON call_statistics (began_at);

-- What call_statistics must say of calls that began from the beginning of a quarter until before that of another: counted
-- anew. Cut to what the key of an index can hold: what was dialled may be a stranger's, and of any length.
CREATE FUNCTION counted_calls(since timestamptz, until timestamptz) RETURNS SETOF call_statistics LANGUAGE sql STABLE AS $$
SELECT node, left(trunk, 80), left(dialled, 80), date_bin('15 minutes', started_at, '1970-01-01 00:00+00'),
       count(*),
       count(*) FILTER (WHERE state = 'open'),
       count(*) FILTER (WHERE disposition = 'answered'),
       count(*) FILTER (WHERE disposition = 'no-answer'),
       count(*) FILTER (WHERE disposition = 'busy'),
       count(*) FILTER (WHERE disposition = 'congestion'),
       count(*) FILTER (WHERE disposition = 'failed'),
       count(*) FILTER (WHERE disposition = 'interrupted'),
       count(*) FILTER (WHERE clock_suspect),
       coalesce(sum(duration_ms), 0)::bigint,
       coalesce(sum(billed_ms), 0)::bigint,
       coalesce(sum(talk_ms), 0)::bigint
FROM folded_calls
WHERE started_at >= since AND started_at < until
GROUP BY 1, 2, 3, 4
$$;

INSERT INTO call_statistics SELECT * FROM counted_calls('-infinity', 'infinity');
