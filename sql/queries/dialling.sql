-- Dialling: who is called next, whether they may be called just now, and what came of it. Times are this database's.
--
-- That a number is dialled once for one attempt: the row is there before Asterisk is asked for its channel, and only
-- `may_dial`, asked by the dialplan, moves it from claimed to dialling; nothing is dialled without that, nor after a second
-- question. That no limit is passed: no two attempts of a number are under way at once (attempts_under_way), so `may_dial`
-- has before it every attempt that there was.
--
-- Who may be called is said in two functions, `forbidding` of a number and `callable` of a contact, which become a part of
-- the statement that calls them. Of do-not-call they ask what is_barred asks, at a tenth of what that costs.

-- name: zones
-- Where the contacts of lists $1 are who may still be called.
SELECT DISTINCT zone FROM levels($1);

-- name: claim
-- Claim $14 contacts for campaign $1 at node $2 in epoch $3 of the dialler's lease, in mode $4: of lists $5, which have had
-- the shares $6 by their weights $7; who are in zones $8, and whom nothing forbids to call (`callable`): fewer than $9
-- attempts, $10 at their number in 24 h, $11 after one that was abandoned, consent for $12, quotas that are full $13.
-- Whoever stands before them and may not be called now is moved out of the way, until they may. A page of the first is
-- looked at: who asks again sees the next one.
WITH running AS (
    SELECT c.name FROM campaigns c JOIN leases l ON l.name = 'dialler' AND l.epoch = $3
    WHERE c.name = $1 AND c.state = 'running'
), mix AS (
    SELECT * FROM unnest($5::text[], $6::float8[], $7::int[]) AS mix(list, share, weight)
), page AS MATERIALIZED (
    SELECT * FROM (
        SELECT found.contact_id, row_number() OVER (
            PARTITION BY l.list ORDER BY l.priority DESC, found.next_at, found.contact_id) AS place
        FROM running CROSS JOIN levels($5::text[]) l CROSS JOIN LATERAL (
            SELECT c.contact_id, c.next_at FROM contacts c
            WHERE c.list = l.list AND c.zone = l.zone AND c.priority = l.priority AND c.state = 'open'
              AND c.next_at <= statement_timestamp() AND (c.agent IS NULL OR $4 = 'preview')
            ORDER BY c.next_at, c.contact_id LIMIT 2 * $14 + 20) found
        WHERE l.zone = ANY($8::text[])) found
    WHERE place <= 2 * $14 + 20
), locked AS MATERIALIZED (
    SELECT c.contact_id, c.list, c.number, c.priority, c.next_at, c.not_before, c.attempts, c.fields FROM contacts c
    WHERE c.contact_id = ANY(ARRAY(SELECT contact_id FROM page)) AND c.state = 'open' FOR UPDATE SKIP LOCKED
), judged AS MATERIALIZED (
    SELECT k.contact_id, k.list, k.priority, k.next_at, may.number, may.why, may.until
    FROM locked k CROSS JOIN LATERAL callable(
        k.contact_id, k.number, k.attempts, k.not_before, k.fields, $9, $10, $11::interval, $12, $13::jsonb) may
), chosen AS (
    SELECT * FROM (
        SELECT j.*, mix.share + (row_number() OVER (
            PARTITION BY j.list ORDER BY j.priority DESC, j.next_at, j.contact_id))::float8 / mix.weight AS turn
        FROM judged j JOIN mix USING (list) WHERE j.why IS NULL) ranked
    ORDER BY turn, list, contact_id LIMIT $14
), claimed AS (
    INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch)
    SELECT $1, contact_id, list, number, $2, $4, $3 FROM chosen ORDER BY number -- the same for all who claim: no deadlock
    ON CONFLICT (number) WHERE state <> 'over' DO NOTHING
    RETURNING attempt_id, contact_id, number, list, channel
), taken AS (
    UPDATE contacts SET state = 'claimed' WHERE contact_id = ANY(ARRAY(SELECT contact_id FROM claimed))
), moved AS (
    UPDATE contacts c SET
        state = CASE WHEN j.until = 'infinity' THEN 'done' ELSE c.state END,
        last_outcome = CASE WHEN j.why = 'do-not-call' THEN j.why ELSE c.last_outcome END,
        next_at = CASE WHEN j.until = 'infinity' THEN c.next_at ELSE j.until END
    FROM judged j WHERE j.why IS NOT NULL AND c.contact_id = j.contact_id
)
SELECT attempt_id, contact_id, c.number, c.list, channel, (SELECT count(*) FROM judged WHERE why IS NOT NULL) AS passed_over
FROM claimed c JOIN chosen USING (contact_id) ORDER BY turn;

-- name: claim_one
-- Claim contact $1, whom agent $2 has before them, for campaign $3 at node $4, at the number that was offered; the gate looks
-- whether they may be called. No row comes back if they are no longer open, or somebody calls the number.
WITH theirs AS (
    SELECT c.contact_id, c.list, coalesce(
        (SELECT p.number FROM previews p WHERE p.contact_id = $1 AND p.ended_at IS NULL), c.number) AS number
    FROM contacts c
    WHERE c.contact_id = $1 AND c.state IN ('open', 'claimed') AND (c.agent IS NULL OR c.agent = $2) FOR UPDATE
), claimed AS (
    INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, agent)
    SELECT $3, contact_id, list, number, $4, 'preview', 0, $2 FROM theirs
    ON CONFLICT (number) WHERE state <> 'over' DO NOTHING
    RETURNING attempt_id, contact_id, number, list, channel
), taken AS (
    UPDATE contacts c SET state = 'claimed' FROM claimed WHERE c.contact_id = claimed.contact_id
)
SELECT attempt_id, contact_id, number, list, channel FROM claimed;

-- name: attempt
-- Attempt $1.
SELECT a.attempt_id, a.campaign, a.contact_id, a.list, a.number, a.node, a.channel, a.state, a.agent, a.mode, a.epoch,
       a.claimed_at, a.answered_at, a.connected_at, a.said, a.status, a.cause, a.sip, a.cancelled, a.trunk, a.dialled_at,
       c.zone
FROM attempts a JOIN contacts c ON c.contact_id = a.contact_id WHERE a.attempt_id = $1;

-- name: may_dial
-- Whether the dialplan of node $2 may dial attempt $1 now, by trunk $3: if nothing has changed since it was claimed, at most
-- $4 ago, that forbids it. In zones $5; the limits of `forbidding`: most attempts $6, per day $7, abandoned $8, consent $9.
-- `reason` is "" if it may: then it counts as dialled from now on. Otherwise it is over, and its contact comes
-- back. No row: it was asked before.
WITH asked AS (
    SELECT a.attempt_id, a.contact_id, CASE
        WHEN a.node <> $2 THEN 'wrong-node'
        WHEN a.claimed_at < clock_timestamp() - $4::interval THEN 'too-late'
        WHEN a.mode <> 'preview' AND a.epoch <> coalesce((SELECT l.epoch FROM leases l WHERE l.name = 'dialler'), 0)
            THEN 'lease-lost'
        WHEN NOT EXISTS (SELECT FROM campaigns p WHERE p.name = a.campaign AND p.state = 'running') THEN 'stopped'
        WHEN $3::text IS NULL THEN 'no-trunk'
        WHEN EXISTS (SELECT FROM trunk_kills s WHERE s.trunk IN ($3, '*')) THEN 'trunk-killed'
        WHEN f.why = 'do-not-call' THEN f.why
        WHEN c.state <> 'claimed' THEN 'contact-' || c.state
        WHEN NOT c.zone = ANY($5::text[]) THEN 'outside-hours'
        ELSE coalesce(f.why, '') END AS reason
    FROM attempts a JOIN contacts c ON c.contact_id = a.contact_id CROSS JOIN LATERAL forbidding(
        a.number, c.attempts, NULL, c.fields, $6, $7, $8::interval, $9, NULL, a.attempt_id) f
    WHERE a.attempt_id = $1 AND a.state = 'claimed' FOR UPDATE OF a
), moved AS (
    UPDATE attempts a SET
        state = CASE WHEN asked.reason = '' THEN 'dialling' ELSE 'over' END,
        outcome = CASE WHEN asked.reason <> '' THEN 'refused' END,
        reason = asked.reason,
        trunk = CASE WHEN asked.reason = '' THEN $3 END,
        dialled_at = CASE WHEN asked.reason = '' THEN clock_timestamp() END,
        ended_at = CASE WHEN asked.reason <> '' THEN clock_timestamp() END
    FROM asked WHERE a.attempt_id = asked.attempt_id AND a.state = 'claimed'
    RETURNING a.attempt_id, a.contact_id, a.reason
), counted AS (
    UPDATE contacts c SET
        attempts = c.attempts + (CASE WHEN moved.reason = '' THEN 1 ELSE 0 END),
        state = CASE WHEN moved.reason = '' OR c.state <> 'claimed' THEN c.state
                     WHEN moved.reason = 'do-not-call' THEN 'done' ELSE 'open' END,
        last_outcome = CASE WHEN moved.reason = 'do-not-call' THEN 'do-not-call' ELSE c.last_outcome END,
        next_at = CASE WHEN moved.reason = '' THEN c.next_at ELSE clock_timestamp() + interval '10 s' END
    FROM moved WHERE c.contact_id = moved.contact_id
)
SELECT reason FROM moved;

-- name: told
-- The dialplan tells of attempt $1 how Dial ended ($2 to $4), or what was found out of who answered ($5).
UPDATE attempts SET
    status = coalesce(nullif($2, ''), status), cause = coalesce(nullif($3::int, 0), cause),
    sip = coalesce(nullif($4::int, 0), sip), said = coalesce(nullif($5, ''), said)
WHERE attempt_id = $1 AND state <> 'over';

-- name: moved
-- Attempt $1, which was in state $2, is in state $3 since $4; with agent $5.
UPDATE attempts SET
    state = $3, agent = coalesce($5, agent),
    rang_at = CASE WHEN $3 = 'ringing' THEN $4 ELSE rang_at END,
    picked_up_at = CASE WHEN $3 = 'picked-up' THEN $4 ELSE picked_up_at END,
    answered_at = CASE WHEN $3 IN ('answered', 'connected') THEN coalesce(answered_at, $4) ELSE answered_at END,
    connected_at = CASE WHEN $3 = 'connected' THEN $4 ELSE connected_at END
WHERE attempt_id = $1 AND state = $2;

-- name: cancelled
-- Attempts $1 are hung up by us while they ring.
UPDATE attempts SET cancelled = true WHERE attempt_id = ANY($1::bigint[]) AND state IN ('dialling', 'ringing');

-- name: over
-- Attempt $1, which is in state $2, is over since $3 with outcome $4 and reason $5; its number is called again at $6, or
-- (null) not any more, and other numbers of its contact from $7 on, or (null) not any more. What an agent has said of the
-- contact meanwhile goes before that.
WITH ended AS (
    UPDATE attempts SET state = 'over', outcome = $4, ended_at = greatest($3, claimed_at), reason = $5
    WHERE attempt_id = $1 AND state = $2
    RETURNING contact_id, number, outcome, connected_at
), here AS (
    UPDATE contact_numbers n SET
        next_at = coalesce($6, n.next_at), spent = $6::timestamptz IS NULL AND $7::timestamptz IS NOT NULL,
        reached_at = coalesce(ended.connected_at, n.reached_at)
    FROM ended WHERE n.contact_id = ended.contact_id AND n.number = ended.number
), further AS (
    SELECT min(greatest(n.next_at, $7)) AS at
    FROM contact_numbers n JOIN ended ON n.contact_id = ended.contact_id AND n.number <> ended.number
    WHERE NOT n.spent AND $7::timestamptz IS NOT NULL
)
UPDATE contacts c SET
    state = CASE WHEN coalesce($6, further.at) IS NULL THEN 'done' ELSE 'open' END,
    next_at = coalesce(least($6, further.at), c.next_at),
    last_outcome = CASE WHEN ended.outcome = 'not-sent' THEN c.last_outcome ELSE ended.outcome END
FROM ended, further WHERE c.contact_id = ended.contact_id AND c.state = 'claimed';

-- name: outcomes
-- What came of the attempts of contact $1 by campaign $2 before attempt $3, in which a number was dialled: the first first.
SELECT number, outcome FROM attempts
WHERE contact_id = $1 AND campaign = $2 AND attempt_id < $3 AND state = 'over' AND dialled_at IS NOT NULL
ORDER BY attempt_id;

-- name: not_sent
-- Attempts that were claimed in an epoch before $1, or more than $2 ago, and never asked to be dialled: they will not be,
-- as the gate looks at the state that this changes. Their contacts are as they were.
WITH released AS (
    UPDATE attempts SET state = 'over', outcome = 'not-sent', ended_at = clock_timestamp(), reason = 'released'
    WHERE state = 'claimed' AND ((mode <> 'preview' AND epoch < $1) OR claimed_at < clock_timestamp() - $2::interval)
    RETURNING contact_id
)
UPDATE contacts c SET state = 'open' FROM released WHERE c.contact_id = released.contact_id AND c.state = 'claimed';

-- name: withdrawn
-- Attempts $1 were not sent, for the reason $2: as if they had not been claimed.
WITH released AS (
    UPDATE attempts SET state = 'over', outcome = 'not-sent', ended_at = clock_timestamp(), reason = $2
    WHERE attempt_id = ANY($1::bigint[]) AND state = 'claimed'
    RETURNING contact_id
)
UPDATE contacts c SET state = 'open', next_at = greatest(c.next_at, clock_timestamp() + interval '5 s')
FROM released WHERE c.contact_id = released.contact_id AND c.state = 'claimed';

-- name: under_way
-- Every attempt that is not over, after attempt $1; how many seconds ago it began, rang and was answered.
SELECT attempt_id, campaign, node, channel, state, coalesce(agent, '') AS agent, mode, trunk, cancelled,
       extract(epoch FROM clock_timestamp() - claimed_at)::float8 AS placed_s,
       extract(epoch FROM clock_timestamp() - rang_at)::float8 AS rang_s,
       extract(epoch FROM clock_timestamp() - answered_at)::float8 AS answered_s
FROM attempts WHERE state <> 'over' AND attempt_id > $1 ORDER BY attempt_id;

-- name: events
-- What the channel events say of the call $2 of node $1: what the dialplan told of it, when a line outside rang and was
-- answered, whether its customer talked with an agent, and whether all of it is over.
SELECT coalesce(array_agg(extra_of.text ORDER BY event_at) FILTER (WHERE eventtype = 'CCORE_DIAL'), '{}') AS told,
       min(event_at) FILTER (WHERE eventtype = 'ANSWER' AND channame !~ '^(Local/|PJSIP/phone-)') AS answered_at,
       coalesce(bool_or(eventtype = 'CCORE_QUEUE' AND extra_of.text LIKE 'answered %'), false) AS connected,
       coalesce(bool_or(eventtype = 'LINKEDID_END'), false) AS over
FROM cel CROSS JOIN LATERAL (
    SELECT CASE WHEN eventtype IN ('CCORE_DIAL', 'CCORE_QUEUE') THEN eventextra::jsonb ->> 'extra' END AS text) extra_of
WHERE node = $1 AND linkedid = $2;

-- name: states
-- What campaigns are to do: every one that was ever started.
SELECT name, state FROM campaigns;

-- name: epoch
-- The epoch of the dialler's lease.
SELECT epoch FROM leases WHERE name = 'dialler';

-- name: could_call
-- Of each of lists $1 whether anybody in zones $2 could be called now, for all that one look tells.
SELECT lists.list FROM unnest($1::text[]) AS lists(list)
WHERE EXISTS (SELECT FROM unnest($2::text[]) AS zones(zone) CROSS JOIN LATERAL (
    SELECT FROM contacts c WHERE c.list = lists.list AND c.zone = zones.zone AND c.state = 'open' LIMIT 1) one);

-- name: quota
-- How many of lists $1 have value $3 in their field $2, and ended with disposition $4.
SELECT count(*) FROM contacts WHERE list = ANY($1::text[]) AND disposition = $4 AND fields ->> $2 = $3;

-- name: keep_learnt
-- What the pace of campaign $1 at node $2 has learnt.
INSERT INTO pacer_snapshots (campaign, node, learnt) VALUES ($1, $2, $3)
ON CONFLICT (campaign, node) DO UPDATE SET learnt = excluded.learnt, at = clock_timestamp();

-- name: learnt
-- What the pace of campaign $1 at node $2 had learnt, if that is not older than $3.
SELECT learnt FROM pacer_snapshots WHERE campaign = $1 AND node = $2 AND at > clock_timestamp() - $3::interval;

-- name: log_pace
-- A decision of campaign $1 at node $2: $3 calls begun, $4 hung up, because of $5.
INSERT INTO pacing_log (campaign, node, began, hung_up, why) VALUES ($1, $2, $3, $4, $5);

-- name: forget_pace
-- Decisions more than $1 old.
DELETE FROM pacing_log WHERE at < clock_timestamp() - $1::interval;

-- name: counts
-- Of campaign $1, how many attempts of the last 24 h are in each state, or had which outcome. Not by clock_timestamp(), which
-- no index serves.
SELECT coalesce(outcome, state) AS what, count(*) AS times FROM attempts
WHERE campaign = $1 AND claimed_at > now() - interval '24 h' GROUP BY 1;
