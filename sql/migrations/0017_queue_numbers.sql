-- Numbers of queues, agents and skills; alarms about them; volume plans and standby staff.

-- Calls of which rows that concern queues have come since they were folded last.
CREATE TABLE queue_folds_due (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    due_since   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, linkedid)
);
CREATE INDEX cel_of_queues ON cel (node, linkedid) WHERE eventtype = 'CCORE_QUEUE';

-- One caller's time with one queue: folded from the rows of table cel, by ccore/numbers/fold.py and nothing else.
CREATE TABLE queue_calls (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    uniqueid    text NOT NULL,                     -- the caller's channel
    visit       integer NOT NULL,                  -- number of its first entry on this channel
    queue       text NOT NULL,
    line        text NOT NULL,                     -- of app_queue; the last one waited in
    language    text NOT NULL,
    tier        text NOT NULL,
    priority    integer NOT NULL,
    caller      text NOT NULL,
    entered_at  timestamptz NOT NULL,
    left_at     timestamptz,                       -- the end of the wait
    how         text NOT NULL CHECK (how IN ('waiting', 'answered', 'abandoned', 'overflowed', 'chose', 'timed-out', 'refused', 'interrupted')),
    wait_ms     bigint CHECK (wait_ms >= 0),
    answered_at timestamptz,
    agent       text NOT NULL,
    device      text NOT NULL,                     -- the agent's channel, without its number
    ended_at    timestamptz,                       -- the end of the talk with the agent
    talk_ms     bigint CHECK (talk_ms >= 0),       -- with hold
    hold_ms     bigint NOT NULL CHECK (hold_ms >= 0),
    transferred boolean NOT NULL,
    entries     integer NOT NULL,
    PRIMARY KEY (node, linkedid, uniqueid, visit)
);
CREATE INDEX ON queue_calls (entered_at);
CREATE INDEX ON queue_calls (queue, entered_at DESC);
CREATE INDEX ON queue_calls (answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX queue_calls_open ON queue_calls (queue) WHERE how = 'waiting' OR (how = 'answered' AND ended_at IS NULL);

-- Each ring at an agent.
CREATE TABLE queue_rings (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    uniqueid    text NOT NULL,                     -- the agent's channel
    caller      text NOT NULL,                     -- the caller's channel
    visit       integer NOT NULL,
    queue       text NOT NULL,
    line        text NOT NULL,
    agent       text NOT NULL,
    device      text NOT NULL,
    rung_at     timestamptz NOT NULL,
    ended_at    timestamptz,
    outcome     text NOT NULL CHECK (outcome IN ('ringing', 'answered', 'missed', 'cancelled')),
    PRIMARY KEY (node, linkedid, uniqueid)
);
CREATE INDEX ON queue_rings (rung_at);

-- What was promised, since when: numbers of the past are counted by the terms of the past.
CREATE TABLE queue_terms (
    line        text NOT NULL,
    since       timestamptz NOT NULL,              -- of the first there are: -infinity
    queue       text NOT NULL,
    percent     integer NOT NULL,
    within_s    integer NOT NULL,
    short_abandon_s integer NOT NULL,
    skills      text[] NOT NULL,                   -- those wanted on this line
    PRIMARY KEY (line, since)
);

-- Quarters of an hour (UTC) that are over; due: what is counted in them may not be so any more.
CREATE TABLE counted_quarters (
    began_at    timestamptz PRIMARY KEY,
    due         boolean NOT NULL DEFAULT true,
    counted_at  timestamptz
);
CREATE INDEX counted_quarters_due ON counted_quarters (began_at) WHERE due;

-- Queues by the quarter their callers entered in: a visit counts once, there, with all its times.
CREATE TABLE queue_intervals (
    queue       text NOT NULL,
    began_at    timestamptz NOT NULL,
    offered     bigint NOT NULL,                   -- entered; those that abandoned in a short time among them
    waiting     bigint NOT NULL,
    answered    bigint NOT NULL,
    within      bigint NOT NULL,                   -- answered within the seconds promised
    abandoned   bigint NOT NULL,                   -- without the short ones
    short_abandoned bigint NOT NULL,
    overflowed  bigint NOT NULL,
    called_back bigint NOT NULL,                   -- left a wish to be called back
    voicemail   bigint NOT NULL,
    chose       bigint NOT NULL,                   -- something else by key
    timed_out   bigint NOT NULL,
    refused     bigint NOT NULL,
    interrupted bigint NOT NULL,
    transferred bigint NOT NULL,
    answered_wait_ms bigint NOT NULL,              -- of those answered: their mean is the ASA
    wait_ms     bigint NOT NULL,                   -- of all
    longest_wait_ms bigint NOT NULL,
    talk_ms     bigint NOT NULL,                   -- with hold
    hold_ms     bigint NOT NULL,
    rings       bigint NOT NULL,
    missed      bigint NOT NULL,
    wrap_up_ms  bigint NOT NULL,                   -- that began in this quarter
    PRIMARY KEY (queue, began_at)
);
CREATE INDEX ON queue_intervals (began_at);

-- The same visits by each skill that was wanted on the line: one who needs two skills counts under both.
CREATE TABLE skill_intervals (LIKE queue_intervals INCLUDING ALL);
ALTER TABLE skill_intervals RENAME COLUMN queue TO skill;

-- Agents: rings and answers in the quarter it rang in, all times in the quarter they passed in.
CREATE TABLE agent_intervals (
    agent       text NOT NULL,
    began_at    timestamptz NOT NULL,
    rings       bigint NOT NULL,
    answered    bigint NOT NULL,
    missed      bigint NOT NULL,
    cancelled   bigint NOT NULL,
    transferred bigint NOT NULL,
    talk_ms     bigint NOT NULL,                   -- in calls of queues, with hold, from the channel events
    hold_ms     bigint NOT NULL,                   -- of calls that were answered in this quarter
    signed_in_ms bigint NOT NULL,                  -- this and the next from presence_log
    ready_ms    bigint NOT NULL,
    ringing_ms  bigint NOT NULL,
    talking_ms  bigint NOT NULL,                   -- in any call
    wrap_up_ms  bigint NOT NULL,
    paused_ms   bigint NOT NULL,
    unreachable_ms bigint NOT NULL,
    pauses      jsonb NOT NULL,                    -- ms by reason
    PRIMARY KEY (agent, began_at)
);
CREATE INDEX ON agent_intervals (began_at);

CREATE FUNCTION quarter_of(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
SELECT date_bin('15 minutes', at, '1970-01-01 00:00+00')
$$;

-- Milliseconds of a span that lie in another.
CREATE FUNCTION overlap_ms(a timestamptz, b timestamptz, since timestamptz, until timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
SELECT greatest(0, (extract(epoch FROM least(b, until)) * 1000)::bigint - (extract(epoch FROM greatest(a, since)) * 1000)::bigint)
$$;

-- Visits that entered from the beginning of a quarter until before that of another, with the terms of their time and what
-- became of those who were not answered.
CREATE FUNCTION counted_visits(since timestamptz, until timestamptz)
RETURNS TABLE (queue text, line text, skills text[], began_at timestamptz, node text, uniqueid text, visit integer,
               what text, within boolean, wait_ms bigint, talk_ms bigint, hold_ms bigint, transferred boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT v.queue, v.line, coalesce(t.skills, '{}'), quarter_of(v.entered_at), v.node, v.uniqueid, v.visit,
           CASE WHEN v.how IN ('answered', 'overflowed', 'waiting', 'interrupted') THEN v.how
                WHEN EXISTS (SELECT FROM call_backs c WHERE c.call_key = v.node || '!' || v.uniqueid AND c.queue = v.queue) THEN 'called-back'
                WHEN EXISTS (SELECT FROM voicemails m WHERE m.call_key = v.node || '!' || v.uniqueid AND m.recorded_at >= v.entered_at)
                     AND NOT EXISTS (SELECT FROM queue_calls later WHERE (later.node, later.linkedid, later.uniqueid) = (v.node, v.linkedid, v.uniqueid)
                                                                     AND later.visit > v.visit) THEN 'voicemail'
                WHEN v.how = 'abandoned' AND v.wait_ms < 1000 * coalesce(t.short_abandon_s, 5) THEN 'short-abandoned'
                ELSE v.how END,
           v.how = 'answered' AND v.wait_ms <= 1000 * coalesce(t.within_s, 20),
           coalesce(v.wait_ms, 0), coalesce(v.talk_ms, 0), v.hold_ms, v.transferred
    FROM queue_calls v LEFT JOIN LATERAL (
        SELECT terms.skills, terms.within_s, terms.short_abandon_s FROM queue_terms terms
        WHERE terms.line IN (v.line, v.queue) AND terms.since <= v.entered_at
        ORDER BY terms.line = v.line DESC, terms.since DESC LIMIT 1) t ON true
    WHERE v.entered_at >= since AND v.entered_at < until;
END $$;

-- What queue_intervals (by_skill: skill_intervals) must say from the beginning of a quarter until before that of another.
CREATE FUNCTION counted_queues(since timestamptz, until timestamptz, by_skill boolean) RETURNS SETOF queue_intervals LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH visits AS (
        SELECT name, v.* FROM counted_visits(since, until) v
            CROSS JOIN LATERAL unnest(CASE WHEN by_skill THEN v.skills ELSE ARRAY[v.queue] END) AS by (name)
    ), rung AS (
        SELECT v.name, v.began_at, count(*) AS rings, count(*) FILTER (WHERE r.outcome = 'missed') AS missed
        FROM visits v JOIN queue_rings r ON (r.node, r.caller, r.visit) = (v.node, v.uniqueid, v.visit)
        GROUP BY 1, 2
    ), wrapped AS (
        SELECT name, quarter_of(s.at) AS began_at, sum(overlap_ms(s.at, s.until_at, s.at, now()))::bigint AS wrap_up_ms
        FROM presence_spans(since, until) s
            CROSS JOIN LATERAL (SELECT t.skills, t.queue FROM queue_terms t WHERE t.line = s.queue AND t.since <= s.at ORDER BY t.since DESC LIMIT 1) t
            CROSS JOIN LATERAL unnest(CASE WHEN by_skill THEN t.skills ELSE ARRAY[t.queue] END) AS by (name)
        WHERE s.state = 'wrap-up' AND s.at >= since AND s.at < until
        GROUP BY 1, 2
    ), summed AS (
        SELECT v.name, v.began_at, count(*) AS offered, count(*) FILTER (WHERE what = 'waiting') AS waiting,
               count(*) FILTER (WHERE what = 'answered') AS answered, count(*) FILTER (WHERE v.within) AS within,
               count(*) FILTER (WHERE what = 'abandoned') AS abandoned,
               count(*) FILTER (WHERE what = 'short-abandoned') AS short_abandoned,
               count(*) FILTER (WHERE what = 'overflowed') AS overflowed,
               count(*) FILTER (WHERE what = 'called-back') AS called_back,
               count(*) FILTER (WHERE what = 'voicemail') AS voicemail, count(*) FILTER (WHERE what = 'chose') AS chose,
               count(*) FILTER (WHERE what = 'timed-out') AS timed_out, count(*) FILTER (WHERE what = 'refused') AS refused,
               count(*) FILTER (WHERE what = 'interrupted') AS interrupted, count(*) FILTER (WHERE v.transferred) AS transferred,
               coalesce(sum(v.wait_ms) FILTER (WHERE what = 'answered'), 0)::bigint AS answered_wait_ms,
               sum(v.wait_ms)::bigint AS wait_ms, max(v.wait_ms) AS longest_wait_ms,
               sum(v.talk_ms)::bigint AS talk_ms, sum(v.hold_ms)::bigint AS hold_ms
        FROM visits v GROUP BY 1, 2
    )
    SELECT name, began_at, coalesce(s.offered, 0), coalesce(s.waiting, 0), coalesce(s.answered, 0), coalesce(s.within, 0),
           coalesce(s.abandoned, 0), coalesce(s.short_abandoned, 0), coalesce(s.overflowed, 0), coalesce(s.called_back, 0),
           coalesce(s.voicemail, 0), coalesce(s.chose, 0), coalesce(s.timed_out, 0), coalesce(s.refused, 0),
           coalesce(s.interrupted, 0), coalesce(s.transferred, 0), coalesce(s.answered_wait_ms, 0), coalesce(s.wait_ms, 0),
           coalesce(s.longest_wait_ms, 0), coalesce(s.talk_ms, 0), coalesce(s.hold_ms, 0), coalesce(r.rings, 0),
           coalesce(r.missed, 0), coalesce(w.wrap_up_ms, 0)
    FROM summed s FULL JOIN rung r USING (name, began_at) FULL JOIN wrapped w USING (name, began_at);
END $$;

-- What agents did from when until when (null: until now), as far as it touches the time given.
CREATE FUNCTION presence_spans(since timestamptz, until timestamptz)
RETURNS TABLE (agent text, state text, reason text, queue text, at timestamptz, until_at timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT s.agent, s.state, s.reason, s.queue, s.at, least(s.next_at, now())
    FROM (SELECT l.*, lead(l.at) OVER (PARTITION BY l.agent ORDER BY l.at, l.log_id) AS next_at
          FROM (SELECT p.* FROM presence_log p WHERE p.at >= since AND p.at < until + interval '1 day'
                UNION ALL
                SELECT before.* FROM agents a CROSS JOIN LATERAL (
                    SELECT p.* FROM presence_log p WHERE p.agent = a.agent AND p.at < since ORDER BY p.at DESC, p.log_id DESC LIMIT 1) before) l) s
    WHERE s.at < until AND coalesce(s.next_at, 'infinity') > since;
END $$;

-- What agent_intervals must say from the beginning of a quarter until before that of another.
CREATE FUNCTION counted_agents(since timestamptz, until timestamptz) RETURNS SETOF agent_intervals LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH quarters AS (
        SELECT q.began_at, q.began_at + interval '15 minutes' AS ended_at
        FROM generate_series(since, until - interval '1 microsecond', interval '15 minutes') AS q (began_at)
    ), spans AS MATERIALIZED (SELECT * FROM presence_spans(since, until)
    ), lived AS (
        SELECT s.agent, q.began_at, s.state, s.reason, overlap_ms(s.at, s.until_at, q.began_at, q.ended_at) AS ms
        FROM spans s JOIN quarters q ON s.at < q.ended_at AND s.until_at > q.began_at
    ), presence AS (
        SELECT l.agent, l.began_at, sum(ms) FILTER (WHERE state <> 'signed-out')::bigint AS signed_in_ms,
               sum(ms) FILTER (WHERE state = 'ready')::bigint AS ready_ms, sum(ms) FILTER (WHERE state = 'ringing')::bigint AS ringing_ms,
               sum(ms) FILTER (WHERE state = 'talking')::bigint AS talking_ms, sum(ms) FILTER (WHERE state = 'wrap-up')::bigint AS wrap_up_ms,
               sum(ms) FILTER (WHERE state = 'paused')::bigint AS paused_ms, sum(ms) FILTER (WHERE state = 'unreachable')::bigint AS unreachable_ms
        FROM lived l GROUP BY 1, 2
    ), pauses AS (
        SELECT p.agent, p.began_at, jsonb_object_agg(p.reason, p.ms ORDER BY p.reason) AS pauses
        FROM (SELECT l.agent, l.began_at, l.reason, sum(l.ms)::bigint AS ms FROM lived l WHERE state = 'paused' GROUP BY 1, 2, 3) p
        GROUP BY 1, 2
    ), rung AS (
        SELECT r.agent, quarter_of(r.rung_at) AS began_at, count(*) AS rings, count(*) FILTER (WHERE outcome = 'answered') AS answered,
               count(*) FILTER (WHERE outcome = 'missed') AS missed, count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled
        FROM queue_rings r WHERE r.rung_at >= since AND r.rung_at < until AND r.agent <> '' GROUP BY 1, 2
    ), talked AS (
        SELECT v.agent, q.began_at, sum(overlap_ms(v.answered_at, least(v.ended_at, now()), q.began_at, q.ended_at))::bigint AS talk_ms,
               coalesce(sum(v.hold_ms) FILTER (WHERE v.answered_at >= q.began_at), 0)::bigint AS hold_ms,
               count(*) FILTER (WHERE v.transferred AND v.answered_at >= q.began_at) AS transferred
        FROM queue_calls v JOIN quarters q ON v.answered_at < q.ended_at AND coalesce(v.ended_at, now()) >= q.began_at
        WHERE v.agent <> '' AND v.answered_at >= since - interval '1 day' AND v.answered_at < until
        GROUP BY 1, 2
    )
    SELECT agent, began_at, coalesce(r.rings, 0), coalesce(r.answered, 0), coalesce(r.missed, 0), coalesce(r.cancelled, 0),
           coalesce(t.transferred, 0), coalesce(t.talk_ms, 0), coalesce(t.hold_ms, 0), coalesce(p.signed_in_ms, 0),
           coalesce(p.ready_ms, 0), coalesce(p.ringing_ms, 0), coalesce(p.talking_ms, 0), coalesce(p.wrap_up_ms, 0),
           coalesce(p.paused_ms, 0), coalesce(p.unreachable_ms, 0), coalesce(u.pauses, '{}')
    FROM (SELECT * FROM presence WHERE signed_in_ms > 0) p FULL JOIN rung r USING (agent, began_at)
        FULL JOIN talked t USING (agent, began_at) LEFT JOIN pauses u USING (agent, began_at)
    WHERE (coalesce(p.signed_in_ms, 0), coalesce(r.rings, 0), coalesce(t.talk_ms, 0)) <> (0, 0, 0);
END $$;

-- These quarters have to be counted again. One that is not over yet will be anyway, a minute later: so nobody waits for
-- anybody else because of the quarter that lasts, in which all that happens now is.
CREATE FUNCTION mark_quarters(beginnings timestamptz[]) RETURNS void LANGUAGE sql AS $$
INSERT INTO counted_quarters (began_at)
SELECT DISTINCT q.began_at FROM unnest(beginnings) AS q (began_at) WHERE q.began_at + interval '16 minutes' <= now() ORDER BY 1
ON CONFLICT (began_at) DO UPDATE SET due = true
$$;

-- A voicemail is taken in after its call: the numbers of the queue it came from change.
CREATE FUNCTION mark_voicemail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_quarters(ARRAY[quarter_of(v.entered_at)]) FROM queue_calls v
    WHERE v.node = split_part(NEW.call_key, '!', 1) AND v.uniqueid = split_part(NEW.call_key, '!', 2);
    RETURN NULL;
END $$;
CREATE TRIGGER numbers_change AFTER INSERT ON voicemails FOR EACH ROW EXECUTE FUNCTION mark_voicemail();
CREATE INDEX ON queue_calls (uniqueid, node);
CREATE INDEX ON voicemails (call_key);

-- A call that its Asterisk has lost is over for its queue too.
CREATE FUNCTION mark_interrupted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO queue_folds_due SELECT NEW.node, NEW.linkedid
    WHERE EXISTS (SELECT FROM cel WHERE node = NEW.node AND linkedid = NEW.linkedid AND eventtype = 'CCORE_QUEUE')
    ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid;
    RETURN NULL;
END $$;
CREATE TRIGGER queue_calls_change AFTER INSERT OR UPDATE ON folded_calls
    FOR EACH ROW WHEN (NEW.state = 'interrupted') EXECUTE FUNCTION mark_interrupted();

-- Alarms that were raised; cleared_at is null: it is still so.
CREATE TABLE alerts (
    alert_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,                     -- of alerts.toml
    subject     text NOT NULL,                     -- the queue or agent it is about; "" for the whole site
    raised_at   timestamptz NOT NULL,
    value       double precision NOT NULL,         -- when it was raised
    text        text NOT NULL,
    cleared_at  timestamptz CHECK (cleared_at >= raised_at),
    acknowledged_at timestamptz,
    acknowledged_by text,
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
CREATE UNIQUE INDEX alerts_raised ON alerts (name, subject) WHERE cleared_at IS NULL;
CREATE INDEX ON alerts (raised_at);

-- What is to be told to the webhook of alerts.toml; sent until it is taken, or given up after a day.
CREATE TABLE webhook_outbox (
    message_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id    bigint NOT NULL REFERENCES alerts,
    event       text NOT NULL CHECK (event IN ('raised', 'cleared')),
    body        text NOT NULL,                     -- as it is signed and sent
    state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'given-up')),
    queued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries       integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    error       text,
    sent_at     timestamptz,
    UNIQUE (alert_id, event)
);
CREATE INDEX webhook_outbox_queued ON webhook_outbox (next_at) WHERE state = 'queued';

-- How many calls are planned for.
CREATE TABLE volume_plans (
    queue       text NOT NULL,
    weekday     integer NOT NULL CHECK (weekday BETWEEN 1 AND 7), -- 1 is Monday
    hour        integer NOT NULL CHECK (hour BETWEEN 0 AND 23),   -- of the site's time
    calls       integer NOT NULL CHECK (calls >= 0),
    PRIMARY KEY (queue, weekday, hour)
);

-- Which echelon stands by for a queue now; one row for each queue that ever needed one.
CREATE TABLE echelon_states (
    queue       text PRIMARY KEY,
    level       integer NOT NULL CHECK (level BETWEEN 0 AND 4),
    since       timestamptz NOT NULL,
    percent     double precision                   -- the volume, of its plan, when it was decided
);

-- Who was called up: each at most once an hour, whoever presses the key.
CREATE TABLE echelon_calls (
    agent       text NOT NULL,
    hour        timestamptz NOT NULL,
    level       integer NOT NULL CHECK (level BETWEEN 1 AND 4),
    queue       text NOT NULL,
    called_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    called_by   text NOT NULL,
    PRIMARY KEY (agent, hour)
);

-- Rows that came before there were these numbers.
INSERT INTO queue_folds_due SELECT DISTINCT node, linkedid FROM cel WHERE eventtype = 'CCORE_QUEUE';

-- Told late, or the end of a wrap-up, which counts where it began. What lasts over the end of a quarter is known by then.
CREATE FUNCTION mark_presence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_quarters(ARRAY[quarter_of(NEW.at), quarter_of(coalesce(
        (SELECT l.at FROM presence_log l WHERE l.agent = NEW.agent AND l.at < NEW.at ORDER BY l.at DESC LIMIT 1), NEW.at))]);
    RETURN NULL;
END $$;
CREATE TRIGGER numbers_change AFTER INSERT ON presence_log FOR EACH ROW EXECUTE FUNCTION mark_presence();
