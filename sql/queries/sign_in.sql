-- Coming in by password: tries, second factors, codes in text messages, and sessions.

-- name: try
-- Somebody at $2 tries to come in as $1, a login or an employee number. The try stands under the login it means, if there
-- is one who may come in.
INSERT INTO sign_in_tries (login, address) VALUES (coalesce((
    SELECT login FROM people_let_in WHERE login = lower($1) OR employee = $1 ORDER BY login = lower($1) DESC LIMIT 1
), lower($1)), $2) RETURNING try_id, login;

-- name: state
-- Always one row: the person $1, if there is one who may come in, what they prove themselves with, whether that may be a
-- password of the directory's, which it may for who is nobody yet or has none here, and how many tries of theirs, or from $2, were wrong within the last $3 (an interval).
-- Of a password that they were told nothing is left when its time is over.
SELECT p.person_id, p.login, p.name, p.role, p.agent, p.employee, p.password_salt, p.password_hash,
       CASE WHEN p.told_until IS NULL OR p.told_until > clock_timestamp() THEN p.password END AS password,
       p.told_until IS NOT NULL AS told,
       CASE WHEN p.totp_since IS NOT NULL THEN p.totp_secret END AS totp_secret,
       EXISTS (SELECT FROM people WHERE password_hash IS NOT NULL) AS old_left, coalesce(p.directory, false) AS directory,
       p.password IS NULL AND p.password_hash IS NULL AS in_directory, greatest(
    (SELECT count(*) FROM sign_in_tries
     WHERE login = $1 AND judged AND NOT passed AND tried_at > clock_timestamp() - $3::interval),
    (SELECT count(*) FROM sign_in_tries
     WHERE address = $2 AND judged AND NOT passed AND tried_at > clock_timestamp() - $3::interval)
) AS wrong
FROM (SELECT) AS always LEFT JOIN people_let_in p ON p.login = $1;

-- name: refused
-- Try $1 was refused, because of $2. One that came when there had been too many, or while nobody could say, is not judged.
UPDATE sign_in_tries SET refused = $2, judged = judged AND $2::text NOT IN ('locked', 'away') WHERE try_id = $1;

-- name: note_refused
-- What was refused goes into the audit: how many tries that were. Those of one name from one address make one entry within $1
-- (an interval), and so do all from one address that was locked; of more than $2 at once the rest are one entry together. A
-- name that is nobody's may be anything: its letters, digits and . _ @ + - are kept.
WITH waiting AS (
    SELECT try_id, login, address, refused, tried_at, CASE refused WHEN 'locked' THEN '' ELSE login END AS meant
    FROM sign_in_tries WHERE refused IS NOT NULL AND noted_at IS NULL ORDER BY try_id LIMIT 10000
), due AS (
    SELECT w.* FROM waiting w WHERE NOT EXISTS (
        SELECT FROM sign_in_tries n
        WHERE n.address = w.address AND CASE n.refused WHEN 'locked' THEN '' ELSE n.login END = w.meant
          AND n.tried_at > clock_timestamp() - 10 * $1::interval AND n.noted_at > clock_timestamp() - $1::interval
    )
), marked AS (
    UPDATE sign_in_tries t SET noted_at = clock_timestamp() FROM due d WHERE t.try_id = d.try_id AND t.noted_at IS NULL
    RETURNING d.*
), gathered AS (
    SELECT address, min(login) AS login, count(DISTINCT login) AS names, count(*) AS tries, min(tried_at) AS since,
           array_agg(DISTINCT refused ORDER BY refused) AS why,
           row_number() OVER (ORDER BY count(*) DESC, min(try_id)) AS place
    FROM marked GROUP BY address, meant
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT '?', 'sign-in-refused', CASE
        WHEN g.names > 1 THEN 'address:' || g.address
        WHEN EXISTS (SELECT FROM people p WHERE p.login = g.login) THEN 'person:' || g.login
        ELSE 'unknown-person:' || left(regexp_replace(g.login, '[^[:alnum:]._@+-]+', '?', 'g'), 40)
    END, jsonb_strip_nulls(jsonb_build_object('address', g.address, 'why', g.why, 'count', g.tries, 'since', g.since,
                                              'names', nullif(g.names, 1)))
    FROM gathered g WHERE g.place <= $2::int
    UNION ALL
    SELECT '?', 'sign-in-refused', 'sign-in', jsonb_build_object(
        'count', sum(tries), 'since', min(since), 'names', sum(names), 'addresses', count(DISTINCT address))
    FROM gathered WHERE place > $2::int HAVING count(*) > 0
)
SELECT count(*) FROM marked;

-- name: passed
-- Try $1 was right.
UPDATE sign_in_tries SET passed = true WHERE try_id = $1;

-- name: rehash
-- The password of person $1, of which $3 (a string) or $4 (scrypt) was kept, is kept as $2 from now on.
UPDATE people SET password = $2, password_salt = NULL, password_hash = NULL
WHERE person_id = $1 AND password IS NOT DISTINCT FROM $3 AND password_hash IS NOT DISTINCT FROM $4;

-- name: take_step
-- A code of step $2 of person $1's authenticator is taken; no row comes back if one as young has been.
UPDATE people SET totp_step = $2 WHERE person_id = $1 AND totp_step < $2 RETURNING person_id;

-- name: use_recovery
-- Person $1 uses the recovery code with hash $2; no row comes back if there is none, or it was used.
WITH used AS (
    UPDATE recovery_codes SET used_at = clock_timestamp() WHERE person_id = $1 AND hash = $2 AND used_at IS NULL
    RETURNING person_id
), noted AS (
    INSERT INTO audit (actor, action, subject)
    SELECT p.login, 'recovery-code-used', 'person:' || p.login FROM used JOIN people p USING (person_id)
)
SELECT person_id FROM used;

-- name: from_directory
-- The directory says that $1 is called $2, has role $3, takes calls as agent $4 and sells as employee $5 (null: it does not
-- say; '': as none). A number that is somebody else's, or nobody's, is not theirs. No row comes back if they may not come in,
-- or have a password here.
WITH before AS (
    SELECT role FROM people WHERE login = $1
), free AS (
    SELECT (SELECT $4::text WHERE $4 ~ '^[0-9]{2,12}$'
            AND NOT EXISTS (SELECT FROM people p WHERE p.agent = $4 AND p.active AND p.login <> $1)) AS agent,
           (SELECT e.number FROM employees e WHERE e.number = $5
            AND NOT EXISTS (SELECT FROM people p WHERE p.employee = $5 AND p.active AND p.login <> $1)) AS employee
), changed AS (
    INSERT INTO people (login, name, role, agent, employee, directory, made_by)
    SELECT $1, $2, $3, agent, employee, true, 'directory' FROM free
    ON CONFLICT (login) DO UPDATE
        SET name = excluded.name, role = excluded.role, directory = true,
            agent = CASE WHEN $4 IS NULL THEN people.agent ELSE excluded.agent END,
            employee = CASE WHEN $5 IS NULL THEN people.employee ELSE excluded.employee END
        WHERE people.active AND people.password IS NULL AND people.password_hash IS NULL
    RETURNING person_id, login, role, agent, employee
), tokens_ended AS (
    UPDATE tokens t SET revoked_at = clock_timestamp() FROM changed c
    WHERE t.person_id = c.person_id AND t.revoked_at IS NULL AND t.role <> c.role
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = 'directory' FROM changed c
    WHERE s.person_id = c.person_id AND s.ended_at IS NULL AND s.role <> c.role
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT 'directory', CASE WHEN b.role IS NULL THEN 'person-added' ELSE 'person-role-set' END, 'person:' || c.login,
           jsonb_build_object('role', c.role, 'agent', c.agent, 'employee', c.employee)
    FROM changed c LEFT JOIN before b ON true WHERE b.role IS DISTINCT FROM c.role
)
SELECT login, coalesce(agent, '') AS agent, coalesce(employee, '') AS employee FROM changed;

-- name: in_from_directory
-- Those of the directory who are signed in, or have a token.
SELECT p.login FROM people_let_in p
WHERE p.directory AND (
    EXISTS (SELECT FROM sessions s WHERE s.person_id = p.person_id AND s.ended_at IS NULL AND s.expires_at > clock_timestamp())
    OR EXISTS (SELECT FROM tokens t WHERE t.person_id = p.person_id AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp()))
ORDER BY p.person_id;

-- name: out_of_directory
-- No group of $1 in the directory lets them in any more: their tokens and sessions end.
WITH person AS (
    SELECT person_id, login FROM people WHERE login = $1 AND directory
), tokens_ended AS (
    UPDATE tokens t SET revoked_at = clock_timestamp() FROM person p
    WHERE t.person_id = p.person_id AND t.revoked_at IS NULL
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = 'directory' FROM person p
    WHERE s.person_id = p.person_id AND s.ended_at IS NULL
)
INSERT INTO audit (actor, action, subject) SELECT 'directory', 'person-without-role', 'person:' || login FROM person;

-- name: begin
-- Person $1, whose kept password is still $2, comes in: session with hash $3 from address $4 with browser $5, for $6 (an
-- interval) at most, in place of the one with hash $7. No row comes back if they may not any more.
WITH replaced AS (
    UPDATE sessions SET ended_at = clock_timestamp(), ended_by = 'sign-in' WHERE hash = $7 AND ended_at IS NULL
), begun AS (
    INSERT INTO sessions (hash, person_id, role, address, browser, expires_at)
    SELECT $3, person_id, role, $4, $5, clock_timestamp() + $6::interval
    FROM people_let_in WHERE person_id = $1 AND password IS NOT DISTINCT FROM $2
    RETURNING session_id, person_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT p.login, 'signed-in', 'person:' || p.login, jsonb_build_object('address', $4::text, 'session', b.session_id)
    FROM begun b JOIN people p USING (person_id)
)
SELECT session_id FROM begun;

-- name: who
-- Person $1 as their own pages show them; session $2 is theirs, if it is not 0.
SELECT p.login, p.name, p.role, p.agent, p.employee, p.language, p.totp_since IS NOT NULL AS second_factor,
       (SELECT count(*) FROM recovery_codes c WHERE c.person_id = p.person_id AND c.used_at IS NULL) AS recovery_codes_left,
       (SELECT s.expires_at FROM sessions s WHERE s.session_id = $2 AND s.person_id = p.person_id) AS expires_at
FROM people p WHERE p.login = $1;

-- name: set_language
-- Person $1 reads $2.
UPDATE people SET language = $2 WHERE login = $1;

-- name: sessions
-- The sessions of person $1 that let in, used within the last $2 (an interval), the newest first.
SELECT s.session_id, s.begun_at, s.seen_at, s.expires_at, s.address, s.browser
FROM sessions s JOIN people p USING (person_id)
WHERE p.login = $1 AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
  AND s.seen_at > clock_timestamp() - $2::interval AND s.role = p.role
ORDER BY s.session_id DESC LIMIT 200;

-- name: end_sessions
-- $3 ends session $2 of person $1, or all of theirs if $2 is null, but not session $4; how many.
WITH ended AS (
    UPDATE sessions SET ended_at = clock_timestamp(), ended_by = $3
    WHERE person_id = (SELECT person_id FROM people WHERE login = $1) AND ended_at IS NULL
      AND ($2::bigint IS NULL OR session_id = $2) AND session_id <> $4
    RETURNING session_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, CASE WHEN $3 = $1 THEN 'signed-out' ELSE 'session-ended' END, 'person:' || $1,
           jsonb_build_object('session', session_id) FROM ended
)
SELECT count(*) FROM ended;

-- name: send_code
-- Whoever is meant by $1 is sent the code $2, kept as $3, which is good for $4 (an interval): if they may come in, have a
-- telephone, were sent fewer than $5 within the last hour, and only sell, or have no password yet: a telephone in the wrong
-- hands is not to give away more.
WITH meant AS (
    SELECT p.person_id, p.login, p.role, p.language, p.password IS NULL AND p.password_hash IS NULL AS first, e.phone
    FROM people_let_in p JOIN employees e ON e.number = p.employee
    WHERE (p.login = lower($1) OR p.employee = $1) AND NOT p.directory ORDER BY p.login = lower($1) DESC LIMIT 1
), ready AS (
    SELECT m.* FROM meant m WHERE (m.role = 'employee' OR m.first) AND (
        SELECT count(*) FROM sign_in_codes c
        WHERE c.person_id = m.person_id AND c.sent_at > clock_timestamp() - interval '1 hour') < $5
), made AS (
    INSERT INTO sign_in_codes (person_id, hash) SELECT person_id, $3 FROM ready
), queued AS (
    INSERT INTO outbox (kind, recipient, params, language, not_after)
    SELECT 'sign-in-code', phone, jsonb_build_object('code', $2::text), language, clock_timestamp() + $4::interval FROM ready
)
INSERT INTO audit (actor, action, subject) SELECT 'ccore', 'sign-in-code-sent', 'person:' || login FROM ready;

-- name: code
-- What is kept of the last code of person $1, if it is not used, and was sent within the last $2 (an interval).
SELECT hash FROM (
    SELECT hash, used_at, sent_at FROM sign_in_codes WHERE person_id = $1 ORDER BY code_id DESC LIMIT 1
) AS last WHERE used_at IS NULL AND sent_at > clock_timestamp() - $2::interval;

-- name: offer_totp
-- Person $1 is offered an authenticator's secret, kept as $2; no row comes back if they have a second factor.
UPDATE people SET totp_secret = $2 WHERE login = $1 AND totp_since IS NULL RETURNING login;

-- name: offered_totp
-- The secret that person $1 was offered and has not shown to have.
SELECT totp_secret FROM people WHERE login = $1 AND totp_since IS NULL AND totp_secret IS NOT NULL;

-- name: begin_totp
-- Person $1 has shown a code of step $2 of the secret kept as $3: it is their second factor, with recovery codes of hashes $4. Their
-- other sessions than $5 end. No row comes back if they were offered another one meanwhile, or have one.
WITH changed AS (
    UPDATE people SET totp_since = clock_timestamp(), totp_step = $2
    WHERE login = $1 AND totp_secret = $3 AND totp_since IS NULL RETURNING person_id, login
), cleared AS (
    DELETE FROM recovery_codes r USING changed c WHERE r.person_id = c.person_id AND NOT r.hash = ANY ($4::bytea[])
), added AS (
    INSERT INTO recovery_codes (person_id, hash) SELECT person_id, unnest($4::bytea[]) FROM changed
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = $1 FROM changed c
    WHERE s.person_id = c.person_id AND s.ended_at IS NULL AND s.session_id <> $5
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $1, 'second-factor-set', 'person:' || login FROM changed
)
SELECT login FROM changed;

-- name: other_keys
-- What authenticators share that does not begin with $1, the name of a key and a colon.
SELECT login, totp_secret FROM people WHERE totp_secret IS NOT NULL AND NOT starts_with(totp_secret, $1) ORDER BY person_id;

-- name: rekey
-- What $1 shares with their authenticator is kept as $3, unless it is not $2 any more.
UPDATE people SET totp_secret = $3 WHERE login = $1 AND totp_secret = $2;

-- name: end_totp
-- $2 takes the second factor of person $1 away, and ends their sessions; no row comes back if there is none.
WITH changed AS (
    UPDATE people SET totp_secret = NULL, totp_since = NULL WHERE login = $1 AND totp_since IS NOT NULL
    RETURNING person_id, login
), cleared AS (
    DELETE FROM recovery_codes r USING changed c WHERE r.person_id = c.person_id
), sessions_ended AS (
    UPDATE sessions s SET ended_at = clock_timestamp(), ended_by = $2 FROM changed c
    WHERE s.person_id = c.person_id AND s.ended_at IS NULL
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'second-factor-ended', 'person:' || login FROM changed
)
SELECT login FROM changed;

-- name: forget_sessions
-- Forget sessions and codes that ended, or were over, more than $1 (an interval) ago.
WITH codes AS (
    DELETE FROM sign_in_codes WHERE sent_at < clock_timestamp() - $1::interval
)
DELETE FROM sessions WHERE coalesce(ended_at, expires_at) < clock_timestamp() - $1::interval;

-- name: still_in
-- Of the sessions with numbers $1, those that let in as they did; at all of them somebody is there, written down every $3
-- (an interval), and what nobody used within the last $2 (an interval) lets in no more.
WITH found AS (
    SELECT s.session_id, s.seen_at FROM sessions s JOIN people_let_in p USING (person_id)
    WHERE s.session_id = ANY ($1::bigint[]) AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
      AND s.seen_at > clock_timestamp() - $2::interval AND p.role = s.role
), seen AS (
    UPDATE sessions s SET seen_at = clock_timestamp() FROM found f
    WHERE s.session_id = f.session_id AND s.seen_at < clock_timestamp() - $3::interval
)
SELECT session_id FROM found;
