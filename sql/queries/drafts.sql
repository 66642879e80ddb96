-- What operators are about to change in their files, and what came of publishing it.

-- name: alone
-- Nobody else changes the draft of $1 until this transaction ends.
SELECT pg_advisory_xact_lock(7360036, hashtext($1));

-- name: changes
-- What $1 is about to change.
SELECT path, content, was, version, changed_at FROM dialplan_drafts WHERE login = $1 ORDER BY path;

-- name: change
-- What $1 is about to do to the file at $2.
SELECT path, content, was, version, changed_at FROM dialplan_drafts WHERE login = $1 AND path = $2;

-- name: put
-- $1 wants $3 (null: nothing) at $2, where version $5 has something with the hash $4 (null: nothing).
INSERT INTO dialplan_drafts (login, path, content, was, version) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (login, path) DO UPDATE SET content = excluded.content, changed_at = clock_timestamp();

-- name: settle
-- $1 has seen what version $4 has at $2, of the hash $3 (null: nothing).
UPDATE dialplan_drafts SET was = $3, version = $4 WHERE login = $1 AND path = $2;

-- name: leave
-- $1 leaves the file at $2 as it is live.
DELETE FROM dialplan_drafts WHERE login = $1 AND path = $2;

-- name: leave_all
-- $1 leaves every file as it is live.
DELETE FROM dialplan_drafts WHERE login = $1;

-- name: published
-- Of what $1 was about to change at the paths $2, that is live now which still has the hashes $3 (null: gone).
DELETE FROM dialplan_drafts USING unnest($2::text[], $3::bytea[]) AS files (path, sha256)
WHERE login = $1 AND dialplan_drafts.path = files.path AND sha256(content) IS NOT DISTINCT FROM files.sha256;

-- name: begin_publication
-- $2 begins to publish ($1), or to go back to version $3; its number.
INSERT INTO dialplan_publications (kind, version, asked_by, note) VALUES ($1, $3, $2, $4) RETURNING publication_id;

-- name: tell
-- Publication $1 has come so far: $2.
UPDATE dialplan_publications SET told = $2 WHERE publication_id = $1;

-- name: end_publication
-- Publication $1 has ended, well ($2) or not, having said $3; version $4 (null: as it was) is what it was about.
UPDATE dialplan_publications SET ended_at = clock_timestamp(), done = $2, told = $3, version = coalesce($4, version)
WHERE publication_id = $1 AND ended_at IS NULL;

-- name: publication
-- Publication $1; one that has said nothing for $2 after its beginning is lost.
SELECT *, ended_at IS NULL AND began_at < clock_timestamp() - $2::interval AS lost
FROM dialplan_publications WHERE publication_id = $1;

-- name: publications
-- The newest $2 publications before number $1 (null: of all); one that has not ended within $3 is lost.
SELECT *, ended_at IS NULL AND began_at < clock_timestamp() - $3::interval AS lost
FROM dialplan_publications WHERE publication_id < coalesce($1, 9223372036854775807)
ORDER BY publication_id DESC LIMIT $2;
