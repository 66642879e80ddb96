-- What a campaign did in a time: from $2 on, until before $3, by when its attempts were claimed.
--
-- A live answer is one that neither detection nor the agent who was given it took for a machine. Abandoned are those who met no agent in time: nobody was there
-- ("no_agent"), they hung up while they waited for longer than half a second ("left"), they were connected later than the
-- grace ("late"); and whoever was hung up on by us within 15 s of ringing ("cut"), which counts as a live answer too.

-- name: figures
-- By nothing (kind 0), list, trunk, agent and hour of zone $5 (kinds 1 to 4) of campaign $1; $4 is the grace, $6 the shortest
-- ring. Seconds of talk, and fen.
WITH each AS (
    SELECT list, trunk, agent, date_trunc('hour', claimed_at, $5) AS hour, outcome, dialled_at, rang_at, connected_at, fen,
           machine_met,
           coalesce(picked_up_at, answered_at, connected_at) AS up_at,
           extract(epoch FROM ended_at - connected_at)::float8 AS talk_s,
           coalesce(picked_up_at, answered_at, connected_at) IS NOT NULL AND outcome IS DISTINCT FROM 'machine'
               AND outcome IS DISTINCT FROM 'fax' AND NOT machine_met AS live,
           outcome = 'hung-up' AND answered_at IS NULL AND ended_at - picked_up_at > interval '0.5 s' AS gone,
           connected_at - coalesce(picked_up_at, answered_at) > $4::interval AND NOT machine_met AS late,
           outcome = 'cancelled' AND ended_at - coalesce(rang_at, dialled_at) < $6::interval AS cut
    FROM attempts WHERE campaign = $1 AND claimed_at >= $2 AND claimed_at < $3
), together AS MATERIALIZED (  -- few rows, so that the sets below are cheap
    SELECT list, trunk, agent, hour, count(*) AS attempts, count(dialled_at) AS dialled,
           count(*) FILTER (WHERE rang_at IS NOT NULL OR up_at IS NOT NULL) AS rang, count(up_at) AS picked_up,
           count(*) FILTER (WHERE live OR cut) AS live, count(connected_at) AS connected,
           count(*) FILTER (WHERE outcome = 'abandoned' OR gone OR late OR cut) AS abandoned,
           sum(talk_s) AS talk_s, sum(fen) AS fen,
           count(*) FILTER (WHERE outcome = 'machine') AS machines, count(*) FILTER (WHERE machine_met) AS machines_met
    FROM each GROUP BY list, trunk, agent, hour
)
SELECT CASE WHEN grouping(list) = 0 THEN 1 WHEN grouping(trunk) = 0 THEN 2 WHEN grouping(agent) = 0 THEN 3
            WHEN grouping(hour) = 0 THEN 4 ELSE 0 END AS kind,
       coalesce(list, trunk, agent, '') AS name, hour,
       coalesce(sum(attempts), 0)::bigint AS attempts, coalesce(sum(dialled), 0)::bigint AS dialled,
       coalesce(sum(rang), 0)::bigint AS rang, coalesce(sum(picked_up), 0)::bigint AS picked_up,
       coalesce(sum(live), 0)::bigint AS live, coalesce(sum(connected), 0)::bigint AS connected,
       coalesce(sum(abandoned), 0)::bigint AS abandoned, coalesce(sum(talk_s), 0)::float8 AS talk_s,
       coalesce(sum(fen), 0)::bigint AS fen, coalesce(sum(machines), 0)::bigint AS machines,
       coalesce(sum(machines_met), 0)::bigint AS machines_met
FROM together GROUP BY GROUPING SETS ((), (list), (trunk), (agent), (hour))
ORDER BY kind, name, hour;

-- name: windows
-- Of campaign $1, what was abandoned before $2: in 30 days, 24 h and 30 minutes (minutes of the window); $3 and $4 as $4 and
-- $6 of `figures`.
WITH each AS (
    SELECT CASE WHEN claimed_at >= $2::timestamptz - interval '30 min' THEN 30
                WHEN claimed_at >= $2::timestamptz - interval '24 h' THEN 1440 ELSE 43200 END AS minutes, outcome,
           coalesce(picked_up_at, answered_at, connected_at) IS NOT NULL AND outcome IS DISTINCT FROM 'machine'
               AND outcome IS DISTINCT FROM 'fax' AND NOT machine_met AS live,
           outcome = 'hung-up' AND answered_at IS NULL AND ended_at - picked_up_at > interval '0.5 s' AS gone,
           connected_at - coalesce(picked_up_at, answered_at) > $3::interval AND NOT machine_met AS late,
           outcome = 'cancelled' AND ended_at - coalesce(rang_at, dialled_at) < $4::interval AS cut
    FROM attempts WHERE campaign = $1 AND claimed_at >= $2::timestamptz - interval '30 days' AND claimed_at < $2
), parts AS (
    SELECT minutes, count(*) FILTER (WHERE live OR cut) AS live, count(*) FILTER (WHERE outcome = 'abandoned') AS no_agent,
           count(*) FILTER (WHERE gone) AS left, count(*) FILTER (WHERE late) AS late, count(*) FILTER (WHERE cut) AS cut,
           count(*) FILTER (WHERE outcome = 'machine') AS machines
    FROM each GROUP BY minutes
)
SELECT w.minutes, coalesce(sum(p.live), 0)::bigint AS live, coalesce(sum(p.no_agent), 0)::bigint AS no_agent,
       coalesce(sum(p.left), 0)::bigint AS left, coalesce(sum(p.late), 0)::bigint AS late,
       coalesce(sum(p.cut), 0)::bigint AS cut, coalesce(sum(p.machines), 0)::bigint AS machines
FROM (VALUES (43200), (1440), (30)) AS w(minutes) LEFT JOIN parts p ON p.minutes <= w.minutes
GROUP BY w.minutes ORDER BY w.minutes DESC;

-- name: causes
-- What came of its attempts, and why, by what Dial (status), Q.850 and SIP say, or what the gate said.
SELECT coalesce(outcome, 'under way') AS outcome, status, cause, sip,
       CASE WHEN outcome IN ('refused', 'not-sent') THEN reason ELSE '' END AS reason, count(*) AS attempts
FROM attempts WHERE campaign = $1 AND claimed_at >= $2 AND claimed_at < $3
GROUP BY 1, 2, 3, 4, 5 ORDER BY attempts DESC, outcome, cause, sip;

-- name: waits
-- How long those who were connected had waited since they answered, in seconds: half of them, and 95 of 100, at most.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY wait_s) AS half, percentile_cont(0.95) WITHIN GROUP (ORDER BY wait_s) AS most
FROM (SELECT extract(epoch FROM connected_at - coalesce(picked_up_at, answered_at, connected_at))::float8 AS wait_s
      FROM attempts WHERE campaign = $1 AND claimed_at >= $2 AND claimed_at < $3 AND connected_at IS NOT NULL) waited;

-- name: tried
-- How many contacts were dialled.
SELECT count(*) FROM (SELECT contact_id FROM attempts
    WHERE campaign = $1 AND claimed_at >= $2 AND claimed_at < $3 AND dialled_at IS NOT NULL GROUP BY contact_id) one_each;

-- name: contacts
-- Contacts of lists $1 by state, as they are now.
SELECT state, count(*) AS contacts FROM contacts WHERE list = ANY($1::text[]) GROUP BY state ORDER BY state;

-- name: dispositions
-- What agents said came of its calls, the last word on each.
SELECT disposition, count(*) AS calls FROM (
    SELECT DISTINCT ON (d.call_id) d.disposition FROM attempts a JOIN dispositions d ON d.call_id = a.channel
    WHERE a.campaign = $1 AND a.claimed_at >= $2 AND a.claimed_at < $3 AND a.connected_at IS NOT NULL
    ORDER BY d.call_id, d.disposition_id DESC) last_words
GROUP BY disposition ORDER BY calls DESC, disposition;

-- name: work
-- Seconds that agents $1 and those who are in line $2 now were in each state from $3 on, until before $4, in the hours that
-- begin at $5.
WITH them AS (
    SELECT unnest($1::text[]) AS agent UNION SELECT agent FROM wanted_members WHERE queue = $2 AND agent IS NOT NULL
), hours AS (
    SELECT range_agg(tstzrange(hour, hour + interval '1 h'))
               * tstzmultirange(tstzrange($3::timestamptz, greatest($3::timestamptz, least($4::timestamptz, now())))) AS active
    FROM unnest($5::timestamptz[]) AS hour
), changes AS (
    SELECT p.agent, p.at, p.log_id, p.state FROM presence_log p JOIN them USING (agent) WHERE p.at >= $3 AND p.at < $4
    UNION ALL
    SELECT them.agent, $3, 0, last.state FROM them CROSS JOIN LATERAL (
        SELECT p.state FROM presence_log p WHERE p.agent = them.agent AND p.at < $3
        ORDER BY p.at DESC, p.log_id DESC LIMIT 1) last
), timed AS (
    SELECT agent, state, tstzrange(at, greatest(at, coalesce(lead(at) OVER (PARTITION BY agent ORDER BY at, log_id), $4))) AS span
    FROM changes
)
SELECT agent, state, sum(extract(epoch FROM upper(part) - lower(part)))::float8 AS seconds
FROM timed CROSS JOIN hours CROSS JOIN LATERAL unnest(tstzmultirange(timed.span) * hours.active) AS part
WHERE state <> 'signed-out' GROUP BY agent, state ORDER BY agent, state;

-- name: log
-- Attempts after number $5, which was claimed at $4: $6 of them, the first first.
SELECT attempt_id, claimed_at, number, outcome, agent,
       extract(epoch FROM coalesce(dialled_at, claimed_at))::float8 AS placed_at,
       extract(epoch FROM rang_at)::float8 AS rang_at,
       extract(epoch FROM coalesce(picked_up_at, answered_at))::float8 AS answered_at,
       extract(epoch FROM connected_at)::float8 AS connected_at, extract(epoch FROM ended_at)::float8 AS ended_at
FROM attempts
WHERE campaign = $1 AND claimed_at >= $2 AND claimed_at >= $4 AND claimed_at < $3
  AND (claimed_at, attempt_id) > ($4, $5::bigint)
ORDER BY claimed_at, attempt_id LIMIT $6;

-- name: states
-- What its agents did, one row for each change, the state they were in at first too: those of `work`.
WITH them AS (
    SELECT DISTINCT agent FROM attempts WHERE campaign = $1 AND claimed_at >= $2 AND claimed_at < $3 AND agent IS NOT NULL
    UNION SELECT agent FROM wanted_members WHERE queue = $4 AND agent IS NOT NULL
)
SELECT p.agent, extract(epoch FROM p.at)::float8 AS at, p.state, p.call_id, p.log_id
FROM presence_log p JOIN them USING (agent) WHERE p.at >= $2 AND p.at < $3
UNION ALL
SELECT them.agent, extract(epoch FROM $2::timestamptz)::float8, last.state, last.call_id, 0 FROM them CROSS JOIN LATERAL (
    SELECT p.state, p.call_id FROM presence_log p WHERE p.agent = them.agent AND p.at < $2
    ORDER BY p.at DESC, p.log_id DESC LIMIT 1) last
ORDER BY at, log_id;
