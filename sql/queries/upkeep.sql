-- Upkeep: what should be true on an Asterisk.

-- name: wanted_members
-- The queues of node $1 whose members ccore decides on, with each member; a queue that is to be empty has one row.
SELECT queue, interface, coalesce(name, interface) AS name, coalesce(state_interface, interface) AS state_interface,
       penalty, paused, pause_reason
FROM managed_queues LEFT JOIN wanted_members USING (node, queue)
WHERE node = $1;

-- name: wanted_recordings
-- Which channels of node $1 are to be recorded, and which must not be.
SELECT channel, call_id, file, recorded FROM wanted_recordings WHERE node = $1;

-- name: forget_recordings
-- Forget the channels of node $1 that were not among those seen ($2) at $3.
DELETE FROM wanted_recordings WHERE node = $1 AND NOT channel = ANY ($2::text[]) AND decided_at < $3;
