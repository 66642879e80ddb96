-- People, their tokens and passwords; the audit and its seals; requests that are done once.

-- name: add
-- A new person: login $1, name $2, role $3, agent $4, employee $5, made by $6; no row comes back if the login is taken.
WITH added AS (
    INSERT INTO people (login, name, role, agent, employee, made_by) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (login) DO NOTHING
    RETURNING person_id, login, role, agent, employee
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $6, 'person-added', 'person:' || login,
           jsonb_build_object('role', role, 'agent', agent, 'employee', employee) FROM added
)
SELECT person_id FROM added;

-- name: add_employees
-- $1 lets in everybody who sells and is nobody here yet, by their number in small letters; how many.
WITH added AS (
    INSERT INTO people (login, name, role, employee, made_by)
    SELECT lower(e.number), e.name, 'employee', e.number, $1 FROM employees e
    WHERE (e.left_at IS NULL OR e.left_at > clock_timestamp()) AND lower(e.number) ~ '^[a-z0-9][a-z0-9._-]{1,39}$'
      AND NOT EXISTS (SELECT FROM people p WHERE p.employee = e.number)
    ON CONFLICT DO NOTHING
    RETURNING login, employee
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $1, 'person-added', 'person:' || login, jsonb_build_object('role', 'employee', 'employee', employee) FROM added
)
SELECT count(*) FROM added;

-- name: people
-- People by login: after $1, with $2 in a name or number, of role $3, none but $5, let in or not by $6, with a second factor
-- or without by $7, locked or not by $8, where these are given; $4 at most. Locked is who had $9 wrong tries within $10 (an
-- interval).
SELECT * FROM (
    SELECT p.login, p.name, p.role, p.agent, p.employee, p.language, p.active,
           p.password IS NOT NULL OR p.password_hash IS NOT NULL AS has_password, p.totp_since IS NOT NULL AS second_factor,
           p.directory, p.told_until, (SELECT count(*) FROM tokens t WHERE t.person_id = p.person_id AND t.revoked_at IS NULL
                                       AND t.expires_at > clock_timestamp() AND t.role = p.role) AS tokens,
           (SELECT count(*) FROM sign_in_tries y WHERE y.login = p.login AND y.judged AND NOT y.passed
                                       AND y.tried_at > clock_timestamp() - $10::interval) >= $9 AS locked
    FROM people p
    WHERE ($1::text IS NULL OR p.login > $1) AND ($3::text IS NULL OR p.role = $3) AND ($5::text IS NULL OR p.login = $5)
      AND ($2::text IS NULL OR strpos(lower(concat_ws(' ', p.login, p.name, p.agent, p.employee)), lower($2)) > 0)
      AND ($6::boolean IS NULL OR p.active = $6) AND ($7::boolean IS NULL OR (p.totp_since IS NOT NULL) = $7)
) AS found
WHERE $8::boolean IS NULL OR locked = $8 ORDER BY login LIMIT $4;

-- name: set_role
-- $3 gives person $1 the role $2, and so ends their tokens and sessions; no row comes back if there is no such person.
WITH was AS (
    SELECT person_id, role FROM people WHERE login = $1 FOR UPDATE
), changed AS (
    UPDATE people p SET role = $2 FROM was w WHERE p.person_id = w.person_id
    RETURNING p.person_id, p.login, p.role, w.role AS before
), tokens_ended AS (
    UPDATE tokens t SET revoked_at = clock_timestamp() FROM changed c
    WHERE t.person_id = c.person_id AND t.revoked_at IS NULL AND t.role <> c.role
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = $3 FROM changed c
    WHERE s.person_id = c.person_id AND s.ended_at IS NULL AND s.role <> c.role
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'person-role-set', 'person:' || login, jsonb_build_object('role', $2, 'before', jsonb_build_object('role', before))
    FROM changed
)
SELECT login FROM changed;

-- name: set_active
-- $3 lets person $1 in, or does not, by $2, which ends their sessions; no row comes back if there is no such person.
WITH changed AS (
    UPDATE people SET active = $2 WHERE login = $1 RETURNING person_id, login
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = $3 FROM changed c
    WHERE s.person_id = c.person_id AND s.ended_at IS NULL AND NOT $2
), noted AS (
    INSERT INTO audit (actor, action, subject)
    SELECT $3, CASE WHEN $2 THEN 'person-enabled' ELSE 'person-disabled' END, 'person:' || login FROM changed
)
SELECT login FROM changed;

-- name: set_numbers
-- $4 says that person $1 takes calls as agent $2 and sells as employee $3; no row comes back if there is no such person.
WITH was AS (
    SELECT person_id, agent, employee FROM people WHERE login = $1 FOR UPDATE
), changed AS (
    UPDATE people p SET agent = $2, employee = $3 FROM was w WHERE p.person_id = w.person_id
    RETURNING p.login, jsonb_build_object('agent', w.agent, 'employee', w.employee) AS before
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $4, 'person-numbers-set', 'person:' || login,
           jsonb_build_object('agent', $2::text, 'employee', $3::text, 'before', before) FROM changed
)
SELECT login FROM changed;

-- name: set_password
-- $3 gives person $1 the password of which $2 is kept, and so ends their sessions and codes; no row comes back if there is
-- no such person. Whoever was the directory's is not any more.
WITH changed AS (
    UPDATE people SET password = $2, password_salt = NULL, password_hash = NULL, directory = false, told_until = NULL
    WHERE login = $1 RETURNING person_id, login
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = $3 FROM changed c
    WHERE s.person_id = c.person_id AND s.ended_at IS NULL
), codes_ended AS (
    UPDATE sign_in_codes o SET used_at = clock_timestamp() FROM changed c
    WHERE o.person_id = c.person_id AND o.used_at IS NULL
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $3, 'person-password-set', 'person:' || login FROM changed
)
SELECT login FROM changed;

-- name: tell_password
-- $4 tells person $1 a password of which $2 is kept, good for $3 (an interval) to choose one of their own with; it ends
-- their sessions and codes. No row comes back if there is no such person, or they are the directory's.
WITH changed AS (
    UPDATE people SET password = $2, password_salt = NULL, password_hash = NULL,
                      told_until = clock_timestamp() + $3::interval
    WHERE login = $1 AND NOT directory RETURNING person_id, login, told_until
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = $4 FROM changed c
    WHERE s.person_id = c.person_id AND s.ended_at IS NULL
), codes_ended AS (
    UPDATE sign_in_codes o SET used_at = clock_timestamp() FROM changed c
    WHERE o.person_id = c.person_id AND o.used_at IS NULL
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $4, 'person-password-told', 'person:' || login, jsonb_build_object('until', told_until) FROM changed
)
SELECT told_until FROM changed;

-- name: unlock
-- $2 says that the wrong tries of person $1 within the last $3 (an interval) count no more; how many those were.
WITH forgiven AS (
    UPDATE sign_in_tries SET judged = false
    WHERE login = $1 AND judged AND NOT passed AND tried_at > clock_timestamp() - $3::interval RETURNING try_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'person-unlocked', 'person:' || $1, jsonb_build_object('tries', count(*)) FROM forgiven
    HAVING count(*) > 0
)
SELECT count(*) FROM forgiven;

-- name: add_token
-- A token for person $1, by its hash $2: note $3, for $4 (an interval), good for $5, made by $6; its number and end.
WITH added AS (
    INSERT INTO tokens (hash, person_id, role, note, expires_at, scopes, made_by)
    SELECT $2, person_id, role, $3, clock_timestamp() + $4::interval, $5, $6 FROM people_let_in WHERE login = $1
    RETURNING token_id, expires_at
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $6, 'token-made', 'person:' || $1,
           jsonb_build_object('token', token_id, 'expires_at', expires_at, 'scopes', $5::text[]) FROM added
)
SELECT token_id, expires_at FROM added;

-- name: tokens
-- The tokens that let in whoever has them, of person $1 if that is given, the newest first.
SELECT t.token_id, p.login, t.note, t.scopes, t.expires_at, t.made_by, t.made_at
FROM tokens t JOIN people_let_in p USING (person_id)
WHERE t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND p.role = t.role AND ($1::text IS NULL OR p.login = $1)
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
-- Whom the token with hash $1 lets in, and for what.
SELECT p.login, p.name, p.role, p.agent, p.employee, t.scopes FROM tokens t JOIN people_let_in p USING (person_id)
WHERE t.hash = $1 AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND p.role = t.role;

-- name: of_session
-- Whom the session with hash $1 lets in, if it was used within the last $2 (an interval). That it is used is written down
-- every $3 (an interval). Roles $4 demand a second factor.
WITH found AS (
    SELECT s.session_id, s.seen_at, p.login, p.name, p.role, p.agent, p.employee,
           p.role = ANY ($4) AND p.totp_since IS NULL AS bare
    FROM sessions s JOIN people_let_in p USING (person_id)
    WHERE s.hash = $1 AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
      AND s.seen_at > clock_timestamp() - $2::interval AND p.role = s.role
), seen AS (
    UPDATE sessions s SET seen_at = clock_timestamp() FROM found f
    WHERE s.session_id = f.session_id AND s.seen_at < clock_timestamp() - $3::interval
)
SELECT session_id, login, name, role, agent, employee, bare FROM found;

-- name: note
-- $1 did $2 to $3; more is in $4.
INSERT INTO audit (actor, action, subject, detail) VALUES ($1, $2, $3, $4::jsonb);

-- name: noted
-- The audit, the newest first: before entry $1, by $2, of action $3, about $4 (with : at its end: all that begin so), since
-- $5, until $7, with $8 in who, subject or detail, of an action that matches $9, where these are given; $6 at most.
SELECT audit_id, at, actor, action, subject, detail FROM audit
WHERE ($1::bigint IS NULL OR audit_id < $1) AND ($2::text IS NULL OR actor = $2)
  AND ($3::text IS NULL OR action = $3) AND ($5::timestamptz IS NULL OR at >= $5) AND ($7::timestamptz IS NULL OR at < $7)
  AND ($4::text IS NULL OR subject = $4 OR (right($4, 1) = ':' AND starts_with(subject, $4)))
  AND ($8::text IS NULL OR strpos(lower(concat_ws(' ', actor, subject, detail::text)), lower($8)) > 0)
  AND ($9::text IS NULL OR action ~ $9)
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
