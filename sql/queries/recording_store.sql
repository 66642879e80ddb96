-- Recordings from the end of their call on: stored, heard, held, erased (ccore/recording/store.py and its neighbours).

-- name: next
-- The recording of node $1 that has waited longest to be stored.
SELECT recording_id, call_id, stem, format, rx_bytes, tx_bytes, expected_at, started_at, ended_at, keep_days,
       as_it_is
FROM recordings
WHERE state = 'finished' AND node = $1 AND (try_at IS NULL OR try_at <= clock_timestamp())
ORDER BY ended_at, recording_id LIMIT 1;

-- name: silences
-- When recording $1 was to be silent, and when Asterisk knew so; what did not end ended with it.
SELECT from_at, muted_at, coalesce(until_at, ended_at) AS until_at
FROM recording_pauses JOIN recordings USING (recording_id)
WHERE recording_id = $1 ORDER BY from_at;

-- name: begin
-- Object $2 of storage $3 is about to be written for recording $1; no row comes back if it is not to be stored any more.
INSERT INTO recording_objects (object, recording_id, storage)
SELECT $2, recording_id, $3 FROM recordings WHERE recording_id = $1 AND state = 'finished'
RETURNING object;

-- name: keep
-- Recording $1 is object $2 of storage $3: encoding $4, $5 milliseconds, SHA-256 $6 of $7 bytes, stored as $8 of $9 bytes,
-- under key $10, itself encrypted as $11. No row comes back if another object is kept, it is not to be stored any more, or
-- this attempt took so long ($12, an interval) that its object may be swept away.
WITH mine AS (
    UPDATE recording_objects SET kept_at = clock_timestamp()
    WHERE object = $2 AND gone_at IS NULL AND begun_at > clock_timestamp() - $12::interval
      AND EXISTS (SELECT FROM recordings WHERE recording_id = $1 AND state = 'finished' FOR UPDATE)
    RETURNING object
), kept AS (
    UPDATE recordings SET state = 'stored', object = $2, storage = $3, encoding = $4, milliseconds = $5, sha256 = $6,
        bytes = $7, stored_sha256 = $8, stored_bytes = $9, key_id = $10, stored_at = clock_timestamp(), try_at = NULL,
        try_trouble = '',
        keep_until = coalesce(ended_at, expected_at) + make_interval(days => keep_days)
    WHERE recording_id = $1 AND EXISTS (SELECT FROM mine)
    RETURNING recording_id
)
INSERT INTO recording_keys (recording_id, key_id, wrapped) SELECT recording_id, $10, $11 FROM kept
RETURNING recording_id;

-- name: fail
-- Recording $1 cannot be stored because of $2: a person has to look. Its raw files stay as long as it would have.
UPDATE recordings SET state = 'failed', trouble = $2, try_at = NULL, try_trouble = '',
    keep_until = coalesce(ended_at, expected_at) + make_interval(days => keep_days)
WHERE recording_id = $1 AND state = 'finished';

-- name: put_off
-- Recording $1 could not be stored because of $2; not again before $3 (an interval) is over, and twice, four times … as
-- long after each further try.
UPDATE recordings r SET try_trouble = $2, try_at = clock_timestamp() + $3::interval * power(2, least(
    (SELECT count(*) FROM recording_objects o WHERE o.recording_id = r.recording_id) - 1, 5))
WHERE recording_id = $1 AND state = 'finished';

-- name: again
-- $2 wants the failed recording $1 stored after all, $3: as it is. No row comes back if it has not failed.
WITH changed AS (
    UPDATE recordings SET state = 'finished', as_it_is = $3, try_at = NULL, ended_at = coalesce(ended_at, clock_timestamp())
    WHERE recording_id = $1 AND state = 'failed'
    RETURNING recording_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'recording-retried', 'recording:' || recording_id, jsonb_build_object('as_it_is', $3) FROM changed
)
SELECT recording_id FROM changed;

-- name: raw
-- Recordings of node $1 whose raw files are not needed any more, $2 at most.
SELECT recording_id, stem, format FROM recordings
WHERE node = $1 AND raw_gone_at IS NULL AND state IN ('stored', 'erased', 'discarded')
ORDER BY recording_id LIMIT $2;

-- name: raw_gone
-- The raw files of recording $1 are removed.
UPDATE recordings SET raw_gone_at = clock_timestamp() WHERE recording_id = $1 AND raw_gone_at IS NULL;

-- name: left_over
-- Objects nobody needs, $2 at most: of erased recordings, and of attempts that came to nothing and were begun more than
-- $1 (an interval) ago.
SELECT o.object, o.storage, o.recording_id FROM recording_objects o JOIN recordings r USING (recording_id)
WHERE o.gone_at IS NULL
  AND (r.state = 'erased' OR (o.kept_at IS NULL AND o.begun_at < clock_timestamp() - $1::interval))
ORDER BY o.begun_at LIMIT $2;

-- name: object_gone
-- Object $1 is deleted.
UPDATE recording_objects SET gone_at = clock_timestamp() WHERE object = $1 AND gone_at IS NULL;

-- name: state
-- How many recordings wait to be stored and since when the first does; how many failed of which there are raw files; how
-- many have keys none of $1 opens.
SELECT count(*) FILTER (WHERE state = 'finished') AS waiting,
       coalesce(extract(epoch FROM clock_timestamp() - min(ended_at) FILTER (WHERE state = 'finished')), 0)::float8 AS oldest_s,
       count(*) FILTER (WHERE state = 'failed' AND coalesce(rx_bytes, 0) + coalesce(tx_bytes, 0) > 0) AS failed,
       (SELECT count(*) FROM recording_keys WHERE key_id <> ALL ($1::text[])) AS locked
FROM recordings WHERE state IN ('finished', 'failed');

-- name: one
-- Recording $1 with all that is known of it, whether it is held, and its key.
SELECT r.*, recording_held(r) AS held, k.wrapped
FROM recordings r LEFT JOIN recording_keys k USING (recording_id)
WHERE r.recording_id = $1;

-- name: segments
-- Who talked in recording $1.
SELECT number, agent, from_ms, until_ms, from_at, until_at FROM recording_segments WHERE recording_id = $1 ORDER BY number;

-- name: pauses
-- When recording $1 paused.
SELECT why, from_at, until_at, by_whom FROM recording_pauses WHERE recording_id = $1 ORDER BY from_at;

-- name: listen
-- $2 hears recording $1 by way $3: bytes $4 to $5, which are about milliseconds $6 to $7.
WITH heard AS (
    INSERT INTO recording_listens (recording_id, who, way, from_byte, until_byte, from_ms, until_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    RETURNING recording_id
)
INSERT INTO audit (actor, action, subject, detail)
SELECT $2, 'recording-heard', 'recording:' || recording_id,
       jsonb_build_object('way', $3, 'from_byte', $4, 'until_byte', $5, 'from_ms', $6, 'until_ms', $7)
FROM heard;

-- name: listens
-- Who heard what of recording $1, the newest first.
SELECT at, who, way, from_byte, until_byte, from_ms, until_ms FROM recording_listens
WHERE recording_id = $1 ORDER BY listen_id DESC LIMIT 1000;

-- name: marks
-- What agents did with the call of recording $1, and what they said came of it, in order.
SELECT h.at, h.agent, h.by_whom, h.what, '' AS disposition FROM recordings r JOIN handlings h USING (call_id)
WHERE r.recording_id = $1 AND (r.ended_at IS NULL OR h.at <= r.ended_at) AND h.at >= coalesce(r.started_at, r.expected_at)
UNION ALL
SELECT d.at, d.agent, d.by_whom, 'disposed', d.disposition FROM recordings r JOIN dispositions d USING (call_id)
WHERE r.recording_id = $1
ORDER BY at;

-- name: share
-- $3 makes link $2 to recording $1, which ends at $4.
INSERT INTO audit (actor, action, subject, detail)
VALUES ($3, 'recording-shared', 'recording:' || $1::bigint, jsonb_build_object('link', $2::text, 'ends_at', $4::timestamptz));

-- name: sharer
-- Who made link $2 to recording $1; no row comes back if they may not sign in any more.
SELECT a.actor FROM audit a JOIN people u ON u.login = a.actor
WHERE a.subject = 'recording:' || $1::bigint AND a.action = 'recording-shared' AND a.detail ->> 'link' = $2::text AND u.active;

-- name: hold
-- $4 has nothing erased of kind $1 and value $2, because of $3; no row comes back if this hold is there already.
WITH held AS (
    INSERT INTO recording_holds (kind, value, reason, by_whom) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
    RETURNING hold_id, kind, value, reason
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $4, 'recordings-held', 'recording-hold:' || hold_id, jsonb_build_object('kind', kind, 'reason', reason) FROM held
)
SELECT hold_id FROM held;

-- name: release
-- $2 ends hold $1; no row comes back if there is none.
WITH ended AS (
    UPDATE recording_holds SET released_at = clock_timestamp(), released_by = $2
    WHERE hold_id = $1 AND released_at IS NULL
    RETURNING hold_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'recordings-released', 'recording-hold:' || hold_id FROM ended
)
SELECT hold_id FROM ended;

-- name: holds
-- What is held, the newest first; $1: what was as well.
SELECT hold_id, kind, value, reason, by_whom, at, released_at, released_by FROM recording_holds
WHERE released_at IS NULL OR $1 ORDER BY hold_id DESC LIMIT 1000;

-- name: no_new_holds
-- Until the end of this transaction.
LOCK TABLE recording_holds IN SHARE MODE;

-- name: one_erasure_at_a_time
-- Until the end of this transaction: each erasure follows the one before.
LOCK TABLE erasures IN EXCLUSIVE MODE;

-- name: to_erase
-- Recording $1, locked, with what the proof of its erasure says.
SELECT r.state, recording_held(r) AS held, coalesce(r.sha256, '') AS sha256, coalesce(r.object, '') AS object, k.wrapped
FROM recordings r LEFT JOIN recording_keys k USING (recording_id)
WHERE r.recording_id = $1 FOR UPDATE OF r;

-- name: last_erasure
-- The end of the chain.
SELECT erasure_id, hash FROM erasures ORDER BY erasure_id DESC LIMIT 1;

-- name: destroy_key
-- Recording $1 cannot be heard any more.
DELETE FROM recording_keys WHERE recording_id = $1;

-- name: erased
-- Recording $1 was erased: whose it was goes too.
UPDATE recordings SET state = 'erased', erased_at = clock_timestamp(), number = '', ended_at = coalesce(ended_at, clock_timestamp())
WHERE recording_id = $1;

-- name: add_erasure
-- Erasure $1 of recording $2 at $3 by $4 because of $5: content $6, object $7, key $8, after hash $9, with hash $10.
WITH added AS (
    INSERT INTO erasures (erasure_id, recording_id, at, by_whom, reason, sha256, object, key_sha256, previous, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    RETURNING erasure_id, recording_id, hash
)
INSERT INTO audit (actor, action, subject, detail)
SELECT $4, 'recording-erased', 'recording:' || recording_id, jsonb_build_object('erasure', erasure_id, 'reason', $5, 'hash', hash)
FROM added;

-- name: erasures
-- The proofs of all erasures after $1, in order, $2 at most.
SELECT erasure_id, recording_id, at, by_whom, reason, sha256, object, key_sha256, previous, hash FROM erasures
WHERE erasure_id > $1 ORDER BY erasure_id LIMIT $2;

-- name: of_number
-- The recordings of number $1 that are not erased.
SELECT recording_id FROM recordings WHERE number = $1 AND number <> '' AND state <> 'erased' ORDER BY recording_id;

-- name: out_of_date
-- Recordings that were kept long enough and are not held, $1 at most.
SELECT recording_id FROM recordings r
WHERE state IN ('stored', 'failed') AND NOT recording_held(r)
  AND coalesce(keep_until, expected_at + make_interval(days => keep_days)) < clock_timestamp()
ORDER BY recording_id LIMIT $1;

-- name: stored
-- Stored recordings after $1 with their keys, $2 at most.
SELECT recording_id, storage, object, sha256, bytes, stored_sha256, key_id, wrapped
FROM recordings LEFT JOIN recording_keys USING (recording_id, key_id)
WHERE state = 'stored' AND recording_id > $1 ORDER BY recording_id LIMIT $2;

-- name: keys_of_others
-- Recordings' keys that are not encrypted by $1, $2 at most.
SELECT recording_id, key_id, wrapped FROM recording_keys WHERE key_id <> $1 ORDER BY recording_id LIMIT $2;

-- name: rewrap
-- The key of recording $1 is encrypted by $3 as $4 from now on, no longer by $2.
WITH changed AS (
    UPDATE recording_keys SET key_id = $3, wrapped = $4 WHERE recording_id = $1 AND key_id = $2 RETURNING recording_id
)
UPDATE recordings r SET key_id = $3 FROM changed WHERE r.recording_id = changed.recording_id;

-- name: failed
-- Broken recordings, the newest first.
SELECT recording_id, node, stem, expected_at, trouble FROM recordings
WHERE state = 'failed' ORDER BY recording_id DESC LIMIT 1000;
