-- Everybody who sells signs in: more roles, employee numbers, sessions, second factors, codes for a first password, and
-- tokens for a part of what their person may.

ALTER TABLE people
    DROP CONSTRAINT people_login_check,
    DROP CONSTRAINT people_role_check,
    ADD CONSTRAINT people_login_check CHECK (login ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
    ADD CONSTRAINT people_role_check CHECK (role IN ('agent', 'supervisor', 'quality', 'operator', 'employee', 'manager',
                                                     'designer', 'fraud', 'admin')),
    ADD employee text REFERENCES employees (number) ON UPDATE CASCADE, -- whoever has one sells
    ADD language text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en'));
CREATE UNIQUE INDEX people_employees ON people (employee) WHERE active;

-- Passwords are kept as argon2id says them ($argon2id$…), with their own salt. Those of before are scrypt, until their
-- person signs in.
ALTER TABLE people
    ADD password text CHECK (password LIKE '$argon2id$%'),
    ADD CHECK (password IS NULL OR password_hash IS NULL),
    ADD totp_secret text,                           -- the authenticator's, base32
    ADD totp_since timestamptz,                     -- its person has shown that they have it; before, it counts for nothing
    ADD totp_step bigint NOT NULL DEFAULT 0,        -- the last 30 seconds of which a code was taken: none is taken twice
    ADD CHECK (totp_since IS NULL OR totp_secret IS NOT NULL);

-- Whoever may come in at all. Those who sell and have left may not.
CREATE VIEW people_let_in AS
SELECT p.* FROM people p
WHERE p.active AND NOT EXISTS (SELECT FROM employees e WHERE e.number = p.employee AND e.left_at <= clock_timestamp());

-- Codes for when the authenticator is lost, each for once.
CREATE TABLE recovery_codes (
    person_id     bigint NOT NULL REFERENCES people,
    hash          bytea NOT NULL CHECK (octet_length(hash) = 32), -- SHA-256: 80 random bits need no salt
    used_at       timestamptz,
    PRIMARY KEY (person_id, hash)
);

-- A browser that signed in. Only the SHA-256 of what it has is here. A session is for the role its person had then.
CREATE TABLE sessions (
    session_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash          bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    person_id     bigint NOT NULL REFERENCES people,
    role          text NOT NULL,
    address       text NOT NULL,
    browser       text NOT NULL,                    -- as it calls itself, cut to 200 characters
    begun_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    ended_by      text
);
CREATE INDEX ON sessions (person_id) WHERE ended_at IS NULL;

-- Codes sent as text messages, by which somebody gives themselves a password: one at a time, for a few minutes.
CREATE TABLE sign_in_codes (
    code_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id     bigint NOT NULL REFERENCES people,
    hash          text NOT NULL,                    -- argon2id
    sent_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at       timestamptz
);
CREATE INDEX ON sign_in_codes (person_id, sent_at);

-- What a token is good for: read, write, or subjects of the API; nothing named: all its person may.
ALTER TABLE tokens ADD scopes text[] NOT NULL DEFAULT '{}';

-- A try is written down under the login, whichever name was given. One that was refused because there were too many
-- before was not judged, and does not count.
ALTER TABLE sign_in_tries ADD judged boolean NOT NULL DEFAULT true;

-- The audit is searched by who did something, and by what it was done to.
CREATE INDEX ON audit (actor, audit_id);
CREATE INDEX ON audit (subject, audit_id);
