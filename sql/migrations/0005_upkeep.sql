-- What should be true on every Asterisk: who is in which queue, who is paused, which call is recorded.

-- The queues whose members ccore decides on. In any other queue of a node it leaves every member as it is.
CREATE TABLE managed_queues (
    node         text NOT NULL,
    queue        text NOT NULL CHECK (octet_length(queue) BETWEEN 1 AND 79 AND queue !~ '[[:cntrl:]]'),
    PRIMARY KEY (node, queue)
);

-- The members of managed queues. 79 bytes is what Asterisk keeps of each of these texts; it would cut the rest off,
-- and ccore would mend that for ever.
CREATE TABLE wanted_members (
    node         text NOT NULL,
    queue        text NOT NULL,
    interface    text NOT NULL CHECK (octet_length(interface) <= 79 AND interface ~ '^[A-Za-z0-9]+/[^[:cntrl:],]+$'),
    name         text CHECK (octet_length(name) BETWEEN 1 AND 79 AND name !~ '[[:cntrl:]]'),
    state_interface text CHECK (octet_length(state_interface) <= 79 AND state_interface !~ '[[:cntrl:]]'
                                AND state_interface <> ''),
    penalty      integer NOT NULL DEFAULT 0 CHECK (penalty >= 0),
    paused       boolean NOT NULL DEFAULT false,
    pause_reason text NOT NULL DEFAULT '' CHECK (octet_length(pause_reason) <= 79 AND pause_reason !~ '[[:cntrl:]]'),
    PRIMARY KEY (node, queue, interface),
    FOREIGN KEY (node, queue) REFERENCES managed_queues ON DELETE CASCADE,
    CHECK (paused OR pause_reason = '')
);
-- To Asterisk, two interfaces that differ by case alone are one.
CREATE UNIQUE INDEX ON wanted_members (node, queue, lower(interface));

-- Channels (Uniqueid) of which it is decided that they are recorded, or are not any more. Gone once the channel is.
CREATE TABLE wanted_recordings (
    node         text NOT NULL,
    channel      text NOT NULL,
    call_id      text NOT NULL,                    -- its LinkedID
    file         text NOT NULL CHECK (file ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$'),
    recorded     boolean NOT NULL DEFAULT true,    -- false: it must not be recorded now
    decided_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, channel)
);
