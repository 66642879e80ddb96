-- Leases: which ccore does the work that must be done once. All times are this database's: hosts' clocks may differ.
--
-- Where a change is not harmless when it is made twice, its statement looks at the lease itself, so that nothing is
-- changed in the name of an epoch that has passed ($1 the lease, $2 the epoch the work was begun with):
--
--     WITH mine AS (SELECT FROM leases WHERE name = $1 AND epoch = $2 FOR SHARE)
--     UPDATE … WHERE EXISTS (SELECT FROM mine) …
--
-- FOR SHARE makes a take-over wait until the change is committed. A transaction of several statements begins with `fence`.

-- name: take
-- Take lease $1 for instance $2 in its life $3, for $4, if nobody holds it; $5: whatever this instance held in an earlier
-- life is free too. The epoch, null if another goes on holding it; who was seen to hold it, and for how many seconds more.
WITH seen AS (
    SELECT holder, life, extract(epoch FROM expires_at - now())::float8 AS left_s FROM leases WHERE name = $1
), made AS (
    INSERT INTO leases (name, epoch, holder, life, expires_at)
    SELECT $1, 1, $2, $3, now() + $4::interval WHERE NOT EXISTS (SELECT FROM seen)
    ON CONFLICT DO NOTHING
    RETURNING epoch
), taken AS (
    UPDATE leases SET epoch = epoch + 1, holder = $2, life = $3, taken_at = now(), expires_at = now() + $4::interval
    WHERE name = $1 AND (expires_at <= now() OR life = $3 OR ($5 AND holder = $2))
    RETURNING epoch
)
SELECT coalesce((SELECT epoch FROM made), (SELECT epoch FROM taken)) AS epoch, seen.holder, seen.life, seen.left_s
FROM (VALUES (1)) AS always LEFT JOIN seen ON true;

-- name: renew
-- Hold lease $1 of epoch $2 for $3 from now; no row if it was taken over.
UPDATE leases SET expires_at = now() + $3::interval WHERE name = $1 AND epoch = $2;

-- name: release
-- Let lease $1 of epoch $2 go: another may take it at once.
UPDATE leases SET expires_at = now() WHERE name = $1 AND epoch = $2;

-- name: holder
-- Who holds lease $1.
SELECT epoch, holder, life FROM leases WHERE name = $1;

-- name: fence
-- Whether lease $1 is still of epoch $2; nobody takes it until this transaction ends. A process that stands still within
-- it loses its session soon (2 s, far less than a lease), so that the lock never keeps a take-over waiting.
SELECT set_config('idle_in_transaction_session_timeout', '2s', true) IS NOT NULL
   AND EXISTS (SELECT FROM leases WHERE name = $1 AND epoch = $2 FOR SHARE);
