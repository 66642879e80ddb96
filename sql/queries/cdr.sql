-- Call records: rows as Asterisk wrote them, and the calls folded from them.

-- name: lazy_commit
-- Let this transaction's COMMIT not wait for the disk: rows and place are lost together, and read again.
SELECT set_config('synchronous_commit', 'off', true);

-- name: places
-- How far each file of log $2 of node $1 has been read.
SELECT file_id, head, position, file FROM call_log_places WHERE node = $1 AND log = $2;

-- name: begin_place
-- Note that a file not seen before has been read up to $5. No row if another ccore was faster.
INSERT INTO call_log_places (node, log, file_id, head, position, file)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- name: move_place
-- Note that a file has been read up to $5; $7 and $8 are the position and head it had. No row if another ccore moved it.
UPDATE call_log_places
SET head = $4, position = $5, file = $6, moved_at = clock_timestamp()
WHERE node = $1 AND log = $2 AND file_id = $3 AND position = $7 AND head = $8;

-- name: make_cdr_incoming
-- The connection's own table that CDR rows are copied into before they are stored.
CREATE TEMP TABLE IF NOT EXISTS cdr_incoming (LIKE cdr INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;

-- name: make_cel_incoming
-- The connection's own table that CEL rows are copied into before they are stored.
CREATE TEMP TABLE IF NOT EXISTS cel_incoming (LIKE cel INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;

-- name: note_read
-- All that Asterisk $1 wrote into log $2 before $3 is stored.
INSERT INTO call_log_reads (node, log, read_until) VALUES ($1, $2, $3)
ON CONFLICT (node, log) DO UPDATE SET read_until = greatest(call_log_reads.read_until, excluded.read_until);

-- A mark that is there already is locked (DO UPDATE), so that no folding takes it away before these rows can be seen.

-- name: store_cdr
-- Store the incoming CDR rows that are not there yet and mark their calls for folding; the number stored.
WITH stored AS (
    INSERT INTO cdr SELECT * FROM cdr_incoming ON CONFLICT DO NOTHING RETURNING node, linkedid
), due AS (
    INSERT INTO call_folds_due SELECT DISTINCT node, linkedid FROM stored ORDER BY 1, 2
    ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid
)
SELECT count(*) FROM stored;

-- name: store_cel
-- Store the incoming CEL rows that are not there yet and mark their calls, walks through menus and visits to queues for
-- folding; the number stored.
WITH stored AS (
    INSERT INTO cel SELECT * FROM cel_incoming ON CONFLICT DO NOTHING RETURNING node, linkedid, eventtype
), due AS (
    INSERT INTO call_folds_due SELECT DISTINCT node, linkedid FROM stored ORDER BY 1, 2
    ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid
), walked AS (
    INSERT INTO walk_folds_due SELECT DISTINCT node, linkedid FROM stored WHERE eventtype = 'CCORE_WALK' ORDER BY 1, 2
    ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid
), queued AS (
    INSERT INTO queue_folds_due SELECT DISTINCT node, linkedid FROM stored AS new
    WHERE eventtype = 'CCORE_QUEUE'
       OR EXISTS (SELECT FROM cel WHERE (node, linkedid, eventtype) = (new.node, new.linkedid, 'CCORE_QUEUE'))
    ORDER BY 1, 2
    ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid
)
SELECT count(*) FROM stored;

-- name: clashing_cdr
-- Incoming CDR rows whose key a different row has: a clock set back over a restart makes Asterisk repeat its ids.
SELECT i.digest FROM cdr_incoming i JOIN cdr c USING (node, linkedid, uniqueid, sequence) WHERE c.digest <> i.digest;

-- name: reject
-- Set aside what is no row.
INSERT INTO call_record_rejects (node, log, file, position, reason, raw, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING;

-- name: note_boot
-- Asterisk $1 has been running since $2, or since now if its clock says a time to come. No row if that is known.
INSERT INTO call_nodes AS n (node, booted_at) VALUES ($1, least($2::timestamptz, now()))
ON CONFLICT (node) DO UPDATE SET booted_at = excluded.booted_at WHERE n.booted_at < excluded.booted_at;

-- name: calls_cut_by_boot
-- Mark for folding the calls of node $1 that were open when it started anew at $2.
INSERT INTO call_folds_due
SELECT node, linkedid FROM folded_calls WHERE node = $1 AND state = 'open' AND started_at < $2
ORDER BY 1, 2
ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid;

-- name: cut_calls
-- Cut the open calls of node $1 that are not among the LinkedIDs $2 its Asterisk has, and of which nothing was read for
-- $3; the LinkedIDs cut.
WITH cut AS (
    INSERT INTO call_cuts (node, linkedid)
    SELECT node, linkedid FROM folded_calls AS call
    WHERE node = $1 AND state = 'open' AND linkedid <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM cel WHERE node = call.node AND linkedid = call.linkedid AND read_at > now() - $3::interval)
    ON CONFLICT (node, linkedid) DO UPDATE SET cut_at = excluded.cut_at
    RETURNING node, linkedid
)
INSERT INTO call_folds_due SELECT node, linkedid FROM cut ORDER BY 1, 2
ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid
RETURNING linkedid;

-- name: cuts_of
-- Which of the calls whose nodes are $1 and LinkedIDs $2 are cut.
SELECT node, linkedid FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN call_cuts AS cut USING (node, linkedid)
WHERE NOT EXISTS (SELECT FROM cel WHERE node = cut.node AND linkedid = cut.linkedid AND read_at > cut.cut_at);

-- name: boots
-- When each node started last; held until the calls folded with it are saved, so that a new start cannot slip between.
SELECT node, booted_at FROM call_nodes FOR SHARE;

-- name: boots_in_view
-- When each node started last.
SELECT node, booted_at FROM call_nodes;

-- name: one_view
-- Let all statements of this transaction see the same moment, and change nothing.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;

-- name: take_due
-- Up to $1 calls to fold.
DELETE FROM call_folds_due d
USING (SELECT node, linkedid FROM call_folds_due ORDER BY 1, 2 LIMIT $1 FOR UPDATE SKIP LOCKED) taken
WHERE d.node = taken.node AND d.linkedid = taken.linkedid
RETURNING d.node, d.linkedid;

-- name: due_of
-- Which of the calls whose nodes are $1 and LinkedIDs $2 wait to be folded.
SELECT node, linkedid FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN call_folds_due USING (node, linkedid);

-- name: hold
-- Hold the calls whose nodes are $1 and LinkedIDs $2: nobody folds them, and no rows of theirs come, in this transaction.
INSERT INTO call_folds_due SELECT * FROM unnest($1::text[], $2::text[]) ORDER BY 1, 2
ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid;

-- name: release
-- They are folded.
DELETE FROM call_folds_due USING unnest($1::text[], $2::text[]) AS held (node, linkedid)
WHERE (call_folds_due.node, call_folds_due.linkedid) = (held.node, held.linkedid);

-- name: events_of
-- The channel events of the calls whose nodes are $1 and LinkedIDs $2; `ahead` if Asterisk's clock was ahead of ours.
SELECT node, linkedid, event_at, eventtype, uniqueid, channame, cid_num, cid_name, cid_dnid, exten, context, eventextra,
       event_at > read_at + interval '2 seconds' AS ahead
FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN cel USING (node, linkedid);

-- name: legs_of
-- The CDR rows of the calls whose nodes are $1 and LinkedIDs $2.
SELECT node, linkedid, started_at, answered_at, ended_at, uniqueid, sequence, channel, dstchannel, src, dst, dcontext,
       disposition, clock_suspect
FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN cdr USING (node, linkedid);

-- name: save_call
-- Write what a call folds into; the columns of folded_calls in order.
INSERT INTO folded_calls VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                                 $20, $21, $22, $23)
ON CONFLICT (node, linkedid) DO UPDATE SET
    (state, disposition, started_at, answered_at, ended_at, duration_ms, billed_ms, talk_ms, caller, caller_name, dialled,
     context, channel, trunk, hangup_cause, hangup_source, legs, transferred, cdrs, clock_suspect, call_keys)
  = (excluded.state, excluded.disposition, excluded.started_at, excluded.answered_at, excluded.ended_at,
     excluded.duration_ms, excluded.billed_ms, excluded.talk_ms, excluded.caller, excluded.caller_name,
     excluded.dialled, excluded.context, excluded.channel, excluded.trunk, excluded.hangup_cause,
     excluded.hangup_source, excluded.legs, excluded.transferred, excluded.cdrs, excluded.clock_suspect,
     excluded.call_keys);

-- name: saved
-- What the calls whose nodes are $1 and LinkedIDs $2 were folded into.
SELECT c.* FROM unnest($1::text[], $2::text[]) AS wanted (node, linkedid) JOIN folded_calls c USING (node, linkedid);

-- name: add_to_statistics
-- Add to the lines of the statistics; the columns of call_statistics in order, as arrays. In the order of the key, so that
-- two ccores that fold at once wait for each other, and never both.
INSERT INTO call_statistics AS line
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
                     $14::bigint[], $15::bigint[], $16::bigint[])
ORDER BY 1, 2, 3, 4
ON CONFLICT (node, trunk, dialled, began_at) DO UPDATE SET
    (calls, going_on, answered, no_answer, busy, congestion, failed, interrupted, clock_suspect, duration_ms, billed_ms,
     talk_ms)
  = (line.calls + excluded.calls, line.going_on + excluded.going_on, line.answered + excluded.answered,
     line.no_answer + excluded.no_answer, line.busy + excluded.busy, line.congestion + excluded.congestion,
     line.failed + excluded.failed, line.interrupted + excluded.interrupted,
     line.clock_suspect + excluded.clock_suspect, line.duration_ms + excluded.duration_ms,
     line.billed_ms + excluded.billed_ms, line.talk_ms + excluded.talk_ms);

-- name: count_lines
-- How many lines the statistics have. A line that no call counts in any more says nothing.
SELECT count(*) FROM call_statistics WHERE calls <> 0;

-- name: next_counted
-- When the next call began, or the next line of the statistics, from $1 on.
SELECT least((SELECT min(started_at) FROM folded_calls WHERE started_at >= $1),
             (SELECT min(began_at) FROM call_statistics WHERE began_at >= $1));

-- name: miscounted
-- The lines of the statistics from $1 until before $2 that do not say what the calls say.
SELECT node, trunk, dialled, began_at
FROM (SELECT * FROM call_statistics WHERE began_at >= $1 AND began_at < $2
      UNION ALL
      SELECT node, trunk, dialled, began_at, -calls, -going_on, -answered, -no_answer, -busy, -congestion, -failed,
             -interrupted, -clock_suspect, -duration_ms, -billed_ms, -talk_ms
      FROM counted_calls($1, $2)) AS difference
GROUP BY node, trunk, dialled, began_at
HAVING (sum(calls), sum(going_on), sum(answered), sum(no_answer), sum(busy), sum(congestion), sum(failed),
        sum(interrupted), sum(clock_suspect), sum(duration_ms), sum(billed_ms), sum(talk_ms))
    <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
ORDER BY began_at, node, trunk, dialled;

-- name: hold_statistics
-- Let nobody else change the statistics in this transaction.
LOCK TABLE call_statistics IN SHARE ROW EXCLUSIVE MODE;

-- name: drop_statistics
-- Drop the lines from $1 until before $2, to count again.
DELETE FROM call_statistics WHERE began_at >= $1 AND began_at < $2;

-- name: count_again
-- Count the calls from $1 until before $2.
INSERT INTO call_statistics SELECT * FROM counted_calls($1, $2);

-- name: statistics
-- The lines of calls that began from $1 until before $2, with the orders placed in these calls so far.
SELECT line.node, line.trunk, line.dialled, line.began_at, calls, going_on, answered, no_answer, busy, congestion, failed,
       interrupted, clock_suspect, duration_ms, billed_ms, talk_ms, coalesce(ordered.orders, 0) AS orders
FROM call_statistics AS line LEFT JOIN (
    SELECT node, left(c.trunk, 80) AS trunk, left(c.dialled, 80) AS dialled, date_bin('15 minutes', started_at, '1970-01-01 00:00+00') AS began_at, count(*) AS orders
    FROM folded_calls AS c CROSS JOIN unnest(c.call_keys) AS key (call_key) JOIN orders USING (call_key)
    WHERE started_at >= $1 AND started_at < $2
    GROUP BY 1, 2, 3, 4) AS ordered
    USING (node, trunk, dialled, began_at)
WHERE line.began_at >= $1 AND line.began_at < $2 AND calls <> 0
ORDER BY line.began_at, line.node, line.trunk, line.dialled;

-- name: calls_after
-- The next $3 calls that have rows, in order, after LinkedID $2 of node $1.
SELECT node, linkedid FROM (
    (SELECT DISTINCT node, linkedid FROM cel WHERE (node, linkedid) > ($1::text, $2::text) ORDER BY 1, 2 LIMIT $3)
    UNION
    (SELECT DISTINCT node, linkedid FROM cdr WHERE (node, linkedid) > ($1::text, $2::text) ORDER BY 1, 2 LIMIT $3)
) calls
ORDER BY 1, 2
LIMIT $3;

-- name: calls_without_cdr
-- Calls that ended between 1 minute and 1 day ago and have no CDR row: Asterisk's disk was full, or CDR is off.
-- (A call that was merged into another before anyone hung up has its CDR there.)
SELECT count(*) FROM folded_calls
WHERE state = 'ended' AND cdrs = 0 AND hangup_cause IS NOT NULL AND started_at > now() - interval '1 day' AND ended_at < now() - interval '1 minute';
