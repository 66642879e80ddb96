-- What an agent sees of a caller while the phone rings (ccore/desk/pop.py).

-- name: visit
-- The last visit to a queue of the caller with Uniqueid $2, on one of the nodes $1.
SELECT call_key, queue, number, tier, language, priority, came_at, entered_at, decision FROM visits
WHERE node = ANY ($1::text[]) AND uniqueid = $2 ORDER BY entered_at DESC LIMIT 1;

-- name: dialled
-- The number that was dialled for a campaign, if $1 is the LinkedID of such a call.
SELECT number FROM attempts WHERE attempt_id = substring($1 FROM '^attempt-([0-9]{1,18})$')::bigint;

-- name: walk
-- What the channel events tell of the walk of call $2, of one of the nodes $1, through menus.
SELECT event_at, cid_num, eventextra FROM cel
WHERE node = ANY ($1::text[]) AND linkedid = $2 AND eventtype = 'CCORE_WALK' ORDER BY event_at, digest;

-- name: orders
-- The last $2 orders of subscriber $1.
SELECT order_id, product, name_zh, name_en, state, channel, placed_at, price_fen FROM order_book
WHERE subscriber = $1 ORDER BY order_id DESC LIMIT $2;

-- name: contacts
-- The last $3 times that number $1 came to a queue, but for call $2 (a call key): by whom they were served, what came of it.
SELECT v.call_key, v.queue, v.entered_at, coalesce(q.how, '') AS how, coalesce(q.agent, '') AS agent, q.talk_ms,
       coalesce(d.disposition, '') AS disposition, coalesce(n.notes, '{}') AS notes
FROM (SELECT call_key, node, uniqueid, queue, entered_at FROM visits
      WHERE number = $1 AND number <> '' AND call_key <> $2 ORDER BY entered_at DESC LIMIT $3) v
LEFT JOIN LATERAL (SELECT how, agent, talk_ms, linkedid FROM queue_calls q
                   WHERE q.uniqueid = v.uniqueid AND q.node = v.node AND q.queue = v.queue
                   ORDER BY q.visit DESC LIMIT 1) q ON true
LEFT JOIN LATERAL (SELECT disposition FROM dispositions d WHERE d.call_id = coalesce(q.linkedid, v.uniqueid)
                   ORDER BY disposition_id DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT array_agg(text ORDER BY note_id) AS notes FROM call_notes n
                   WHERE n.call_id = coalesce(q.linkedid, v.uniqueid)) n ON true
ORDER BY v.entered_at DESC;

-- name: call_backs
-- What number $1 waits to be called back for.
SELECT queue, asked_at FROM call_backs
WHERE number = $1 AND state IN ('open', 'dialling', 'asked', 'accepted') ORDER BY asked_at;
