-- The ccores that use this database, as each says of itself every few seconds; one that ended in order has no row.
CREATE TABLE instances (
    instance    text PRIMARY KEY,
    software    text NOT NULL,
    began_at    timestamptz NOT NULL,
    loop_lag_ms integer NOT NULL CHECK (loop_lag_ms >= 0),
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Screens on walls, which show the floor for weeks and may nothing else. `link`: the hash of what opens it, once, until
-- `link_until`; `hash`: of what its browser has since. It ends with the rights of whoever has made it.
CREATE TABLE displays (
    display_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    language    text NOT NULL CHECK (language IN ('zh', 'en')),
    person_id   bigint NOT NULL REFERENCES people,
    role        text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    link        bytea UNIQUE CHECK (octet_length(link) = 32),
    link_until  timestamptz NOT NULL,
    hash        bytea UNIQUE CHECK (octet_length(hash) = 32),
    opened_at   timestamptz,
    address     text NOT NULL DEFAULT '',
    browser     text NOT NULL DEFAULT '',
    seen_at     timestamptz,
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    ended_by    text,
    CHECK ((hash IS NULL) = (opened_at IS NULL))
);

-- Attempts come about in the order of time: what the last day brought is read without the years before.
CREATE INDEX attempts_claimed_at_idx ON attempts USING brin (claimed_at) WITH (autosummarize = on);
