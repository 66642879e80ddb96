-- Announcements: what plays first at a node of the menus for a time, and who may make them by phone.

-- name: changes
-- How often announcements were changed so far, and this database's time.
SELECT number, clock_timestamp() AS now FROM announcement_changes;

-- name: current
-- Those that play, or will, or did within $1 (an interval): a call may still be playing them. A row for each language.
SELECT a.announcement_id, a.node, a.divert, a.starts_at, least(a.ended_at, a.ends_at) AS ends_at,
       s.language, s.text, s.sha256, octet_length(s.audio) AS size
FROM announcements a JOIN announcement_sounds s USING (announcement_id)
WHERE coalesce(a.ended_at, a.ends_at) > clock_timestamp() - $1::interval
ORDER BY a.announcement_id, s.language;

-- name: audio
-- The sounds of announcement $1.
SELECT language, audio FROM announcement_sounds WHERE announcement_id = $1;

-- name: add
-- A new announcement, its sounds, its audit entry. No row comes back if request $7 has made one already.
-- $1 node, $2 divert, $3 starts at (null: now), $4 ends at (null: $5 later), $6 source, $7 request or null, $8 made by,
-- $9 languages, $10 texts, $11 sounds.
WITH made AS (
    INSERT INTO announcements (node, divert, starts_at, ends_at, source, request, made_by)
    SELECT $1, $2, from_now, coalesce($4, from_now + $5::interval), $6, $7, $8
    FROM (SELECT coalesce($3::timestamptz, clock_timestamp())) AS start (from_now)
    ON CONFLICT (request) DO NOTHING
    RETURNING announcement_id, starts_at, ends_at
), sounds AS (
    INSERT INTO announcement_sounds (announcement_id, language, text, audio)
    SELECT announcement_id, given.language, given.text, given.audio
    FROM made, unnest($9::text[], $10::text[], $11::bytea[]) AS given (language, text, audio)
), changed AS (
    UPDATE announcement_changes SET number = number + 1 WHERE EXISTS (SELECT FROM made)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $8, 'announcement-added', 'announcement:' || announcement_id, jsonb_build_object(
        'node', $1::text, 'divert', $2::text, 'starts_at', starts_at, 'ends_at', ends_at, 'source', $6::text)
    FROM made
)
SELECT announcement_id FROM made;

-- name: of_request
-- What was made for request $1: a row for each language.
SELECT announcement_id, node, divert, language, text, audio
FROM announcements JOIN announcement_sounds USING (announcement_id) WHERE request = $1;

-- name: end
-- Announcement $1 ends now, as $2 wants it; no row comes back if it had ended.
WITH ended AS (
    UPDATE announcements SET ended_at = clock_timestamp(), ended_by = $2
    WHERE announcement_id = $1 AND ended_at IS NULL AND ends_at > clock_timestamp()
    RETURNING announcement_id, node
), changed AS (
    UPDATE announcement_changes SET number = number + 1 WHERE EXISTS (SELECT FROM ended)
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'announcement-ended', 'announcement:' || announcement_id, jsonb_build_object('node', node) FROM ended
)
SELECT announcement_id FROM ended;

-- name: playing
-- The announcement that callers hear at node $1 now: the newest.
SELECT announcement_id FROM announcements
WHERE node = $1 AND starts_at <= clock_timestamp() AND coalesce(ended_at, ends_at) > clock_timestamp()
ORDER BY announcement_id DESC LIMIT 1;

-- name: list
-- Announcements that ended after $1, the newest first, with their texts and how long they are.
SELECT announcement_id, node, divert, starts_at, ends_at, source, made_by, made_at, ended_at, ended_by,
       string_agg(text, ' / ' ORDER BY language DESC) FILTER (WHERE text <> '') AS text,
       array_agg(language ORDER BY language) AS languages, max(octet_length(audio)) / 8000.0 AS seconds
FROM announcements JOIN announcement_sounds USING (announcement_id)
WHERE coalesce(ended_at, ends_at) > $1
GROUP BY announcement_id
ORDER BY announcement_id DESC;

-- name: set_pin
-- Employee $1, called $2, may make announcements by phone, with the PIN behind salt $3 and hash $4; $5 says so.
WITH noted AS (
    INSERT INTO audit (actor, action, subject) VALUES ($5, 'announcer-pin-set', 'announcer:' || $1)
)
INSERT INTO announcers (number, name, pin_salt, pin_hash, set_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (number) DO UPDATE SET name = $2, pin_salt = $3, pin_hash = $4, set_by = $5, set_at = clock_timestamp();

-- name: remove_announcer
-- Employee $1 may make no more announcements by phone; $2 says so. No row comes back if they could not before.
WITH gone AS (
    DELETE FROM announcers WHERE number = $1 RETURNING number
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'announcer-removed', 'announcer:' || number FROM gone
)
SELECT number FROM gone;

-- name: try_pin
-- Write down that caller $3 tries to sign in as $2 in call $1, before it is known whether the PIN is right. Old tries go.
WITH old AS (
    DELETE FROM announcer_tries WHERE tried_at < clock_timestamp() - interval '90 days'
)
INSERT INTO announcer_tries (call_key, number, caller) VALUES ($1, $2, $3) RETURNING try_id;

-- name: pin
-- The PIN of $1; and how many tries as $1 or from caller $2 that failed, or are not judged yet, are within $3.
SELECT a.name, a.pin_salt, a.pin_hash, tries.wrong
FROM (SELECT greatest(count(*) FILTER (WHERE number = $1), count(*) FILTER (WHERE caller = $2)) AS wrong
      FROM announcer_tries
      WHERE (number = $1 OR caller = $2) AND NOT passed AND tried_at > clock_timestamp() - $3::interval) AS tries
LEFT JOIN announcers a ON a.number = $1;

-- name: pass_pin
-- Try $1 had the right PIN.
UPDATE announcer_tries SET passed = true WHERE try_id = $1;

-- name: signed_in
-- Who has signed in in call $1, and is still allowed to make announcements.
SELECT a.number, a.name FROM announcer_tries t JOIN announcers a USING (number)
WHERE t.call_key = $1 AND t.passed AND t.tried_at > clock_timestamp() - interval '1 hour'
ORDER BY t.try_id DESC LIMIT 1;
