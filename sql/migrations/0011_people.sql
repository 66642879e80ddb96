-- People who use ccore over HTTP, what they prove themselves with, and the chain that shows whether the audit was changed.

CREATE TABLE people (
    person_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         text NOT NULL UNIQUE CHECK (login ~ '^[a-z][a-z0-9._-]{1,39}$'),
    name          text NOT NULL,
    role          text NOT NULL CHECK (role IN ('agent', 'supervisor', 'quality', 'operator', 'admin')),
    agent         text CHECK (agent ~ '^[0-9]{2,12}$'), -- agents.agent, of one who takes calls
    active        boolean NOT NULL DEFAULT true,
    password_salt bytea,                            -- scrypt(password, salt); none: no password lets them in
    password_hash bytea,
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((password_salt IS NULL) = (password_hash IS NULL))
);
CREATE UNIQUE INDEX people_agents ON people (agent) WHERE active;

-- What programs and consoles say with each request. Only its SHA-256 is here. A token is for the role its person had when
-- it was made: one who is given another role needs another token.
CREATE TABLE tokens (
    token_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash          bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    person_id     bigint NOT NULL REFERENCES people,
    role          text NOT NULL,
    note          text NOT NULL DEFAULT '',
    expires_at    timestamptz NOT NULL,
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at    timestamptz
);
CREATE INDEX ON tokens (person_id);

-- Every try to sign in by password; `passed` is set afterwards.
CREATE TABLE sign_in_tries (
    try_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         text NOT NULL,                   -- as given
    address       text NOT NULL,
    passed        boolean NOT NULL DEFAULT false,
    tried_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON sign_in_tries (login, tried_at);
CREATE INDEX ON sign_in_tries (address, tried_at);

-- Each row of the audit once more, as SHA-256 over itself and the seal before: who changes or takes away a row, or a
-- seal, breaks the chain. Sealed a second after it was written, so that no call waits for another one's audit entry.
CREATE TABLE audit_seals (
    seal          bigint PRIMARY KEY CHECK (seal > 0),
    audit_id      bigint NOT NULL UNIQUE REFERENCES audit,
    previous      bytea NOT NULL UNIQUE,           -- the hash of the seal before; empty: it is the first
    hash          bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX ON audit (at);

-- Requests that must not be done twice, by who asked and the key they gave; with the answer, once there is one.
CREATE TABLE idempotent_requests (
    login         text NOT NULL,
    key           text NOT NULL,
    request       bytea NOT NULL CHECK (octet_length(request) = 32), -- SHA-256 of method, path and body
    begun_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    status        integer,
    body          bytea,
    PRIMARY KEY (login, key),
    CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX ON idempotent_requests (begun_at);
