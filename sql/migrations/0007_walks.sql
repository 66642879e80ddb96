-- Walks of callers through menus: folded from the CCORE_WALK rows of table cel, by ccore/ivr/paths.py and nothing else.

-- Calls of which such rows have come since their walks were folded last.
CREATE TABLE walk_folds_due (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    PRIMARY KEY (node, linkedid)
);

-- One walk for each channel that was in a menu.
CREATE TABLE walks (
    node        text NOT NULL,                     -- the Asterisk
    linkedid    text NOT NULL,
    uniqueid    text NOT NULL,
    hotline     text NOT NULL,
    caller      text NOT NULL,                     -- as Asterisk was told; "" if that is no number
    version     bigint NOT NULL,                   -- of the menus
    language    text NOT NULL,                     -- the last one spoken
    began_at    timestamptz NOT NULL,
    moved_at    timestamptz NOT NULL,              -- when the caller was last seen to go on
    outcome     text NOT NULL CHECK (outcome IN ('queue', 'order', 'transfer', 'voicemail', 'contained', 'given-up', 'dropped')),
    target      text NOT NULL,                     -- what the caller got last; "" if nothing
    to_target_ms bigint CHECK (to_target_ms >= 0), -- from the beginning until they got it
    missing     integer NOT NULL,                  -- answers to Asterisk that left no row
    PRIMARY KEY (node, linkedid, uniqueid),
    CHECK ((target = '') = (to_target_ms IS NULL))
);
CREATE INDEX ON walks (began_at);
CREATE INDEX ON walks (caller, began_at) WHERE caller <> '';

-- What happened in a walk, in order.
CREATE TABLE walk_steps (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    uniqueid    text NOT NULL,
    number      integer NOT NULL,                  -- from 0
    at          timestamptz NOT NULL,
    menu        text NOT NULL,                     -- the node of the menus
    outcome     text NOT NULL,
    key         text NOT NULL,
    target      text NOT NULL,
    PRIMARY KEY (node, linkedid, uniqueid, number),
    FOREIGN KEY (node, linkedid, uniqueid) REFERENCES walks ON DELETE CASCADE
);

-- Walks with what is known of the call's end: who has got nothing yet and is still there has not dropped out.
CREATE VIEW ended_walks AS
SELECT w.*, c.ended_at, CASE WHEN w.outcome = 'dropped' AND coalesce(c.state, 'open') = 'open' THEN 'going-on' ELSE w.outcome END AS ended
FROM walks w LEFT JOIN folded_calls c USING (node, linkedid);

-- Rows that came before there were walks.
INSERT INTO walk_folds_due SELECT DISTINCT node, linkedid FROM cel WHERE eventtype = 'CCORE_WALK';
