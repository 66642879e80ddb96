-- What people ask for by their number, from being asked to the end (ccore/privacy/service.py). What is done at each place
-- of the map is in the other privacy_*.sql.

-- name: ask
-- $4 asks for a $1 of number $2, because of $3; $5 is the number as it is shown, $6 what finds it in texts and $7 what they are like then. No row comes
-- back if that goes on already.
INSERT INTO person_requests (kind, number, reason, asked_by, masked, pattern, core) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING request_id;

-- name: one
-- Request $1.
SELECT * FROM person_requests WHERE request_id = $1;

-- name: list
-- Requests before $1 (null: all), the newest first, $2 at most.
SELECT * FROM person_requests WHERE $1::bigint IS NULL OR request_id < $1 ORDER BY request_id DESC LIMIT $2;

-- name: next
-- The request that has waited longest to be gone on with; one of $1 (null: any).
SELECT request_id, kind, state, asked_by FROM person_requests
WHERE state IN ('finding', 'making', 'erasing') AND next_at <= clock_timestamp() AND ($1::bigint IS NULL OR request_id = $1)
ORDER BY next_at LIMIT 1;

-- name: locked
-- Request $1, for this transaction alone.
SELECT * FROM person_requests WHERE request_id = $1 FOR UPDATE;

-- name: forget_finds
-- What was found for request $1.
DELETE FROM person_finds WHERE request_id = $1;

-- name: begin_finding
-- The ways ($2) in which the number of request $1 is written.
INSERT INTO person_finds SELECT $1, 'number', form FROM unnest($2::text[]) AS form ON CONFLICT DO NOTHING;

-- name: count_finds
-- How much was found for request $1 so far.
SELECT count(*) FROM person_finds WHERE request_id = $1;

-- name: found
-- What there is ($2, by place) of the person of request $1: an export is made now, an erasure waits for a person to look.
-- What one that has begun finds again is what came meanwhile.
UPDATE person_requests
SET found = CASE WHEN did = '{}' THEN $2::jsonb ELSE found END, state = CASE state WHEN 'finding' THEN CASE kind WHEN 'export' THEN 'making' ELSE 'found' END ELSE state END,
    did = CASE state WHEN 'erasing' THEN did || '{"find": 0}' ELSE did END
WHERE request_id = $1;

-- name: confirm
-- $2 confirms the erasure $1; $3: only if another has asked for it. No row comes back if it does not wait for that.
UPDATE person_requests SET state = 'erasing', confirmed_by = $2, confirmed_at = clock_timestamp(), next_at = clock_timestamp()
WHERE request_id = $1 AND kind = 'erasure' AND state = 'found' AND (NOT $3 OR asked_by <> $2)
RETURNING request_id;

-- name: cancel
-- Request $1 comes to nothing; no row comes back if it is over, or an erasure that has begun.
UPDATE person_requests SET state = 'cancelled', ended_at = clock_timestamp(), number = NULL, pattern = NULL, core = NULL
WHERE request_id = $1 AND state IN ('finding', 'making', 'ready', 'found') RETURNING request_id;

-- name: waits
-- Request $1 waits for $2, and is gone on with after $3.
UPDATE person_requests SET waits = $2, next_at = clock_timestamp() + $3::interval WHERE request_id = $1 AND ended_at IS NULL;

-- name: fail
-- Request $1 came to nothing because of $2.
UPDATE person_requests SET state = 'failed', trouble = $2, ended_at = clock_timestamp(), number = NULL, pattern = NULL, core = NULL
WHERE request_id = $1 AND ended_at IS NULL;

-- name: under_way
-- What of the person of request $1 goes on just now, so that it cannot be erased: call, call-back, text; null: nothing.
SELECT CASE
    WHEN EXISTS (SELECT FROM folded_calls c WHERE c.state = 'open'
                 AND c.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))
      OR EXISTS (SELECT FROM attempts a WHERE a.state <> 'over'
                 AND a.attempt_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'attempt')))
      THEN 'call'
    WHEN EXISTS (SELECT FROM call_backs b WHERE b.state IN ('dialling', 'asked', 'accepted')
                 AND b.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))
      THEN 'call-back'
    WHEN EXISTS (SELECT FROM outbox m WHERE m.state = 'sending'
                 AND m.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))
      THEN 'text'
    END;

-- name: recordings
-- Recordings of the person of request $1 that are not erased.
SELECT recording_id FROM recordings t
WHERE t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))
  AND t.state <> 'erased' ORDER BY recording_id;

-- name: recording_numbers
-- Recordings that are erased, or are to be, have no number of the person of request $1 any more.
UPDATE recordings t SET number = ''
WHERE t.number <> '' AND t.state IN ('erased', 'discarded')
  AND t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'));

-- name: voice
-- Voicemail $1, to be heard.
SELECT audio FROM voicemails WHERE voicemail_id = $1;

-- name: voice_ids
-- The voicemails of the person of request $1.
SELECT voicemail_id FROM voicemails t
WHERE t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))
   OR t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))
ORDER BY voicemail_id;

-- name: let_change
-- In this transaction a person is erased, whatever rows are never changed otherwise.
SELECT set_config('ccore.erasing', 'a person', true);

-- name: did
-- Step $2 of the erasure $1 is done, with $3 rows.
UPDATE person_requests SET did = did || jsonb_build_object($2::text, $3::bigint), waits = '' WHERE request_id = $1;

-- name: done
-- The erasure $1 is done: nothing leads back to the number any more. Files that were made for the person are gone too.
WITH others AS (
    UPDATE person_requests o SET state = 'gone', ended_at = clock_timestamp(), number = NULL, pattern = NULL, core = NULL
    FROM person_requests r
    WHERE r.request_id = $1 AND o.number = r.number AND o.kind = 'export' AND o.ended_at IS NULL
    RETURNING o.request_id
), parts AS (
    DELETE FROM person_export_parts p USING others o WHERE p.request_id = o.request_id
), finds AS (
    DELETE FROM person_finds f WHERE f.request_id = $1 OR f.request_id IN (SELECT request_id FROM others)
)
UPDATE person_requests SET state = 'done', ended_at = clock_timestamp(), number = NULL, pattern = NULL, core = NULL, waits = '', found = $2::jsonb
WHERE request_id = $1;

-- name: forget_parts
-- What somebody wrote of file $1 before.
DELETE FROM person_export_parts WHERE request_id = $1;

-- name: add_part
-- Part $2 of file $1 is $3.
INSERT INTO person_export_parts (request_id, part, content) VALUES ($1, $2, $3);

-- name: ready
-- The file of request $1 is whole, with $2 bytes.
UPDATE person_requests SET state = 'ready', bytes = $2, ready_at = clock_timestamp() WHERE request_id = $1 AND state = 'making';

-- name: part
-- Part $2 of file $1.
SELECT content FROM person_export_parts JOIN person_requests USING (request_id)
WHERE request_id = $1 AND part = $2 AND state = 'ready';

-- name: taken
-- The file of request $1 was taken whole: it is there no more.
WITH gone AS (
    DELETE FROM person_export_parts WHERE request_id = $1
), finds AS (
    DELETE FROM person_finds WHERE request_id = $1
)
UPDATE person_requests SET state = 'taken', ended_at = clock_timestamp(), number = NULL, pattern = NULL, core = NULL
WHERE request_id = $1 AND state = 'ready';

-- name: forget_old
-- Files that nobody took within $1 are gone, and erasures that nobody confirmed within $2 come to nothing.
WITH old AS (
    UPDATE person_requests SET state = CASE kind WHEN 'export' THEN 'gone' ELSE 'cancelled' END,
        ended_at = clock_timestamp(), number = NULL, pattern = NULL, core = NULL
    WHERE state = 'ready' AND ready_at < clock_timestamp() - $1::interval
       OR state = 'found' AND asked_at < clock_timestamp() - $2::interval
    RETURNING request_id
), parts AS (
    DELETE FROM person_export_parts p USING old WHERE p.request_id = old.request_id
)
DELETE FROM person_finds f WHERE NOT EXISTS (
    SELECT FROM person_requests r WHERE r.request_id = f.request_id AND r.ended_at IS NULL AND r.request_id NOT IN (SELECT request_id FROM old));

-- name: again
-- Something has come to the places $2 while request $1 went on: those once more, after $3.
UPDATE person_requests SET did = did - $2::text[] - ARRAY['find', 'recordings', 'lists'],
    waits = 'again', next_at = clock_timestamp() + $3::interval
WHERE request_id = $1;
