-- The operators' files: every version that was published, and which one is live.

-- What files hold, each content once: most versions change a line or two, and sounds are large.
CREATE TABLE dialplan_contents (
    sha256      bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    content     bytea NOT NULL CHECK (sha256(content) = sha256)
);

CREATE TABLE dialplan_versions (
    version     integer PRIMARY KEY CHECK (version > 0),
    made_at     timestamptz NOT NULL DEFAULT now(),
    made_by     text NOT NULL,                     -- user@machine
    note        text NOT NULL DEFAULT '',
    previous    integer REFERENCES dialplan_versions, -- what was live when it was made
    CHECK (previous < version)
);

CREATE TABLE dialplan_files (
    version     integer NOT NULL REFERENCES dialplan_versions,
    path        text NOT NULL CHECK (path <> '' AND path !~ '(^|/)\.\.?(/|$)' AND path !~ '^/'),
    sha256      bytea NOT NULL REFERENCES dialplan_contents,
    PRIMARY KEY (version, path)
);
CREATE INDEX ON dialplan_files (sha256);

-- The newest row says which version is live. Rows are only ever added, each after the one its writer saw (`after`), so
-- that of two who switch at once one is refused. One on trial that is not confirmed in time is undone by any ccore.
CREATE TABLE dialplan_switches (
    switch_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    after       bigint UNIQUE REFERENCES dialplan_switches,
    version     integer NOT NULL REFERENCES dialplan_versions,
    switched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    switched_by text NOT NULL,
    reason      text NOT NULL CHECK (reason IN ('first-start', 'publish', 'rollback', 'automatic-rollback')),
    confirm_by  timestamptz,                       -- null: it is not on trial
    confirmed_at timestamptz CHECK (confirmed_at <= confirm_by)
);
CREATE UNIQUE INDEX ON dialplan_switches ((after IS NULL)) WHERE after IS NULL; -- one is the first

-- What each ccore has made of the newest switch it saw.
CREATE TABLE dialplan_running (
    instance    text PRIMARY KEY,
    switch_id   bigint NOT NULL REFERENCES dialplan_switches,
    version     integer NOT NULL REFERENCES dialplan_versions,
    nodes       text[] NOT NULL DEFAULT '{}',      -- the Asterisks of its own that were given it
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    error       text,                              -- why it runs another version still
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
