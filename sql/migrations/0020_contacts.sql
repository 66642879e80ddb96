-- Whom campaigns call: their state, lists of contacts and how they came, consents, and numbers nobody is to call.

-- A campaign is a file, campaigns/NAME.toml; here is only whether it dials. None here: stopped. Each change is one more
-- in `epoch`, says NOTIFY ccore_campaigns, and is in the audit.
CREATE TABLE campaigns (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{1,40}$'),
    state         text NOT NULL CHECK (state IN ('stopped', 'running', 'draining')),
    epoch         bigint NOT NULL DEFAULT 1 CHECK (epoch > 0),
    by            text NOT NULL,                   -- who has changed it, at last
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason        text NOT NULL DEFAULT ''
);

CREATE TABLE contact_lists (
    list          text PRIMARY KEY CHECK (list ~ '^[a-z][a-z0-9-]{1,40}$'),
    title         text NOT NULL DEFAULT '',
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A file of contacts: waiting → reading (its rows go to upload_rows) → storing → done, which is when they all become
-- contacts at once. Else refused (all of it was to be right, and was not, or it is no such file), cancelled, or failed
-- (ccore's own, or it was killed). Only whoever has its `life` may move it.
CREATE TABLE list_uploads (
    upload_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list          text NOT NULL REFERENCES contact_lists,
    file_name     text NOT NULL,
    sha256        bytea NOT NULL,
    size          bigint NOT NULL,                 -- bytes
    key           text,                            -- the Idempotency-Key of who asked
    asked         jsonb NOT NULL,                  -- columns, and what to do: ccore.dialer.sheet_model.Wanted
    columns       jsonb,                           -- which column is what, once its heading was read
    encoding      text,
    instance      text NOT NULL,                   -- the ccore whose disk has the file
    stored_as     text NOT NULL,                   -- its name there
    life          text NOT NULL DEFAULT '',        -- of the process that works at it
    state         text NOT NULL DEFAULT 'waiting'
                  CHECK (state IN ('waiting', 'reading', 'storing', 'done', 'refused', 'cancelled', 'failed')),
    rows_there    integer,                         -- as far as can be told before they are read
    rows_read     integer NOT NULL DEFAULT 0,
    counts        jsonb NOT NULL DEFAULT '{}',     -- new, updated, bad, duplicate …: ccore.dialer.uploading
    reason        text NOT NULL DEFAULT '',        -- why it was refused or failed, for people
    asked_by      text NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    CHECK ((ended_at IS NULL) = (state IN ('waiting', 'reading', 'storing'))),
    UNIQUE (asked_by, key)
);
CREATE INDEX ON list_uploads (list, upload_id);
CREATE INDEX ON list_uploads (instance) WHERE ended_at IS NULL;

-- Rows of files that are being read: nothing counts before its upload is done, and a crash of PostgreSQL may empty it.
CREATE UNLOGGED TABLE upload_rows (
    upload_id     bigint NOT NULL,
    row           integer NOT NULL,                -- as a spreadsheet counts: the heading is 1
    number        text NOT NULL,
    zone          text NOT NULL,
    region        text NOT NULL,
    name          text NOT NULL,
    fields        jsonb NOT NULL,
    priority      smallint NOT NULL,
    not_before    timestamptz,
    agent         text
);
CREATE INDEX ON upload_rows (upload_id);

-- What there is to say of a row of an upload: `what` is a word of ccore.dialer.sheet_model.
CREATE TABLE upload_faults (
    upload_id     bigint NOT NULL REFERENCES list_uploads ON DELETE CASCADE,
    row           integer NOT NULL,
    col           text NOT NULL DEFAULT '',        -- its heading
    what          text NOT NULL,
    shown         text NOT NULL DEFAULT '',        -- of what stands there, the beginning
    number        text                             -- as it was understood, so that a person can be erased
);
CREATE INDEX ON upload_faults (upload_id, row);
CREATE INDEX ON upload_faults (number) WHERE number IS NOT NULL;

-- Somebody to be called: once in a list. Lists are not referenced: a million rows would each be looked up.
CREATE TABLE contacts (
    contact_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list          text NOT NULL,
    number        text NOT NULL CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
    zone          text NOT NULL,                   -- whose clock: ccore.dialer.zones
    region        text NOT NULL,                   -- ISO 3166 of the number; '' if it is of none
    name          text NOT NULL DEFAULT '',
    fields        jsonb NOT NULL DEFAULT '{}',
    priority      smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 9),
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'claimed', 'done', 'removed')),
    attempts      integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    not_before    timestamptz,                     -- as the list said
    agent         text,                            -- only they call this contact; NULL: anybody
    last_outcome  text,
    disposition   text,
    upload_id     bigint,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (number, list)
);
CREATE INDEX contacts_of_list ON contacts (list, contact_id);

-- Contacts who are to be called at a time they named, by one agent or by anybody.
CREATE TABLE contact_call_backs (
    contact_call_back_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id    bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    campaign      text NOT NULL,
    agent         text,                            -- NULL: anybody
    due_at        timestamptz NOT NULL,
    note          text NOT NULL DEFAULT '',
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'cancelled')),
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    CHECK ((ended_at IS NULL) = (state = 'open'))
);
CREATE UNIQUE INDEX contact_call_backs_open ON contact_call_backs (contact_id) WHERE state = 'open';
CREATE INDEX contact_call_backs_due ON contact_call_backs (due_at) WHERE state = 'open';

-- That somebody may be called for a purpose; one that was withdrawn stays, and says so.
CREATE TABLE consents (
    consent_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number        text NOT NULL CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
    purpose       text NOT NULL CHECK (purpose ~ '^[a-z][a-z0-9-]{1,40}$'),
    given_at      timestamptz NOT NULL,
    evidence      text NOT NULL CHECK (evidence <> ''), -- where it can be seen: a contract's number, a recording
    noted_by      text NOT NULL,
    noted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at  timestamptz,
    withdrawn_by  text,
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE UNIQUE INDEX consents_standing ON consents (number, purpose) WHERE withdrawn_at IS NULL;

ALTER TABLE do_not_call ADD COLUMN source text NOT NULL DEFAULT ''; -- the list it came with; '': one by one

CREATE TABLE do_not_call_prefixes (
    prefix        text PRIMARY KEY CHECK (prefix ~ '^\+[1-9][0-9]{0,13}$'),
    reason        text NOT NULL DEFAULT '',
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Whether campaigns must not call $1, for itself or for what it begins with. Every claim and every gate asks.
CREATE FUNCTION is_barred(number text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM do_not_call d WHERE d.number = $1)
        OR EXISTS (SELECT FROM do_not_call_prefixes p
                   WHERE p.prefix = ANY (ARRAY(SELECT left($1, digits) FROM generate_series(2, 16) digits)))
$$;
