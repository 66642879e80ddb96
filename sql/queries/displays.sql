-- Screens on walls: made, opened by a link, seen, ended (ccore/people/displays.py).

-- name: make
-- Person $1 makes a display $2 in language $3 for $4 (an interval), opened by the link with hash $5 within $6 (an interval).
WITH made AS (
    INSERT INTO displays (name, language, person_id, role, link, link_until, expires_at)
    SELECT $2, $3, person_id, role, $5, clock_timestamp() + $6::interval, clock_timestamp() + $4::interval
    FROM people_let_in WHERE login = $1
    RETURNING display_id, link_until, expires_at
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $1, 'display-made', 'display:' || display_id, jsonb_build_object('name', $2::text, 'expires_at', expires_at) FROM made
)
SELECT display_id, link_until, expires_at FROM made;

-- name: displays
-- Those that let in, or will once they are opened, the newest first, $1 at most.
SELECT d.display_id, d.name, d.language, p.login AS made_by, d.made_at, d.link_until, d.opened_at, d.seen_at, d.expires_at, d.address,
       d.browser
FROM displays d JOIN people_let_in p USING (person_id)
WHERE d.ended_at IS NULL AND d.expires_at > clock_timestamp() AND p.role = d.role
  AND (d.opened_at IS NOT NULL OR d.link_until > clock_timestamp())
ORDER BY d.display_id DESC LIMIT $1;

-- name: open
-- The link with hash $1 is opened at $2 by browser $3, whose secret has the hash $4: the display and its end; a link opens once.
WITH opened AS (
    UPDATE displays d SET link = NULL, hash = $4, opened_at = clock_timestamp(), seen_at = clock_timestamp(), address = $2, browser = $3
    FROM people_let_in p
    WHERE d.link = $1 AND d.link_until > clock_timestamp() AND d.ended_at IS NULL AND d.expires_at > clock_timestamp()
      AND p.person_id = d.person_id AND p.role = d.role
    RETURNING d.display_id, d.expires_at, p.login
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT login, 'display-opened', 'display:' || display_id, jsonb_build_object('address', $2::text) FROM opened
)
SELECT display_id, expires_at FROM opened;

-- name: of_secret
-- The display whose browser has the secret with hash $1.
SELECT d.display_id, d.name, d.language, d.expires_at FROM displays d JOIN people_let_in p USING (person_id)
WHERE d.hash = $1 AND d.ended_at IS NULL AND d.expires_at > clock_timestamp() AND p.role = d.role;

-- name: one
-- Display $1.
SELECT display_id, name, language, expires_at FROM displays WHERE display_id = $1;

-- name: seen
-- Displays $1 are looked at; it is written down every $2 (an interval).
UPDATE displays SET seen_at = clock_timestamp()
WHERE display_id = ANY ($1::bigint[]) AND ended_at IS NULL AND seen_at < clock_timestamp() - $2::interval;

-- name: finish
-- $2 ends display $1; no row comes back if there is none that lasts.
WITH ended AS (
    UPDATE displays SET ended_at = clock_timestamp(), ended_by = $2, link = NULL WHERE display_id = $1 AND ended_at IS NULL
    RETURNING display_id, name
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'display-ended', 'display:' || display_id, jsonb_build_object('name', name) FROM ended
)
SELECT display_id FROM ended;

-- name: forget
-- Forget displays that ended, were over, or were never opened, more than $1 (an interval) ago.
DELETE FROM displays
WHERE least(ended_at, expires_at, CASE WHEN opened_at IS NULL THEN link_until END) < clock_timestamp() - $1::interval;
