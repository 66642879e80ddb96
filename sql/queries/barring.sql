-- Whom campaigns must not call, and who has said they may.

-- name: barred
-- Why $1 is not to be called: each number and prefix that says so.
SELECT number AS what, reason, source, made_by, made_at FROM do_not_call WHERE number = $1
UNION ALL
SELECT prefix, reason, '', made_by, made_at FROM do_not_call_prefixes WHERE starts_with($1, prefix)
ORDER BY what;

-- name: numbers
-- Numbers that are not to be called, those after $1, of source $2 (null: any), $3 rows.
SELECT number, reason, source, made_by, made_at FROM do_not_call
WHERE number > $1 AND ($2::text IS NULL OR source = $2) ORDER BY number LIMIT $3;

-- name: add
-- Numbers $1 are not to be called, for reason $2, from source $3, says $4; gives how many are new.
WITH added AS (
    INSERT INTO do_not_call (number, reason, source, made_by) SELECT DISTINCT unnest($1::text[]), $2, $3, $4
    ON CONFLICT DO NOTHING RETURNING number
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $4, 'do-not-call-added', 'do-not-call',
           jsonb_build_object('count', count(*), 'reason', $2::text, 'source', $3::text)
    FROM added HAVING count(*) > 0
)
SELECT count(*) FROM added;

-- name: remove
-- Number $1 may be called again, says $2; no row comes back if it might all along.
WITH removed AS (
    DELETE FROM do_not_call WHERE number = $1 RETURNING number, reason, source
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'do-not-call-removed', 'number:' || number, jsonb_build_object('reason', reason, 'source', source)
    FROM removed
)
SELECT number FROM removed;

-- name: prefixes
-- What numbers begin with that are not to be called.
SELECT prefix, reason, made_by, made_at FROM do_not_call_prefixes ORDER BY prefix;

-- name: add_prefix
-- Numbers that begin with $1 are not to be called, for reason $2, says $3; no row comes back if that was so.
WITH added AS (
    INSERT INTO do_not_call_prefixes (prefix, reason, made_by) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING prefix
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'do-not-call-prefix-added', 'prefix:' || prefix, jsonb_build_object('reason', $2::text) FROM added
)
SELECT prefix FROM added;

-- name: remove_prefix
-- Numbers that begin with $1 may be called again, says $2; no row comes back if they might all along.
WITH removed AS (
    DELETE FROM do_not_call_prefixes WHERE prefix = $1 RETURNING prefix, reason
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'do-not-call-prefix-removed', 'prefix:' || prefix, jsonb_build_object('reason', reason) FROM removed
)
SELECT prefix FROM removed;

-- name: consents
-- What $1 has consented to, the newest first.
SELECT consent_id, number, purpose, given_at, evidence, noted_by, noted_at, withdrawn_at, withdrawn_by FROM consents
WHERE number = $1 ORDER BY consent_id DESC;

-- name: consent
-- The owner of number $1 may be called for purpose $2 since $3, as $4 shows, says $5; no row if that was known.
WITH given AS (
    INSERT INTO consents (number, purpose, given_at, evidence, noted_by) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (number, purpose) WHERE withdrawn_at IS NULL DO NOTHING RETURNING consent_id, number
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $5, 'consent-noted', 'number:' || number, jsonb_build_object('consent', consent_id, 'purpose', $2::text) FROM given
)
SELECT consent_id FROM given;

-- name: import_consents
-- Those of rows $1 (numbers), $2 (since when), $3 (evidence) that are not known, for purpose $4, says $5; how many.
WITH given AS (
    INSERT INTO consents (number, purpose, given_at, evidence, noted_by)
    SELECT DISTINCT ON (number) number, $4, given_at, evidence, $5
    FROM unnest($1::text[], $2::timestamptz[], $3::text[]) r (number, given_at, evidence) ORDER BY number, given_at
    ON CONFLICT (number, purpose) WHERE withdrawn_at IS NULL DO NOTHING RETURNING consent_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $5, 'consents-imported', 'consents', jsonb_build_object('count', count(*), 'purpose', $4::text) FROM given
    HAVING count(*) > 0
)
SELECT count(*) FROM given;

-- name: withdraw
-- The owner of number $1 may no longer be called for purpose $2 (null: any), says $3; how many consents that ends.
WITH withdrawn AS (
    UPDATE consents SET withdrawn_at = clock_timestamp(), withdrawn_by = $3
    WHERE number = $1 AND ($2::text IS NULL OR purpose = $2) AND withdrawn_at IS NULL
    RETURNING consent_id, number, purpose
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $3, 'consent-withdrawn', 'number:' || number, jsonb_build_object('consent', consent_id, 'purpose', purpose)
    FROM withdrawn
)
SELECT count(*) FROM withdrawn;
