-- Upkeep: what should be true on an Asterisk.

-- name: wanted_members
-- The queues of node $1 whose members ccore decides on, with each member; a queue that is to be empty has one row.
SELECT q.queue, m.interface, coalesce(m.name, m.interface) AS name,
       coalesce(m.state_interface, m.interface) AS state_interface, m.penalty, m.paused, m.pause_reason,
       coalesce(p.state IN ('ringing', 'talking') OR p.wrap_up_until > clock_timestamp(), false) AS rests
FROM managed_queues q LEFT JOIN wanted_members m USING (node, queue) LEFT JOIN presences p ON p.agent = m.agent
WHERE q.node = $1;

-- name: wanted_recordings
-- Which channels of node $1 are to be recorded, and which must not be.
SELECT channel, call_id, file, recorded FROM wanted_recordings WHERE node = $1;

-- name: forget_recordings
-- Forget the channels of node $1 that were not among those seen ($2) at $3.
DELETE FROM wanted_recordings WHERE node = $1 AND NOT channel = ANY ($2::text[]) AND decided_at < $3;
