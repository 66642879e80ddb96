-- The trunks campaigns call out by: which of them somebody has shut, which rest because they fail, and what was spent.

-- Somebody has shut a trunk, '*' all of them: the gate lets no attempt through from this moment on. Both changes are in
-- the audit.
CREATE TABLE trunk_kills (
    trunk         text PRIMARY KEY CHECK (trunk = '*' OR trunk ~ '^[a-z][a-z0-9-]{0,30}$'),
    by            text NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason        text NOT NULL DEFAULT ''
);

-- A trunk that fails at a node is left alone for a while. `times` is how often it had to in a row: each rest is longer.
CREATE TABLE trunk_rests (
    node          text NOT NULL,
    trunk         text NOT NULL,
    since         timestamptz NOT NULL,
    until         timestamptz NOT NULL CHECK (until > since),
    times         integer NOT NULL CHECK (times > 0),
    reason        text NOT NULL DEFAULT '',
    PRIMARY KEY (node, trunk)
);

-- What attempts have cost, by the day of the site on which they were dialled.
CREATE TABLE trunk_spend (
    trunk         text NOT NULL,
    day           date NOT NULL,
    calls         integer NOT NULL,
    seconds       bigint NOT NULL,                 -- since they were answered
    fen           bigint NOT NULL,
    PRIMARY KEY (trunk, day)
);

-- What each attempt has cost; NULL until it is counted in trunk_spend, which is in the same statement.
ALTER TABLE attempts ADD COLUMN fen bigint CHECK (fen >= 0);
CREATE INDEX attempts_not_counted ON attempts (trunk) WHERE dialled_at IS NOT NULL AND fen IS NULL;
