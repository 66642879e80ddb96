-- What people ask for by their telephone number: to be told all that is known of them, and to be erased.

-- export:  finding → making → ready → taken | gone
-- erasure: finding → found (a person looks at what would go) → erasing → done
-- Both: cancelled, failed. `number` and all that leads back to it (`person_finds`, the pattern) go with the end; what was
-- done stays.
CREATE TABLE person_requests (
    request_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('export', 'erasure')),
    number        text CHECK (number ~ '^\+[1-9][0-9]{5,14}$'), -- NULL: it is over
    masked        text NOT NULL,                   -- as it is shown
    pattern       text,                            -- finds it in texts: ccore/privacy/forms.py
    core          text,                            -- the digits that are in every way it is written, for LIKE: %138…%
    pseudonym     text NOT NULL UNIQUE DEFAULT '+0' || lpad(floor(random() * 1e13)::bigint::text, 13, '0'),
    reason        text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    state         text NOT NULL DEFAULT 'finding' CHECK (state IN (
                  'finding', 'making', 'ready', 'taken', 'gone', 'found', 'erasing', 'done', 'cancelled', 'failed')),
    waits         text NOT NULL DEFAULT '',        -- what an erasure waits for: a call of theirs, …
    trouble       text NOT NULL DEFAULT '',        -- why it failed
    found         jsonb NOT NULL DEFAULT '{}',     -- by place: rows, and how many of them are kept
    did           jsonb NOT NULL DEFAULT '{}',     -- by step of the erasure: rows
    asked_by      text NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_by  text,
    confirmed_at  timestamptz,
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(), -- when it is gone on with
    ended_at      timestamptz,
    ready_at      timestamptz,
    bytes         bigint,                          -- of the file
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CHECK (num_nulls(number, pattern, core) IN (0, 3)),
    CHECK ((ended_at IS NULL) = (state IN ('finding', 'making', 'ready', 'found', 'erasing'))),
    CHECK (ended_at IS NULL OR number IS NULL)
);
CREATE INDEX person_requests_due ON person_requests (next_at) WHERE state IN ('finding', 'making', 'erasing');
CREATE UNIQUE INDEX person_requests_one ON person_requests (number, kind) WHERE ended_at IS NULL;

-- What belongs to the number, while a request goes on: `kind` is a ccore.privacy.model.Ref.
CREATE TABLE person_finds (
    request_id    bigint NOT NULL REFERENCES person_requests ON DELETE CASCADE,
    kind          text NOT NULL,
    ref           text NOT NULL,
    PRIMARY KEY (request_id, kind, ref)
);

CREATE TABLE person_export_parts (
    request_id    bigint NOT NULL REFERENCES person_requests ON DELETE CASCADE,
    part          integer NOT NULL,
    content       bytea NOT NULL,
    PRIMARY KEY (request_id, part)
);

-- Rows that are never changed may lose a number, and only within a transaction that says it erases a person. The audit,
-- the ledger of commission and the proofs of erasure are chains or books: nothing of them is changed even then.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('handlings', 'order_moves', 'review_steps')
       AND current_setting('ccore.erasing', true) = 'a person' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or deleted: add a new one', TG_TABLE_NAME;
END $$;
