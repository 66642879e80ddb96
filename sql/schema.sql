-- What sql/migrations make; written by `make schema`.

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';

CREATE TABLE public.agent_intervals (
    agent text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    rings bigint NOT NULL,
    answered bigint NOT NULL,
    missed bigint NOT NULL,
    cancelled bigint NOT NULL,
    transferred bigint NOT NULL,
    talk_ms bigint NOT NULL,
    hold_ms bigint NOT NULL,
    signed_in_ms bigint NOT NULL,
    ready_ms bigint NOT NULL,
    ringing_ms bigint NOT NULL,
    talking_ms bigint NOT NULL,
    wrap_up_ms bigint NOT NULL,
    paused_ms bigint NOT NULL,
    unreachable_ms bigint NOT NULL,
    pauses jsonb NOT NULL
);

CREATE FUNCTION public.counted_agents(since timestamp with time zone, until timestamp with time zone) RETURNS SETOF public.agent_intervals
    LANGUAGE plpgsql STABLE
    AS $$
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

CREATE TABLE public.call_statistics (
    node text NOT NULL,
    trunk text NOT NULL,
    dialled text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    calls bigint NOT NULL,
    going_on bigint NOT NULL,
    answered bigint NOT NULL,
    no_answer bigint NOT NULL,
    busy bigint NOT NULL,
    congestion bigint NOT NULL,
    failed bigint NOT NULL,
    interrupted bigint NOT NULL,
    clock_suspect bigint NOT NULL,
    duration_ms bigint NOT NULL,
    billed_ms bigint NOT NULL,
    talk_ms bigint NOT NULL
);

CREATE FUNCTION public.counted_calls(since timestamp with time zone, until timestamp with time zone) RETURNS SETOF public.call_statistics
    LANGUAGE sql STABLE
    AS $$
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

CREATE TABLE public.queue_intervals (
    queue text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    offered bigint NOT NULL,
    waiting bigint NOT NULL,
    answered bigint NOT NULL,
    within bigint NOT NULL,
    abandoned bigint NOT NULL,
    short_abandoned bigint NOT NULL,
    overflowed bigint NOT NULL,
    called_back bigint NOT NULL,
    voicemail bigint NOT NULL,
    chose bigint NOT NULL,
    timed_out bigint NOT NULL,
    refused bigint NOT NULL,
    interrupted bigint NOT NULL,
    transferred bigint NOT NULL,
    answered_wait_ms bigint NOT NULL,
    wait_ms bigint NOT NULL,
    longest_wait_ms bigint NOT NULL,
    talk_ms bigint NOT NULL,
    hold_ms bigint NOT NULL,
    rings bigint NOT NULL,
    missed bigint NOT NULL,
    wrap_up_ms bigint NOT NULL
);

CREATE FUNCTION public.counted_queues(since timestamp with time zone, until timestamp with time zone, by_skill boolean) RETURNS SETOF public.queue_intervals
    LANGUAGE plpgsql STABLE
    AS $$
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

CREATE FUNCTION public.counted_visits(since timestamp with time zone, until timestamp with time zone) RETURNS TABLE(queue text, line text, skills text[], began_at timestamp with time zone, node text, uniqueid text, visit integer, what text, within boolean, wait_ms bigint, talk_ms bigint, hold_ms bigint, transferred boolean)
    LANGUAGE plpgsql STABLE
    AS $$
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

CREATE FUNCTION public.mark_interrupted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO queue_folds_due SELECT NEW.node, NEW.linkedid
    WHERE EXISTS (SELECT FROM cel WHERE node = NEW.node AND linkedid = NEW.linkedid AND eventtype = 'CCORE_QUEUE')
    ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid;
    RETURN NULL;
END $$;

CREATE FUNCTION public.mark_presence() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM mark_quarters(ARRAY[quarter_of(NEW.at), quarter_of(coalesce(
        (SELECT l.at FROM presence_log l WHERE l.agent = NEW.agent AND l.at < NEW.at ORDER BY l.at DESC LIMIT 1), NEW.at))]);
    RETURN NULL;
END $$;

CREATE FUNCTION public.mark_quarters(beginnings timestamp with time zone[]) RETURNS void
    LANGUAGE sql
    AS $$
INSERT INTO counted_quarters (began_at)
SELECT DISTINCT q.began_at FROM unnest(beginnings) AS q (began_at) WHERE q.began_at + interval '16 minutes' <= now() ORDER BY 1
ON CONFLICT (began_at) DO UPDATE SET due = true
$$;

CREATE FUNCTION public.mark_voicemail() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM mark_quarters(ARRAY[quarter_of(v.entered_at)]) FROM queue_calls v
    WHERE v.node = split_part(NEW.call_key, '!', 1) AND v.uniqueid = split_part(NEW.call_key, '!', 2);
    RETURN NULL;
END $$;

CREATE FUNCTION public.overlap_ms(a timestamp with time zone, b timestamp with time zone, since timestamp with time zone, until timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
SELECT greatest(0, (extract(epoch FROM least(b, until)) * 1000)::bigint - (extract(epoch FROM greatest(a, since)) * 1000)::bigint)
$$;

CREATE FUNCTION public.presence_spans(since timestamp with time zone, until timestamp with time zone) RETURNS TABLE(agent text, state text, reason text, queue text, at timestamp with time zone, until_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
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

CREATE FUNCTION public.quarter_of(at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    AS $$
SELECT date_bin('15 minutes', at, '1970-01-01 00:00+00')
$$;

CREATE TABLE public.recordings (
    recording_id bigint NOT NULL,
    node text NOT NULL,
    channel text NOT NULL,
    part integer DEFAULT 1 NOT NULL,
    call_id text NOT NULL,
    call_key text NOT NULL,
    hotline text DEFAULT ''::text NOT NULL,
    queue text DEFAULT ''::text NOT NULL,
    campaign text DEFAULT ''::text NOT NULL,
    agent text DEFAULT ''::text NOT NULL,
    number text DEFAULT ''::text NOT NULL,
    direction text NOT NULL,
    state text DEFAULT 'expected'::text NOT NULL,
    rule text NOT NULL,
    kind text NOT NULL,
    asked_at timestamp with time zone,
    adopted boolean DEFAULT false NOT NULL,
    expected_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    stopped_at timestamp with time zone,
    ended_at timestamp with time zone,
    stem text NOT NULL,
    format text DEFAULT ''::text NOT NULL,
    rx_bytes bigint,
    tx_bytes bigint,
    trouble text DEFAULT ''::text NOT NULL,
    keep_days integer NOT NULL,
    told_by_cel boolean DEFAULT false NOT NULL,
    milliseconds bigint,
    sha256 text,
    bytes bigint,
    key_id text,
    storage text,
    object text,
    keep_until timestamp with time zone,
    stored_at timestamp with time zone,
    erased_at timestamp with time zone,
    encoding text,
    stored_sha256 text,
    stored_bytes bigint,
    raw_gone_at timestamp with time zone,
    try_at timestamp with time zone,
    try_trouble text DEFAULT ''::text NOT NULL,
    as_it_is boolean DEFAULT false NOT NULL,
    CONSTRAINT recordings_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT recordings_check CHECK (((state = ANY (ARRAY['expected'::text, 'recording'::text])) <= (ended_at IS NULL))),
    CONSTRAINT recordings_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text, 'internal'::text]))),
    CONSTRAINT recordings_encoding_check CHECK ((encoding = ANY (ARRAY['flac'::text, 'opus'::text]))),
    CONSTRAINT recordings_format_check CHECK ((format = ANY (ARRAY[''::text, 'sln'::text, 'sln16'::text]))),
    CONSTRAINT recordings_keep_days_check CHECK ((keep_days > 0)),
    CONSTRAINT recordings_kind_check CHECK ((kind = ANY (ARRAY['always'::text, 'sample'::text, 'on-demand'::text]))),
    CONSTRAINT recordings_milliseconds_check CHECK ((milliseconds >= 0)),
    CONSTRAINT recordings_rx_bytes_check CHECK ((rx_bytes >= 0)),
    CONSTRAINT recordings_state_check CHECK ((state = ANY (ARRAY['expected'::text, 'recording'::text, 'finished'::text, 'stored'::text, 'failed'::text, 'discarded'::text, 'erased'::text]))),
    CONSTRAINT recordings_stem_check CHECK ((stem ~ '^[0-9]{8}/[A-Za-z0-9][A-Za-z0-9_.-]*$'::text)),
    CONSTRAINT recordings_stored_bytes_check CHECK ((stored_bytes >= 0)),
    CONSTRAINT recordings_tx_bytes_check CHECK ((tx_bytes >= 0)),
    CONSTRAINT stored_whole CHECK (((state <> 'stored'::text) OR (num_nonnulls(milliseconds, sha256, bytes, storage, object, encoding, stored_sha256, stored_bytes, keep_until, stored_at) = 10)))
);

CREATE FUNCTION public.recording_held(public.recordings) RETURNS boolean
    LANGUAGE sql STABLE
    AS $_$
    SELECT EXISTS (
        SELECT FROM recording_holds
        WHERE released_at IS NULL AND (kind, value) IN
            (('recording', $1.recording_id::text), ('call', $1.call_id), ('number', nullif($1.number, ''))))
$_$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted: add a new one', TG_TABLE_NAME;
END $$;

CREATE TABLE public.agent_changes (
    single boolean DEFAULT true NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT agent_changes_single_check CHECK (single)
);

CREATE TABLE public.agent_tries (
    try_id bigint NOT NULL,
    call_key text NOT NULL,
    number text NOT NULL,
    caller text NOT NULL,
    passed boolean DEFAULT false NOT NULL,
    tried_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.agent_tries ALTER COLUMN try_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agent_tries_try_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.agents (
    agent text NOT NULL,
    name text NOT NULL,
    skills jsonb DEFAULT '{}'::jsonb NOT NULL,
    echelon integer DEFAULT 0 NOT NULL,
    mobile text,
    pin_salt bytea,
    pin_hash bytea,
    own_penalty integer NOT NULL,
    active boolean DEFAULT true NOT NULL,
    set_by text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT agents_agent_check CHECK ((agent ~ '^[0-9]{2,12}$'::text)),
    CONSTRAINT agents_check CHECK (((pin_salt IS NULL) = (pin_hash IS NULL))),
    CONSTRAINT agents_echelon_check CHECK (((echelon >= 0) AND (echelon <= 4))),
    CONSTRAINT agents_mobile_check CHECK ((mobile ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT agents_skills_check CHECK ((jsonb_typeof(skills) = 'object'::text))
);

ALTER TABLE public.agents ALTER COLUMN own_penalty ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agents_own_penalty_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.alerts (
    alert_id bigint NOT NULL,
    name text NOT NULL,
    subject text NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    text text NOT NULL,
    cleared_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    CONSTRAINT alerts_check CHECK ((cleared_at >= raised_at)),
    CONSTRAINT alerts_check1 CHECK (((acknowledged_at IS NULL) = (acknowledged_by IS NULL)))
);

ALTER TABLE public.alerts ALTER COLUMN alert_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.alerts_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ami_gaps (
    gap_id bigint NOT NULL,
    node text NOT NULL,
    instance text NOT NULL,
    epoch integer NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    why text NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    read_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT ami_gaps_check CHECK (((ended_at > began_at) AND (read_at <= closed_at)))
);

ALTER TABLE public.ami_gaps ALTER COLUMN gap_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ami_gaps_gap_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ami_links (
    node text NOT NULL,
    instance text NOT NULL,
    up_at timestamp with time zone NOT NULL,
    epoch integer NOT NULL,
    booted_at text NOT NULL,
    alive_at timestamp with time zone NOT NULL,
    beat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lost_at timestamp with time zone,
    why text NOT NULL,
    CONSTRAINT ami_links_check CHECK (((alive_at >= up_at) AND (lost_at >= up_at)))
);

CREATE TABLE public.announcement_changes (
    single boolean DEFAULT true NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT announcement_changes_single_check CHECK (single)
);

CREATE TABLE public.announcement_sounds (
    announcement_id bigint NOT NULL,
    language text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    audio bytea NOT NULL,
    sha256 text GENERATED ALWAYS AS (encode(sha256(audio), 'hex'::text)) STORED NOT NULL,
    CONSTRAINT announcement_sounds_audio_check CHECK (((octet_length(audio) >= 1) AND (octet_length(audio) <= 2400000))),
    CONSTRAINT announcement_sounds_language_check CHECK ((language = ANY (ARRAY[''::text, 'zh'::text, 'en'::text])))
);

CREATE TABLE public.announcements (
    announcement_id bigint NOT NULL,
    node text NOT NULL,
    divert text DEFAULT ''::text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request text,
    ended_at timestamp with time zone,
    ended_by text,
    CONSTRAINT announcements_check CHECK ((ends_at > starts_at)),
    CONSTRAINT announcements_check1 CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
    CONSTRAINT announcements_source_check CHECK ((source = ANY (ARRAY['phone'::text, 'upload'::text, 'speech'::text])))
);

ALTER TABLE public.announcements ALTER COLUMN announcement_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.announcements_announcement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.announcer_tries (
    try_id bigint NOT NULL,
    call_key text NOT NULL,
    number text NOT NULL,
    caller text NOT NULL,
    passed boolean DEFAULT false NOT NULL,
    tried_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.announcer_tries ALTER COLUMN try_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.announcer_tries_try_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.announcers (
    number text NOT NULL,
    name text NOT NULL,
    pin_salt bytea NOT NULL,
    pin_hash bytea NOT NULL,
    set_by text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT announcers_number_check CHECK ((number ~ '^[0-9]{2,12}$'::text))
);

CREATE TABLE public.audit (
    audit_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE public.audit ALTER COLUMN audit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_seals (
    seal bigint NOT NULL,
    audit_id bigint NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_seals_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT audit_seals_seal_check CHECK ((seal > 0))
);

CREATE TABLE public.barred_numbers (
    number text NOT NULL,
    reason text NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT barred_numbers_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text))
);

CREATE TABLE public.call_back_attempts (
    channel text NOT NULL,
    call_back_id bigint NOT NULL,
    node text NOT NULL,
    dialled_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome text,
    CONSTRAINT call_back_attempts_check CHECK (((outcome IS NULL) = (ended_at IS NULL))),
    CONSTRAINT call_back_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['connected'::text, 'not-sent'::text, 'no-answer'::text, 'not-accepted'::text, 'hung-up'::text])))
);

CREATE TABLE public.call_backs (
    call_back_id bigint NOT NULL,
    call_key text NOT NULL,
    number text NOT NULL,
    queue text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    done_at timestamp with time zone,
    done_by text,
    came_at timestamp with time zone,
    tier text DEFAULT ''::text NOT NULL,
    language text DEFAULT 'zh'::text NOT NULL,
    menu_priority integer DEFAULT 0 NOT NULL,
    noted_by text DEFAULT 'caller'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    not_before timestamp with time zone,
    node text,
    channel text,
    dialled_at timestamp with time zone,
    ended_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT call_backs_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT call_backs_check CHECK (((state = 'done'::text) = ((done_at IS NOT NULL) AND (done_by IS NOT NULL)))),
    CONSTRAINT call_backs_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT call_backs_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text)),
    CONSTRAINT call_backs_state_check CHECK ((state = ANY (ARRAY['open'::text, 'dialling'::text, 'asked'::text, 'accepted'::text, 'connected'::text, 'failed'::text, 'expired'::text, 'cancelled'::text, 'refused'::text, 'done'::text])))
);

ALTER TABLE public.call_backs ALTER COLUMN call_back_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.call_backs_call_back_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.call_cuts (
    node text NOT NULL,
    linkedid text NOT NULL,
    cut_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.call_folds_due (
    node text NOT NULL,
    linkedid text NOT NULL,
    due_since timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.call_log_places (
    node text NOT NULL,
    log text NOT NULL,
    file_id text NOT NULL,
    head bytea NOT NULL,
    "position" bigint NOT NULL,
    file text NOT NULL,
    moved_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT call_log_places_log_check CHECK ((log = ANY (ARRAY['cdr'::text, 'cel'::text]))),
    CONSTRAINT call_log_places_position_check CHECK (("position" >= 0))
);

CREATE TABLE public.call_log_reads (
    node text NOT NULL,
    log text NOT NULL,
    read_until timestamp with time zone NOT NULL,
    CONSTRAINT call_log_reads_log_check CHECK ((log = ANY (ARRAY['cdr'::text, 'cel'::text])))
);

CREATE TABLE public.call_nodes (
    node text NOT NULL,
    booted_at timestamp with time zone NOT NULL
);

CREATE TABLE public.call_notes (
    note_id bigint NOT NULL,
    call_id text NOT NULL,
    by_whom text NOT NULL,
    text text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT call_notes_text_check CHECK (((length(text) >= 1) AND (length(text) <= 4000)))
);

ALTER TABLE public.call_notes ALTER COLUMN note_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.call_notes_note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.call_record_rejects (
    reject_id bigint NOT NULL,
    node text NOT NULL,
    log text NOT NULL,
    file text NOT NULL,
    "position" bigint NOT NULL,
    reason text NOT NULL,
    raw text NOT NULL,
    digest bytea NOT NULL,
    rejected_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.call_record_rejects ALTER COLUMN reject_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.call_record_rejects_reject_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.folded_calls (
    node text NOT NULL,
    linkedid text NOT NULL,
    state text NOT NULL,
    disposition text,
    started_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    ended_at timestamp with time zone,
    duration_ms bigint,
    billed_ms bigint,
    talk_ms bigint,
    caller text NOT NULL,
    caller_name text NOT NULL,
    dialled text NOT NULL,
    context text NOT NULL,
    channel text NOT NULL,
    trunk text NOT NULL,
    hangup_cause integer,
    hangup_source text NOT NULL,
    legs integer NOT NULL,
    transferred boolean NOT NULL,
    cdrs integer NOT NULL,
    clock_suspect boolean NOT NULL,
    call_keys text[] NOT NULL,
    CONSTRAINT folded_calls_billed_ms_check CHECK ((billed_ms >= 0)),
    CONSTRAINT folded_calls_cdrs_check CHECK ((cdrs >= 0)),
    CONSTRAINT folded_calls_check CHECK (((state = 'open'::text) = (ended_at IS NULL))),
    CONSTRAINT folded_calls_check1 CHECK (((state = 'open'::text) = (duration_ms IS NULL))),
    CONSTRAINT folded_calls_check2 CHECK (((state = 'open'::text) OR (disposition IS NOT NULL))),
    CONSTRAINT folded_calls_check3 CHECK (((ended_at >= started_at) AND (answered_at >= started_at))),
    CONSTRAINT folded_calls_disposition_check CHECK ((disposition = ANY (ARRAY['answered'::text, 'no-answer'::text, 'busy'::text, 'congestion'::text, 'failed'::text, 'interrupted'::text]))),
    CONSTRAINT folded_calls_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT folded_calls_legs_check CHECK ((legs >= 0)),
    CONSTRAINT folded_calls_state_check CHECK ((state = ANY (ARRAY['open'::text, 'ended'::text, 'interrupted'::text]))),
    CONSTRAINT folded_calls_talk_ms_check CHECK ((talk_ms >= 0))
);

CREATE TABLE public.order_attempts (
    attempt_id bigint NOT NULL,
    call_key text NOT NULL,
    caller text NOT NULL,
    subscriber text,
    dialled text NOT NULL,
    channel text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    order_id bigint,
    called_at timestamp with time zone NOT NULL,
    attempted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT order_attempts_channel_check CHECK ((channel = ANY (ARRAY['call'::text, 'spool'::text])))
);

CREATE VIEW public.call_records AS
 SELECT c.node,
    c.linkedid,
    c.state,
    c.disposition,
    c.started_at,
    c.answered_at,
    c.ended_at,
    c.duration_ms,
    c.billed_ms,
    c.talk_ms,
    c.caller,
    c.caller_name,
    c.dialled,
    c.context,
    c.channel,
    c.trunk,
    c.hangup_cause,
    c.hangup_source,
    c.legs,
    c.transferred,
    c.cdrs,
    c.clock_suspect,
    c.call_keys,
    a.order_id,
    a.outcome AS order_outcome
   FROM (public.folded_calls c
     LEFT JOIN LATERAL ( SELECT order_attempts.order_id,
            order_attempts.outcome
           FROM public.order_attempts
          WHERE (order_attempts.call_key = ANY (c.call_keys))
          ORDER BY (order_attempts.order_id IS NULL), order_attempts.attempt_id
         LIMIT 1) a ON (true));

CREATE TABLE public.cases (
    case_id bigint NOT NULL,
    recording_id bigint NOT NULL,
    hold_id bigint NOT NULL,
    title text NOT NULL,
    verdict text NOT NULL,
    why text NOT NULL,
    tags text[] NOT NULL,
    from_ms bigint NOT NULL,
    until_ms bigint NOT NULL,
    by_whom text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    removed_at timestamp with time zone,
    removed_by text,
    CONSTRAINT cases_check CHECK ((until_ms > from_ms)),
    CONSTRAINT cases_from_ms_check CHECK ((from_ms >= 0)),
    CONSTRAINT cases_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
    CONSTRAINT cases_verdict_check CHECK ((verdict = ANY (ARRAY['good'::text, 'bad'::text]))),
    CONSTRAINT cases_why_check CHECK (((length(why) >= 1) AND (length(why) <= 4000)))
);

ALTER TABLE public.cases ALTER COLUMN case_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cases_case_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.cdr (
    node text NOT NULL,
    linkedid text NOT NULL,
    uniqueid text NOT NULL,
    sequence bigint NOT NULL,
    accountcode text NOT NULL,
    src text NOT NULL,
    dst text NOT NULL,
    dcontext text NOT NULL,
    clid text NOT NULL,
    channel text NOT NULL,
    dstchannel text NOT NULL,
    lastapp text NOT NULL,
    lastdata text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    ended_at timestamp with time zone NOT NULL,
    duration_ms bigint NOT NULL,
    billed_ms bigint NOT NULL,
    disposition text NOT NULL,
    amaflags text NOT NULL,
    userfield text NOT NULL,
    clock_suspect boolean NOT NULL,
    mended text,
    digest bytea NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT cdr_billed_ms_check CHECK ((billed_ms >= 0)),
    CONSTRAINT cdr_duration_ms_check CHECK ((duration_ms >= 0))
);

CREATE TABLE public.cel (
    node text NOT NULL,
    linkedid text NOT NULL,
    digest bytea NOT NULL,
    eventtype text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    cid_name text NOT NULL,
    cid_num text NOT NULL,
    cid_ani text NOT NULL,
    cid_rdnis text NOT NULL,
    cid_dnid text NOT NULL,
    exten text NOT NULL,
    context text NOT NULL,
    channame text NOT NULL,
    appname text NOT NULL,
    appdata text NOT NULL,
    amaflags text NOT NULL,
    accountcode text NOT NULL,
    uniqueid text NOT NULL,
    userfield text NOT NULL,
    peer text NOT NULL,
    eventextra text NOT NULL,
    mended text,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.claims (
    claim_id bigint NOT NULL,
    product_id bigint NOT NULL,
    code text NOT NULL,
    employee_id bigint NOT NULL,
    valid tstzrange DEFAULT tstzrange(now(), NULL::timestamp with time zone) NOT NULL,
    CONSTRAINT claims_code_check CHECK ((code ~ '^[0-9]{1,6}$'::text)),
    CONSTRAINT claims_valid_check CHECK ((lower(valid) IS NOT NULL))
);

ALTER TABLE public.claims ALTER COLUMN claim_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.claims_claim_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.closings (
    closing_id bigint NOT NULL,
    queue text NOT NULL,
    prompt text NOT NULL,
    waiting boolean DEFAULT false NOT NULL,
    ends_at timestamp with time zone,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    opened_at timestamp with time zone,
    opened_by text,
    CONSTRAINT closings_check CHECK (((opened_at IS NULL) = (opened_by IS NULL))),
    CONSTRAINT closings_prompt_check CHECK ((prompt ~ '^[a-z][a-z0-9-]{1,40}$'::text))
);

ALTER TABLE public.closings ALTER COLUMN closing_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.closings_closing_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.coaching_notes (
    note_id bigint NOT NULL,
    agent text NOT NULL,
    by_whom text NOT NULL,
    text text NOT NULL,
    recording_id bigint,
    from_ms bigint,
    until_ms bigint,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone,
    CONSTRAINT coaching_notes_check CHECK ((until_ms >= from_ms)),
    CONSTRAINT coaching_notes_check1 CHECK (((from_ms IS NULL) OR (recording_id IS NOT NULL))),
    CONSTRAINT coaching_notes_from_ms_check CHECK ((from_ms >= 0)),
    CONSTRAINT coaching_notes_text_check CHECK (((length(text) >= 1) AND (length(text) <= 4000)))
);

ALTER TABLE public.coaching_notes ALTER COLUMN note_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.coaching_notes_note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.commission_ledger (
    entry_id bigint NOT NULL,
    order_id bigint NOT NULL,
    employee_id bigint NOT NULL,
    kind text NOT NULL,
    amount_fen bigint NOT NULL,
    booked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT commission_ledger_kind_check CHECK ((kind = ANY (ARRAY['sale'::text, 'clawback'::text])))
);

ALTER TABLE public.commission_ledger ALTER COLUMN entry_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commission_ledger_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.counted_quarters (
    began_at timestamp with time zone NOT NULL,
    due boolean DEFAULT true NOT NULL,
    counted_at timestamp with time zone
);

CREATE TABLE public.customers (
    number text NOT NULL,
    name text NOT NULL,
    tier text NOT NULL,
    language text NOT NULL,
    tags text[] NOT NULL,
    source text NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT customers_language_check CHECK ((language = ANY (ARRAY[''::text, 'zh'::text, 'en'::text]))),
    CONSTRAINT customers_number_check CHECK ((number ~ '^\+[1-9][0-9]{6,14}$'::text))
);

CREATE TABLE public.departments (
    department_id bigint NOT NULL,
    name text NOT NULL,
    parent_id bigint
);

ALTER TABLE public.departments ALTER COLUMN department_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.departments_department_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.dialplan_contents (
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT dialplan_contents_check CHECK ((sha256(content) = sha256)),
    CONSTRAINT dialplan_contents_sha256_check CHECK ((octet_length(sha256) = 32))
);

CREATE TABLE public.dialplan_files (
    version integer NOT NULL,
    path text NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT dialplan_files_path_check CHECK (((path <> ''::text) AND (path !~ '(^|/)\.\.?(/|$)'::text) AND (path !~ '^/'::text)))
);

CREATE TABLE public.dialplan_running (
    instance text NOT NULL,
    switch_id bigint NOT NULL,
    version integer NOT NULL,
    nodes text[] DEFAULT '{}'::text[] NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    error text,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.dialplan_switches (
    switch_id bigint NOT NULL,
    after bigint,
    version integer NOT NULL,
    switched_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    switched_by text NOT NULL,
    reason text NOT NULL,
    confirm_by timestamp with time zone,
    confirmed_at timestamp with time zone,
    CONSTRAINT dialplan_switches_check CHECK ((confirmed_at <= confirm_by)),
    CONSTRAINT dialplan_switches_reason_check CHECK ((reason = ANY (ARRAY['first-start'::text, 'publish'::text, 'rollback'::text, 'automatic-rollback'::text])))
);

ALTER TABLE public.dialplan_switches ALTER COLUMN switch_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dialplan_switches_switch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.dialplan_versions (
    version integer NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    made_by text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    previous integer,
    CONSTRAINT dialplan_versions_check CHECK ((previous < version)),
    CONSTRAINT dialplan_versions_version_check CHECK ((version > 0))
);

CREATE TABLE public.dispositions (
    disposition_id bigint NOT NULL,
    call_id text NOT NULL,
    agent text NOT NULL,
    queue text NOT NULL,
    disposition text NOT NULL,
    fields jsonb NOT NULL,
    by_whom text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.dispositions ALTER COLUMN disposition_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dispositions_disposition_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.do_not_call (
    number text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT do_not_call_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text))
);

CREATE TABLE public.echelon_calls (
    agent text NOT NULL,
    hour timestamp with time zone NOT NULL,
    level integer NOT NULL,
    queue text NOT NULL,
    called_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    called_by text NOT NULL,
    CONSTRAINT echelon_calls_level_check CHECK (((level >= 1) AND (level <= 4)))
);

CREATE TABLE public.echelon_states (
    queue text NOT NULL,
    level integer NOT NULL,
    since timestamp with time zone NOT NULL,
    percent double precision,
    CONSTRAINT echelon_states_level_check CHECK (((level >= 0) AND (level <= 4)))
);

CREATE TABLE public.employees (
    employee_id bigint NOT NULL,
    number text NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    department_id bigint NOT NULL,
    left_at timestamp with time zone,
    CONSTRAINT employees_phone_check CHECK ((phone ~ '^\+[0-9]{6,15}$'::text))
);

ALTER TABLE public.employees ALTER COLUMN employee_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.employees_employee_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.walks (
    node text NOT NULL,
    linkedid text NOT NULL,
    uniqueid text NOT NULL,
    hotline text NOT NULL,
    caller text NOT NULL,
    version bigint NOT NULL,
    language text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    target text NOT NULL,
    to_target_ms bigint,
    missing integer NOT NULL,
    CONSTRAINT walks_check CHECK (((target = ''::text) = (to_target_ms IS NULL))),
    CONSTRAINT walks_outcome_check CHECK ((outcome = ANY (ARRAY['queue'::text, 'order'::text, 'transfer'::text, 'voicemail'::text, 'contained'::text, 'given-up'::text, 'dropped'::text]))),
    CONSTRAINT walks_to_target_ms_check CHECK ((to_target_ms >= 0))
);

CREATE VIEW public.ended_walks AS
 SELECT w.node,
    w.linkedid,
    w.uniqueid,
    w.hotline,
    w.caller,
    w.version,
    w.language,
    w.began_at,
    w.moved_at,
    w.outcome,
    w.target,
    w.to_target_ms,
    w.missing,
    c.ended_at,
        CASE
            WHEN ((w.outcome = 'dropped'::text) AND (COALESCE(c.state, 'open'::text) = 'open'::text)) THEN 'going-on'::text
            ELSE w.outcome
        END AS ended
   FROM (public.walks w
     LEFT JOIN public.folded_calls c USING (node, linkedid));

CREATE TABLE public.erasures (
    erasure_id bigint NOT NULL,
    recording_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    by_whom text NOT NULL,
    reason text NOT NULL,
    sha256 text NOT NULL,
    object text NOT NULL,
    key_sha256 text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT erasures_reason_check CHECK ((reason <> ''::text))
);

CREATE TABLE public.handlings (
    handling_id bigint NOT NULL,
    call_id text NOT NULL,
    node text NOT NULL,
    agent text NOT NULL,
    by_whom text NOT NULL,
    what text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.handlings ALTER COLUMN handling_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.handlings_handling_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.idempotent_requests (
    login text NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    begun_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    status integer,
    body bytea,
    CONSTRAINT idempotent_requests_check CHECK (((status IS NULL) = (body IS NULL))),
    CONSTRAINT idempotent_requests_request_check CHECK ((octet_length(request) = 32))
);

CREATE TABLE public.last_served (
    number text NOT NULL,
    queue text NOT NULL,
    agent text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT last_served_number_check CHECK ((number ~ '^\+[1-9][0-9]{6,14}$'::text))
);

CREATE TABLE public.leases (
    name text NOT NULL,
    epoch bigint NOT NULL,
    holder text NOT NULL,
    life text NOT NULL,
    taken_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT leases_epoch_check CHECK ((epoch > 0))
);

CREATE TABLE public.managed_queues (
    node text NOT NULL,
    queue text NOT NULL,
    of_centre boolean DEFAULT false NOT NULL,
    CONSTRAINT managed_queues_queue_check CHECK ((((octet_length(queue) >= 1) AND (octet_length(queue) <= 79)) AND (queue !~ '[[:cntrl:]]'::text)))
);

CREATE TABLE public.offers (
    node text NOT NULL,
    channel text NOT NULL,
    call_key text NOT NULL,
    line text NOT NULL,
    agent text NOT NULL,
    rung_at timestamp with time zone NOT NULL,
    decision jsonb NOT NULL,
    agreed boolean NOT NULL,
    outcome text,
    ended_at timestamp with time zone,
    CONSTRAINT offers_check CHECK (((outcome IS NULL) = (ended_at IS NULL))),
    CONSTRAINT offers_outcome_check CHECK ((outcome = ANY (ARRAY['answered'::text, 'missed'::text, 'caller-left'::text])))
);

CREATE VIEW public.open_gaps AS
 SELECT ami_gaps.node,
    ami_gaps.began_at,
    ami_gaps.ended_at,
    ami_gaps.why
   FROM public.ami_gaps
  WHERE (ami_gaps.closed_at IS NULL)
UNION ALL
 SELECT newest.node,
    newest.until AS began_at,
    NULL::timestamp with time zone AS ended_at,
    newest.why
   FROM ( SELECT DISTINCT ON (ami_links.node) ami_links.node,
            COALESCE(ami_links.lost_at, ami_links.alive_at) AS until,
            COALESCE(NULLIF(ami_links.why, ''::text), 'ccore-away'::text) AS why,
            bool_or(((ami_links.lost_at IS NULL) AND (ami_links.beat_at > (now() - '00:00:10'::interval)))) OVER (PARTITION BY ami_links.node) AS linked
           FROM public.ami_links
          ORDER BY ami_links.node, COALESCE(ami_links.lost_at, ami_links.alive_at) DESC) newest
  WHERE (NOT newest.linked);

ALTER TABLE public.order_attempts ALTER COLUMN attempt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.order_attempts_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders (
    order_id bigint NOT NULL,
    call_key text NOT NULL,
    subscriber text NOT NULL,
    nth integer NOT NULL,
    product_id bigint NOT NULL,
    claim_id bigint NOT NULL,
    employee_id bigint NOT NULL,
    dialled text NOT NULL,
    price_fen bigint NOT NULL,
    channel text NOT NULL,
    state text DEFAULT 'confirmed'::text NOT NULL,
    called_at timestamp with time zone NOT NULL,
    placed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT orders_channel_check CHECK ((channel = ANY (ARRAY['call'::text, 'spool'::text]))),
    CONSTRAINT orders_nth_check CHECK ((nth > 0)),
    CONSTRAINT orders_state_check CHECK ((state = ANY (ARRAY['confirmed'::text, 'cancelled'::text]))),
    CONSTRAINT orders_subscriber_check CHECK ((subscriber ~ '^\+[0-9]{6,15}$'::text))
);

ALTER TABLE public.orders ALTER COLUMN order_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.orders_order_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.outbox (
    message_id bigint NOT NULL,
    order_id bigint,
    call_key text,
    kind text NOT NULL,
    channel text DEFAULT 'sms'::text NOT NULL,
    recipient text NOT NULL,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT outbox_channel_check CHECK ((channel = 'sms'::text)),
    CONSTRAINT outbox_recipient_check CHECK ((recipient ~ '^\+[0-9]{6,15}$'::text)),
    CONSTRAINT outbox_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'given_up'::text])))
);

ALTER TABLE public.outbox ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.people (
    person_id bigint NOT NULL,
    login text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    agent text,
    active boolean DEFAULT true NOT NULL,
    password_salt bytea,
    password_hash bytea,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT people_agent_check CHECK ((agent ~ '^[0-9]{2,12}$'::text)),
    CONSTRAINT people_check CHECK (((password_salt IS NULL) = (password_hash IS NULL))),
    CONSTRAINT people_login_check CHECK ((login ~ '^[a-z][a-z0-9._-]{1,39}$'::text)),
    CONSTRAINT people_role_check CHECK ((role = ANY (ARRAY['agent'::text, 'supervisor'::text, 'quality'::text, 'operator'::text, 'admin'::text])))
);

ALTER TABLE public.people ALTER COLUMN person_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.people_person_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.presence_log (
    log_id bigint NOT NULL,
    agent text NOT NULL,
    at timestamp with time zone NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    queue text NOT NULL,
    call_id text NOT NULL,
    node text,
    device_number text,
    by_whom text NOT NULL
);

ALTER TABLE public.presence_log ALTER COLUMN log_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.presence_log_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.presences (
    agent text NOT NULL,
    state text DEFAULT 'signed-out'::text NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    device_kind text,
    device_number text,
    node text,
    paused boolean DEFAULT false NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    queue text DEFAULT ''::text NOT NULL,
    call_id text DEFAULT ''::text NOT NULL,
    wrap_up_until timestamp with time zone,
    idle_since timestamp with time zone,
    extended boolean DEFAULT false NOT NULL,
    lost boolean DEFAULT false NOT NULL,
    missed integer DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT presences_check CHECK (((state = 'signed-out'::text) = (device_kind IS NULL))),
    CONSTRAINT presences_check1 CHECK ((((device_kind IS NULL) = (device_number IS NULL)) AND ((device_kind IS NULL) = (node IS NULL)))),
    CONSTRAINT presences_device_kind_check CHECK ((device_kind = ANY (ARRAY['phone'::text, 'browser'::text, 'outside'::text]))),
    CONSTRAINT presences_state_check CHECK ((state = ANY (ARRAY['signed-out'::text, 'ready'::text, 'ringing'::text, 'talking'::text, 'wrap-up'::text, 'paused'::text, 'unreachable'::text])))
);

CREATE TABLE public.products (
    product_id bigint NOT NULL,
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    price_fen bigint NOT NULL,
    lines text DEFAULT 'any'::text NOT NULL,
    sale tstzrange DEFAULT tstzrange(now(), NULL::timestamp with time zone) NOT NULL,
    commission text NOT NULL,
    commission_fen bigint,
    commission_basis_points integer,
    CONSTRAINT products_check CHECK (((commission = 'flat'::text) = (commission_fen IS NOT NULL))),
    CONSTRAINT products_check1 CHECK (((commission = 'percent'::text) = (commission_basis_points IS NOT NULL))),
    CONSTRAINT products_code_check CHECK ((code ~ '^[0-9]{1,6}$'::text)),
    CONSTRAINT products_commission_basis_points_check CHECK (((commission_basis_points >= 0) AND (commission_basis_points <= 10000))),
    CONSTRAINT products_commission_check CHECK ((commission = ANY (ARRAY['flat'::text, 'percent'::text]))),
    CONSTRAINT products_commission_fen_check CHECK ((commission_fen >= 0)),
    CONSTRAINT products_lines_check CHECK ((lines = ANY (ARRAY['any'::text, 'mobile'::text]))),
    CONSTRAINT products_price_fen_check CHECK ((price_fen >= 0))
);

ALTER TABLE public.products ALTER COLUMN product_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.products_product_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.queue_calls (
    node text NOT NULL,
    linkedid text NOT NULL,
    uniqueid text NOT NULL,
    visit integer NOT NULL,
    queue text NOT NULL,
    line text NOT NULL,
    language text NOT NULL,
    tier text NOT NULL,
    priority integer NOT NULL,
    caller text NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone,
    how text NOT NULL,
    wait_ms bigint,
    answered_at timestamp with time zone,
    agent text NOT NULL,
    device text NOT NULL,
    ended_at timestamp with time zone,
    talk_ms bigint,
    hold_ms bigint NOT NULL,
    transferred boolean NOT NULL,
    entries integer NOT NULL,
    CONSTRAINT queue_calls_hold_ms_check CHECK ((hold_ms >= 0)),
    CONSTRAINT queue_calls_how_check CHECK ((how = ANY (ARRAY['waiting'::text, 'answered'::text, 'abandoned'::text, 'overflowed'::text, 'chose'::text, 'timed-out'::text, 'refused'::text, 'interrupted'::text]))),
    CONSTRAINT queue_calls_talk_ms_check CHECK ((talk_ms >= 0)),
    CONSTRAINT queue_calls_wait_ms_check CHECK ((wait_ms >= 0))
);

CREATE TABLE public.queue_folds_due (
    node text NOT NULL,
    linkedid text NOT NULL,
    due_since timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.queue_rings (
    node text NOT NULL,
    linkedid text NOT NULL,
    uniqueid text NOT NULL,
    caller text NOT NULL,
    visit integer NOT NULL,
    queue text NOT NULL,
    line text NOT NULL,
    agent text NOT NULL,
    device text NOT NULL,
    rung_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome text NOT NULL,
    CONSTRAINT queue_rings_outcome_check CHECK ((outcome = ANY (ARRAY['ringing'::text, 'answered'::text, 'missed'::text, 'cancelled'::text])))
);

CREATE TABLE public.queue_terms (
    line text NOT NULL,
    since timestamp with time zone NOT NULL,
    queue text NOT NULL,
    percent integer NOT NULL,
    within_s integer NOT NULL,
    short_abandon_s integer NOT NULL,
    skills text[] NOT NULL
);

CREATE TABLE public.recording_holds (
    hold_id bigint NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    reason text NOT NULL,
    by_whom text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    released_at timestamp with time zone,
    released_by text,
    CONSTRAINT recording_holds_kind_check CHECK ((kind = ANY (ARRAY['recording'::text, 'call'::text, 'number'::text]))),
    CONSTRAINT recording_holds_reason_check CHECK ((reason <> ''::text))
);

ALTER TABLE public.recording_holds ALTER COLUMN hold_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.recording_holds_hold_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.recording_keys (
    recording_id bigint NOT NULL,
    key_id text NOT NULL,
    wrapped bytea NOT NULL
);

CREATE TABLE public.recording_listens (
    listen_id bigint NOT NULL,
    recording_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    who text NOT NULL,
    way text NOT NULL,
    from_byte bigint NOT NULL,
    until_byte bigint NOT NULL,
    from_ms bigint NOT NULL,
    until_ms bigint NOT NULL,
    CONSTRAINT recording_listens_check CHECK ((until_byte >= from_byte)),
    CONSTRAINT recording_listens_from_byte_check CHECK ((from_byte >= 0)),
    CONSTRAINT recording_listens_way_check CHECK ((way = ANY (ARRAY['stream'::text, 'file'::text])))
);

ALTER TABLE public.recording_listens ALTER COLUMN listen_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.recording_listens_listen_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.recording_objects (
    object text NOT NULL,
    recording_id bigint NOT NULL,
    storage text NOT NULL,
    begun_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kept_at timestamp with time zone,
    gone_at timestamp with time zone,
    CONSTRAINT recording_objects_storage_check CHECK ((storage = ANY (ARRAY['local'::text, 's3'::text])))
);

CREATE TABLE public.recording_pauses (
    pause_id bigint NOT NULL,
    recording_id bigint NOT NULL,
    why text NOT NULL,
    by_whom text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    muted_at timestamp with time zone,
    until_at timestamp with time zone,
    unmuted_at timestamp with time zone,
    resumed_by text,
    resume_by timestamp with time zone,
    CONSTRAINT recording_pauses_check CHECK ((until_at >= from_at)),
    CONSTRAINT recording_pauses_check1 CHECK (((resumed_by IS NULL) = (until_at IS NULL))),
    CONSTRAINT recording_pauses_why_check CHECK ((why = ANY (ARRAY['payment'::text, 'on-demand'::text, 'agent'::text])))
);

ALTER TABLE public.recording_pauses ALTER COLUMN pause_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.recording_pauses_pause_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.recording_segments (
    recording_id bigint NOT NULL,
    number integer NOT NULL,
    agent text NOT NULL,
    channel text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    from_ms bigint,
    until_ms bigint,
    CONSTRAINT recording_segments_check CHECK ((until_at >= from_at)),
    CONSTRAINT recording_segments_check1 CHECK ((until_ms >= from_ms)),
    CONSTRAINT recording_segments_from_ms_check CHECK ((from_ms >= 0))
);

ALTER TABLE public.recordings ALTER COLUMN recording_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.recordings_recording_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.review_steps (
    step_id bigint NOT NULL,
    review_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    who text NOT NULL,
    step text NOT NULL,
    note text NOT NULL,
    answers jsonb NOT NULL,
    per_mille integer
);

ALTER TABLE public.review_steps ALTER COLUMN step_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.review_steps_step_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reviews (
    review_id bigint NOT NULL,
    recording_id bigint NOT NULL,
    scorecard_id bigint NOT NULL,
    agent text NOT NULL,
    reviewer text NOT NULL,
    calibration boolean DEFAULT false NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    answers jsonb DEFAULT '{}'::jsonb NOT NULL,
    comments jsonb DEFAULT '{}'::jsonb NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    per_mille integer,
    passed boolean,
    fatal text[] DEFAULT '{}'::text[] NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    submitted_at timestamp with time zone,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT reviews_agent_check CHECK ((agent <> ''::text)),
    CONSTRAINT reviews_check CHECK (((state = 'draft'::text) = (per_mille IS NULL))),
    CONSTRAINT reviews_per_mille_check CHECK (((per_mille >= 0) AND (per_mille <= 1000))),
    CONSTRAINT reviews_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'acknowledged'::text, 'disputed'::text, 'settled'::text])))
);

ALTER TABLE public.reviews ALTER COLUMN review_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.reviews_review_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.scorecards (
    scorecard_id bigint NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    content jsonb NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.scorecards ALTER COLUMN scorecard_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.scorecards_scorecard_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sign_in_tries (
    try_id bigint NOT NULL,
    login text NOT NULL,
    address text NOT NULL,
    passed boolean DEFAULT false NOT NULL,
    tried_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.sign_in_tries ALTER COLUMN try_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sign_in_tries_try_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.skill_intervals (
    skill text CONSTRAINT queue_intervals_queue_not_null NOT NULL,
    began_at timestamp with time zone CONSTRAINT queue_intervals_began_at_not_null NOT NULL,
    offered bigint CONSTRAINT queue_intervals_offered_not_null NOT NULL,
    waiting bigint CONSTRAINT queue_intervals_waiting_not_null NOT NULL,
    answered bigint CONSTRAINT queue_intervals_answered_not_null NOT NULL,
    within bigint CONSTRAINT queue_intervals_within_not_null NOT NULL,
    abandoned bigint CONSTRAINT queue_intervals_abandoned_not_null NOT NULL,
    short_abandoned bigint CONSTRAINT queue_intervals_short_abandoned_not_null NOT NULL,
    overflowed bigint CONSTRAINT queue_intervals_overflowed_not_null NOT NULL,
    called_back bigint CONSTRAINT queue_intervals_called_back_not_null NOT NULL,
    voicemail bigint CONSTRAINT queue_intervals_voicemail_not_null NOT NULL,
    chose bigint CONSTRAINT queue_intervals_chose_not_null NOT NULL,
    timed_out bigint CONSTRAINT queue_intervals_timed_out_not_null NOT NULL,
    refused bigint CONSTRAINT queue_intervals_refused_not_null NOT NULL,
    interrupted bigint CONSTRAINT queue_intervals_interrupted_not_null NOT NULL,
    transferred bigint CONSTRAINT queue_intervals_transferred_not_null NOT NULL,
    answered_wait_ms bigint CONSTRAINT queue_intervals_answered_wait_ms_not_null NOT NULL,
    wait_ms bigint CONSTRAINT queue_intervals_wait_ms_not_null NOT NULL,
    longest_wait_ms bigint CONSTRAINT queue_intervals_longest_wait_ms_not_null NOT NULL,
    talk_ms bigint CONSTRAINT queue_intervals_talk_ms_not_null NOT NULL,
    hold_ms bigint CONSTRAINT queue_intervals_hold_ms_not_null NOT NULL,
    rings bigint CONSTRAINT queue_intervals_rings_not_null NOT NULL,
    missed bigint CONSTRAINT queue_intervals_missed_not_null NOT NULL,
    wrap_up_ms bigint CONSTRAINT queue_intervals_wrap_up_ms_not_null NOT NULL
);

CREATE TABLE public.spied_sessions (
    session_id bigint NOT NULL,
    node text NOT NULL,
    channel text NOT NULL,
    call_id text NOT NULL,
    agent text NOT NULL,
    spied text NOT NULL,
    who text NOT NULL,
    phone text NOT NULL,
    mode text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    began_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT spied_sessions_check CHECK ((began_at <= ended_at)),
    CONSTRAINT spied_sessions_mode_check CHECK ((mode = ANY (ARRAY['listen'::text, 'whisper'::text, 'barge'::text, 'take-over'::text])))
);

ALTER TABLE public.spied_sessions ALTER COLUMN session_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.spied_sessions_session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.survey_answers (
    call_key text NOT NULL,
    survey text NOT NULL,
    question text NOT NULL,
    score integer NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    CONSTRAINT survey_answers_score_check CHECK (((score >= 0) AND (score <= 9)))
);

CREATE TABLE public.tokens (
    token_id bigint NOT NULL,
    hash bytea NOT NULL,
    person_id bigint NOT NULL,
    role text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT tokens_hash_check CHECK ((octet_length(hash) = 32))
);

ALTER TABLE public.tokens ALTER COLUMN token_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tokens_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.visits (
    call_key text NOT NULL,
    queue text NOT NULL,
    node text NOT NULL,
    uniqueid text NOT NULL,
    line text NOT NULL,
    number text NOT NULL,
    tier text NOT NULL,
    language text NOT NULL,
    menu_priority integer NOT NULL,
    priority integer NOT NULL,
    came_at timestamp with time zone NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    decision jsonb NOT NULL,
    raised jsonb DEFAULT '[]'::jsonb NOT NULL
);

CREATE TABLE public.voicemails (
    voicemail_id bigint NOT NULL,
    call_key text NOT NULL,
    file text NOT NULL,
    node text NOT NULL,
    box text NOT NULL,
    caller text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    milliseconds integer NOT NULL,
    audio bytea NOT NULL,
    sha256 text GENERATED ALWAYS AS (encode(sha256(audio), 'hex'::text)) STORED NOT NULL,
    state text DEFAULT 'new'::text NOT NULL,
    taken_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT voicemails_milliseconds_check CHECK ((milliseconds >= 0)),
    CONSTRAINT voicemails_state_check CHECK ((state = ANY (ARRAY['new'::text, 'heard'::text])))
);

ALTER TABLE public.voicemails ALTER COLUMN voicemail_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.voicemails_voicemail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.volume_plans (
    queue text NOT NULL,
    weekday integer NOT NULL,
    hour integer NOT NULL,
    calls integer NOT NULL,
    CONSTRAINT volume_plans_calls_check CHECK ((calls >= 0)),
    CONSTRAINT volume_plans_hour_check CHECK (((hour >= 0) AND (hour <= 23))),
    CONSTRAINT volume_plans_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)))
);

CREATE TABLE public.walk_folds_due (
    node text NOT NULL,
    linkedid text NOT NULL
);

CREATE TABLE public.walk_steps (
    node text NOT NULL,
    linkedid text NOT NULL,
    uniqueid text NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    menu text NOT NULL,
    outcome text NOT NULL,
    key text NOT NULL,
    target text NOT NULL
);

CREATE TABLE public.wanted_members (
    node text NOT NULL,
    queue text NOT NULL,
    interface text NOT NULL,
    name text,
    state_interface text,
    penalty integer DEFAULT 0 NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    pause_reason text DEFAULT ''::text NOT NULL,
    agent text,
    CONSTRAINT wanted_members_check CHECK ((paused OR (pause_reason = ''::text))),
    CONSTRAINT wanted_members_interface_check CHECK (((octet_length(interface) <= 79) AND (interface ~ '^[A-Za-z0-9]+/[^[:cntrl:],]+$'::text))),
    CONSTRAINT wanted_members_name_check CHECK ((((octet_length(name) >= 1) AND (octet_length(name) <= 79)) AND (name !~ '[[:cntrl:]]'::text))),
    CONSTRAINT wanted_members_pause_reason_check CHECK (((octet_length(pause_reason) <= 79) AND (pause_reason !~ '[[:cntrl:]]'::text))),
    CONSTRAINT wanted_members_penalty_check CHECK ((penalty >= 0)),
    CONSTRAINT wanted_members_state_interface_check CHECK (((octet_length(state_interface) <= 79) AND (state_interface !~ '[[:cntrl:]]'::text) AND (state_interface <> ''::text)))
);

CREATE TABLE public.wanted_recordings (
    node text NOT NULL,
    channel text NOT NULL,
    call_id text NOT NULL,
    file text NOT NULL,
    recorded boolean DEFAULT true NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT wanted_recordings_file_check CHECK ((file ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$'::text))
);

CREATE TABLE public.webhook_outbox (
    message_id bigint NOT NULL,
    alert_id bigint NOT NULL,
    event text NOT NULL,
    body text NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    error text,
    sent_at timestamp with time zone,
    CONSTRAINT webhook_outbox_event_check CHECK ((event = ANY (ARRAY['raised'::text, 'cleared'::text]))),
    CONSTRAINT webhook_outbox_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'given-up'::text])))
);

ALTER TABLE public.webhook_outbox ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_outbox_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.agent_changes
    ADD CONSTRAINT agent_changes_pkey PRIMARY KEY (single);

ALTER TABLE ONLY public.agent_intervals
    ADD CONSTRAINT agent_intervals_pkey PRIMARY KEY (agent, began_at);

ALTER TABLE ONLY public.agent_tries
    ADD CONSTRAINT agent_tries_pkey PRIMARY KEY (try_id);

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_own_penalty_key UNIQUE (own_penalty);

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_pkey PRIMARY KEY (agent);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (alert_id);

ALTER TABLE ONLY public.ami_gaps
    ADD CONSTRAINT ami_gaps_node_began_at_ended_at_key UNIQUE (node, began_at, ended_at);

ALTER TABLE ONLY public.ami_gaps
    ADD CONSTRAINT ami_gaps_pkey PRIMARY KEY (gap_id);

ALTER TABLE ONLY public.ami_links
    ADD CONSTRAINT ami_links_pkey PRIMARY KEY (node, instance, up_at);

ALTER TABLE ONLY public.announcement_changes
    ADD CONSTRAINT announcement_changes_pkey PRIMARY KEY (single);

ALTER TABLE ONLY public.announcement_sounds
    ADD CONSTRAINT announcement_sounds_pkey PRIMARY KEY (announcement_id, language);

ALTER TABLE ONLY public.announcements
    ADD CONSTRAINT announcements_pkey PRIMARY KEY (announcement_id);

ALTER TABLE ONLY public.announcements
    ADD CONSTRAINT announcements_request_key UNIQUE (request);

ALTER TABLE ONLY public.announcer_tries
    ADD CONSTRAINT announcer_tries_pkey PRIMARY KEY (try_id);

ALTER TABLE ONLY public.announcers
    ADD CONSTRAINT announcers_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (audit_id);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_audit_id_key UNIQUE (audit_id);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_pkey PRIMARY KEY (seal);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_previous_key UNIQUE (previous);

ALTER TABLE ONLY public.barred_numbers
    ADD CONSTRAINT barred_numbers_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.call_back_attempts
    ADD CONSTRAINT call_back_attempts_pkey PRIMARY KEY (channel);

ALTER TABLE ONLY public.call_backs
    ADD CONSTRAINT call_backs_call_key_key UNIQUE (call_key);

ALTER TABLE ONLY public.call_backs
    ADD CONSTRAINT call_backs_channel_key UNIQUE (channel);

ALTER TABLE ONLY public.call_backs
    ADD CONSTRAINT call_backs_pkey PRIMARY KEY (call_back_id);

ALTER TABLE ONLY public.call_cuts
    ADD CONSTRAINT call_cuts_pkey PRIMARY KEY (node, linkedid);

ALTER TABLE ONLY public.call_folds_due
    ADD CONSTRAINT call_folds_due_pkey PRIMARY KEY (node, linkedid);

ALTER TABLE ONLY public.call_log_places
    ADD CONSTRAINT call_log_places_pkey PRIMARY KEY (node, log, file_id);

ALTER TABLE ONLY public.call_log_reads
    ADD CONSTRAINT call_log_reads_pkey PRIMARY KEY (node, log);

ALTER TABLE ONLY public.call_nodes
    ADD CONSTRAINT call_nodes_pkey PRIMARY KEY (node);

ALTER TABLE ONLY public.call_notes
    ADD CONSTRAINT call_notes_pkey PRIMARY KEY (note_id);

ALTER TABLE ONLY public.call_record_rejects
    ADD CONSTRAINT call_record_rejects_node_log_position_digest_key UNIQUE (node, log, "position", digest);

ALTER TABLE ONLY public.call_record_rejects
    ADD CONSTRAINT call_record_rejects_pkey PRIMARY KEY (reject_id);

ALTER TABLE ONLY public.call_statistics
    ADD CONSTRAINT call_statistics_pkey PRIMARY KEY (node, trunk, dialled, began_at);

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY public.cdr
    ADD CONSTRAINT cdr_node_linkedid_uniqueid_sequence_key UNIQUE (node, linkedid, uniqueid, sequence);

ALTER TABLE ONLY public.cel
    ADD CONSTRAINT cel_node_linkedid_digest_key UNIQUE (node, linkedid, digest);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (claim_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_product_id_code_valid_excl EXCLUDE USING gist (product_id WITH =, code WITH =, valid WITH &&);

ALTER TABLE ONLY public.closings
    ADD CONSTRAINT closings_pkey PRIMARY KEY (closing_id);

ALTER TABLE ONLY public.coaching_notes
    ADD CONSTRAINT coaching_notes_pkey PRIMARY KEY (note_id);

ALTER TABLE ONLY public.commission_ledger
    ADD CONSTRAINT commission_ledger_order_id_employee_id_kind_key UNIQUE (order_id, employee_id, kind);

ALTER TABLE ONLY public.commission_ledger
    ADD CONSTRAINT commission_ledger_pkey PRIMARY KEY (entry_id);

ALTER TABLE ONLY public.counted_quarters
    ADD CONSTRAINT counted_quarters_pkey PRIMARY KEY (began_at);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_name_key UNIQUE (name);

ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_pkey PRIMARY KEY (department_id);

ALTER TABLE ONLY public.dialplan_contents
    ADD CONSTRAINT dialplan_contents_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY public.dialplan_files
    ADD CONSTRAINT dialplan_files_pkey PRIMARY KEY (version, path);

ALTER TABLE ONLY public.dialplan_running
    ADD CONSTRAINT dialplan_running_pkey PRIMARY KEY (instance);

ALTER TABLE ONLY public.dialplan_switches
    ADD CONSTRAINT dialplan_switches_after_key UNIQUE (after);

ALTER TABLE ONLY public.dialplan_switches
    ADD CONSTRAINT dialplan_switches_pkey PRIMARY KEY (switch_id);

ALTER TABLE ONLY public.dialplan_versions
    ADD CONSTRAINT dialplan_versions_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.dispositions
    ADD CONSTRAINT dispositions_pkey PRIMARY KEY (disposition_id);

ALTER TABLE ONLY public.do_not_call
    ADD CONSTRAINT do_not_call_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.echelon_calls
    ADD CONSTRAINT echelon_calls_pkey PRIMARY KEY (agent, hour);

ALTER TABLE ONLY public.echelon_states
    ADD CONSTRAINT echelon_states_pkey PRIMARY KEY (queue);

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_number_key UNIQUE (number);

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_pkey PRIMARY KEY (employee_id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (erasure_id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_recording_id_key UNIQUE (recording_id);

ALTER TABLE ONLY public.folded_calls
    ADD CONSTRAINT folded_calls_pkey PRIMARY KEY (node, linkedid);

ALTER TABLE ONLY public.handlings
    ADD CONSTRAINT handlings_pkey PRIMARY KEY (handling_id);

ALTER TABLE ONLY public.idempotent_requests
    ADD CONSTRAINT idempotent_requests_pkey PRIMARY KEY (login, key);

ALTER TABLE ONLY public.last_served
    ADD CONSTRAINT last_served_pkey PRIMARY KEY (number, queue);

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.managed_queues
    ADD CONSTRAINT managed_queues_pkey PRIMARY KEY (node, queue);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_pkey PRIMARY KEY (node, channel);

ALTER TABLE ONLY public.order_attempts
    ADD CONSTRAINT order_attempts_call_key_key UNIQUE (call_key);

ALTER TABLE ONLY public.order_attempts
    ADD CONSTRAINT order_attempts_pkey PRIMARY KEY (attempt_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_call_key_key UNIQUE (call_key);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (order_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_subscriber_nth_key UNIQUE (subscriber, nth);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_order_id_kind_key UNIQUE (order_id, kind);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (message_id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_login_key UNIQUE (login);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.presence_log
    ADD CONSTRAINT presence_log_pkey PRIMARY KEY (log_id);

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT presences_pkey PRIMARY KEY (agent);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_code_key UNIQUE (code);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (product_id);

ALTER TABLE ONLY public.queue_calls
    ADD CONSTRAINT queue_calls_pkey PRIMARY KEY (node, linkedid, uniqueid, visit);

ALTER TABLE ONLY public.queue_folds_due
    ADD CONSTRAINT queue_folds_due_pkey PRIMARY KEY (node, linkedid);

ALTER TABLE ONLY public.queue_intervals
    ADD CONSTRAINT queue_intervals_pkey PRIMARY KEY (queue, began_at);

ALTER TABLE ONLY public.queue_rings
    ADD CONSTRAINT queue_rings_pkey PRIMARY KEY (node, linkedid, uniqueid);

ALTER TABLE ONLY public.queue_terms
    ADD CONSTRAINT queue_terms_pkey PRIMARY KEY (line, since);

ALTER TABLE ONLY public.recording_holds
    ADD CONSTRAINT recording_holds_pkey PRIMARY KEY (hold_id);

ALTER TABLE ONLY public.recording_keys
    ADD CONSTRAINT recording_keys_pkey PRIMARY KEY (recording_id);

ALTER TABLE ONLY public.recording_listens
    ADD CONSTRAINT recording_listens_pkey PRIMARY KEY (listen_id);

ALTER TABLE ONLY public.recording_objects
    ADD CONSTRAINT recording_objects_pkey PRIMARY KEY (object);

ALTER TABLE ONLY public.recording_pauses
    ADD CONSTRAINT recording_pauses_pkey PRIMARY KEY (pause_id);

ALTER TABLE ONLY public.recording_segments
    ADD CONSTRAINT recording_segments_pkey PRIMARY KEY (recording_id, number);

ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT recordings_node_channel_part_key UNIQUE (node, channel, part);

ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT recordings_node_stem_key UNIQUE (node, stem);

ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT recordings_pkey PRIMARY KEY (recording_id);

ALTER TABLE ONLY public.review_steps
    ADD CONSTRAINT review_steps_pkey PRIMARY KEY (step_id);

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (review_id);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.scorecards
    ADD CONSTRAINT scorecards_name_sha256_key UNIQUE (name, sha256);

ALTER TABLE ONLY public.scorecards
    ADD CONSTRAINT scorecards_pkey PRIMARY KEY (scorecard_id);

ALTER TABLE ONLY public.sign_in_tries
    ADD CONSTRAINT sign_in_tries_pkey PRIMARY KEY (try_id);

ALTER TABLE ONLY public.skill_intervals
    ADD CONSTRAINT skill_intervals_pkey PRIMARY KEY (skill, began_at);

ALTER TABLE ONLY public.spied_sessions
    ADD CONSTRAINT spied_sessions_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.survey_answers
    ADD CONSTRAINT survey_answers_pkey PRIMARY KEY (call_key, survey, question);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_pkey PRIMARY KEY (call_key, queue);

ALTER TABLE ONLY public.voicemails
    ADD CONSTRAINT voicemails_node_file_key UNIQUE (node, file);

ALTER TABLE ONLY public.voicemails
    ADD CONSTRAINT voicemails_pkey PRIMARY KEY (voicemail_id);

ALTER TABLE ONLY public.volume_plans
    ADD CONSTRAINT volume_plans_pkey PRIMARY KEY (queue, weekday, hour);

ALTER TABLE ONLY public.walk_folds_due
    ADD CONSTRAINT walk_folds_due_pkey PRIMARY KEY (node, linkedid);

ALTER TABLE ONLY public.walk_steps
    ADD CONSTRAINT walk_steps_pkey PRIMARY KEY (node, linkedid, uniqueid, number);

ALTER TABLE ONLY public.walks
    ADD CONSTRAINT walks_pkey PRIMARY KEY (node, linkedid, uniqueid);

ALTER TABLE ONLY public.wanted_members
    ADD CONSTRAINT wanted_members_pkey PRIMARY KEY (node, queue, interface);

ALTER TABLE ONLY public.wanted_recordings
    ADD CONSTRAINT wanted_recordings_pkey PRIMARY KEY (node, channel);

ALTER TABLE ONLY public.webhook_outbox
    ADD CONSTRAINT webhook_outbox_alert_id_event_key UNIQUE (alert_id, event);

ALTER TABLE ONLY public.webhook_outbox
    ADD CONSTRAINT webhook_outbox_pkey PRIMARY KEY (message_id);

CREATE INDEX agent_intervals_began_at_idx ON public.agent_intervals USING btree (began_at);

CREATE INDEX agent_tries_caller_tried_at_idx ON public.agent_tries USING btree (caller, tried_at);

CREATE INDEX agent_tries_number_tried_at_idx ON public.agent_tries USING btree (number, tried_at);

CREATE UNIQUE INDEX alerts_raised ON public.alerts USING btree (name, subject) WHERE (cleared_at IS NULL);

CREATE INDEX alerts_raised_at_idx ON public.alerts USING btree (raised_at);

CREATE INDEX ami_gaps_node_ended_at_idx ON public.ami_gaps USING btree (node, ended_at);

CREATE INDEX ami_gaps_unclosed ON public.ami_gaps USING btree (node) WHERE (closed_at IS NULL);

CREATE INDEX announcements_coalesce_idx ON public.announcements USING btree (COALESCE(ended_at, ends_at));

CREATE INDEX announcer_tries_call_key_idx ON public.announcer_tries USING btree (call_key) WHERE passed;

CREATE INDEX announcer_tries_caller_tried_at_idx ON public.announcer_tries USING btree (caller, tried_at);

CREATE INDEX announcer_tries_number_tried_at_idx ON public.announcer_tries USING btree (number, tried_at);

CREATE INDEX audit_at_idx ON public.audit USING btree (at);

CREATE INDEX call_back_attempts_call_back_id_idx ON public.call_back_attempts USING btree (call_back_id);

CREATE INDEX call_backs_asked_at_idx ON public.call_backs USING btree (asked_at);

CREATE UNIQUE INDEX call_backs_under_way ON public.call_backs USING btree (number, queue) WHERE (state = ANY (ARRAY['open'::text, 'dialling'::text, 'asked'::text, 'accepted'::text]));

CREATE INDEX call_notes_call_id_idx ON public.call_notes USING btree (call_id);

CREATE INDEX call_statistics_began_at_idx ON public.call_statistics USING btree (began_at);

CREATE INDEX cases_tags_idx ON public.cases USING gin (tags) WHERE (removed_at IS NULL);

CREATE INDEX cel_of_queues ON public.cel USING btree (node, linkedid) WHERE (eventtype = 'CCORE_QUEUE'::text);

CREATE INDEX claims_employee_id_idx ON public.claims USING btree (employee_id);

CREATE INDEX claims_product_id_code_lower_idx ON public.claims USING btree (product_id, code, lower(valid));

CREATE INDEX closings_closing_id_idx ON public.closings USING btree (closing_id) WHERE (opened_at IS NULL);

CREATE INDEX coaching_notes_agent_note_id_idx ON public.coaching_notes USING btree (agent, note_id);

CREATE INDEX commission_ledger_employee_id_booked_at_idx ON public.commission_ledger USING btree (employee_id, booked_at);

CREATE INDEX counted_quarters_due ON public.counted_quarters USING btree (began_at) WHERE due;

CREATE INDEX customers_source_idx ON public.customers USING btree (source);

CREATE INDEX dialplan_files_sha256_idx ON public.dialplan_files USING btree (sha256);

CREATE UNIQUE INDEX dialplan_switches_expr_idx ON public.dialplan_switches USING btree (((after IS NULL))) WHERE (after IS NULL);

CREATE INDEX dispositions_call_id_agent_idx ON public.dispositions USING btree (call_id, agent);

CREATE INDEX dispositions_disposition_at_idx ON public.dispositions USING btree (disposition, at);

CREATE INDEX employees_phone_idx ON public.employees USING btree (phone);

CREATE INDEX folded_calls_call_keys_idx ON public.folded_calls USING gin (call_keys);

CREATE INDEX folded_calls_open ON public.folded_calls USING btree (node, started_at) WHERE (state = 'open'::text);

CREATE INDEX folded_calls_started_at_idx ON public.folded_calls USING btree (started_at);

CREATE INDEX handlings_call_id_idx ON public.handlings USING btree (call_id);

CREATE INDEX idempotent_requests_begun_at_idx ON public.idempotent_requests USING btree (begun_at);

CREATE INDEX offers_call_key_rung_at_idx ON public.offers USING btree (call_key, rung_at);

CREATE INDEX offers_rung_at_idx ON public.offers USING btree (rung_at) WHERE (NOT agreed);

CREATE INDEX order_attempts_subscriber_called_at_idx ON public.order_attempts USING btree (subscriber, called_at);

CREATE INDEX orders_employee_id_placed_at_idx ON public.orders USING btree (employee_id, placed_at);

CREATE UNIQUE INDEX orders_live ON public.orders USING btree (subscriber, product_id) WHERE (state <> 'cancelled'::text);

CREATE INDEX outbox_queued_at_idx ON public.outbox USING btree (queued_at) WHERE (state = 'queued'::text);

CREATE UNIQUE INDEX outbox_without_order ON public.outbox USING btree (call_key, kind) WHERE (order_id IS NULL);

CREATE UNIQUE INDEX people_agents ON public.people USING btree (agent) WHERE active;

CREATE INDEX presence_log_agent_at_idx ON public.presence_log USING btree (agent, at);

CREATE INDEX presence_log_at_idx ON public.presence_log USING btree (at);

CREATE INDEX presences_changed_at_idx ON public.presences USING btree (changed_at);

CREATE UNIQUE INDEX presences_devices ON public.presences USING btree (device_number);

CREATE INDEX queue_calls_answered_at_idx ON public.queue_calls USING btree (answered_at) WHERE (answered_at IS NOT NULL);

CREATE INDEX queue_calls_entered_at_idx ON public.queue_calls USING btree (entered_at);

CREATE INDEX queue_calls_open ON public.queue_calls USING btree (queue) WHERE ((how = 'waiting'::text) OR ((how = 'answered'::text) AND (ended_at IS NULL)));

CREATE INDEX queue_calls_queue_entered_at_idx ON public.queue_calls USING btree (queue, entered_at DESC);

CREATE INDEX queue_calls_uniqueid_node_idx ON public.queue_calls USING btree (uniqueid, node);

CREATE INDEX queue_intervals_began_at_idx ON public.queue_intervals USING btree (began_at);

CREATE INDEX queue_rings_rung_at_idx ON public.queue_rings USING btree (rung_at);

CREATE UNIQUE INDEX recording_holds_kind_value_reason_idx ON public.recording_holds USING btree (kind, value, reason) WHERE (released_at IS NULL);

CREATE INDEX recording_keys_key_id_idx ON public.recording_keys USING btree (key_id);

CREATE INDEX recording_listens_recording_id_at_idx ON public.recording_listens USING btree (recording_id, at);

CREATE INDEX recording_listens_who_at_idx ON public.recording_listens USING btree (who, at);

CREATE UNIQUE INDEX recording_objects_recording_id_idx ON public.recording_objects USING btree (recording_id) WHERE (kept_at IS NOT NULL);

CREATE INDEX recording_objects_there ON public.recording_objects USING btree (begun_at) WHERE ((gone_at IS NULL) AND (kept_at IS NULL));

CREATE UNIQUE INDEX recording_pauses_open ON public.recording_pauses USING btree (recording_id, why) WHERE (until_at IS NULL);

CREATE INDEX recording_pauses_recording_id_idx ON public.recording_pauses USING btree (recording_id);

CREATE INDEX recording_segments_agent_from_at_idx ON public.recording_segments USING btree (agent, from_at);

CREATE INDEX recordings_call_id_idx ON public.recordings USING btree (call_id);

CREATE INDEX recordings_call_key_idx ON public.recordings USING btree (call_key);

CREATE INDEX recordings_expected_at_idx ON public.recordings USING btree (expected_at);

CREATE INDEX recordings_failed ON public.recordings USING btree (ended_at) WHERE (state = 'failed'::text);

CREATE INDEX recordings_finished ON public.recordings USING btree (ended_at) WHERE (state = 'finished'::text);

CREATE INDEX recordings_keep_until_idx ON public.recordings USING btree (keep_until) WHERE (state = 'stored'::text);

CREATE INDEX recordings_live ON public.recordings USING btree (node, expected_at) WHERE (state = ANY (ARRAY['expected'::text, 'recording'::text]));

CREATE INDEX recordings_number_expected_at_idx ON public.recordings USING btree (number, expected_at) WHERE (number <> ''::text);

CREATE INDEX recordings_queue_expected_at_idx ON public.recordings USING btree (queue, expected_at);

CREATE INDEX recordings_raw ON public.recordings USING btree (node) WHERE ((raw_gone_at IS NULL) AND (state = ANY (ARRAY['stored'::text, 'erased'::text, 'discarded'::text])));

CREATE INDEX recordings_to_tell ON public.recordings USING btree (node) WHERE ((ended_at IS NOT NULL) AND (NOT told_by_cel));

CREATE INDEX review_steps_review_id_idx ON public.review_steps USING btree (review_id);

CREATE INDEX reviews_agent_submitted_at_idx ON public.reviews USING btree (agent, submitted_at);

CREATE UNIQUE INDEX reviews_once ON public.reviews USING btree (recording_id, agent, scorecard_id) WHERE (NOT calibration);

CREATE UNIQUE INDEX reviews_once_each ON public.reviews USING btree (recording_id, agent, scorecard_id, reviewer) WHERE calibration;

CREATE INDEX reviews_reviewer_state_idx ON public.reviews USING btree (reviewer, state);

CREATE INDEX sign_in_tries_address_tried_at_idx ON public.sign_in_tries USING btree (address, tried_at);

CREATE INDEX sign_in_tries_login_tried_at_idx ON public.sign_in_tries USING btree (login, tried_at);

CREATE INDEX skill_intervals_began_at_idx ON public.skill_intervals USING btree (began_at);

CREATE INDEX spied_sessions_agent_asked_at_idx ON public.spied_sessions USING btree (agent, asked_at);

CREATE INDEX spied_sessions_asked_at_idx ON public.spied_sessions USING btree (asked_at);

CREATE UNIQUE INDEX spied_sessions_open ON public.spied_sessions USING btree (node, channel) WHERE (ended_at IS NULL);

CREATE INDEX survey_answers_survey_answered_at_idx ON public.survey_answers USING btree (survey, answered_at);

CREATE INDEX tokens_person_id_idx ON public.tokens USING btree (person_id);

CREATE INDEX visits_entered_at_idx ON public.visits USING btree (entered_at);

CREATE INDEX visits_number_entered_at_idx ON public.visits USING btree (number, entered_at) WHERE (number <> ''::text);

CREATE INDEX visits_uniqueid_idx ON public.visits USING btree (uniqueid);

CREATE INDEX voicemails_box_recorded_at_idx ON public.voicemails USING btree (box, recorded_at) WHERE (state = 'new'::text);

CREATE INDEX voicemails_call_key_idx ON public.voicemails USING btree (call_key);

CREATE INDEX voicemails_recorded_at_idx ON public.voicemails USING btree (recorded_at);

CREATE INDEX walks_began_at_idx ON public.walks USING btree (began_at);

CREATE INDEX walks_caller_began_at_idx ON public.walks USING btree (caller, began_at) WHERE (caller <> ''::text);

CREATE INDEX wanted_members_agent_idx ON public.wanted_members USING btree (agent);

CREATE UNIQUE INDEX wanted_members_node_queue_lower_idx ON public.wanted_members USING btree (node, queue, lower(interface));

CREATE INDEX webhook_outbox_queued ON public.webhook_outbox USING btree (next_at) WHERE (state = 'queued'::text);

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_seals FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.commission_ledger FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.erasures FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.handlings FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.presence_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.recording_listens FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.review_steps FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER numbers_change AFTER INSERT ON public.presence_log FOR EACH ROW EXECUTE FUNCTION public.mark_presence();

CREATE TRIGGER numbers_change AFTER INSERT ON public.voicemails FOR EACH ROW EXECUTE FUNCTION public.mark_voicemail();

CREATE TRIGGER queue_calls_change AFTER INSERT OR UPDATE ON public.folded_calls FOR EACH ROW WHEN ((new.state = 'interrupted'::text)) EXECUTE FUNCTION public.mark_interrupted();

ALTER TABLE ONLY public.announcement_sounds
    ADD CONSTRAINT announcement_sounds_announcement_id_fkey FOREIGN KEY (announcement_id) REFERENCES public.announcements(announcement_id);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES public.audit(audit_id);

ALTER TABLE ONLY public.call_back_attempts
    ADD CONSTRAINT call_back_attempts_call_back_id_fkey FOREIGN KEY (call_back_id) REFERENCES public.call_backs(call_back_id);

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.recording_holds(hold_id);

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.coaching_notes
    ADD CONSTRAINT coaching_notes_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.commission_ledger
    ADD CONSTRAINT commission_ledger_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.commission_ledger
    ADD CONSTRAINT commission_ledger_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.departments(department_id);

ALTER TABLE ONLY public.dialplan_files
    ADD CONSTRAINT dialplan_files_sha256_fkey FOREIGN KEY (sha256) REFERENCES public.dialplan_contents(sha256);

ALTER TABLE ONLY public.dialplan_files
    ADD CONSTRAINT dialplan_files_version_fkey FOREIGN KEY (version) REFERENCES public.dialplan_versions(version);

ALTER TABLE ONLY public.dialplan_running
    ADD CONSTRAINT dialplan_running_switch_id_fkey FOREIGN KEY (switch_id) REFERENCES public.dialplan_switches(switch_id);

ALTER TABLE ONLY public.dialplan_running
    ADD CONSTRAINT dialplan_running_version_fkey FOREIGN KEY (version) REFERENCES public.dialplan_versions(version);

ALTER TABLE ONLY public.dialplan_switches
    ADD CONSTRAINT dialplan_switches_after_fkey FOREIGN KEY (after) REFERENCES public.dialplan_switches(switch_id);

ALTER TABLE ONLY public.dialplan_switches
    ADD CONSTRAINT dialplan_switches_version_fkey FOREIGN KEY (version) REFERENCES public.dialplan_versions(version);

ALTER TABLE ONLY public.dialplan_versions
    ADD CONSTRAINT dialplan_versions_previous_fkey FOREIGN KEY (previous) REFERENCES public.dialplan_versions(version);

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_department_id_fkey FOREIGN KEY (department_id) REFERENCES public.departments(department_id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.order_attempts
    ADD CONSTRAINT order_attempts_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_claim_id_fkey FOREIGN KEY (claim_id) REFERENCES public.claims(claim_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT presences_agent_fkey FOREIGN KEY (agent) REFERENCES public.agents(agent);

ALTER TABLE ONLY public.recording_keys
    ADD CONSTRAINT recording_keys_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.recording_listens
    ADD CONSTRAINT recording_listens_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.recording_objects
    ADD CONSTRAINT recording_objects_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.recording_pauses
    ADD CONSTRAINT recording_pauses_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.recording_segments
    ADD CONSTRAINT recording_segments_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.review_steps
    ADD CONSTRAINT review_steps_review_id_fkey FOREIGN KEY (review_id) REFERENCES public.reviews(review_id);

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_scorecard_id_fkey FOREIGN KEY (scorecard_id) REFERENCES public.scorecards(scorecard_id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.people(person_id);

ALTER TABLE ONLY public.walk_steps
    ADD CONSTRAINT walk_steps_node_linkedid_uniqueid_fkey FOREIGN KEY (node, linkedid, uniqueid) REFERENCES public.walks(node, linkedid, uniqueid) ON DELETE CASCADE;

ALTER TABLE ONLY public.wanted_members
    ADD CONSTRAINT wanted_members_agent_fkey FOREIGN KEY (agent) REFERENCES public.agents(agent);

ALTER TABLE ONLY public.wanted_members
    ADD CONSTRAINT wanted_members_node_queue_fkey FOREIGN KEY (node, queue) REFERENCES public.managed_queues(node, queue) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_outbox
    ADD CONSTRAINT webhook_outbox_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alerts(alert_id);
