-- People, their tokens and passwords; the audit and its seals; requests that are done once.

-- name: add
-- A new person: login $1, name $2, role $3, agent $4, made by $5; no row comes back if the login is taken.
WITH added AS (
    INSERT INTO people (login, name, role, agent, made_by) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (login) DO NOTHING
    RETURNING person_id, login, role, agent
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $5, 'person-added', 'person:' || login, jsonb_build_object('role', role, 'agent', agent) FROM added
)
SELECT person_id FROM added;

-- name: people
-- Everybody, by login.
SELECT p.login, p.name, p.role, p.agent, p.active, p.password_hash IS NOT NULL AS has_password,
       count(t.token_id) FILTER (WHERE t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND t.role = p.role) AS tokens
FROM people p LEFT JOIN tokens t USING (person_id)
GROUP BY p.person_id ORDER BY p.login;

-- name: set_role
-- $3 gives person $1 the role $2, and so ends their tokens; no row comes back if there is no such person.
WITH changed AS (
    UPDATE people SET role = $2 WHERE login = $1 RETURNING login
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'person-role-set', 'person:' || login, jsonb_build_object('role', $2) FROM changed
)
SELECT login FROM changed;

-- name: set_active
-- $3 lets person $1 in, or does not, by $2; no row comes back if there is no such person.
WITH changed AS (
    UPDATE people SET active = $2 WHERE login = $1 RETURNING login
), noted AS (
    INSERT INTO audit (actor, action, subject)
    SELECT $3, CASE WHEN $2 THEN 'person-enabled' ELSE 'person-disabled' END, 'person:' || login FROM changed
)
SELECT login FROM changed;

-- name: set_password
-- $4 gives person $1 a password: salt $2, hash $3; no row comes back if there is no such person.
WITH changed AS (
    UPDATE people SET password_salt = $2, password_hash = $3 WHERE login = $1 RETURNING login
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $4, 'person-password-set', 'person:' || login FROM changed
)
SELECT login FROM changed;

-- name: add_token
-- A token for person $1, by its hash $2: note $3, for $4 (an interval), made by $5; its number and end.
WITH added AS (
    INSERT INTO tokens (hash, person_id, role, note, expires_at, made_by)
    SELECT $2, person_id, role, $3, clock_timestamp() + $4::interval, $5 FROM people WHERE login = $1 AND active
    RETURNING token_id, expires_at
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $5, 'token-made', 'person:' || $1, jsonb_build_object('token', token_id, 'expires_at', expires_at) FROM added
)
SELECT token_id, expires_at FROM added;

-- name: tokens
-- The tokens that let in whoever has them, the newest first.
SELECT t.token_id, p.login, t.note, t.expires_at, t.made_by, t.made_at
FROM tokens t JOIN people p USING (person_id)
WHERE t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND p.active AND p.role = t.role
ORDER BY t.token_id DESC;

-- name: revoke
-- $3 ends token $2 of person $1, or, if $2 is null, all of theirs; how many.
WITH ended AS (
    UPDATE tokens SET revoked_at = clock_timestamp()
    WHERE person_id = (SELECT person_id FROM people WHERE login = $1) AND revoked_at IS NULL
      AND ($2::bigint IS NULL OR token_id = $2)
    RETURNING token_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'token-revoked', 'person:' || $1, jsonb_build_object('token', token_id) FROM ended
)
SELECT count(*) FROM ended;

-- name: of_token
-- Whom the token with hash $1 lets in.
SELECT p.login, p.name, p.role, p.agent FROM tokens t JOIN people p USING (person_id)
WHERE t.hash = $1 AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND p.active AND p.role = t.role;

-- name: try_password
-- Somebody at address $2 tries a password of login $1.
INSERT INTO sign_in_tries (login, address) VALUES ($1, $2) RETURNING try_id;

-- name: password
-- Always one row: the person $1, if there is one who may come in by password, and how many tries of theirs, or from $2,
-- were wrong within the last $3 (an interval).
SELECT p.login, p.name, p.role, p.agent, p.password_salt, p.password_hash, greatest(
    (SELECT count(*) FROM sign_in_tries WHERE login = $1 AND NOT passed AND tried_at > clock_timestamp() - $3::interval),
    (SELECT count(*) FROM sign_in_tries WHERE address = $2 AND NOT passed AND tried_at > clock_timestamp() - $3::interval)
) AS wrong
FROM (SELECT) AS always LEFT JOIN people p ON p.login = $1 AND p.active AND p.password_hash IS NOT NULL;

-- name: pass_password
-- Try $1 had the right password.
UPDATE sign_in_tries SET passed = true WHERE try_id = $1;

-- name: note
-- $1 did $2 to $3; more is in $4.
INSERT INTO audit (actor, action, subject, detail) VALUES ($1, $2, $3, $4::jsonb);

-- name: noted
-- The audit, the newest first: before entry $1, by $2, of action $3, about $4, since $5, where these are given; $6 at most.
SELECT audit_id, at, actor, action, subject, detail FROM audit
WHERE ($1::bigint IS NULL OR audit_id < $1) AND ($2::text IS NULL OR actor = $2)
  AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR subject = $4) AND ($5::timestamptz IS NULL OR at >= $5)
ORDER BY audit_id DESC LIMIT $6;

-- name: last_seal
-- The end of the chain.
SELECT seal, hash FROM audit_seals ORDER BY seal DESC LIMIT 1;

-- name: unsealed
-- Entries without a seal, $1 at most, as the text that is sealed. One that was committed late has a lower number than some
-- that are sealed, but not by much.
SELECT a.audit_id, jsonb_build_array(a.audit_id, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                                     a.actor, a.action, a.subject, a.detail)::text AS entry
FROM audit a
WHERE a.audit_id > coalesce((SELECT max(audit_id) FROM audit_seals), 0) - 10000
  AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.audit_id)
ORDER BY a.audit_id LIMIT $1;

-- name: seal
-- Seal $1 on entry $2, after the seal with hash $3: its hash is $4.
INSERT INTO audit_seals (seal, audit_id, previous, hash) VALUES ($1, $2, $3, $4);

-- name: sealed
-- The seals after $1, $2 at most, each with its entry as the text that was sealed, or null where that is gone.
SELECT s.seal, s.audit_id, s.previous, s.hash,
       jsonb_build_array(a.audit_id, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                         a.actor, a.action, a.subject, a.detail)::text AS entry, a.audit_id IS NULL AS gone
FROM audit_seals s LEFT JOIN audit a USING (audit_id)
WHERE s.seal > $1 ORDER BY s.seal LIMIT $2;

-- name: count_unsealed
-- How many entries have had no seal for $1 (an interval).
SELECT count(*) FROM audit a
WHERE a.at < clock_timestamp() - $1::interval AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.audit_id);

-- name: begin_request
-- $1 asks for request $3 with key $2; no row comes back if this key has been used.
INSERT INTO idempotent_requests (login, key, request) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING key;

-- name: request
-- What $1 asked with key $2, and the answer if there is one.
SELECT request, status, body FROM idempotent_requests WHERE login = $1 AND key = $2;

-- name: end_request
-- The answer to what $1 asked with key $2: status $3, body $4.
UPDATE idempotent_requests SET status = $3, body = $4 WHERE login = $1 AND key = $2;

-- name: undo_request
-- Nothing came of what $1 asked with key $2: it may be asked again.
DELETE FROM idempotent_requests WHERE login = $1 AND key = $2 AND status IS NULL;

-- name: forget_requests
-- Forget what was asked more than $1 (an interval) ago.
DELETE FROM idempotent_requests WHERE begun_at < clock_timestamp() - $1::interval;

-- name: forget_tries
-- Forget tries to sign in that are older than $1 (an interval).
DELETE FROM sign_in_tries WHERE tried_at < clock_timestamp() - $1::interval;
