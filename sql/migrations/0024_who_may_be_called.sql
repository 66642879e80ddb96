-- Who may be called, said once for the claim, the gate, previews and explanations; and contacts with several numbers.

-- The numbers of a contact that has more than one, its own among them: called in the order of `place`, each by the retry
-- rules for itself; the one at which somebody was reached goes first.
CREATE TABLE contact_numbers (
    contact_id    bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    number        text NOT NULL CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
    place         smallint NOT NULL CHECK (place >= 0),
    next_at       timestamptz NOT NULL DEFAULT '-infinity', -- as the retry rules have it, for this number
    spent         boolean NOT NULL DEFAULT false,  -- the retry rules call this number no more; others go on
    reached_at    timestamptz,                     -- somebody was talked with at this number, at last
    PRIMARY KEY (contact_id, number)
);
CREATE INDEX ON contact_numbers (number);

-- Others than `number`, in order.
ALTER TABLE upload_rows ADD COLUMN others text[] NOT NULL DEFAULT '{}';

-- At which of their numbers an agent calls the contact they look at.
ALTER TABLE previews ADD COLUMN number text;

-- The zones and priorities of contacts of lists who are open, each found by one step of an index.
CREATE FUNCTION levels(lists text[]) RETURNS TABLE (list text, zone text, priority smallint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 AS $$
    WITH RECURSIVE found(list, zone, priority) AS (
        SELECT one.list, first.zone, first.priority FROM unnest($1) AS one(list) CROSS JOIN LATERAL (
            SELECT c.zone, c.priority FROM contacts c WHERE c.list = one.list AND c.state = 'open'
            ORDER BY c.zone DESC, c.priority DESC LIMIT 1) first
        UNION ALL
        SELECT f.list, next.zone, next.priority FROM found f CROSS JOIN LATERAL (
            SELECT c.zone, c.priority FROM contacts c
            WHERE c.list = f.list AND c.state = 'open' AND (c.zone, c.priority) < (f.zone, f.priority)
            ORDER BY c.zone DESC, c.priority DESC LIMIT 1) next
    )
    SELECT f.list, f.zone, f.priority FROM found f
$$;

-- Why nobody may call a contact at this number just now, and until when; `why` is null if they may. The limits: `most`
-- attempts at the contact, `per_day` at the number in 24 h by all campaigns, `rested` after one that was abandoned (null:
-- no matter), consent for `purpose` (null: no matter), quotas that are full (pairs of field and value). Attempt `besides`
-- does not count as under way.
--
-- In SQL without a subquery or volatile function among its arguments it is a part of the statement that calls it: as
-- fast as if it were written there. So clocks are the statement's, which can only be too early: the stricter way.
CREATE FUNCTION forbidding(
    of_number text, attempts integer, not_before timestamptz, fields jsonb,
    most integer, per_day integer, rested interval, purpose text, full_ones jsonb, besides bigint
) RETURNS TABLE (why text, until timestamptz) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT judged.why, CASE judged.why
        WHEN 'not-before' THEN $3
        WHEN 'under-way' THEN statement_timestamp() + interval '1 min'
        WHEN 'per-day' THEN judged.again_at
        WHEN 'abandoned' THEN judged.abandoned_until
        WHEN 'do-not-call' THEN 'infinity'
        WHEN 'attempts' THEN 'infinity'
        ELSE statement_timestamp() + interval '10 min' END
    FROM (
        SELECT tried.again_at, abandoned.at + $7 AS abandoned_until, CASE
            WHEN EXISTS (SELECT FROM do_not_call d WHERE d.number = $1) THEN 'do-not-call'
            WHEN EXISTS (SELECT FROM do_not_call_prefixes p
                         WHERE p.prefix = ANY (ARRAY(SELECT left($1, digits) FROM generate_series(2, 16) digits)))
                THEN 'do-not-call'
            WHEN $2 >= $5 THEN 'attempts'
            WHEN $3 > statement_timestamp() THEN 'not-before'
            WHEN EXISTS (SELECT FROM attempts a
                         WHERE a.number = $1 AND a.state <> 'over' AND a.attempt_id IS DISTINCT FROM $10) THEN 'under-way'
            WHEN tried.times >= $6 THEN 'per-day'
            WHEN abandoned.at IS NOT NULL THEN 'abandoned'
            WHEN $8 IS NOT NULL AND NOT EXISTS (
                SELECT FROM consents s WHERE s.number = $1 AND s.purpose = $8 AND s.withdrawn_at IS NULL) THEN 'no-consent'
            WHEN EXISTS (SELECT FROM jsonb_to_recordset($9) AS full_one(field text, value text)
                         WHERE $4 ->> full_one.field = full_one.value) THEN 'quota'
            END AS why
        FROM (
            SELECT count(*) AS times, min(last_ones.dialled_at) + interval '24 h' AS again_at FROM (
                SELECT a.dialled_at FROM attempts a
                WHERE a.number = $1 AND a.dialled_at > statement_timestamp() - interval '24 h'
                ORDER BY a.dialled_at DESC LIMIT $6) last_ones) tried
        LEFT JOIN LATERAL (
            SELECT a.dialled_at AS at FROM attempts a
            WHERE a.number = $1 AND a.outcome = 'abandoned' AND a.dialled_at > statement_timestamp() - $7
            ORDER BY a.dialled_at DESC LIMIT 1) abandoned ON true
        OFFSET 0 -- else all of it would be worked out once for each time it is named
    ) judged
$$;

-- At which number a contact is called next, and why not just now: one row. Of several numbers it is the first that may be
-- called, else the one that may be soonest. Its arguments are the contact's own columns, and the limits as above.
CREATE FUNCTION callable(
    contact bigint, own_number text, attempts integer, not_before timestamptz, fields jsonb,
    most integer, per_day integer, rested interval, purpose text, full_ones jsonb
) RETURNS TABLE (number text, why text, until timestamptz) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT judged.number, judged.why, judged.until FROM (
        SELECT each.number, each.place, each.reached_at,
               coalesce(f.why, CASE WHEN each.next_at > statement_timestamp() THEN 'not-due' END) AS why,
               CASE WHEN f.why IS NULL AND each.next_at <= statement_timestamp() THEN NULL
                    WHEN f.why IS NULL THEN each.next_at ELSE greatest(f.until, each.next_at) END AS until
        FROM (
            SELECT n.number, n.place, n.reached_at, n.next_at FROM contact_numbers n WHERE n.contact_id = $1 AND NOT n.spent
            UNION ALL
            SELECT $2, 0, NULL, '-infinity'
            WHERE NOT EXISTS (SELECT FROM contact_numbers n WHERE n.contact_id = $1 AND NOT n.spent)
        ) each CROSS JOIN LATERAL forbidding(each.number, $3, $4, $5, $6, $7, $8, $9, $10, NULL) f
        OFFSET 0
    ) judged
    ORDER BY judged.until NULLS FIRST, judged.reached_at DESC NULLS LAST, judged.place LIMIT 1
$$;

-- A list that was deleted has no contacts who are called; what was done with it stays, and it is made anew by its name.
ALTER TABLE contact_lists
    ADD COLUMN deleted_at timestamptz,
    ADD COLUMN deleted_by text,
    ADD CONSTRAINT deleted_by_somebody CHECK ((deleted_at IS NULL) = (deleted_by IS NULL));

-- Numbers of persons who were erased, until no evidence of calls and consents has to be kept any more: then those have the
-- pseudonym, which nothing leads back from, and the row goes. A pseudonym begins with +0, as no number does.
CREATE TABLE erased_numbers (
    number        text PRIMARY KEY,
    pseudonym     text NOT NULL UNIQUE DEFAULT '+0' || lpad(floor(random() * 1e13)::bigint::text, 13, '0'),
    asked_by      text NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE consents DROP CONSTRAINT consents_number_check;
ALTER TABLE consents ADD CONSTRAINT consents_number_check CHECK (number ~ '^\+[0-9]{7,15}$');

-- The agent who was given the call has said that it was a machine: then nobody has answered, as far as is counted.
ALTER TABLE attempts ADD COLUMN machine_met boolean NOT NULL DEFAULT false;
