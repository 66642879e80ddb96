-- What agents do with calls and write about them, and when supervisors listen.

-- name: begin_spying
-- $6 asks to $8 agent $4 (channel $5) in call $3 of node $1, at phone $7, which becomes channel $2.
INSERT INTO spied_sessions (node, channel, call_id, agent, spied, who, phone, mode)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING session_id;

-- name: answer_spying
-- The supervisor's phone, channel $2 of node $1, has answered at $3.
UPDATE spied_sessions SET began_at = $3 WHERE node = $1 AND channel = $2 AND began_at IS NULL AND ended_at IS NULL;

-- name: change_spying
-- Session $1 goes on as $2: its row ends, another begins; no row comes back if it is over.
WITH ended AS (
    UPDATE spied_sessions SET ended_at = greatest(clock_timestamp(), began_at)
    WHERE session_id = $1 AND began_at IS NOT NULL AND ended_at IS NULL
    RETURNING node, channel, call_id, agent, spied, who, phone, ended_at
)
SELECT node, channel, call_id, agent, spied, who, phone, ended_at FROM ended;

-- name: continue_spying
-- The row of a listening that goes on as $8 since $9.
INSERT INTO spied_sessions (node, channel, call_id, agent, spied, who, phone, mode, began_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING session_id;

-- name: end_spying
-- Channel $2 of node $1 is gone since $3: what the audit is told of each of its modes.
UPDATE spied_sessions SET ended_at = greatest($3, began_at) WHERE node = $1 AND channel = $2 AND ended_at IS NULL
RETURNING session_id, call_id, agent, who, mode, began_at IS NOT NULL AS answered,
          coalesce(extract(epoch FROM ended_at - began_at), 0)::float8 AS seconds;

-- name: spying_open
-- Listenings that are not over, as far as is known; and since when Asterisk's own file says that they are.
SELECT s.session_id, s.node, s.channel, s.call_id, s.agent, s.spied, s.who, s.phone, s.mode, s.asked_at, s.began_at,
       (SELECT min(c.event_at) FROM cel c WHERE c.node = s.node AND c.linkedid = s.channel AND c.uniqueid = s.channel
           AND c.eventtype = 'ANSWER') AS answered_at,
       (SELECT max(c.event_at) FROM cel c WHERE c.node = s.node AND c.uniqueid = s.channel
           AND c.linkedid IN (s.channel, s.call_id) AND c.eventtype IN ('HANGUP', 'CHAN_END')) AS gone_at
FROM spied_sessions s WHERE s.ended_at IS NULL ORDER BY s.session_id;

-- name: spying
-- Session $1, if it is not over.
SELECT session_id, node, channel, call_id, agent, spied, who, phone, mode, began_at
FROM spied_sessions WHERE session_id = $1 AND ended_at IS NULL;

-- name: spying_of
-- The session in which $1 is in call $2 now.
SELECT session_id FROM spied_sessions
WHERE who = $1 AND call_id = $2 AND began_at IS NOT NULL AND ended_at IS NULL ORDER BY session_id DESC LIMIT 1;

-- name: spied
-- Listenings, the newest first, before session $1 if that is given; $2 at most.
SELECT session_id, call_id, agent, who, phone, mode, asked_at, began_at, ended_at,
       extract(epoch FROM coalesce(ended_at, clock_timestamp()) - began_at)::float8 AS seconds
FROM spied_sessions WHERE $1::bigint IS NULL OR session_id < $1
ORDER BY session_id DESC LIMIT $2;

-- name: handled
-- $4 did $5 (more in $6) with call $1 of node $2, which was agent $3's.
INSERT INTO handlings (call_id, node, agent, by_whom, what, detail) VALUES ($1, $2, $3, $4, $5, $6::jsonb);

-- name: handlings
-- What was done with call $1.
SELECT agent, by_whom, what, detail, at FROM handlings WHERE call_id = $1 ORDER BY handling_id;

-- name: dispose
-- Call $1 of agent $2 and queue $3 came to $4, with fields $5, says $6; they are to be called again at $7, by $2 alone if $8.
INSERT INTO dispositions (call_id, agent, queue, disposition, fields, by_whom, again_at, own)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8);

-- name: disposed
-- Whether agent $2 has said what came of call $1.
SELECT EXISTS (SELECT FROM dispositions WHERE call_id = $1 AND agent = $2);

-- name: dispositions
-- What came of call $1.
SELECT agent, queue, disposition, fields, by_whom, at FROM dispositions WHERE call_id = $1 ORDER BY disposition_id;

-- name: write_note
-- $2 writes $3 about call $1.
INSERT INTO call_notes (call_id, by_whom, text) VALUES ($1, $2, $3) RETURNING note_id;

-- name: notes
-- What was written about call $1.
SELECT by_whom, text, at FROM call_notes WHERE call_id = $1 ORDER BY note_id;

-- name: known_call
-- The queue and agent of call $2 of node $1, as the channel events say: whether there was such a call.
SELECT EXISTS (SELECT FROM cel WHERE node = $1 AND linkedid = $2);
