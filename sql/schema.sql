-- What sql/migrations make; written by `make schema`.

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';

CREATE FUNCTION public.callable(contact bigint, own_number text, attempts integer, not_before timestamp with time zone, fields jsonb, most integer, per_day integer, rested interval, purpose text, full_ones jsonb) RETURNS TABLE(number text, why text, until timestamp with time zone)
    LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
    AS $_$
    SELECT judged.number, judged.why, judged.until FROM (
        SELECT each.number, each.place, each.reached_at,
               coalesce(f.why, CASE WHEN each.next_at > statement_timestamp() THEN 'not-due' END) AS why,
               CASE WHEN f.why IS NULL AND each.next_at <= statement_timestamp() THEN NULL
                    WHEN f.why IS NULL THEN each.next_at ELSE greatest(f.until, each.next_at) END AS until
        FROM (
            SELECT n.number, n.place, n.reached_at, n.next_at FROM contact_numbers n WHERE n.contact_id = $1 AND NOT n.spent
            UNION ALL
            SELECT $2, 0, NULL, '-infinity'
            WHERE NOT EXISTS (SELECT FROM contact_numbers n WHERE n.contact_id = $1 AND NOT n.spent)
        ) each CROSS JOIN LATERAL forbidding(each.number, $3, $4, $5, $6, $7, $8, $9, $10, NULL) f
        OFFSET 0
    ) judged
    ORDER BY judged.until NULLS FIRST, judged.reached_at DESC NULLS LAST, judged.place LIMIT 1
$_$;

CREATE FUNCTION public.check_digit(digits text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT mod(10 - mod(sum(v / 10 + v % 10), 10), 10)::text
    FROM (SELECT digit::integer * CASE WHEN place % 2 = 1 THEN 2 ELSE 1 END AS v
          FROM regexp_split_to_table(reverse(digits), '') WITH ORDINALITY AS d (digit, place)) AS doubled
$$;

CREATE FUNCTION public.claw_back(of_order bigint, ended timestamp with time zone, was text, by_whom text DEFAULT 'ccore'::text, why text DEFAULT ''::text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    rule bigint;
    due boolean;
    given bigint;
    posting bigint;
BEGIN
    SELECT o.rule_id, was <> 'active' OR ended < o.placed_at + make_interval(hours => 24 * coalesce(r.clawback_days, 0))
           OR EXISTS (SELECT FROM commission_due d WHERE d.order_id = of_order AND d.due_at > ended)
    INTO rule, due
    FROM orders o LEFT JOIN commission_rules r USING (rule_id) WHERE o.order_id = of_order FOR NO KEY UPDATE OF o;
    IF NOT coalesce(due, false) THEN
        RETURN 0;
    END IF;
    SELECT -sum(e.amount_fen) INTO given
    FROM commission_postings p JOIN commission_entries e USING (posting_id)
    WHERE p.order_id = of_order AND p.kind IN ('sale', 'tier', 'release', 'clawback') AND e.account = 'expense';
    IF coalesce(given, 0) = 0 THEN
        RETURN 0;
    END IF;
    INSERT INTO commission_postings (order_id, kind, rule_id, by, note) VALUES (of_order, 'clawback', rule, by_whom, why)
    ON CONFLICT (order_id, kind) WHERE kind IN ('sale', 'release', 'clawback') DO NOTHING
    RETURNING posting_id INTO posting;
    IF posting IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO commission_entries (posting_id, account, employee_id, department_id, amount_fen)
    SELECT posting, e.account, e.employee_id, e.department_id, -sum(e.amount_fen)
    FROM commission_postings p JOIN commission_entries e USING (posting_id)
    WHERE p.order_id = of_order AND p.posting_id <> posting AND p.kind IN ('sale', 'tier', 'release')
    GROUP BY e.account, e.employee_id, e.department_id HAVING sum(e.amount_fen) <> 0;
    RETURN given;
END $$;

CREATE FUNCTION public.commission_falls_due() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO commission_due (order_id, due_at)
    SELECT NEW.order_id, NEW.state_at + make_interval(hours => 24 * coalesce(max(r.hold_days), 0))
    FROM commission_rules r WHERE r.rule_id = NEW.rule_id
    ON CONFLICT (order_id) DO UPDATE SET due_at = excluded.due_at;
    RETURN NULL;
END $$;

CREATE FUNCTION public.count_coarser() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO sales_by_product_day AS c (day, product_id, channel, state, orders, price_fen, commission_fen)
    SELECT day, product_id, channel, state, sum(orders), sum(price_fen), sum(commission_fen) FROM added GROUP BY 1, 2, 3, 4
    ON CONFLICT (day, product_id, channel, state) DO UPDATE SET orders = c.orders + excluded.orders,
        price_fen = c.price_fen + excluded.price_fen, commission_fen = c.commission_fen + excluded.commission_fen;
    INSERT INTO sales_by_department_day AS c (day, department_id, team_id, channel, state, orders, price_fen, commission_fen)
    SELECT day, department_id, team_id, channel, state, sum(orders), sum(price_fen), sum(commission_fen) FROM added GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (day, department_id, team_id, channel, state) DO UPDATE SET orders = c.orders + excluded.orders,
        price_fen = c.price_fen + excluded.price_fen, commission_fen = c.commission_fen + excluded.commission_fen;
    IF TG_OP = 'UPDATE' THEN  -- what is updated was counted above, as it was
        UPDATE sales_by_product_day c SET orders = c.orders - t.orders, price_fen = c.price_fen - t.price_fen,
            commission_fen = c.commission_fen - t.commission_fen
        FROM (SELECT day, product_id, channel, state, sum(orders) AS orders, sum(price_fen) AS price_fen, sum(commission_fen) AS commission_fen
              FROM taken GROUP BY 1, 2, 3, 4) t
        WHERE (c.day, c.product_id, c.channel, c.state) = (t.day, t.product_id, t.channel, t.state);
        UPDATE sales_by_department_day c SET orders = c.orders - t.orders, price_fen = c.price_fen - t.price_fen,
            commission_fen = c.commission_fen - t.commission_fen
        FROM (SELECT day, department_id, team_id, channel, state, sum(orders) AS orders, sum(price_fen) AS price_fen,
                     sum(commission_fen) AS commission_fen
              FROM taken GROUP BY 1, 2, 3, 4, 5) t
        WHERE (c.day, c.department_id, c.team_id, c.channel, c.state) = (t.day, t.department_id, t.team_id, t.channel, t.state);
    END IF;
    RETURN NULL;
END $$;

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

CREATE FUNCTION public.department_of_order(of_order bigint) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(o.department_id, l.department_id)
    FROM orders o LEFT JOIN teams t USING (team_id) LEFT JOIN employees l ON l.employee_id = t.leader_id
    WHERE o.order_id = of_order
$$;

CREATE FUNCTION public.digits_of(number text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ltrim(regexp_replace(number, '[^0-9]'::text, ''::text, 'g'::text), '0'::text);

CREATE FUNCTION public.forbidding(of_number text, attempts integer, not_before timestamp with time zone, fields jsonb, most integer, per_day integer, rested interval, purpose text, full_ones jsonb, besides bigint) RETURNS TABLE(why text, until timestamp with time zone)
    LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
    AS $_$
    SELECT judged.why, CASE judged.why
        WHEN 'not-before' THEN $3
        WHEN 'under-way' THEN statement_timestamp() + interval '1 min'
        WHEN 'per-day' THEN judged.again_at
        WHEN 'abandoned' THEN judged.abandoned_until
        WHEN 'do-not-call' THEN 'infinity'
        WHEN 'attempts' THEN 'infinity'
        ELSE statement_timestamp() + interval '10 min' END
    FROM (
        SELECT tried.again_at, abandoned.at + $7 AS abandoned_until, CASE
            WHEN EXISTS (SELECT FROM do_not_call d WHERE d.number = $1) THEN 'do-not-call'
            WHEN EXISTS (SELECT FROM do_not_call_prefixes p
                         WHERE p.prefix = ANY (ARRAY(SELECT left($1, digits) FROM generate_series(2, 16) digits)))
                THEN 'do-not-call'
            WHEN $2 >= $5 THEN 'attempts'
            WHEN $3 > statement_timestamp() THEN 'not-before'
            WHEN EXISTS (SELECT FROM attempts a
                         WHERE a.number = $1 AND a.state <> 'over' AND a.attempt_id IS DISTINCT FROM $10) THEN 'under-way'
            WHEN tried.times >= $6 THEN 'per-day'
            WHEN abandoned.at IS NOT NULL THEN 'abandoned'
            WHEN $8 IS NOT NULL AND NOT EXISTS (
                SELECT FROM consents s WHERE s.number = $1 AND s.purpose = $8 AND s.withdrawn_at IS NULL) THEN 'no-consent'
            WHEN EXISTS (SELECT FROM jsonb_to_recordset($9) AS full_one(field text, value text)
                         WHERE $4 ->> full_one.field = full_one.value) THEN 'quota'
            END AS why
        FROM (
            SELECT count(*) AS times, min(last_ones.dialled_at) + interval '24 h' AS again_at FROM (
                SELECT a.dialled_at FROM attempts a
                WHERE a.number = $1 AND a.dialled_at > statement_timestamp() - interval '24 h'
                ORDER BY a.dialled_at DESC LIMIT $6) last_ones) tried
        LEFT JOIN LATERAL (
            SELECT a.dialled_at AS at FROM attempts a
            WHERE a.number = $1 AND a.outcome = 'abandoned' AND a.dialled_at > statement_timestamp() - $7
            ORDER BY a.dialled_at DESC LIMIT 1) abandoned ON true
        OFFSET 0 -- else all of it would be worked out once for each time it is named
    ) judged
$_$;

CREATE FUNCTION public.forget_coarser() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    TRUNCATE sales_by_product_day, sales_by_department_day;
    RETURN NULL;
END $$;

CREATE FUNCTION public.holder_turn(person bigint, team bigint, department bigint) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'claims of', 'p' || person, 't' || team, 'd' || department), 0))
$$;

CREATE FUNCTION public.is_barred(number text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
    SELECT EXISTS (SELECT FROM do_not_call d WHERE d.number = $1)
        OR EXISTS (SELECT FROM do_not_call_prefixes p
                   WHERE p.prefix = ANY (ARRAY(SELECT left($1, digits) FROM generate_series(2, 16) digits)))
$_$;

CREATE TABLE public.orders (
    order_id bigint NOT NULL,
    call_key text NOT NULL,
    subscriber text NOT NULL,
    nth integer NOT NULL,
    product_id bigint NOT NULL,
    claim_id bigint NOT NULL,
    employee_id bigint,
    dialled text NOT NULL,
    price_fen bigint NOT NULL,
    channel text NOT NULL,
    state text DEFAULT 'confirmed'::text NOT NULL,
    called_at timestamp with time zone NOT NULL,
    placed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    team_id bigint,
    department_id bigint,
    rule_id bigint,
    confirm_until timestamp with time zone,
    state_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    confirm_by text,
    demanded_by text[] DEFAULT '{}'::text[] NOT NULL,
    earns jsonb,
    trunk text DEFAULT ''::text NOT NULL,
    CONSTRAINT orders_channel_check CHECK ((channel = ANY (ARRAY['call'::text, 'spool'::text, 'sms'::text, 'web'::text, 'agent'::text]))),
    CONSTRAINT orders_check CHECK (((num_nonnulls(employee_id, team_id) = 1) OR (department_id IS NOT NULL))),
    CONSTRAINT orders_check1 CHECK (((state <> 'pending_confirm'::text) OR ((confirm_by IS NOT NULL) AND (confirm_until IS NOT NULL) AND (earns IS NOT NULL)))),
    CONSTRAINT orders_confirm_by_check CHECK ((confirm_by = ANY (ARRAY['key'::text, 'sms'::text]))),
    CONSTRAINT orders_nth_check CHECK ((nth > 0)),
    CONSTRAINT orders_state_check CHECK ((state = ANY (ARRAY['received'::text, 'pending_confirm'::text, 'confirmed'::text, 'activating'::text, 'active'::text, 'rejected'::text, 'expired'::text, 'cancelled'::text]))),
    CONSTRAINT orders_subscriber_check CHECK ((subscriber ~ '^\+[0-9]{6,15}$'::text))
);

CREATE FUNCTION public.is_sold(o public.orders) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT o.state IN ('confirmed', 'activating', 'active') AND num_nonnulls(o.employee_id, o.team_id) > 0
$$;

CREATE FUNCTION public.is_sought(o public.orders, of_state text, of_product bigint, of_claims bigint[], by_channel text, before bigint, since timestamp with time zone, until timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT (of_state IS NULL OR o.state = of_state) AND (of_product IS NULL OR o.product_id = of_product)
       AND (of_claims IS NULL OR o.claim_id = ANY (of_claims)) AND (by_channel IS NULL OR o.channel = by_channel)
       AND (before IS NULL OR o.order_id < before)
       AND (since IS NULL OR o.placed_at >= since) AND (until IS NULL OR o.placed_at < until)
$$;

CREATE FUNCTION public.key_of_call(call_key text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT split_part(call_key, '!', 1) || '!' || split_part(call_key, '!', 2) $$;

CREATE FUNCTION public.levels(lists text[]) RETURNS TABLE(list text, zone text, priority smallint)
    LANGUAGE sql STABLE ROWS 20 PARALLEL SAFE
    AS $_$
    WITH RECURSIVE found(list, zone, priority) AS (
        SELECT one.list, first.zone, first.priority FROM unnest($1) AS one(list) CROSS JOIN LATERAL (
            SELECT c.zone, c.priority FROM contacts c WHERE c.list = one.list AND c.state = 'open'
            ORDER BY c.zone DESC, c.priority DESC LIMIT 1) first
        UNION ALL
        SELECT f.list, next.zone, next.priority FROM found f CROSS JOIN LATERAL (
            SELECT c.zone, c.priority FROM contacts c
            WHERE c.list = f.list AND c.state = 'open' AND (c.zone, c.priority) < (f.zone, f.priority)
            ORDER BY c.zone DESC, c.priority DESC LIMIT 1) next
    )
    SELECT f.list, f.zone, f.priority FROM found f
$_$;

CREATE FUNCTION public.make_claim(product bigint, person bigint, team bigint, department bigint, starts timestamp with time zone, ends timestamp with time zone, width integer, reserved text[], quarantine interval, most integer, who text, OUT claim_id bigint, OUT code text, OUT reason text) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    held integer;
    same boolean;
    rested timestamptz := starts - quarantine; -- a code that was given back by then is free
BEGIN
    PERFORM holder_turn(person, team, department);
    SELECT count(*), coalesce(bool_or(c.product_id = product), false) INTO held, same
    FROM claims c
    WHERE (c.employee_id = person OR c.team_id = team OR c.department_id = department)
      AND c.valid && tstzrange(starts, ends);
    IF same THEN reason := 'held'; RETURN; END IF;
    IF held >= most THEN reason := 'limit'; RETURN; END IF;
    IF EXISTS (SELECT FROM employees e WHERE e.employee_id = person AND e.left_at <= starts) THEN
        reason := 'holder-gone'; RETURN;
    END IF;
    PERFORM product_turn(product);
    IF NOT EXISTS (SELECT FROM products p WHERE p.product_id = product AND p.state = 'on-sale') THEN
        reason := 'not-on-sale'; RETURN;
    END IF;
    SELECT free INTO code
    FROM (SELECT lpad(n::text, width, '0') AS free FROM generate_series(0, (10 ^ width)::integer - 1) AS n) AS every
    WHERE free <> ALL (reserved) AND NOT EXISTS (
        SELECT FROM claims c
        WHERE c.product_id = product AND c.code = free AND (upper_inf(c.valid) OR upper(c.valid) > rested))
    ORDER BY free LIMIT 1;
    IF code IS NULL THEN reason := 'exhausted'; RETURN; END IF;
    INSERT INTO claims (product_id, code, employee_id, team_id, department_id, valid, made_by)
    VALUES (product, code, person, team, department, tstzrange(starts, ends), who)
    RETURNING claims.claim_id INTO claim_id;
END $$;

CREATE FUNCTION public.make_sales_month(month date) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    part text := to_char(month, '"sales_by_claim_day_"YYYY_MM');
    counts text;
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF sales_by_claim_day FOR VALUES FROM (%L) TO (%L)', part, month, month + interval '1 month');
    END IF;
    FOREACH counts IN ARRAY ARRAY['sales_by_claim_month', 'sales_by_group_month', 'sales_by_group_day', 'sales_by_product_day', 'sales_by_department_day'] LOOP
        PERFORM make_sales_year(counts, date_trunc('year', month)::date);
    END LOOP;
END $$;

CREATE FUNCTION public.make_sales_year(counts text, since date) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    part text := counts || to_char(since, '"_"YYYY');
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, counts, since, since + interval '1 year');
    END IF;
END $$;

CREATE FUNCTION public.mark_attempt() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO attempts_due SELECT attempt_id FROM changed;
    RETURN NULL;
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

CREATE FUNCTION public.mark_order() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO sales_due (order_id) SELECT order_id FROM changed WHERE order_id IS NOT NULL;
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

CREATE FUNCTION public.note_disposed_contact() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO disposed_contacts VALUES (NEW.disposition_id);
    RETURN NULL;
END $$;

CREATE FUNCTION public.note_sold(o public.orders, orders bigint) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO sold_changes (placed_at, employee_id, team_id, version_id, product_id, rule_id, price_fen, orders)
    SELECT o.placed_at, coalesce(o.employee_id, 0), coalesce(o.team_id, 0),
           coalesce((SELECT v.version_id FROM team_versions v WHERE v.team_id = o.team_id AND v.valid @> o.called_at), 0),
           o.product_id, coalesce(o.rule_id, 0), o.price_fen, note_sold.orders
$$;

CREATE FUNCTION public.order_misfit(product bigint, subscriber text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN (SELECT CASE WHEN NOT number_allowed THEN 'number-not-eligible'
                        WHEN NOT has_needed THEN 'lacks-needed-product'
                        WHEN has_excluded THEN 'has-excluded-product'
                        WHEN has_part THEN 'has-part' ELSE '' END
            FROM product_fits(product, subscriber));
END $$;

CREATE FUNCTION public.overlap_ms(a timestamp with time zone, b timestamp with time zone, since timestamp with time zone, until timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
SELECT greatest(0, (extract(epoch FROM least(b, until)) * 1000)::bigint - (extract(epoch FROM greatest(a, since)) * 1000)::bigint)
$$;

CREATE FUNCTION public.posting_is_balanced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM commission_entries WHERE posting_id = NEW.posting_id) IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'the entries of posting % do not sum to nothing', NEW.posting_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_balanced';
    END IF;
    RETURN NULL;
END $$;

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

CREATE FUNCTION public.product_fits(product bigint, subscriber text) RETURNS TABLE(number_allowed boolean, has_needed boolean, has_excluded boolean, has_part boolean)
    LANGUAGE sql STABLE
    AS $$
    WITH mine AS (
        SELECT o.product_id, o.state FROM orders o
        WHERE o.subscriber = product_fits.subscriber AND o.state NOT IN ('rejected', 'expired', 'cancelled')
    )
    SELECT (p.beginnings = '{}' AND p.regions = '{}')
               OR EXISTS (SELECT FROM unnest(p.beginnings) b WHERE starts_with(product_fits.subscriber, b))
               OR EXISTS (SELECT FROM number_regions r, unnest(r.beginnings) b
                          WHERE r.region = ANY (p.regions) AND starts_with(product_fits.subscriber, b)),
           NOT EXISTS (SELECT FROM product_relations r WHERE r.product_id = product AND r.kind = 'needs')
               OR EXISTS (SELECT FROM product_relations r JOIN mine ON mine.product_id = r.other_id
                          WHERE r.product_id = product AND r.kind = 'needs' AND mine.state = 'active'),
           EXISTS (SELECT FROM product_relations r JOIN mine ON mine.product_id = r.other_id
                   WHERE r.product_id = product AND r.kind = 'excludes'),
           EXISTS (SELECT FROM product_parts t JOIN products combo ON combo.product_id = t.combo_id AND combo.part_held = 'refuse'
                   JOIN mine ON mine.product_id IN (t.combo_id, t.part_id)
                   WHERE product IN (t.combo_id, t.part_id) AND mine.product_id <> product)
    FROM products p WHERE p.product_id = product
$$;

CREATE FUNCTION public.product_terms_at(product bigint, at timestamp with time zone) RETURNS TABLE(price_fen bigint, confirm text, confirm_within_h integer)
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(t.price_fen, p.price_fen), coalesce(t.confirm, p.confirm), coalesce(t.confirm_within_h, p.confirm_within_h)
    FROM products p LEFT JOIN product_terms t ON t.product_id = p.product_id AND t.valid @> at
    WHERE p.product_id = product
$$;

CREATE FUNCTION public.product_turn(product bigint) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('claims in product ' || product, 0))
$$;

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
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('handlings', 'order_moves', 'review_steps')
       AND current_setting('ccore.erasing', true) = 'a person' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or deleted: add a new one', TG_TABLE_NAME;
END $$;

CREATE TABLE public.employees (
    employee_id bigint NOT NULL,
    number text NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    department_id bigint NOT NULL,
    left_at timestamp with time zone,
    kind text DEFAULT 'staff'::text NOT NULL,
    joined_at timestamp with time zone DEFAULT '2000-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    language text DEFAULT 'zh'::text NOT NULL,
    CONSTRAINT employees_kind_check CHECK ((kind = ANY (ARRAY['staff'::text, 'contracted'::text, 'friend'::text]))),
    CONSTRAINT employees_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT employees_phone_check CHECK ((phone ~ '^\+[0-9]{6,15}$'::text))
);

CREATE FUNCTION public.sellers_of(person bigint, team bigint, department bigint, at timestamp with time zone) RETURNS SETOF public.employees
    LANGUAGE sql STABLE
    AS $$
    SELECT e.* FROM employees e
    WHERE coalesce(e.left_at > at, true)
      AND (e.employee_id = person OR e.department_id = department
           OR e.employee_id IN (SELECT s.employee_id FROM team_versions v JOIN team_shares s USING (version_id)
                                WHERE v.team_id = team AND v.valid @> at))
$$;

CREATE FUNCTION public.send_kit(claimed bigint, access text) RETURNS integer
    LANGUAGE sql
    AS $$
    WITH queued AS (
        INSERT INTO outbox (kind, recipient, language, params)
        SELECT 'claim-kit', s.phone, s.language, jsonb_build_object(
            'product_zh', p.name_zh, 'product_en', p.name_en, 'intro', CASE s.language WHEN 'zh' THEN p.intro_zh ELSE p.intro_en END,
            'number', access || p.code || c.code, 'code', p.code || c.code, 'price_fen', terms.price_fen, 'employee', s.name)
        FROM claims c JOIN products p USING (product_id)
        CROSS JOIN LATERAL (SELECT greatest(lower(c.valid), clock_timestamp()) AS at) sold
        CROSS JOIN LATERAL product_terms_at(p.product_id, sold.at) terms
        CROSS JOIN LATERAL sellers_of(c.employee_id, c.team_id, c.department_id, sold.at) s
        WHERE c.claim_id = claimed
        RETURNING message_id
    )
    SELECT count(*)::integer FROM queued
$$;

CREATE FUNCTION public.send_kit(claimed bigint, access text, checked boolean) RETURNS integer
    LANGUAGE sql
    AS $$
    WITH queued AS (
        INSERT INTO outbox (kind, recipient, language, params)
        SELECT 'claim-kit', s.phone, s.language, jsonb_build_object(
            'product_zh', p.name_zh, 'product_en', p.name_en, 'intro', CASE s.language WHEN 'zh' THEN p.intro_zh ELSE p.intro_en END,
            'number', access || digits.code, 'code', digits.code, 'price_fen', terms.price_fen, 'employee', s.name)
        FROM claims c JOIN products p USING (product_id)
        CROSS JOIN LATERAL (SELECT p.code || c.code || CASE WHEN checked THEN check_digit(p.code || c.code) ELSE '' END AS code) digits
        CROSS JOIN LATERAL (SELECT greatest(lower(c.valid), clock_timestamp()) AS at) sold
        CROSS JOIN LATERAL product_terms_at(p.product_id, sold.at) terms
        CROSS JOIN LATERAL sellers_of(c.employee_id, c.team_id, c.department_id, sold.at) s
        WHERE c.claim_id = claimed
        RETURNING message_id
    )
    SELECT count(*)::integer FROM queued
$$;

CREATE FUNCTION public.shares_are_whole() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (SELECT sum(basis_points) FROM team_shares WHERE version_id = NEW.version_id) IS DISTINCT FROM 10000 THEN
        RAISE EXCEPTION 'the shares of a team sum to 100 %%' USING ERRCODE = 'check_violation', CONSTRAINT = 'team_shares_whole';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.state_then(of_order bigint, state text, since timestamp with time zone, at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN since <= at THEN state ELSE coalesce(
        (SELECT m.became FROM order_moves m WHERE m.order_id = of_order AND m.at <= state_then.at ORDER BY m.move_id DESC LIMIT 1),
        (SELECT m.was FROM order_moves m WHERE m.order_id = of_order ORDER BY m.move_id LIMIT 1),
        state) END
$$;

CREATE FUNCTION public.tally_again() RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    LOCK TABLE orders, commission_entries IN SHARE MODE;
    TRUNCATE sold_changes, sold_days, owed_changes, owed, earned_days;
    PERFORM note_sold(o, 1) FROM orders o WHERE is_sold(o);
    INSERT INTO owed_changes (booked_at, employee_id, account, fen, earned)
    SELECT p.booked_at, e.employee_id, e.account, e.amount_fen, p.kind IN ('sale', 'clawback', 'adjustment')
    FROM commission_entries e JOIN commission_postings p USING (posting_id) WHERE e.employee_id IS NOT NULL;
END $$;

CREATE FUNCTION public.tally_owed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO owed_changes (booked_at, employee_id, account, fen, earned)
    SELECT p.booked_at, e.employee_id, e.account, e.amount_fen, p.kind IN ('sale', 'clawback', 'adjustment')
    FROM booked e JOIN commission_postings p USING (posting_id) WHERE e.employee_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION public.tally_sold() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND is_sold(OLD) THEN
        PERFORM note_sold(OLD, -1);
    END IF;
    IF is_sold(NEW) THEN
        PERFORM note_sold(NEW, 1);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.tell_of_orders() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF pg_try_advisory_xact_lock(7340034, 1) THEN
        NOTIFY ccore_orders;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.tell_senders() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM added) AND NOT EXISTS (
        SELECT FROM outbox WHERE state IN ('queued', 'sending') AND next_at <= statement_timestamp() + interval '30 s'
                             AND message_id < (SELECT min(message_id) FROM added)) THEN
        NOTIFY ccore_outbox;
    END IF;
    RETURN NULL;
END $$;

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
    CONSTRAINT order_attempts_channel_check CHECK ((channel = ANY (ARRAY['call'::text, 'spool'::text, 'sms'::text, 'web'::text, 'agent'::text])))
);

CREATE FUNCTION public.tried_in(call_keys text[]) RETURNS SETOF public.order_attempts
    LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
    AS $$
    SELECT * FROM order_attempts a WHERE a.call_key = ANY (call_keys)
    UNION ALL
    SELECT * FROM order_attempts a WHERE a.channel = 'agent' AND key_of_call(a.call_key) = ANY (call_keys)
$$;

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
    text_en text DEFAULT ''::text NOT NULL,
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

CREATE TABLE public.attempt_days (
    day date NOT NULL,
    product text NOT NULL,
    claim text NOT NULL,
    channel text NOT NULL,
    outcome text NOT NULL,
    attempts bigint NOT NULL
);

CREATE TABLE public.attempts (
    attempt_id bigint NOT NULL,
    campaign text NOT NULL,
    contact_id bigint NOT NULL,
    list text NOT NULL,
    number text NOT NULL,
    node text NOT NULL,
    trunk text,
    channel text GENERATED ALWAYS AS (('attempt-'::text || attempt_id)) STORED NOT NULL,
    state text DEFAULT 'claimed'::text NOT NULL,
    outcome text,
    agent text,
    mode text NOT NULL,
    epoch bigint NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    dialled_at timestamp with time zone,
    rang_at timestamp with time zone,
    picked_up_at timestamp with time zone,
    answered_at timestamp with time zone,
    connected_at timestamp with time zone,
    ended_at timestamp with time zone,
    said text DEFAULT ''::text NOT NULL,
    status text DEFAULT ''::text NOT NULL,
    cause integer DEFAULT 0 NOT NULL,
    sip integer DEFAULT 0 NOT NULL,
    cancelled boolean DEFAULT false NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    fen bigint,
    machine_met boolean DEFAULT false NOT NULL,
    CONSTRAINT attempts_check CHECK (((state = 'over'::text) = (outcome IS NOT NULL))),
    CONSTRAINT attempts_check1 CHECK (((state = ANY (ARRAY['claimed'::text, 'over'::text])) OR (dialled_at IS NOT NULL))),
    CONSTRAINT attempts_fen_check CHECK ((fen >= 0)),
    CONSTRAINT attempts_mode_check CHECK ((mode = ANY (ARRAY['preview'::text, 'progressive'::text, 'ratio'::text, 'predictive'::text]))),
    CONSTRAINT attempts_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text)),
    CONSTRAINT attempts_said_check CHECK ((said = ANY (ARRAY[''::text, 'machine'::text, 'fax'::text, 'abandoned'::text]))),
    CONSTRAINT attempts_state_check CHECK ((state = ANY (ARRAY['claimed'::text, 'dialling'::text, 'ringing'::text, 'picked-up'::text, 'answered'::text, 'connected'::text, 'over'::text])))
);

ALTER TABLE public.attempts ALTER COLUMN attempt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.attempts_attempt_id_seq
    START WITH 1000000
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.attempts_due (
    attempt_id bigint NOT NULL
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
     LEFT JOIN LATERAL ( SELECT tried_in.order_id,
            tried_in.outcome
           FROM public.tried_in(c.call_keys) tried_in(attempt_id, call_key, caller, subscriber, dialled, channel, outcome, reason, order_id, called_at, attempted_at)
          ORDER BY (tried_in.order_id IS NULL), tried_in.attempt_id
         LIMIT 1) a ON (true));

CREATE TABLE public.campaigns (
    name text NOT NULL,
    state text NOT NULL,
    epoch bigint DEFAULT 1 NOT NULL,
    by text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT campaigns_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT campaigns_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{1,40}$'::text)),
    CONSTRAINT campaigns_state_check CHECK ((state = ANY (ARRAY['stopped'::text, 'running'::text, 'draining'::text])))
);

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

CREATE TABLE public.claim_bars (
    employee_id bigint NOT NULL,
    period_id bigint NOT NULL,
    because_of bigint NOT NULL,
    detail jsonb NOT NULL,
    lifted_at timestamp with time zone,
    lifted_by text,
    lifted_why text
);

CREATE TABLE public.claims (
    claim_id bigint NOT NULL,
    product_id bigint NOT NULL,
    code text NOT NULL,
    employee_id bigint,
    valid tstzrange DEFAULT tstzrange(now(), NULL::timestamp with time zone) NOT NULL,
    team_id bigint,
    department_id bigint,
    made_by text DEFAULT ''::text NOT NULL,
    ended_by text DEFAULT ''::text NOT NULL,
    handed_from bigint,
    CONSTRAINT claims_check CHECK ((num_nonnulls(employee_id, team_id, department_id) = 1)),
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

CREATE TABLE public.commission_dispute_notes (
    note_id bigint NOT NULL,
    dispute_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    by text NOT NULL,
    became text NOT NULL,
    note text NOT NULL,
    CONSTRAINT commission_dispute_notes_became_check CHECK ((became = ANY (ARRAY['open'::text, 'answered'::text, 'closed'::text]))),
    CONSTRAINT commission_dispute_notes_note_check CHECK (((length(note) >= 1) AND (length(note) <= 2000)))
);

ALTER TABLE public.commission_dispute_notes ALTER COLUMN note_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commission_dispute_notes_note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.commission_disputes (
    dispute_id bigint NOT NULL,
    employee_id bigint NOT NULL,
    period_id bigint,
    order_id bigint,
    state text DEFAULT 'open'::text NOT NULL,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT commission_disputes_check CHECK ((num_nonnulls(period_id, order_id) = 1)),
    CONSTRAINT commission_disputes_state_check CHECK ((state = ANY (ARRAY['open'::text, 'answered'::text, 'closed'::text])))
);

ALTER TABLE public.commission_disputes ALTER COLUMN dispute_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commission_disputes_dispute_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.commission_due (
    order_id bigint NOT NULL,
    due_at timestamp with time zone NOT NULL
);

CREATE TABLE public.commission_entries (
    entry_id bigint NOT NULL,
    posting_id bigint NOT NULL,
    account text NOT NULL,
    employee_id bigint,
    department_id bigint,
    amount_fen bigint NOT NULL,
    CONSTRAINT commission_entries_account_check CHECK ((account = ANY (ARRAY['expense'::text, 'held'::text, 'payable'::text, 'paid'::text]))),
    CONSTRAINT commission_entries_check CHECK ((num_nonnulls(employee_id, department_id) = ((account <> 'expense'::text))::integer))
);

ALTER TABLE public.commission_entries ALTER COLUMN entry_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commission_entries_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.commission_postings (
    posting_id bigint NOT NULL,
    order_id bigint,
    kind text NOT NULL,
    rule_id bigint,
    note text DEFAULT ''::text NOT NULL,
    by text DEFAULT 'ccore'::text NOT NULL,
    booked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    period_id bigint,
    payout_id bigint,
    CONSTRAINT commission_postings_check CHECK (((kind = ANY (ARRAY['sale'::text, 'tier'::text, 'release'::text, 'clawback'::text])) <= (order_id IS NOT NULL))),
    CONSTRAINT commission_postings_check1 CHECK (((kind = 'tier'::text) = (period_id IS NOT NULL))),
    CONSTRAINT commission_postings_check2 CHECK (((kind <> 'adjustment'::text) OR (note <> ''::text))),
    CONSTRAINT commission_postings_check3 CHECK (((kind = 'payout'::text) = (payout_id IS NOT NULL))),
    CONSTRAINT commission_postings_kind_check CHECK ((kind = ANY (ARRAY['sale'::text, 'tier'::text, 'release'::text, 'clawback'::text, 'payout'::text, 'adjustment'::text])))
);

CREATE VIEW public.commission_ledger AS
 SELECT e.entry_id,
    p.order_id,
    e.employee_id,
    e.department_id,
    p.kind,
    e.amount_fen,
    p.booked_at
   FROM (public.commission_entries e
     JOIN public.commission_postings p USING (posting_id))
  WHERE ((e.account <> 'expense'::text) AND (p.kind = ANY (ARRAY['sale'::text, 'tier'::text, 'clawback'::text, 'adjustment'::text])));

CREATE TABLE public.commission_payouts (
    payout_id bigint NOT NULL,
    least_fen bigint NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT commission_payouts_least_fen_check CHECK ((least_fen > 0))
);

ALTER TABLE public.commission_payouts ALTER COLUMN payout_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commission_payouts_payout_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.commission_postings ALTER COLUMN posting_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commission_postings_posting_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.commission_rules (
    rule_id bigint NOT NULL,
    product_id bigint NOT NULL,
    version integer NOT NULL,
    valid tstzrange NOT NULL,
    kind text NOT NULL,
    fen bigint,
    basis_points integer,
    tiers jsonb DEFAULT '[]'::jsonb NOT NULL,
    hold_days integer DEFAULT 0 NOT NULL,
    clawback_days integer DEFAULT 0 NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT commission_rules_basis_points_check CHECK (((basis_points >= 0) AND (basis_points <= 10000))),
    CONSTRAINT commission_rules_check CHECK ((((kind = 'flat'::text) = (fen IS NOT NULL)) AND ((kind = 'percent'::text) = (basis_points IS NOT NULL)))),
    CONSTRAINT commission_rules_clawback_days_check CHECK (((clawback_days >= 0) AND (clawback_days <= 3660))),
    CONSTRAINT commission_rules_fen_check CHECK (((fen >= 0) AND (fen <= 1000000000))),
    CONSTRAINT commission_rules_hold_days_check CHECK (((hold_days >= 0) AND (hold_days <= 366))),
    CONSTRAINT commission_rules_kind_check CHECK ((kind = ANY (ARRAY['flat'::text, 'percent'::text]))),
    CONSTRAINT commission_rules_tiers_check CHECK ((jsonb_typeof(tiers) = 'array'::text)),
    CONSTRAINT commission_rules_valid_check CHECK (((NOT isempty(valid)) AND (lower(valid) IS NOT NULL))),
    CONSTRAINT commission_rules_version_check CHECK ((version > 0))
);

ALTER TABLE public.commission_rules ALTER COLUMN rule_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commission_rules_rule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.consents (
    consent_id bigint NOT NULL,
    number text NOT NULL,
    purpose text NOT NULL,
    given_at timestamp with time zone NOT NULL,
    evidence text NOT NULL,
    noted_by text NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    withdrawn_at timestamp with time zone,
    withdrawn_by text,
    CONSTRAINT consents_check CHECK (((withdrawn_at IS NULL) = (withdrawn_by IS NULL))),
    CONSTRAINT consents_evidence_check CHECK ((evidence <> ''::text)),
    CONSTRAINT consents_number_check CHECK ((number ~ '^\+[0-9]{7,15}$'::text)),
    CONSTRAINT consents_purpose_check CHECK ((purpose ~ '^[a-z][a-z0-9-]{1,40}$'::text))
);

ALTER TABLE public.consents ALTER COLUMN consent_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.consents_consent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.contact_call_backs (
    contact_call_back_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    campaign text NOT NULL,
    agent text,
    due_at timestamp with time zone NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    priority_before smallint,
    CONSTRAINT contact_call_backs_check CHECK (((ended_at IS NULL) = (state = 'open'::text))),
    CONSTRAINT contact_call_backs_state_check CHECK ((state = ANY (ARRAY['open'::text, 'done'::text, 'cancelled'::text])))
);

ALTER TABLE public.contact_call_backs ALTER COLUMN contact_call_back_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.contact_call_backs_contact_call_back_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.contact_lists (
    list text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    deleted_at timestamp with time zone,
    deleted_by text,
    CONSTRAINT contact_lists_list_check CHECK ((list ~ '^[a-z][a-z0-9-]{1,40}$'::text)),
    CONSTRAINT deleted_by_somebody CHECK (((deleted_at IS NULL) = (deleted_by IS NULL)))
);

CREATE TABLE public.contact_numbers (
    contact_id bigint NOT NULL,
    number text NOT NULL,
    place smallint NOT NULL,
    next_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    spent boolean DEFAULT false NOT NULL,
    reached_at timestamp with time zone,
    CONSTRAINT contact_numbers_number_check CHECK ((number ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT contact_numbers_place_check CHECK ((place >= 0))
);

CREATE TABLE public.contacts (
    contact_id bigint NOT NULL,
    list text NOT NULL,
    number text NOT NULL,
    zone text NOT NULL,
    region text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    not_before timestamp with time zone,
    agent text,
    last_outcome text,
    disposition text,
    upload_id bigint,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT contacts_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT contacts_number_check CHECK ((number ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT contacts_priority_check CHECK (((priority >= 0) AND (priority <= 9))),
    CONSTRAINT contacts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'claimed'::text, 'done'::text, 'removed'::text])))
);

ALTER TABLE public.contacts ALTER COLUMN contact_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.contacts_contact_id_seq
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

CREATE VIEW public.department_paths AS
 WITH RECURSIVE path AS (
         SELECT departments.department_id,
            departments.name AS path,
            ARRAY[departments.department_id] AS ids
           FROM public.departments
          WHERE (departments.parent_id IS NULL)
        UNION ALL
         SELECT d.department_id,
            ((path_1.path || '/'::text) || d.name),
            (path_1.ids || d.department_id)
           FROM (public.departments d
             JOIN path path_1 ON ((path_1.department_id = d.parent_id)))
        )
 SELECT department_id,
    path,
    ids
   FROM path;

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

CREATE TABLE public.dialplan_drafts (
    login text NOT NULL,
    path text NOT NULL,
    content bytea,
    was bytea,
    version integer NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT dialplan_drafts_check CHECK (((content IS NOT NULL) OR (was IS NOT NULL))),
    CONSTRAINT dialplan_drafts_content_check CHECK ((octet_length(content) <=
CASE
    WHEN (path ~~ 'sounds/%'::text) THEN 8388608
    ELSE 262144
END)),
    CONSTRAINT dialplan_drafts_path_check CHECK ((length(path) <= 200)),
    CONSTRAINT dialplan_drafts_was_check CHECK ((octet_length(was) = 32))
);

CREATE TABLE public.dialplan_files (
    version integer NOT NULL,
    path text NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT dialplan_files_path_check CHECK (((path <> ''::text) AND (path !~ '(^|/)\.\.?(/|$)'::text) AND (path !~ '^/'::text)))
);

CREATE TABLE public.dialplan_publications (
    publication_id bigint NOT NULL,
    kind text NOT NULL,
    version integer,
    asked_by text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    began_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    done boolean,
    told jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT dialplan_publications_check CHECK (((done IS NULL) = (ended_at IS NULL))),
    CONSTRAINT dialplan_publications_kind_check CHECK ((kind = ANY (ARRAY['publish'::text, 'rollback'::text])))
);

ALTER TABLE public.dialplan_publications ALTER COLUMN publication_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dialplan_publications_publication_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
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

CREATE TABLE public.displays (
    display_id bigint NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    person_id bigint NOT NULL,
    role text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    link bytea,
    link_until timestamp with time zone NOT NULL,
    hash bytea,
    opened_at timestamp with time zone,
    address text DEFAULT ''::text NOT NULL,
    browser text DEFAULT ''::text NOT NULL,
    seen_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_by text,
    CONSTRAINT displays_check CHECK (((hash IS NULL) = (opened_at IS NULL))),
    CONSTRAINT displays_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT displays_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT displays_link_check CHECK ((octet_length(link) = 32)),
    CONSTRAINT displays_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)))
);

ALTER TABLE public.displays ALTER COLUMN display_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.displays_display_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.disposed_contacts (
    disposition_id bigint NOT NULL
);

CREATE TABLE public.dispositions (
    disposition_id bigint NOT NULL,
    call_id text NOT NULL,
    agent text NOT NULL,
    queue text NOT NULL,
    disposition text NOT NULL,
    fields jsonb NOT NULL,
    by_whom text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    again_at timestamp with time zone,
    own boolean DEFAULT false NOT NULL
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
    source text DEFAULT ''::text NOT NULL,
    CONSTRAINT do_not_call_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text))
);

CREATE TABLE public.do_not_call_prefixes (
    prefix text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT do_not_call_prefixes_prefix_check CHECK ((prefix ~ '^\+[1-9][0-9]{0,13}$'::text))
);

CREATE TABLE public.earned_days (
    employee_id bigint NOT NULL,
    day timestamp with time zone NOT NULL,
    fen bigint NOT NULL
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

CREATE TABLE public.employee_numbers (
    employee_id bigint NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT employee_numbers_kind_check CHECK ((kind = ANY (ARRAY['own'::text, 'family'::text]))),
    CONSTRAINT employee_numbers_number_check CHECK ((number ~ '^\+[0-9]{6,15}$'::text))
);

CREATE TABLE public.employee_pins (
    employee_id bigint NOT NULL,
    pin_salt bytea NOT NULL,
    pin_hash bytea NOT NULL,
    set_by text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
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

CREATE TABLE public.enquiry_tries (
    try_id bigint NOT NULL,
    call_key text NOT NULL,
    number text NOT NULL,
    caller text NOT NULL,
    passed boolean DEFAULT false NOT NULL,
    tried_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.enquiry_tries ALTER COLUMN try_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.enquiry_tries_try_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.erased_numbers (
    number text NOT NULL,
    pseudonym text DEFAULT ('+0'::text || lpad(((floor((random() * ('10000000000000'::numeric)::double precision)))::bigint)::text, 13, '0'::text)) NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

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

CREATE TABLE public.export_parts (
    export_id bigint NOT NULL,
    part integer NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE public.exports (
    export_id bigint NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kind text NOT NULL,
    format text NOT NULL,
    question jsonb NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    rows_done bigint DEFAULT 0 NOT NULL,
    rows_all bigint,
    trouble text DEFAULT ''::text NOT NULL,
    begun_at timestamp with time zone,
    ready_at timestamp with time zone,
    bytes bigint,
    CONSTRAINT exports_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'xlsx'::text]))),
    CONSTRAINT exports_kind_check CHECK ((kind = ANY (ARRAY['sales'::text, 'orders'::text]))),
    CONSTRAINT exports_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'making'::text, 'ready'::text, 'failed'::text, 'gone'::text])))
);

ALTER TABLE public.exports ALTER COLUMN export_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.exports_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.fraud_flags (
    flag_id bigint NOT NULL,
    order_id bigint NOT NULL,
    reason text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    raised_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    ended_at timestamp with time zone,
    ended_by text,
    ended_why text,
    CONSTRAINT fraud_flags_check CHECK (((state = 'open'::text) = (ended_at IS NULL))),
    CONSTRAINT fraud_flags_state_check CHECK ((state = ANY (ARRAY['open'::text, 'cleared'::text, 'upheld'::text])))
);

ALTER TABLE public.fraud_flags ALTER COLUMN flag_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.fraud_flags_flag_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.fraud_nights (
    day date NOT NULL,
    flagged integer NOT NULL,
    looked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
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

CREATE TABLE public.inbox (
    inbox_id bigint NOT NULL,
    gateway text NOT NULL,
    gateway_id text NOT NULL,
    sender text NOT NULL,
    receiver text DEFAULT ''::text NOT NULL,
    body text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    arrived_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    state text DEFAULT 'new'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    outcome text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT inbox_check CHECK (((state = 'new'::text) = (ended_at IS NULL))),
    CONSTRAINT inbox_state_check CHECK ((state = ANY (ARRAY['new'::text, 'done'::text, 'set_aside'::text])))
);

ALTER TABLE public.inbox ALTER COLUMN inbox_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.instances (
    instance text NOT NULL,
    software text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    loop_lag_ms integer NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT instances_loop_lag_ms_check CHECK ((loop_lag_ms >= 0))
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

CREATE TABLE public.list_uploads (
    upload_id bigint NOT NULL,
    list text NOT NULL,
    file_name text NOT NULL,
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    key text,
    asked jsonb NOT NULL,
    columns jsonb,
    encoding text,
    instance text NOT NULL,
    stored_as text NOT NULL,
    life text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    rows_there integer,
    rows_read integer DEFAULT 0 NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT list_uploads_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['waiting'::text, 'reading'::text, 'storing'::text])))),
    CONSTRAINT list_uploads_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'reading'::text, 'storing'::text, 'done'::text, 'refused'::text, 'cancelled'::text, 'failed'::text])))
);

ALTER TABLE public.list_uploads ALTER COLUMN upload_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.list_uploads_upload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.machine_samples (
    attempt_id bigint NOT NULL,
    campaign text NOT NULL,
    trunk text NOT NULL,
    cause text NOT NULL,
    recording_id bigint,
    called_at timestamp with time zone NOT NULL,
    verdict text,
    by text,
    judged_at timestamp with time zone,
    CONSTRAINT machine_samples_check CHECK ((((verdict IS NULL) = (judged_at IS NULL)) AND ((verdict IS NULL) = (by IS NULL)))),
    CONSTRAINT machine_samples_verdict_check CHECK ((verdict = ANY (ARRAY['person'::text, 'machine'::text])))
);

CREATE TABLE public.managed_queues (
    node text NOT NULL,
    queue text NOT NULL,
    of_centre boolean DEFAULT false NOT NULL,
    CONSTRAINT managed_queues_queue_check CHECK ((((octet_length(queue) >= 1) AND (octet_length(queue) <= 79)) AND (queue !~ '[[:cntrl:]]'::text)))
);

CREATE TABLE public.number_regions (
    region text NOT NULL,
    beginnings text[] NOT NULL,
    CONSTRAINT number_regions_beginnings_check CHECK ((beginnings <> '{}'::text[])),
    CONSTRAINT number_regions_region_check CHECK ((region ~ '^[a-z][a-z0-9-]{1,40}$'::text))
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

CREATE TABLE public.products (
    product_id bigint NOT NULL,
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    price_fen bigint NOT NULL,
    lines text DEFAULT 'any'::text NOT NULL,
    sale tstzrange DEFAULT tstzrange(now(), NULL::timestamp with time zone) NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    term_days integer,
    intro_zh text DEFAULT ''::text NOT NULL,
    intro_en text DEFAULT ''::text NOT NULL,
    ways text[] DEFAULT '{call,sms}'::text[] NOT NULL,
    confirm text DEFAULT 'none'::text NOT NULL,
    confirm_within_h integer DEFAULT 24 NOT NULL,
    provision_as text,
    beginnings text[] DEFAULT '{}'::text[] NOT NULL,
    regions text[] DEFAULT '{}'::text[] NOT NULL,
    part_held text DEFAULT 'refuse'::text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT products_code_check CHECK ((code ~ '^[0-9]{1,6}$'::text)),
    CONSTRAINT products_confirm_check CHECK ((confirm = ANY (ARRAY['none'::text, 'key'::text, 'sms'::text]))),
    CONSTRAINT products_confirm_within_h_check CHECK (((confirm_within_h >= 1) AND (confirm_within_h <= 720))),
    CONSTRAINT products_lines_check CHECK ((lines = ANY (ARRAY['any'::text, 'mobile'::text]))),
    CONSTRAINT products_part_held_check CHECK ((part_held = ANY (ARRAY['refuse'::text, 'allow'::text]))),
    CONSTRAINT products_price_fen_check CHECK ((price_fen >= 0)),
    CONSTRAINT products_revision_check CHECK ((revision > 0)),
    CONSTRAINT products_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'tested'::text, 'on-sale'::text, 'ended'::text]))),
    CONSTRAINT products_term_days_check CHECK ((term_days > 0)),
    CONSTRAINT products_ways_check CHECK (((ways <@ '{call,sms,web,agent}'::text[]) AND (ways <> '{}'::text[])))
);

CREATE TABLE public.teams (
    team_id bigint NOT NULL,
    name text NOT NULL,
    leader_id bigint NOT NULL,
    ended_at timestamp with time zone
);

CREATE VIEW public.order_book AS
 SELECT o.order_id,
    o.state,
    o.state_at,
    o.subscriber,
    o.channel,
    o.called_at,
    o.placed_at,
    o.price_fen,
    o.confirm_by,
    o.confirm_until,
    o.demanded_by,
    p.code AS product,
    p.name_zh,
    p.name_en,
    c.code AS claim,
    COALESCE(e.number, ''::text) AS employee,
    COALESCE(e.name, t.name, d.name) AS holder,
    (EXISTS ( SELECT
           FROM public.fraud_flags f
          WHERE ((f.order_id = o.order_id) AND (f.state = 'open'::text)))) AS flagged
   FROM (((((public.orders o
     JOIN public.products p USING (product_id))
     JOIN public.claims c USING (claim_id))
     LEFT JOIN public.employees e ON ((e.employee_id = o.employee_id)))
     LEFT JOIN public.teams t ON ((t.team_id = o.team_id)))
     LEFT JOIN public.departments d ON ((d.department_id = c.department_id)));

CREATE TABLE public.order_moves (
    move_id bigint NOT NULL,
    order_id bigint NOT NULL,
    was text NOT NULL,
    became text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    by text NOT NULL,
    reason text DEFAULT ''::text NOT NULL
);

ALTER TABLE public.order_moves ALTER COLUMN move_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.order_moves_move_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.orders ALTER COLUMN order_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.orders_order_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.product_parts (
    combo_id bigint NOT NULL,
    part_id bigint NOT NULL,
    CONSTRAINT product_parts_check CHECK ((combo_id <> part_id))
);

CREATE VIEW public.orders_to_move AS
 SELECT o.order_id,
    o.call_key,
    o.state,
    o.subscriber,
    o.confirm_by,
    p.code AS product,
        CASE
            WHEN (p.provision_as IS NOT NULL) THEN ARRAY[p.provision_as]
            ELSE ( SELECT array_agg(part.provision_as ORDER BY part.code) AS array_agg
               FROM (public.product_parts t
                 JOIN public.products part ON ((part.product_id = t.part_id)))
              WHERE ((t.combo_id = p.product_id) AND (part.provision_as IS NOT NULL)))
        END AS provision
   FROM (public.orders o
     JOIN public.products p USING (product_id));

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
    language text,
    not_after timestamp with time zone,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    claim integer DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    purpose text,
    give_up_at timestamp with time zone,
    claimed_by text,
    gateway text,
    gateway_id text,
    body text,
    parts smallint,
    reason text DEFAULT ''::text NOT NULL,
    sent_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT outbox_channel_check CHECK ((channel = ANY (ARRAY['sms'::text, 'mms'::text, 'push'::text]))),
    CONSTRAINT outbox_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT outbox_purpose_check CHECK ((purpose = ANY (ARRAY['service'::text, 'marketing'::text]))),
    CONSTRAINT outbox_recipient_check CHECK ((recipient ~ '^\+[0-9]{6,15}$'::text)),
    CONSTRAINT outbox_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'failed'::text, 'given_up'::text, 'expired'::text, 'withheld'::text, 'cancelled'::text])))
);

ALTER TABLE public.outbox ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.owed (
    employee_id bigint NOT NULL,
    account text NOT NULL,
    fen bigint NOT NULL
);

CREATE TABLE public.owed_changes (
    change_id bigint NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    employee_id bigint NOT NULL,
    account text NOT NULL,
    fen bigint NOT NULL,
    earned boolean NOT NULL
);

ALTER TABLE public.owed_changes ALTER COLUMN change_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.owed_changes_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pacer_snapshots (
    campaign text NOT NULL,
    node text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    learnt jsonb NOT NULL
);

CREATE TABLE public.pacing_log (
    campaign text NOT NULL,
    node text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    began integer NOT NULL,
    hung_up integer NOT NULL,
    why jsonb NOT NULL
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
    employee text,
    language text DEFAULT 'zh'::text NOT NULL,
    password text,
    totp_secret text,
    totp_since timestamp with time zone,
    totp_step bigint DEFAULT 0 NOT NULL,
    directory boolean DEFAULT false NOT NULL,
    told_until timestamp with time zone,
    CONSTRAINT people_agent_check CHECK ((agent ~ '^[0-9]{2,12}$'::text)),
    CONSTRAINT people_check CHECK (((password_salt IS NULL) = (password_hash IS NULL))),
    CONSTRAINT people_check1 CHECK (((password IS NULL) OR (password_hash IS NULL))),
    CONSTRAINT people_check2 CHECK (((totp_since IS NULL) OR (totp_secret IS NOT NULL))),
    CONSTRAINT people_directory_check CHECK (((NOT directory) OR ((password IS NULL) AND (password_hash IS NULL)))),
    CONSTRAINT people_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT people_login_check CHECK ((login ~ '^[a-z0-9][a-z0-9._-]{1,39}$'::text)),
    CONSTRAINT people_password_check CHECK ((password ~~ '$argon2id$%'::text)),
    CONSTRAINT people_role_check CHECK ((role = ANY (ARRAY['agent'::text, 'supervisor'::text, 'quality'::text, 'operator'::text, 'employee'::text, 'manager'::text, 'designer'::text, 'fraud'::text, 'admin'::text]))),
    CONSTRAINT people_totp_secret_check CHECK ((totp_secret ~ '^([A-Z2-7]+=*|[A-Za-z0-9_-]{1,40}:[A-Za-z0-9+/]+=*)$'::text))
);

CREATE VIEW public.people_let_in AS
 SELECT person_id,
    login,
    name,
    role,
    agent,
    active,
    password_salt,
    password_hash,
    made_by,
    made_at,
    employee,
    language,
    password,
    totp_secret,
    totp_since,
    totp_step,
    directory,
    told_until
   FROM public.people p
  WHERE (active AND (NOT (EXISTS ( SELECT
           FROM public.employees e
          WHERE ((e.number = p.employee) AND (e.left_at <= clock_timestamp()))))));

ALTER TABLE public.people ALTER COLUMN person_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.people_person_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.period_results (
    period_id bigint NOT NULL,
    employee_id bigint NOT NULL,
    group_name text NOT NULL,
    orders_bp bigint NOT NULL,
    sales_fen bigint NOT NULL,
    commission_fen bigint NOT NULL,
    rank integer NOT NULL,
    of integer NOT NULL,
    seats integer NOT NULL,
    fate text NOT NULL,
    CONSTRAINT period_results_check CHECK (((rank <= of) AND (seats <= of))),
    CONSTRAINT period_results_fate_check CHECK ((fate = ANY (ARRAY['safe'::text, 'barred'::text, 'newcomer'::text, 'small-group'::text, 'tie-spared'::text]))),
    CONSTRAINT period_results_rank_check CHECK ((rank > 0))
);

CREATE TABLE public.person_export_parts (
    request_id bigint NOT NULL,
    part integer NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE public.person_finds (
    request_id bigint NOT NULL,
    kind text NOT NULL,
    ref text NOT NULL
);

CREATE TABLE public.person_requests (
    request_id bigint NOT NULL,
    kind text NOT NULL,
    number text,
    masked text NOT NULL,
    pattern text,
    core text,
    pseudonym text DEFAULT ('+0'::text || lpad(((floor((random() * ('10000000000000'::numeric)::double precision)))::bigint)::text, 13, '0'::text)) NOT NULL,
    reason text NOT NULL,
    state text DEFAULT 'finding'::text NOT NULL,
    waits text DEFAULT ''::text NOT NULL,
    trouble text DEFAULT ''::text NOT NULL,
    found jsonb DEFAULT '{}'::jsonb NOT NULL,
    did jsonb DEFAULT '{}'::jsonb NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    confirmed_by text,
    confirmed_at timestamp with time zone,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    ready_at timestamp with time zone,
    bytes bigint,
    CONSTRAINT person_requests_check CHECK (((confirmed_at IS NULL) = (confirmed_by IS NULL))),
    CONSTRAINT person_requests_check1 CHECK ((num_nulls(number, pattern, core) = ANY (ARRAY[0, 3]))),
    CONSTRAINT person_requests_check2 CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['finding'::text, 'making'::text, 'ready'::text, 'found'::text, 'erasing'::text])))),
    CONSTRAINT person_requests_check3 CHECK (((ended_at IS NULL) OR (number IS NULL))),
    CONSTRAINT person_requests_kind_check CHECK ((kind = ANY (ARRAY['export'::text, 'erasure'::text]))),
    CONSTRAINT person_requests_number_check CHECK ((number ~ '^\+[1-9][0-9]{5,14}$'::text)),
    CONSTRAINT person_requests_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
    CONSTRAINT person_requests_state_check CHECK ((state = ANY (ARRAY['finding'::text, 'making'::text, 'ready'::text, 'taken'::text, 'gone'::text, 'found'::text, 'erasing'::text, 'done'::text, 'cancelled'::text, 'failed'::text])))
);

ALTER TABLE public.person_requests ALTER COLUMN request_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.person_requests_request_id_seq
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

CREATE TABLE public.previews (
    preview_id bigint NOT NULL,
    agent text NOT NULL,
    campaign text NOT NULL,
    queue text NOT NULL,
    contact_id bigint NOT NULL,
    state text DEFAULT 'offered'::text NOT NULL,
    offered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    decide_by timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    attempt_id bigint,
    reason text DEFAULT ''::text NOT NULL,
    number text,
    CONSTRAINT previews_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['offered'::text, 'dialling'::text])))),
    CONSTRAINT previews_check1 CHECK (((state <> 'dialling'::text) OR (attempt_id IS NOT NULL))),
    CONSTRAINT previews_state_check CHECK ((state = ANY (ARRAY['offered'::text, 'dialling'::text, 'over'::text, 'skipped'::text, 'passed'::text, 'cancelled'::text])))
);

ALTER TABLE public.previews ALTER COLUMN preview_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.previews_preview_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.product_relations (
    product_id bigint NOT NULL,
    other_id bigint NOT NULL,
    kind text NOT NULL,
    CONSTRAINT product_relations_check CHECK ((product_id <> other_id)),
    CONSTRAINT product_relations_kind_check CHECK ((kind = ANY (ARRAY['needs'::text, 'excludes'::text])))
);

CREATE TABLE public.product_terms (
    product_id bigint NOT NULL,
    valid tstzrange NOT NULL,
    price_fen bigint NOT NULL,
    confirm text NOT NULL,
    confirm_within_h integer NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT product_terms_confirm_check CHECK ((confirm = ANY (ARRAY['none'::text, 'key'::text, 'sms'::text]))),
    CONSTRAINT product_terms_confirm_within_h_check CHECK (((confirm_within_h >= 1) AND (confirm_within_h <= 720))),
    CONSTRAINT product_terms_price_fen_check CHECK ((price_fen > 0)),
    CONSTRAINT product_terms_valid_check CHECK (((NOT isempty(valid)) AND (lower(valid) IS NOT NULL)))
);

CREATE TABLE public.product_tests (
    test_id bigint NOT NULL,
    product_id bigint NOT NULL,
    revision integer NOT NULL,
    passed boolean NOT NULL,
    steps jsonb NOT NULL,
    tested_by text NOT NULL,
    tested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE public.product_tests ALTER COLUMN test_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.product_tests_test_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.products ALTER COLUMN product_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.products_product_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.prompt_builds (
    build_id bigint NOT NULL,
    asked_by text NOT NULL,
    wanted integer NOT NULL,
    spoken integer DEFAULT 0 NOT NULL,
    failed jsonb DEFAULT '[]'::jsonb NOT NULL,
    trouble text DEFAULT ''::text NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    began_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT prompt_builds_spoken_check CHECK ((spoken >= 0)),
    CONSTRAINT prompt_builds_trouble_check CHECK ((trouble = ANY (ARRAY[''::text, 'engine'::text, 'stuck'::text, 'broken'::text, 'lost'::text]))),
    CONSTRAINT prompt_builds_wanted_check CHECK ((wanted > 0))
);

ALTER TABLE public.prompt_builds ALTER COLUMN build_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prompt_builds_build_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.provisionings (
    order_id bigint NOT NULL,
    action text NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    due_since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT provisionings_action_check CHECK ((action = ANY (ARRAY['on'::text, 'off'::text]))),
    CONSTRAINT provisionings_check CHECK (((state = 'due'::text) = (ended_at IS NULL))),
    CONSTRAINT provisionings_state_check CHECK ((state = ANY (ARRAY['due'::text, 'done'::text, 'refused'::text, 'void'::text])))
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

CREATE TABLE public.receipts (
    receipt_id bigint NOT NULL,
    message_id bigint NOT NULL,
    gateway text NOT NULL,
    word text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    came_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT receipts_word_check CHECK ((word = ANY (ARRAY['accepted'::text, 'buffered'::text, 'delivered'::text, 'failed'::text, 'rejected'::text])))
);

ALTER TABLE public.receipts ALTER COLUMN receipt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.receipts_receipt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
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

CREATE TABLE public.recovery_codes (
    person_id bigint NOT NULL,
    hash bytea NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT recovery_codes_hash_check CHECK ((octet_length(hash) = 32))
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

CREATE TABLE public.sales_by_claim_day (
    day date NOT NULL,
    claim_id bigint NOT NULL,
    department_id bigint NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    product_id bigint NOT NULL,
    employee_id bigint,
    team_id bigint,
    orders bigint NOT NULL,
    price_fen bigint NOT NULL,
    commission_fen bigint NOT NULL
)
PARTITION BY RANGE (day);

CREATE TABLE public.sales_by_claim_month (
    month date NOT NULL,
    claim_id bigint NOT NULL,
    department_id bigint NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    product_id bigint NOT NULL,
    employee_id bigint,
    team_id bigint,
    orders bigint NOT NULL,
    price_fen bigint NOT NULL,
    commission_fen bigint NOT NULL
)
PARTITION BY RANGE (month);

CREATE TABLE public.sales_by_department_day (
    day date NOT NULL,
    department_id bigint NOT NULL,
    team_id bigint NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    orders bigint NOT NULL,
    price_fen bigint NOT NULL,
    commission_fen bigint NOT NULL
)
PARTITION BY RANGE (day);

CREATE TABLE public.sales_by_group_day (
    day date NOT NULL,
    product_id bigint NOT NULL,
    department_id bigint NOT NULL,
    team_id bigint NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    orders bigint NOT NULL,
    price_fen bigint NOT NULL,
    commission_fen bigint NOT NULL
)
PARTITION BY RANGE (day);

CREATE TABLE public.sales_by_group_month (
    month date NOT NULL,
    product_id bigint NOT NULL,
    department_id bigint NOT NULL,
    team_id bigint NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    orders bigint NOT NULL,
    price_fen bigint NOT NULL,
    commission_fen bigint NOT NULL
)
PARTITION BY RANGE (month);

CREATE TABLE public.sales_by_product_day (
    day date NOT NULL,
    product_id bigint NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    orders bigint NOT NULL,
    price_fen bigint NOT NULL,
    commission_fen bigint NOT NULL
)
PARTITION BY RANGE (day);

CREATE TABLE public.sales_counted (
    order_id bigint NOT NULL,
    day date NOT NULL,
    state text NOT NULL,
    commission_fen bigint NOT NULL
);

CREATE TABLE public.sales_due (
    due_id bigint NOT NULL,
    order_id bigint NOT NULL
);

ALTER TABLE public.sales_due ALTER COLUMN due_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sales_due_due_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sales_periods (
    period_id bigint NOT NULL,
    name text NOT NULL,
    span tstzrange NOT NULL,
    closed_at timestamp with time zone,
    closed_by text,
    counted_at timestamp with time zone,
    open_orders text,
    policy jsonb,
    closing_since timestamp with time zone,
    tiers_through_at timestamp with time zone,
    tiers_through_order bigint,
    tiers bigint DEFAULT 0 NOT NULL,
    tiers_fen bigint DEFAULT 0 NOT NULL,
    CONSTRAINT sales_periods_open_orders_check CHECK ((open_orders = ANY (ARRAY['count'::text, 'leave-out'::text]))),
    CONSTRAINT sales_periods_span_check CHECK (((NOT isempty(span)) AND (NOT lower_inf(span)) AND (NOT upper_inf(span))))
);

ALTER TABLE public.sales_periods ALTER COLUMN period_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sales_periods_period_id_seq
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

CREATE TABLE public.sessions (
    session_id bigint NOT NULL,
    hash bytea NOT NULL,
    person_id bigint NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    browser text NOT NULL,
    begun_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_by text,
    CONSTRAINT sessions_hash_check CHECK ((octet_length(hash) = 32))
);

ALTER TABLE public.sessions ALTER COLUMN session_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sessions_session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sign_in_codes (
    code_id bigint NOT NULL,
    person_id bigint NOT NULL,
    hash text NOT NULL,
    sent_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    used_at timestamp with time zone
);

ALTER TABLE public.sign_in_codes ALTER COLUMN code_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sign_in_codes_code_id_seq
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
    tried_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    judged boolean DEFAULT true NOT NULL,
    refused text,
    noted_at timestamp with time zone,
    CONSTRAINT sign_in_tries_refused_check CHECK ((refused = ANY (ARRAY['password'::text, 'directory'::text, 'code'::text, 'text-code'::text, 'locked'::text, 'away'::text])))
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

CREATE TABLE public.sold_changes (
    change_id bigint NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    employee_id bigint NOT NULL,
    team_id bigint NOT NULL,
    version_id bigint NOT NULL,
    product_id bigint NOT NULL,
    rule_id bigint NOT NULL,
    price_fen bigint NOT NULL,
    orders bigint NOT NULL
);

ALTER TABLE public.sold_changes ALTER COLUMN change_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sold_changes_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sold_days (
    day timestamp with time zone NOT NULL,
    employee_id bigint NOT NULL,
    team_id bigint NOT NULL,
    version_id bigint NOT NULL,
    product_id bigint NOT NULL,
    rule_id bigint NOT NULL,
    price_fen bigint NOT NULL,
    orders bigint NOT NULL
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

CREATE TABLE public.team_shares (
    version_id bigint NOT NULL,
    employee_id bigint NOT NULL,
    basis_points integer NOT NULL,
    CONSTRAINT team_shares_basis_points_check CHECK (((basis_points >= 1) AND (basis_points <= 10000)))
);

CREATE TABLE public.team_versions (
    version_id bigint NOT NULL,
    team_id bigint NOT NULL,
    valid tstzrange NOT NULL,
    set_by text NOT NULL,
    CONSTRAINT team_versions_valid_check CHECK (((NOT isempty(valid)) AND (lower(valid) IS NOT NULL)))
);

ALTER TABLE public.team_versions ALTER COLUMN version_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.team_versions_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.teams ALTER COLUMN team_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.teams_team_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.texts_handled (
    call_key text NOT NULL,
    sender text NOT NULL,
    asked text NOT NULL,
    outcome text NOT NULL,
    handled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
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
    scopes text[] DEFAULT '{}'::text[] NOT NULL,
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

CREATE TABLE public.trunk_kills (
    trunk text NOT NULL,
    by text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT trunk_kills_trunk_check CHECK (((trunk = '*'::text) OR (trunk ~ '^[a-z][a-z0-9-]{0,30}$'::text)))
);

CREATE TABLE public.trunk_rests (
    node text NOT NULL,
    trunk text NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    times integer NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT trunk_rests_check CHECK ((until > since)),
    CONSTRAINT trunk_rests_times_check CHECK ((times > 0))
);

CREATE TABLE public.trunk_spend (
    trunk text NOT NULL,
    day date NOT NULL,
    calls integer NOT NULL,
    seconds bigint NOT NULL,
    fen bigint NOT NULL
);

CREATE TABLE public.upload_faults (
    upload_id bigint NOT NULL,
    "row" integer NOT NULL,
    col text DEFAULT ''::text NOT NULL,
    what text NOT NULL,
    shown text DEFAULT ''::text NOT NULL,
    number text
);

CREATE UNLOGGED TABLE public.upload_rows (
    upload_id bigint NOT NULL,
    "row" integer NOT NULL,
    number text NOT NULL,
    zone text NOT NULL,
    region text NOT NULL,
    name text NOT NULL,
    fields jsonb NOT NULL,
    priority smallint NOT NULL,
    not_before timestamp with time zone,
    agent text,
    others text[] DEFAULT '{}'::text[] NOT NULL
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

ALTER TABLE ONLY public.attempt_days
    ADD CONSTRAINT attempt_days_pkey PRIMARY KEY (day, product, claim, channel, outcome);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_channel_key UNIQUE (channel);

ALTER TABLE ONLY public.attempts_due
    ADD CONSTRAINT attempts_due_pkey PRIMARY KEY (attempt_id);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (attempt_id);

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

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY public.cdr
    ADD CONSTRAINT cdr_node_linkedid_uniqueid_sequence_key UNIQUE (node, linkedid, uniqueid, sequence);

ALTER TABLE ONLY public.cel
    ADD CONSTRAINT cel_node_linkedid_digest_key UNIQUE (node, linkedid, digest);

ALTER TABLE ONLY public.claim_bars
    ADD CONSTRAINT claim_bars_pkey PRIMARY KEY (employee_id, period_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (claim_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_product_id_code_valid_excl EXCLUDE USING gist (product_id WITH =, code WITH =, valid WITH &&);

ALTER TABLE ONLY public.closings
    ADD CONSTRAINT closings_pkey PRIMARY KEY (closing_id);

ALTER TABLE ONLY public.coaching_notes
    ADD CONSTRAINT coaching_notes_pkey PRIMARY KEY (note_id);

ALTER TABLE ONLY public.commission_dispute_notes
    ADD CONSTRAINT commission_dispute_notes_pkey PRIMARY KEY (note_id);

ALTER TABLE ONLY public.commission_disputes
    ADD CONSTRAINT commission_disputes_pkey PRIMARY KEY (dispute_id);

ALTER TABLE ONLY public.commission_due
    ADD CONSTRAINT commission_due_pkey PRIMARY KEY (order_id);

ALTER TABLE ONLY public.commission_entries
    ADD CONSTRAINT commission_entries_pkey PRIMARY KEY (entry_id);

ALTER TABLE ONLY public.commission_payouts
    ADD CONSTRAINT commission_payouts_pkey PRIMARY KEY (payout_id);

ALTER TABLE ONLY public.commission_postings
    ADD CONSTRAINT commission_postings_pkey PRIMARY KEY (posting_id);

ALTER TABLE ONLY public.commission_rules
    ADD CONSTRAINT commission_rules_pkey PRIMARY KEY (rule_id);

ALTER TABLE ONLY public.commission_rules
    ADD CONSTRAINT commission_rules_product_id_valid_excl EXCLUDE USING gist (product_id WITH =, valid WITH &&);

ALTER TABLE ONLY public.commission_rules
    ADD CONSTRAINT commission_rules_product_id_version_key UNIQUE (product_id, version);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (consent_id);

ALTER TABLE ONLY public.contact_call_backs
    ADD CONSTRAINT contact_call_backs_pkey PRIMARY KEY (contact_call_back_id);

ALTER TABLE ONLY public.contact_lists
    ADD CONSTRAINT contact_lists_pkey PRIMARY KEY (list);

ALTER TABLE ONLY public.contact_numbers
    ADD CONSTRAINT contact_numbers_pkey PRIMARY KEY (contact_id, number);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_number_list_key UNIQUE (number, list);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (contact_id);

ALTER TABLE ONLY public.counted_quarters
    ADD CONSTRAINT counted_quarters_pkey PRIMARY KEY (began_at);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_name_once UNIQUE NULLS NOT DISTINCT (parent_id, name);

ALTER TABLE ONLY public.departments
    ADD CONSTRAINT departments_pkey PRIMARY KEY (department_id);

ALTER TABLE ONLY public.dialplan_contents
    ADD CONSTRAINT dialplan_contents_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY public.dialplan_drafts
    ADD CONSTRAINT dialplan_drafts_pkey PRIMARY KEY (login, path);

ALTER TABLE ONLY public.dialplan_files
    ADD CONSTRAINT dialplan_files_pkey PRIMARY KEY (version, path);

ALTER TABLE ONLY public.dialplan_publications
    ADD CONSTRAINT dialplan_publications_pkey PRIMARY KEY (publication_id);

ALTER TABLE ONLY public.dialplan_running
    ADD CONSTRAINT dialplan_running_pkey PRIMARY KEY (instance);

ALTER TABLE ONLY public.dialplan_switches
    ADD CONSTRAINT dialplan_switches_after_key UNIQUE (after);

ALTER TABLE ONLY public.dialplan_switches
    ADD CONSTRAINT dialplan_switches_pkey PRIMARY KEY (switch_id);

ALTER TABLE ONLY public.dialplan_versions
    ADD CONSTRAINT dialplan_versions_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.displays
    ADD CONSTRAINT displays_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.displays
    ADD CONSTRAINT displays_link_key UNIQUE (link);

ALTER TABLE ONLY public.displays
    ADD CONSTRAINT displays_pkey PRIMARY KEY (display_id);

ALTER TABLE ONLY public.disposed_contacts
    ADD CONSTRAINT disposed_contacts_pkey PRIMARY KEY (disposition_id);

ALTER TABLE ONLY public.dispositions
    ADD CONSTRAINT dispositions_pkey PRIMARY KEY (disposition_id);

ALTER TABLE ONLY public.do_not_call
    ADD CONSTRAINT do_not_call_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.do_not_call_prefixes
    ADD CONSTRAINT do_not_call_prefixes_pkey PRIMARY KEY (prefix);

ALTER TABLE ONLY public.earned_days
    ADD CONSTRAINT earned_days_pkey PRIMARY KEY (employee_id, day);

ALTER TABLE ONLY public.echelon_calls
    ADD CONSTRAINT echelon_calls_pkey PRIMARY KEY (agent, hour);

ALTER TABLE ONLY public.echelon_states
    ADD CONSTRAINT echelon_states_pkey PRIMARY KEY (queue);

ALTER TABLE ONLY public.employee_numbers
    ADD CONSTRAINT employee_numbers_pkey PRIMARY KEY (employee_id, number);

ALTER TABLE ONLY public.employee_pins
    ADD CONSTRAINT employee_pins_pkey PRIMARY KEY (employee_id);

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_number_key UNIQUE (number);

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_pkey PRIMARY KEY (employee_id);

ALTER TABLE ONLY public.enquiry_tries
    ADD CONSTRAINT enquiry_tries_pkey PRIMARY KEY (try_id);

ALTER TABLE ONLY public.erased_numbers
    ADD CONSTRAINT erased_numbers_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.erased_numbers
    ADD CONSTRAINT erased_numbers_pseudonym_key UNIQUE (pseudonym);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (erasure_id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_recording_id_key UNIQUE (recording_id);

ALTER TABLE ONLY public.export_parts
    ADD CONSTRAINT export_parts_pkey PRIMARY KEY (export_id, part);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (export_id);

ALTER TABLE ONLY public.folded_calls
    ADD CONSTRAINT folded_calls_pkey PRIMARY KEY (node, linkedid);

ALTER TABLE ONLY public.fraud_flags
    ADD CONSTRAINT fraud_flags_order_id_reason_key UNIQUE (order_id, reason);

ALTER TABLE ONLY public.fraud_flags
    ADD CONSTRAINT fraud_flags_pkey PRIMARY KEY (flag_id);

ALTER TABLE ONLY public.fraud_nights
    ADD CONSTRAINT fraud_nights_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.handlings
    ADD CONSTRAINT handlings_pkey PRIMARY KEY (handling_id);

ALTER TABLE ONLY public.idempotent_requests
    ADD CONSTRAINT idempotent_requests_pkey PRIMARY KEY (login, key);

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_gateway_gateway_id_key UNIQUE (gateway, gateway_id);

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (inbox_id);

ALTER TABLE ONLY public.instances
    ADD CONSTRAINT instances_pkey PRIMARY KEY (instance);

ALTER TABLE ONLY public.last_served
    ADD CONSTRAINT last_served_pkey PRIMARY KEY (number, queue);

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.list_uploads
    ADD CONSTRAINT list_uploads_asked_by_key_key UNIQUE (asked_by, key);

ALTER TABLE ONLY public.list_uploads
    ADD CONSTRAINT list_uploads_pkey PRIMARY KEY (upload_id);

ALTER TABLE ONLY public.machine_samples
    ADD CONSTRAINT machine_samples_pkey PRIMARY KEY (attempt_id);

ALTER TABLE ONLY public.managed_queues
    ADD CONSTRAINT managed_queues_pkey PRIMARY KEY (node, queue);

ALTER TABLE ONLY public.number_regions
    ADD CONSTRAINT number_regions_pkey PRIMARY KEY (region);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_pkey PRIMARY KEY (node, channel);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT one_claim_of_a_department EXCLUDE USING gist (product_id WITH =, department_id WITH =, valid WITH &&);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT one_claim_of_a_person EXCLUDE USING gist (product_id WITH =, employee_id WITH =, valid WITH &&);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT one_claim_of_a_team EXCLUDE USING gist (product_id WITH =, team_id WITH =, valid WITH &&);

ALTER TABLE ONLY public.order_attempts
    ADD CONSTRAINT order_attempts_call_key_key UNIQUE (call_key);

ALTER TABLE ONLY public.order_attempts
    ADD CONSTRAINT order_attempts_pkey PRIMARY KEY (attempt_id);

ALTER TABLE ONLY public.order_moves
    ADD CONSTRAINT order_moves_pkey PRIMARY KEY (move_id);

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

ALTER TABLE ONLY public.owed_changes
    ADD CONSTRAINT owed_changes_pkey PRIMARY KEY (change_id);

ALTER TABLE ONLY public.owed
    ADD CONSTRAINT owed_pkey PRIMARY KEY (employee_id, account);

ALTER TABLE ONLY public.pacer_snapshots
    ADD CONSTRAINT pacer_snapshots_pkey PRIMARY KEY (campaign, node);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_login_key UNIQUE (login);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.period_results
    ADD CONSTRAINT period_results_pkey PRIMARY KEY (period_id, employee_id);

ALTER TABLE ONLY public.person_export_parts
    ADD CONSTRAINT person_export_parts_pkey PRIMARY KEY (request_id, part);

ALTER TABLE ONLY public.person_finds
    ADD CONSTRAINT person_finds_pkey PRIMARY KEY (request_id, kind, ref);

ALTER TABLE ONLY public.person_requests
    ADD CONSTRAINT person_requests_pkey PRIMARY KEY (request_id);

ALTER TABLE ONLY public.person_requests
    ADD CONSTRAINT person_requests_pseudonym_key UNIQUE (pseudonym);

ALTER TABLE ONLY public.presence_log
    ADD CONSTRAINT presence_log_pkey PRIMARY KEY (log_id);

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT presences_pkey PRIMARY KEY (agent);

ALTER TABLE ONLY public.previews
    ADD CONSTRAINT previews_attempt_id_key UNIQUE (attempt_id);

ALTER TABLE ONLY public.previews
    ADD CONSTRAINT previews_pkey PRIMARY KEY (preview_id);

ALTER TABLE ONLY public.product_parts
    ADD CONSTRAINT product_parts_pkey PRIMARY KEY (combo_id, part_id);

ALTER TABLE ONLY public.product_relations
    ADD CONSTRAINT product_relations_pkey PRIMARY KEY (product_id, other_id);

ALTER TABLE ONLY public.product_terms
    ADD CONSTRAINT product_terms_product_id_valid_excl EXCLUDE USING gist (product_id WITH =, valid WITH &&);

ALTER TABLE ONLY public.product_tests
    ADD CONSTRAINT product_tests_pkey PRIMARY KEY (test_id);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_code_key UNIQUE (code);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (product_id);

ALTER TABLE ONLY public.prompt_builds
    ADD CONSTRAINT prompt_builds_pkey PRIMARY KEY (build_id);

ALTER TABLE ONLY public.provisionings
    ADD CONSTRAINT provisionings_pkey PRIMARY KEY (order_id, action);

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

ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_message_id_gateway_word_key UNIQUE (message_id, gateway, word);

ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_pkey PRIMARY KEY (receipt_id);

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

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (person_id, hash);

ALTER TABLE ONLY public.review_steps
    ADD CONSTRAINT review_steps_pkey PRIMARY KEY (step_id);

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (review_id);

ALTER TABLE ONLY public.sales_by_claim_day
    ADD CONSTRAINT sales_by_claim_day_pkey PRIMARY KEY (day, claim_id, department_id, channel, state);

ALTER TABLE ONLY public.sales_by_claim_month
    ADD CONSTRAINT sales_by_claim_month_pkey PRIMARY KEY (month, claim_id, department_id, channel, state);

ALTER TABLE ONLY public.sales_by_department_day
    ADD CONSTRAINT sales_by_department_day_pkey PRIMARY KEY (day, department_id, team_id, channel, state);

ALTER TABLE ONLY public.sales_by_group_day
    ADD CONSTRAINT sales_by_group_day_pkey PRIMARY KEY (day, product_id, department_id, team_id, channel, state);

ALTER TABLE ONLY public.sales_by_group_month
    ADD CONSTRAINT sales_by_group_month_pkey PRIMARY KEY (month, product_id, department_id, team_id, channel, state);

ALTER TABLE ONLY public.sales_by_product_day
    ADD CONSTRAINT sales_by_product_day_pkey PRIMARY KEY (day, product_id, channel, state);

ALTER TABLE ONLY public.sales_counted
    ADD CONSTRAINT sales_counted_pkey PRIMARY KEY (order_id);

ALTER TABLE ONLY public.sales_due
    ADD CONSTRAINT sales_due_pkey PRIMARY KEY (due_id);

ALTER TABLE ONLY public.sales_periods
    ADD CONSTRAINT sales_periods_name_key UNIQUE (name);

ALTER TABLE ONLY public.sales_periods
    ADD CONSTRAINT sales_periods_pkey PRIMARY KEY (period_id);

ALTER TABLE ONLY public.sales_periods
    ADD CONSTRAINT sales_periods_span_excl EXCLUDE USING gist (span WITH &&);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.scorecards
    ADD CONSTRAINT scorecards_name_sha256_key UNIQUE (name, sha256);

ALTER TABLE ONLY public.scorecards
    ADD CONSTRAINT scorecards_pkey PRIMARY KEY (scorecard_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.sign_in_codes
    ADD CONSTRAINT sign_in_codes_pkey PRIMARY KEY (code_id);

ALTER TABLE ONLY public.sign_in_tries
    ADD CONSTRAINT sign_in_tries_pkey PRIMARY KEY (try_id);

ALTER TABLE ONLY public.skill_intervals
    ADD CONSTRAINT skill_intervals_pkey PRIMARY KEY (skill, began_at);

ALTER TABLE ONLY public.sold_changes
    ADD CONSTRAINT sold_changes_pkey PRIMARY KEY (change_id);

ALTER TABLE ONLY public.sold_days
    ADD CONSTRAINT sold_days_pkey PRIMARY KEY (employee_id, team_id, day, version_id, product_id, rule_id, price_fen);

ALTER TABLE ONLY public.spied_sessions
    ADD CONSTRAINT spied_sessions_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.survey_answers
    ADD CONSTRAINT survey_answers_pkey PRIMARY KEY (call_key, survey, question);

ALTER TABLE ONLY public.team_shares
    ADD CONSTRAINT team_shares_pkey PRIMARY KEY (version_id, employee_id);

ALTER TABLE ONLY public.team_versions
    ADD CONSTRAINT team_versions_pkey PRIMARY KEY (version_id);

ALTER TABLE ONLY public.team_versions
    ADD CONSTRAINT team_versions_team_id_valid_excl EXCLUDE USING gist (team_id WITH =, valid WITH &&);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_name_key UNIQUE (name);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (team_id);

ALTER TABLE ONLY public.texts_handled
    ADD CONSTRAINT texts_handled_pkey PRIMARY KEY (call_key);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY public.trunk_kills
    ADD CONSTRAINT trunk_kills_pkey PRIMARY KEY (trunk);

ALTER TABLE ONLY public.trunk_rests
    ADD CONSTRAINT trunk_rests_pkey PRIMARY KEY (node, trunk);

ALTER TABLE ONLY public.trunk_spend
    ADD CONSTRAINT trunk_spend_pkey PRIMARY KEY (trunk, day);

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

CREATE INDEX attempts_by_digits ON public.attempts USING btree (public.digits_of(number));

CREATE INDEX attempts_campaign_claimed_at_idx ON public.attempts USING btree (campaign, claimed_at);

CREATE INDEX attempts_claimed_at_idx ON public.attempts USING brin (claimed_at) WITH (autosummarize='on');

CREATE INDEX attempts_contact_id_idx ON public.attempts USING btree (contact_id);

CREATE INDEX attempts_machines ON public.attempts USING btree (ended_at) WHERE (outcome = 'machine'::text);

CREATE INDEX attempts_not_counted ON public.attempts USING btree (trunk) WHERE ((dialled_at IS NOT NULL) AND (fen IS NULL));

CREATE INDEX attempts_of_a_number ON public.attempts USING btree (number, dialled_at) WHERE (dialled_at IS NOT NULL);

CREATE UNIQUE INDEX attempts_under_way ON public.attempts USING btree (number) WHERE (state <> 'over'::text);

CREATE INDEX audit_actor_audit_id_idx ON public.audit USING btree (actor, audit_id);

CREATE INDEX audit_at_idx ON public.audit USING btree (at);

CREATE INDEX audit_subject_audit_id_idx ON public.audit USING btree (subject, audit_id);

CREATE INDEX call_back_attempts_call_back_id_idx ON public.call_back_attempts USING btree (call_back_id);

CREATE INDEX call_backs_asked_at_idx ON public.call_backs USING btree (asked_at);

CREATE UNIQUE INDEX call_backs_under_way ON public.call_backs USING btree (number, queue) WHERE (state = ANY (ARRAY['open'::text, 'dialling'::text, 'asked'::text, 'accepted'::text]));

CREATE INDEX call_notes_call_id_idx ON public.call_notes USING btree (call_id);

CREATE INDEX call_statistics_began_at_idx ON public.call_statistics USING btree (began_at);

CREATE INDEX cases_tags_idx ON public.cases USING gin (tags) WHERE (removed_at IS NULL);

CREATE INDEX cel_of_queues ON public.cel USING btree (node, linkedid) WHERE (eventtype = 'CCORE_QUEUE'::text);

CREATE INDEX claims_department_id_idx ON public.claims USING btree (department_id) WHERE (department_id IS NOT NULL);

CREATE INDEX claims_employee_id_idx ON public.claims USING btree (employee_id);

CREATE INDEX claims_product_id_code_lower_idx ON public.claims USING btree (product_id, code, lower(valid));

CREATE INDEX claims_team_id_idx ON public.claims USING btree (team_id) WHERE (team_id IS NOT NULL);

CREATE INDEX closings_closing_id_idx ON public.closings USING btree (closing_id) WHERE (opened_at IS NULL);

CREATE INDEX coaching_notes_agent_note_id_idx ON public.coaching_notes USING btree (agent, note_id);

CREATE INDEX commission_dispute_notes_dispute_id_idx ON public.commission_dispute_notes USING btree (dispute_id);

CREATE INDEX commission_disputes_changed_at_idx ON public.commission_disputes USING btree (changed_at) WHERE (state <> 'closed'::text);

CREATE INDEX commission_disputes_employee_id_idx ON public.commission_disputes USING btree (employee_id);

CREATE INDEX commission_due_due_at_idx ON public.commission_due USING btree (due_at);

CREATE INDEX commission_entries_department_id_posting_id_idx ON public.commission_entries USING btree (department_id, posting_id) WHERE (department_id IS NOT NULL);

CREATE INDEX commission_entries_employee_id_posting_id_idx ON public.commission_entries USING btree (employee_id, posting_id);

CREATE INDEX commission_entries_posting_id_idx ON public.commission_entries USING btree (posting_id);

CREATE INDEX commission_postings_booked_at_idx ON public.commission_postings USING btree (booked_at);

CREATE INDEX commission_postings_order_id_idx ON public.commission_postings USING btree (order_id);

CREATE INDEX commission_postings_payout_id_idx ON public.commission_postings USING btree (payout_id) WHERE (payout_id IS NOT NULL);

CREATE INDEX commission_postings_period_id_idx ON public.commission_postings USING btree (period_id) WHERE (period_id IS NOT NULL);

CREATE UNIQUE INDEX consents_standing ON public.consents USING btree (number, purpose) WHERE (withdrawn_at IS NULL);

CREATE INDEX contact_call_backs_due ON public.contact_call_backs USING btree (due_at) WHERE (state = 'open'::text);

CREATE UNIQUE INDEX contact_call_backs_open ON public.contact_call_backs USING btree (contact_id) WHERE (state = 'open'::text);

CREATE INDEX contact_numbers_number_idx ON public.contact_numbers USING btree (number);

CREATE INDEX contacts_next ON public.contacts USING btree (list, zone, priority, next_at, contact_id) WHERE (state = 'open'::text);

CREATE INDEX contacts_of_list ON public.contacts USING btree (list, contact_id);

CREATE INDEX contacts_owned ON public.contacts USING btree (agent, next_at) WHERE ((agent IS NOT NULL) AND (state = 'open'::text));

CREATE INDEX counted_quarters_due ON public.counted_quarters USING btree (began_at) WHERE due;

CREATE INDEX customers_source_idx ON public.customers USING btree (source);

CREATE INDEX dialplan_files_sha256_idx ON public.dialplan_files USING btree (sha256);

CREATE UNIQUE INDEX dialplan_switches_expr_idx ON public.dialplan_switches USING btree (((after IS NULL))) WHERE (after IS NULL);

CREATE INDEX dispositions_call_id_agent_idx ON public.dispositions USING btree (call_id, agent);

CREATE INDEX dispositions_disposition_at_idx ON public.dispositions USING btree (disposition, at);

CREATE INDEX employee_numbers_number_idx ON public.employee_numbers USING btree (number);

CREATE INDEX employees_department_id_idx ON public.employees USING btree (department_id);

CREATE INDEX employees_dialled ON public.employees USING btree (public.digits_of(number));

CREATE INDEX employees_phone_idx ON public.employees USING btree (phone);

CREATE INDEX enquiry_tries_caller_tried_at_idx ON public.enquiry_tries USING btree (caller, tried_at);

CREATE INDEX enquiry_tries_number_tried_at_idx ON public.enquiry_tries USING btree (number, tried_at);

CREATE INDEX exports_export_id_idx ON public.exports USING btree (export_id) WHERE (state = ANY (ARRAY['waiting'::text, 'making'::text]));

CREATE INDEX folded_calls_call_keys_idx ON public.folded_calls USING gin (call_keys);

CREATE INDEX folded_calls_caller ON public.folded_calls USING btree (public.digits_of(caller), started_at);

CREATE INDEX folded_calls_open ON public.folded_calls USING btree (node, started_at) WHERE (state = 'open'::text);

CREATE INDEX folded_calls_started_at_idx ON public.folded_calls USING btree (started_at);

CREATE INDEX fraud_flags_flag_id_idx ON public.fraud_flags USING btree (flag_id) WHERE (state = 'open'::text);

CREATE INDEX handlings_call_id_idx ON public.handlings USING btree (call_id);

CREATE INDEX idempotent_requests_begun_at_idx ON public.idempotent_requests USING btree (begun_at);

CREATE INDEX inbox_new ON public.inbox USING btree (next_at, inbox_id) WHERE (state = 'new'::text);

CREATE INDEX inbox_sender_received_at_idx ON public.inbox USING btree (sender, received_at);

CREATE INDEX inbox_set_aside ON public.inbox USING btree (ended_at) WHERE (state = 'set_aside'::text);

CREATE INDEX list_uploads_instance_idx ON public.list_uploads USING btree (instance) WHERE (ended_at IS NULL);

CREATE INDEX list_uploads_list_upload_id_idx ON public.list_uploads USING btree (list, upload_id);

CREATE INDEX machine_samples_campaign_called_at_idx ON public.machine_samples USING btree (campaign, called_at);

CREATE INDEX offers_call_key_rung_at_idx ON public.offers USING btree (call_key, rung_at);

CREATE INDEX offers_rung_at_idx ON public.offers USING btree (rung_at) WHERE (NOT agreed);

CREATE UNIQUE INDEX once_an_order ON public.commission_postings USING btree (order_id, kind) WHERE (kind = ANY (ARRAY['sale'::text, 'release'::text, 'clawback'::text]));

CREATE UNIQUE INDEX one_tier_an_order ON public.commission_postings USING btree (order_id) WHERE (kind = 'tier'::text);

CREATE INDEX order_attempts_by_agents ON public.order_attempts USING btree (public.key_of_call(call_key)) WHERE (channel = 'agent'::text);

CREATE INDEX order_attempts_called_at_idx ON public.order_attempts USING brin (called_at);

CREATE INDEX order_attempts_subscriber_called_at_idx ON public.order_attempts USING btree (subscriber, called_at);

CREATE INDEX order_moves_order_id_idx ON public.order_moves USING btree (order_id);

CREATE INDEX orders_called_at_idx ON public.orders USING brin (called_at);

CREATE INDEX orders_claim_id_called_at_idx ON public.orders USING btree (claim_id, called_at);

CREATE INDEX orders_department_id_order_id_idx ON public.orders USING btree (department_id, order_id);

CREATE INDEX orders_employee_id_placed_at_idx ON public.orders USING btree (employee_id, placed_at);

CREATE UNIQUE INDEX orders_live ON public.orders USING btree (subscriber, product_id) WHERE (state <> ALL (ARRAY['rejected'::text, 'expired'::text, 'cancelled'::text]));

CREATE INDEX orders_placed_at_order_id_idx ON public.orders USING btree (placed_at, order_id);

CREATE INDEX orders_team_id_placed_at_idx ON public.orders USING btree (team_id, placed_at) WHERE (team_id IS NOT NULL);

CREATE INDEX orders_to_confirm ON public.orders USING btree (confirm_until) WHERE (state = 'pending_confirm'::text);

CREATE INDEX orders_to_go_on ON public.orders USING btree (state_at) WHERE (state = ANY (ARRAY['received'::text, 'pending_confirm'::text, 'confirmed'::text, 'activating'::text]));

CREATE INDEX orders_trunk_called_at_idx ON public.orders USING btree (trunk, called_at) WHERE (trunk <> ''::text);

CREATE INDEX outbox_by_gateway ON public.outbox USING btree (gateway, gateway_id) WHERE (gateway_id IS NOT NULL);

CREATE INDEX outbox_due ON public.outbox USING btree (next_at, message_id) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE INDEX outbox_given_up ON public.outbox USING btree (ended_at) WHERE (state = 'given_up'::text);

CREATE INDEX outbox_one_at_a_time ON public.outbox USING btree (recipient, message_id) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE INDEX outbox_sent ON public.outbox USING btree (recipient, sent_at) WHERE (sent_at IS NOT NULL);

CREATE UNIQUE INDEX outbox_without_order ON public.outbox USING btree (call_key, kind) WHERE (order_id IS NULL);

CREATE INDEX owed_changes_employee_id_idx ON public.owed_changes USING btree (employee_id);

CREATE INDEX pacing_log_at_idx ON public.pacing_log USING btree (at);

CREATE INDEX pacing_log_campaign_at_idx ON public.pacing_log USING btree (campaign, at);

CREATE UNIQUE INDEX people_agents ON public.people USING btree (agent) WHERE active;

CREATE UNIQUE INDEX people_employees ON public.people USING btree (employee) WHERE active;

CREATE INDEX period_results_employee_id_idx ON public.period_results USING btree (employee_id);

CREATE INDEX person_requests_due ON public.person_requests USING btree (next_at) WHERE (state = ANY (ARRAY['finding'::text, 'making'::text, 'erasing'::text]));

CREATE UNIQUE INDEX person_requests_one ON public.person_requests USING btree (number, kind) WHERE (ended_at IS NULL);

CREATE INDEX presence_log_agent_at_idx ON public.presence_log USING btree (agent, at);

CREATE INDEX presence_log_at_idx ON public.presence_log USING btree (at);

CREATE INDEX presences_changed_at_idx ON public.presences USING btree (changed_at);

CREATE UNIQUE INDEX presences_devices ON public.presences USING btree (device_number);

CREATE INDEX previews_agent_campaign_preview_id_idx ON public.previews USING btree (agent, campaign, preview_id);

CREATE UNIQUE INDEX previews_of_agents ON public.previews USING btree (agent) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX previews_of_contacts ON public.previews USING btree (contact_id) WHERE (ended_at IS NULL);

CREATE INDEX product_tests_product_id_test_id_idx ON public.product_tests USING btree (product_id, test_id);

CREATE UNIQUE INDEX prompt_builds_one_at_a_time ON public.prompt_builds USING btree ((true)) WHERE (ended_at IS NULL);

CREATE INDEX provisionings_due ON public.provisionings USING btree (next_at) WHERE (state = 'due'::text);

CREATE INDEX provisionings_left_on ON public.provisionings USING btree (order_id) WHERE ((state = 'refused'::text) AND (action = 'off'::text));

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

CREATE INDEX recordings_samples ON public.recordings USING btree (keep_until) WHERE ((rule = 'machine-sample'::text) AND (state = 'stored'::text));

CREATE INDEX recordings_to_tell ON public.recordings USING btree (node) WHERE ((ended_at IS NOT NULL) AND (NOT told_by_cel));

CREATE INDEX review_steps_review_id_idx ON public.review_steps USING btree (review_id);

CREATE INDEX reviews_agent_submitted_at_idx ON public.reviews USING btree (agent, submitted_at);

CREATE UNIQUE INDEX reviews_once ON public.reviews USING btree (recording_id, agent, scorecard_id) WHERE (NOT calibration);

CREATE UNIQUE INDEX reviews_once_each ON public.reviews USING btree (recording_id, agent, scorecard_id, reviewer) WHERE calibration;

CREATE INDEX reviews_reviewer_state_idx ON public.reviews USING btree (reviewer, state);

CREATE INDEX sales_by_claim_day_claim_id_day_idx ON ONLY public.sales_by_claim_day USING btree (claim_id, day);

CREATE INDEX sales_by_claim_day_employee_id_day_idx ON ONLY public.sales_by_claim_day USING btree (employee_id, day);

CREATE INDEX sales_by_claim_month_employee_id_month_idx ON ONLY public.sales_by_claim_month USING btree (employee_id, month);

CREATE INDEX sales_by_group_day_department_id_day_idx ON ONLY public.sales_by_group_day USING btree (department_id, day);

CREATE INDEX sales_by_group_day_product_id_day_idx ON ONLY public.sales_by_group_day USING btree (product_id, day);

CREATE INDEX sessions_person_id_idx ON public.sessions USING btree (person_id) WHERE (ended_at IS NULL);

CREATE INDEX sign_in_codes_person_id_sent_at_idx ON public.sign_in_codes USING btree (person_id, sent_at);

CREATE INDEX sign_in_tries_address_tried_at_idx ON public.sign_in_tries USING btree (address, tried_at);

CREATE INDEX sign_in_tries_login_tried_at_idx ON public.sign_in_tries USING btree (login, tried_at);

CREATE INDEX sign_in_tries_not_noted_idx ON public.sign_in_tries USING btree (try_id) WHERE ((refused IS NOT NULL) AND (noted_at IS NULL));

CREATE INDEX skill_intervals_began_at_idx ON public.skill_intervals USING btree (began_at);

CREATE INDEX sold_changes_employee_id_idx ON public.sold_changes USING btree (employee_id);

CREATE INDEX sold_changes_team_id_idx ON public.sold_changes USING btree (team_id) WHERE (team_id <> 0);

CREATE INDEX spied_sessions_agent_asked_at_idx ON public.spied_sessions USING btree (agent, asked_at);

CREATE INDEX spied_sessions_asked_at_idx ON public.spied_sessions USING btree (asked_at);

CREATE UNIQUE INDEX spied_sessions_open ON public.spied_sessions USING btree (node, channel) WHERE (ended_at IS NULL);

CREATE INDEX survey_answers_survey_answered_at_idx ON public.survey_answers USING btree (survey, answered_at);

CREATE INDEX team_shares_employee_id_idx ON public.team_shares USING btree (employee_id);

CREATE INDEX texts_handled_sender_handled_at_idx ON public.texts_handled USING btree (sender, handled_at);

CREATE INDEX tokens_person_id_idx ON public.tokens USING btree (person_id);

CREATE INDEX upload_faults_number_idx ON public.upload_faults USING btree (number) WHERE (number IS NOT NULL);

CREATE INDEX upload_faults_upload_id_row_idx ON public.upload_faults USING btree (upload_id, "row");

CREATE INDEX upload_rows_upload_id_idx ON public.upload_rows USING btree (upload_id);

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

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.commission_dispute_notes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.commission_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.commission_postings FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.erasures FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.handlings FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.order_moves FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.period_results FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.presence_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.recording_listens FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.review_steps FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON public.commission_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.posting_is_balanced();

CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON public.commission_postings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.posting_is_balanced();

CREATE TRIGGER count_added AFTER INSERT ON public.sales_by_group_day REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_coarser();

CREATE TRIGGER count_changed AFTER UPDATE ON public.sales_by_group_day REFERENCING OLD TABLE AS taken NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_coarser();

CREATE TRIGGER count_earned AFTER INSERT ON public.commission_postings REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.mark_order();

CREATE TRIGGER count_moved AFTER UPDATE ON public.orders REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.mark_order();

CREATE TRIGGER count_placed AFTER INSERT ON public.orders REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.mark_order();

CREATE TRIGGER count_tried AFTER INSERT ON public.order_attempts REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.mark_attempt();

CREATE TRIGGER dispositions_of_contacts AFTER INSERT ON public.dispositions FOR EACH ROW WHEN ((new.call_id ~~ 'attempt-%'::text)) EXECUTE FUNCTION public.note_disposed_contact();

CREATE TRIGGER falls_due AFTER INSERT OR UPDATE OF state ON public.orders FOR EACH ROW WHEN ((new.state = 'active'::text)) EXECUTE FUNCTION public.commission_falls_due();

CREATE TRIGGER forget_coarser AFTER TRUNCATE ON public.sales_by_group_day FOR EACH STATEMENT EXECUTE FUNCTION public.forget_coarser();

CREATE TRIGGER never_changed BEFORE DELETE OR UPDATE ON public.sales_periods FOR EACH ROW WHEN ((old.closed_at IS NOT NULL)) EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER numbers_change AFTER INSERT ON public.presence_log FOR EACH ROW EXECUTE FUNCTION public.mark_presence();

CREATE TRIGGER numbers_change AFTER INSERT ON public.voicemails FOR EACH ROW EXECUTE FUNCTION public.mark_voicemail();

CREATE TRIGGER queue_calls_change AFTER INSERT OR UPDATE ON public.folded_calls FOR EACH ROW WHEN ((new.state = 'interrupted'::text)) EXECUTE FUNCTION public.mark_interrupted();

CREATE TRIGGER tally_moved AFTER UPDATE ON public.orders FOR EACH ROW WHEN (((public.is_sold(old.*) <> public.is_sold(new.*)) OR (public.is_sold(new.*) AND (((((((old.placed_at IS DISTINCT FROM new.placed_at) OR (old.called_at IS DISTINCT FROM new.called_at)) OR (old.employee_id IS DISTINCT FROM new.employee_id)) OR (old.team_id IS DISTINCT FROM new.team_id)) OR (old.product_id IS DISTINCT FROM new.product_id)) OR (old.rule_id IS DISTINCT FROM new.rule_id)) OR (old.price_fen IS DISTINCT FROM new.price_fen))))) EXECUTE FUNCTION public.tally_sold();

CREATE TRIGGER tally_owed AFTER INSERT ON public.commission_entries REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION public.tally_owed();

CREATE TRIGGER tally_sold AFTER INSERT ON public.orders FOR EACH ROW WHEN (public.is_sold(new.*)) EXECUTE FUNCTION public.tally_sold();

CREATE TRIGGER tell AFTER INSERT OR UPDATE OF state ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION public.tell_of_orders();

CREATE TRIGGER tell AFTER INSERT ON public.outbox REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.tell_senders();

CREATE CONSTRAINT TRIGGER whole AFTER INSERT OR UPDATE ON public.team_shares DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.shares_are_whole();

CREATE CONSTRAINT TRIGGER whole AFTER INSERT ON public.team_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.shares_are_whole();

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

ALTER TABLE ONLY public.claim_bars
    ADD CONSTRAINT claim_bars_because_of_fkey FOREIGN KEY (because_of) REFERENCES public.sales_periods(period_id);

ALTER TABLE ONLY public.claim_bars
    ADD CONSTRAINT claim_bars_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.claim_bars
    ADD CONSTRAINT claim_bars_period_id_fkey FOREIGN KEY (period_id) REFERENCES public.sales_periods(period_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_department_id_fkey FOREIGN KEY (department_id) REFERENCES public.departments(department_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_handed_from_fkey FOREIGN KEY (handed_from) REFERENCES public.claims(claim_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(team_id);

ALTER TABLE ONLY public.coaching_notes
    ADD CONSTRAINT coaching_notes_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.commission_dispute_notes
    ADD CONSTRAINT commission_dispute_notes_dispute_id_fkey FOREIGN KEY (dispute_id) REFERENCES public.commission_disputes(dispute_id);

ALTER TABLE ONLY public.commission_disputes
    ADD CONSTRAINT commission_disputes_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.commission_disputes
    ADD CONSTRAINT commission_disputes_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.commission_disputes
    ADD CONSTRAINT commission_disputes_period_id_fkey FOREIGN KEY (period_id) REFERENCES public.sales_periods(period_id);

ALTER TABLE ONLY public.commission_due
    ADD CONSTRAINT commission_due_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.commission_entries
    ADD CONSTRAINT commission_entries_department_id_fkey FOREIGN KEY (department_id) REFERENCES public.departments(department_id);

ALTER TABLE ONLY public.commission_entries
    ADD CONSTRAINT commission_entries_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.commission_entries
    ADD CONSTRAINT commission_entries_posting_id_fkey FOREIGN KEY (posting_id) REFERENCES public.commission_postings(posting_id);

ALTER TABLE ONLY public.commission_postings
    ADD CONSTRAINT commission_postings_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.commission_postings
    ADD CONSTRAINT commission_postings_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES public.commission_payouts(payout_id);

ALTER TABLE ONLY public.commission_postings
    ADD CONSTRAINT commission_postings_period_id_fkey FOREIGN KEY (period_id) REFERENCES public.sales_periods(period_id);

ALTER TABLE ONLY public.commission_postings
    ADD CONSTRAINT commission_postings_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES public.commission_rules(rule_id);

ALTER TABLE ONLY public.commission_rules
    ADD CONSTRAINT commission_rules_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.contact_call_backs
    ADD CONSTRAINT contact_call_backs_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(contact_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_numbers
    ADD CONSTRAINT contact_numbers_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(contact_id) ON DELETE CASCADE;

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

ALTER TABLE ONLY public.displays
    ADD CONSTRAINT displays_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.people(person_id);

ALTER TABLE ONLY public.disposed_contacts
    ADD CONSTRAINT disposed_contacts_disposition_id_fkey FOREIGN KEY (disposition_id) REFERENCES public.dispositions(disposition_id);

ALTER TABLE ONLY public.employee_numbers
    ADD CONSTRAINT employee_numbers_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.employee_pins
    ADD CONSTRAINT employee_pins_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.employees
    ADD CONSTRAINT employees_department_id_fkey FOREIGN KEY (department_id) REFERENCES public.departments(department_id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.export_parts
    ADD CONSTRAINT export_parts_export_id_fkey FOREIGN KEY (export_id) REFERENCES public.exports(export_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.fraud_flags
    ADD CONSTRAINT fraud_flags_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.list_uploads
    ADD CONSTRAINT list_uploads_list_fkey FOREIGN KEY (list) REFERENCES public.contact_lists(list);

ALTER TABLE ONLY public.machine_samples
    ADD CONSTRAINT machine_samples_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.attempts(attempt_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.order_attempts
    ADD CONSTRAINT order_attempts_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.order_moves
    ADD CONSTRAINT order_moves_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_claim_id_fkey FOREIGN KEY (claim_id) REFERENCES public.claims(claim_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_department_id_fkey FOREIGN KEY (department_id) REFERENCES public.departments(department_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES public.commission_rules(rule_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(team_id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_employee_fkey FOREIGN KEY (employee) REFERENCES public.employees(number) ON UPDATE CASCADE;

ALTER TABLE ONLY public.period_results
    ADD CONSTRAINT period_results_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.period_results
    ADD CONSTRAINT period_results_period_id_fkey FOREIGN KEY (period_id) REFERENCES public.sales_periods(period_id);

ALTER TABLE ONLY public.person_export_parts
    ADD CONSTRAINT person_export_parts_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.person_requests(request_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.person_finds
    ADD CONSTRAINT person_finds_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.person_requests(request_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT presences_agent_fkey FOREIGN KEY (agent) REFERENCES public.agents(agent);

ALTER TABLE ONLY public.product_parts
    ADD CONSTRAINT product_parts_combo_id_fkey FOREIGN KEY (combo_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.product_parts
    ADD CONSTRAINT product_parts_part_id_fkey FOREIGN KEY (part_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.product_relations
    ADD CONSTRAINT product_relations_other_id_fkey FOREIGN KEY (other_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.product_relations
    ADD CONSTRAINT product_relations_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.product_terms
    ADD CONSTRAINT product_terms_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.product_tests
    ADD CONSTRAINT product_tests_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(product_id);

ALTER TABLE ONLY public.provisionings
    ADD CONSTRAINT provisionings_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.outbox(message_id);

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

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.people(person_id);

ALTER TABLE ONLY public.review_steps
    ADD CONSTRAINT review_steps_review_id_fkey FOREIGN KEY (review_id) REFERENCES public.reviews(review_id);

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.recordings(recording_id);

ALTER TABLE ONLY public.reviews
    ADD CONSTRAINT reviews_scorecard_id_fkey FOREIGN KEY (scorecard_id) REFERENCES public.scorecards(scorecard_id);

ALTER TABLE ONLY public.sales_counted
    ADD CONSTRAINT sales_counted_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(order_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.people(person_id);

ALTER TABLE ONLY public.sign_in_codes
    ADD CONSTRAINT sign_in_codes_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.people(person_id);

ALTER TABLE ONLY public.team_shares
    ADD CONSTRAINT team_shares_employee_id_fkey FOREIGN KEY (employee_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.team_shares
    ADD CONSTRAINT team_shares_version_id_fkey FOREIGN KEY (version_id) REFERENCES public.team_versions(version_id);

ALTER TABLE ONLY public.team_versions
    ADD CONSTRAINT team_versions_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(team_id);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_leader_id_fkey FOREIGN KEY (leader_id) REFERENCES public.employees(employee_id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.people(person_id);

ALTER TABLE ONLY public.upload_faults
    ADD CONSTRAINT upload_faults_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.list_uploads(upload_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.walk_steps
    ADD CONSTRAINT walk_steps_node_linkedid_uniqueid_fkey FOREIGN KEY (node, linkedid, uniqueid) REFERENCES public.walks(node, linkedid, uniqueid) ON DELETE CASCADE;

ALTER TABLE ONLY public.wanted_members
    ADD CONSTRAINT wanted_members_agent_fkey FOREIGN KEY (agent) REFERENCES public.agents(agent);

ALTER TABLE ONLY public.wanted_members
    ADD CONSTRAINT wanted_members_node_queue_fkey FOREIGN KEY (node, queue) REFERENCES public.managed_queues(node, queue) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_outbox
    ADD CONSTRAINT webhook_outbox_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alerts(alert_id);
