-- What callers leave: call-backs, answers, voicemail, and the text messages they ask for.

-- name: call_back
-- Call $1 asks for a call-back to $2 by queue $3, at $4. One who has asked already is not called twice.
INSERT INTO call_backs (call_key, number, queue, asked_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING;

-- name: call_back_done
-- $2 says that call-back $1 was made; no row comes back if it was not open.
WITH done AS (
    UPDATE call_backs SET state = 'done', done_at = clock_timestamp(), ended_at = clock_timestamp(), done_by = $2
    WHERE call_back_id = $1 AND state = 'open'
    RETURNING call_back_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'call-back-done', 'call-back:' || call_back_id FROM done
)
SELECT call_back_id FROM done;

-- name: answers
-- Call $1's answers to survey $2 at $3: questions $4 and scores $5. What was answered stays as it was.
INSERT INTO survey_answers (call_key, survey, question, score, answered_at)
SELECT $1, $2, question, score, $3 FROM unnest($4::text[], $5::integer[]) AS given (question, score)
ON CONFLICT DO NOTHING;

-- name: survey
-- Survey $1 from $2 until $3: each question, how many answered it, and the mean.
SELECT question, count(*) AS answers, avg(score)::float8 AS mean FROM survey_answers
WHERE survey = $1 AND answered_at >= $2 AND answered_at < $3
GROUP BY question ORDER BY question;

-- name: text
-- Queue a text message of kind $2 to $3, made of $4, for call $1; a call gets each kind once.
INSERT INTO outbox (call_key, kind, recipient, params) VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT DO NOTHING;

-- name: voicemail
-- What call $1 left at $6 in file $2 of node $3: box $4, caller $5, audio $8 of $7 milliseconds. A file that grew after it
-- was first read is taken whole.
INSERT INTO voicemails AS kept (call_key, file, node, box, caller, recorded_at, milliseconds, audio)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (node, file) DO UPDATE SET milliseconds = excluded.milliseconds, audio = excluded.audio
WHERE kept.milliseconds < excluded.milliseconds;

-- name: voicemails
-- Voicemails, the newest first; $1: a box or null for all, $2: those that were heard as well.
SELECT voicemail_id, box, node, caller, recorded_at, milliseconds, state FROM voicemails
WHERE ($1::text IS NULL OR box = $1) AND (state = 'new' OR $2)
ORDER BY recorded_at DESC, voicemail_id DESC;

-- name: export_voicemail
-- The audio of voicemail $1 for $2, by which it is heard; no row comes back if there is none.
WITH heard AS (
    UPDATE voicemails SET state = 'heard' WHERE voicemail_id = $1 RETURNING voicemail_id, audio
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'voicemail-exported', 'voicemail:' || voicemail_id FROM heard
)
SELECT audio FROM heard;

-- name: forget_voicemails
-- Delete voicemails that are older than $1 (an interval), and say so in the audit; gives how many.
WITH gone AS (
    DELETE FROM voicemails WHERE recorded_at < clock_timestamp() - $1::interval RETURNING voicemail_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT 'ccore', 'voicemails-deleted', 'voicemails', jsonb_build_object('count', count(*), 'newest', max(voicemail_id))
    FROM gone HAVING count(*) > 0
)
SELECT count(*) FROM gone;
