-- Calls whose end Asterisk never wrote (its disk was full, or it died with its clock wrong): it was asked, and had no such
-- call any more, when nothing had been read of it for a while. It is folded as interrupted, until more is read of it.
CREATE TABLE call_cuts (
    node        text NOT NULL,
    linkedid    text NOT NULL,
    cut_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, linkedid)
);
