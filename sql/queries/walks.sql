-- Walks through menus: folded from channel events, and reported. $1 and $2 of reports: walks that began from … until before.

-- name: take_due
-- Up to $1 calls whose walks are to be folded.
DELETE FROM walk_folds_due d
USING (SELECT node, linkedid FROM walk_folds_due ORDER BY 1, 2 LIMIT $1 FOR UPDATE SKIP LOCKED) taken
WHERE d.node = taken.node AND d.linkedid = taken.linkedid
RETURNING d.node, d.linkedid;

-- name: events_of
-- The rows that tell of the walks of the calls whose nodes are $1 and LinkedIDs $2.
SELECT node, linkedid, uniqueid, event_at, cid_num, eventextra
FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN cel USING (node, linkedid)
WHERE eventtype = 'CCORE_WALK'
ORDER BY node, linkedid, uniqueid, event_at, digest;

-- name: forget
-- The walks of the calls whose nodes are $1 and LinkedIDs $2, to be written anew.
DELETE FROM walks USING unnest($1::text[], $2::text[]) AS held (node, linkedid)
WHERE (walks.node, walks.linkedid) = (held.node, held.linkedid);

-- name: save_walk
-- Write a walk; the columns of walks in order.
INSERT INTO walks VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: save_step
-- Write a step of a walk that is written; the columns of walk_steps in order.
INSERT INTO walk_steps VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: hotlines
-- By hotline: walks by what became of them.
SELECT hotline, count(*) AS walks,
       count(*) FILTER (WHERE ended = 'contained') AS contained, count(*) FILTER (WHERE ended = 'queue') AS queue,
       count(*) FILTER (WHERE ended = 'order') AS ordered, count(*) FILTER (WHERE ended = 'transfer') AS transfer,
       count(*) FILTER (WHERE ended = 'voicemail') AS voicemail, count(*) FILTER (WHERE ended = 'given-up') AS given_up,
       count(*) FILTER (WHERE ended = 'dropped') AS dropped, count(*) FILTER (WHERE ended = 'going-on') AS going_on
FROM ended_walks
WHERE began_at >= $1 AND began_at < $2
GROUP BY hotline
ORDER BY hotline;

-- name: targets
-- By what callers got: how often, how long it took, and how many of them (whose number is known) called again.
SELECT target, count(*) AS walks,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY to_target_ms)::bigint AS median_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY to_target_ms)::bigint AS p95_ms,
       count(*) FILTER (WHERE w.caller <> '') AS known,
       count(*) FILTER (WHERE again.after <= interval '24 hours') AS again_day,
       count(*) FILTER (WHERE again.after <= interval '7 days') AS again_week
FROM ended_walks w LEFT JOIN LATERAL (
    SELECT later.began_at - w.began_at AS after FROM walks later
    WHERE w.caller <> '' AND later.caller = w.caller AND later.began_at > w.began_at
      AND later.began_at <= w.began_at + interval '7 days' AND (later.node, later.linkedid) <> (w.node, w.linkedid)
    ORDER BY later.began_at LIMIT 1) again ON true
WHERE began_at >= $1 AND began_at < $2
GROUP BY target
ORDER BY walks DESC, target;

-- name: menus
-- By node: how often callers came, keyed wrongly or nothing, failed, and left the call there without having got anything.
WITH chosen AS (SELECT * FROM ended_walks WHERE began_at >= $1 AND began_at < $2),
     steps AS (SELECT s.*, lead(s.number) OVER walk IS NULL AS last, c.ended
               FROM walk_steps s JOIN chosen c USING (node, linkedid, uniqueid)
               WINDOW walk AS (PARTITION BY s.node, s.linkedid, s.uniqueid ORDER BY s.number))
SELECT menu, count(*) FILTER (WHERE outcome = 'entered') AS entries,
       count(*) FILTER (WHERE outcome = 'invalid') AS invalid, count(*) FILTER (WHERE outcome = 'silent') AS silent,
       count(*) FILTER (WHERE outcome = 'failed') AS failed,
       count(*) FILTER (WHERE last AND ended = 'dropped') AS dropped
FROM steps
WHERE $3::text IS NULL OR menu = $3
GROUP BY menu
ORDER BY entries DESC, menu;

-- name: keys
-- By node, key and where it led: how often.
SELECT menu, key, s.target, count(*) AS times
FROM walk_steps s JOIN walks w USING (node, linkedid, uniqueid)
WHERE began_at >= $1 AND began_at < $2 AND s.outcome = 'key' AND ($3::text IS NULL OR menu = $3)
  AND length(key) <= 4  -- a key; longer ones are what callers entered, each of them another
GROUP BY 1, 2, 3
ORDER BY menu, times DESC, key;

-- name: flow
-- How many callers went from a node ("" is the beginning of the hotline) to the next, or to the end of their walk.
WITH chosen AS (SELECT * FROM ended_walks WHERE began_at >= $1 AND began_at < $2 AND ($3::text IS NULL OR hotline = $3)),
     entered AS (SELECT s.node, s.linkedid, s.uniqueid, menu, number,
                        lag(menu, 1, '') OVER walk AS before, lead(menu) OVER walk IS NULL AS last
                 FROM walk_steps s JOIN chosen USING (node, linkedid, uniqueid) WHERE s.outcome = 'entered'
                 WINDOW walk AS (PARTITION BY s.node, s.linkedid, s.uniqueid ORDER BY number))
SELECT before AS source, menu AS sink, count(*) AS callers, false AS ending FROM entered WHERE before <> menu GROUP BY 1, 2
UNION ALL
SELECT menu, ended, count(*), true FROM entered JOIN chosen USING (node, linkedid, uniqueid) WHERE last GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2;
