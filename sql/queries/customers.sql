-- Who calls, by number (ccore/ivr/customers.py).

-- name: known
-- The customer with this number.
SELECT name, tier, language, tags FROM customers WHERE number = $1;

-- name: incoming
-- Where a list is put before it takes effect.
CREATE TEMP TABLE IF NOT EXISTS customers_incoming (
    number text, name text, tier text, language text, tags text[]
) ON COMMIT DELETE ROWS;

-- name: remove_missing
-- Those that came with an earlier list of this source and are not in this one.
DELETE FROM customers WHERE source = $1 AND number NOT IN (SELECT number FROM customers_incoming);

-- name: take
-- The list takes effect.
INSERT INTO customers (number, name, tier, language, tags, source)
SELECT number, name, tier, language, tags, $1 FROM customers_incoming
ON CONFLICT (number) DO UPDATE
SET name = excluded.name, tier = excluded.tier, language = excluded.language, tags = excluded.tags,
    source = excluded.source, updated_at = clock_timestamp();
