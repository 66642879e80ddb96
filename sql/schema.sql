-- What sql/migrations make; written by `make schema`.

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';

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

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted: add a new one', TG_TABLE_NAME;
END $$;

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

CREATE TABLE public.barred_numbers (
    number text NOT NULL,
    reason text NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT barred_numbers_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text))
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
    CONSTRAINT call_backs_check CHECK (((state = 'done'::text) = ((done_at IS NOT NULL) AND (done_by IS NOT NULL)))),
    CONSTRAINT call_backs_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text)),
    CONSTRAINT call_backs_state_check CHECK ((state = ANY (ARRAY['open'::text, 'done'::text])))
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
    CONSTRAINT managed_queues_queue_check CHECK ((((octet_length(queue) >= 1) AND (octet_length(queue) <= 79)) AND (queue !~ '[[:cntrl:]]'::text)))
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

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.survey_answers (
    call_key text NOT NULL,
    survey text NOT NULL,
    question text NOT NULL,
    score integer NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    CONSTRAINT survey_answers_score_check CHECK (((score >= 0) AND (score <= 9)))
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

ALTER TABLE ONLY public.barred_numbers
    ADD CONSTRAINT barred_numbers_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.call_backs
    ADD CONSTRAINT call_backs_call_key_key UNIQUE (call_key);

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

ALTER TABLE ONLY public.call_record_rejects
    ADD CONSTRAINT call_record_rejects_node_log_position_digest_key UNIQUE (node, log, "position", digest);

ALTER TABLE ONLY public.call_record_rejects
    ADD CONSTRAINT call_record_rejects_pkey PRIMARY KEY (reject_id);

ALTER TABLE ONLY public.call_statistics
    ADD CONSTRAINT call_statistics_pkey PRIMARY KEY (node, trunk, dialled, began_at);

ALTER TABLE ONLY public.cdr
    ADD CONSTRAINT cdr_node_linkedid_uniqueid_sequence_key UNIQUE (node, linkedid, uniqueid, sequence);

ALTER TABLE ONLY public.cel
    ADD CONSTRAINT cel_node_linkedid_digest_key UNIQUE (node, linkedid, digest);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (claim_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_product_id_code_valid_excl EXCLUDE USING gist (product_id WITH =, code WITH =, valid WITH &&);

ALTER TABLE ONLY public.commission_ledger
    ADD CONSTRAINT commission_ledger_order_id_employee_id_kind_key UNIQUE (order_id, employee_id, kind);

ALTER TABLE ONLY public.commission_ledger
    ADD CONSTRAINT commission_ledger_pkey PRIMARY KEY (entry_id);

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

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_number_key UNIQUE (number);

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_pkey PRIMARY KEY (employee_id);

ALTER TABLE ONLY public.folded_calls
    ADD CONSTRAINT folded_calls_pkey PRIMARY KEY (node, linkedid);

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.managed_queues
    ADD CONSTRAINT managed_queues_pkey PRIMARY KEY (node, queue);

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

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_code_key UNIQUE (code);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (product_id);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.survey_answers
    ADD CONSTRAINT survey_answers_pkey PRIMARY KEY (call_key, survey, question);

ALTER TABLE ONLY public.voicemails
    ADD CONSTRAINT voicemails_node_file_key UNIQUE (node, file);

ALTER TABLE ONLY public.voicemails
    ADD CONSTRAINT voicemails_pkey PRIMARY KEY (voicemail_id);

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

CREATE INDEX ami_gaps_node_ended_at_idx ON public.ami_gaps USING btree (node, ended_at);

CREATE INDEX ami_gaps_unclosed ON public.ami_gaps USING btree (node) WHERE (closed_at IS NULL);

CREATE INDEX announcements_coalesce_idx ON public.announcements USING btree (COALESCE(ended_at, ends_at));

CREATE INDEX announcer_tries_call_key_idx ON public.announcer_tries USING btree (call_key) WHERE passed;

CREATE INDEX announcer_tries_caller_tried_at_idx ON public.announcer_tries USING btree (caller, tried_at);

CREATE INDEX announcer_tries_number_tried_at_idx ON public.announcer_tries USING btree (number, tried_at);

CREATE INDEX call_backs_asked_at_idx ON public.call_backs USING btree (asked_at);

CREATE UNIQUE INDEX call_backs_open ON public.call_backs USING btree (number, queue) WHERE (state = 'open'::text);

CREATE INDEX call_statistics_began_at_idx ON public.call_statistics USING btree (began_at);

CREATE INDEX claims_employee_id_idx ON public.claims USING btree (employee_id);

CREATE INDEX claims_product_id_code_lower_idx ON public.claims USING btree (product_id, code, lower(valid));

CREATE INDEX commission_ledger_employee_id_booked_at_idx ON public.commission_ledger USING btree (employee_id, booked_at);

CREATE INDEX customers_source_idx ON public.customers USING btree (source);

CREATE INDEX dialplan_files_sha256_idx ON public.dialplan_files USING btree (sha256);

CREATE UNIQUE INDEX dialplan_switches_expr_idx ON public.dialplan_switches USING btree (((after IS NULL))) WHERE (after IS NULL);

CREATE INDEX employees_phone_idx ON public.employees USING btree (phone);

CREATE INDEX folded_calls_call_keys_idx ON public.folded_calls USING gin (call_keys);

CREATE INDEX folded_calls_open ON public.folded_calls USING btree (node, started_at) WHERE (state = 'open'::text);

CREATE INDEX folded_calls_started_at_idx ON public.folded_calls USING btree (started_at);

CREATE INDEX order_attempts_subscriber_called_at_idx ON public.order_attempts USING btree (subscriber, called_at);

CREATE INDEX orders_employee_id_placed_at_idx ON public.orders USING btree (employee_id, placed_at);

CREATE UNIQUE INDEX orders_live ON public.orders USING btree (subscriber, product_id) WHERE (state <> 'cancelled'::text);

CREATE INDEX outbox_queued_at_idx ON public.outbox USING btree (queued_at) WHERE (state = 'queued'::text);

CREATE UNIQUE INDEX outbox_without_order ON public.outbox USING btree (call_key, kind) WHERE (order_id IS NULL);

CREATE INDEX survey_answers_survey_answered_at_idx ON public.survey_answers USING btree (survey, answered_at);

CREATE INDEX voicemails_box_recorded_at_idx ON public.voicemails USING btree (box, recorded_at) WHERE (state = 'new'::text);

CREATE INDEX voicemails_recorded_at_idx ON public.voicemails USING btree (recorded_at);

CREATE INDEX walks_began_at_idx ON public.walks USING btree (began_at);

CREATE INDEX walks_caller_began_at_idx ON public.walks USING btree (caller, began_at) WHERE (caller <> ''::text);

CREATE UNIQUE INDEX wanted_members_node_queue_lower_idx ON public.wanted_members USING btree (node, queue, lower(interface));

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.commission_ledger FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE ONLY public.announcement_sounds
    ADD CONSTRAINT announcement_sounds_announcement_id_fkey FOREIGN KEY (announcement_id) REFERENCES public.announcements(announcement_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

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

ALTER TABLE ONLY public.walk_steps
    ADD CONSTRAINT walk_steps_node_linkedid_uniqueid_fkey FOREIGN KEY (node, linkedid, uniqueid) REFERENCES public.walks(node, linkedid, uniqueid) ON DELETE CASCADE;

ALTER TABLE ONLY public.wanted_members
    ADD CONSTRAINT wanted_members_node_queue_fkey FOREIGN KEY (node, queue) REFERENCES public.managed_queues(node, queue) ON DELETE CASCADE;
