-- Work that only one of the ccores on this database may do at a time, and which one does.

CREATE TABLE leases (
    name        text PRIMARY KEY,
    epoch       bigint NOT NULL CHECK (epoch > 0), -- one more with every taking: an older one is nobody's any more
    holder      text NOT NULL,                     -- the instance
    life        text NOT NULL,                     -- the process: an instance that starts again has another
    taken_at    timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL               -- by this database's clock
);
