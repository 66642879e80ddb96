-- Reviews, what is drawn for them, coaching notes and the case library (ccore/quality).

-- name: scorecard
-- Version $2 (a SHA-256) of scorecard $1 with content $3, kept for the reviews made by it; its number.
INSERT INTO scorecards (name, sha256, content) VALUES ($1, $2, $3::jsonb)
ON CONFLICT (name, sha256) DO UPDATE SET name = excluded.name
RETURNING scorecard_id;

-- name: talked
-- The agents who talked in the stored recording $1; no row comes back if there is nothing to hear of it.
SELECT array_remove(array_agg(DISTINCT s.agent) FILTER (WHERE s.agent IS NOT NULL) || r.agent, '') AS agents
FROM recordings r LEFT JOIN recording_segments s USING (recording_id)
WHERE r.recording_id = $1 AND r.state = 'stored'
GROUP BY r.recording_id;

-- name: begin
-- $4 reviews agent $3 in recording $1 by scorecard $2; $5: for calibration. No row comes back if that was begun already.
WITH begun AS (
    INSERT INTO reviews (recording_id, scorecard_id, agent, reviewer, calibration) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING
    RETURNING review_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $4, 'review-begun', 'review:' || review_id FROM begun
)
SELECT review_id FROM begun;

-- name: one
-- Review $1 with its scorecard.
SELECT r.*, s.name AS scorecard, s.content FROM reviews r JOIN scorecards s USING (scorecard_id) WHERE review_id = $1;

-- name: steps
-- What became of review $1.
SELECT at, who, step, note, per_mille FROM review_steps WHERE review_id = $1 ORDER BY step_id;

-- name: write
-- The draft $1 says this so far: answers $2, comments $3, summary $4; no row comes back if it is none any more.
UPDATE reviews SET answers = $2::jsonb, comments = $3::jsonb, summary = $4, changed_at = clock_timestamp()
WHERE review_id = $1 AND state = 'draft'
RETURNING review_id;

-- name: step
-- Review $1 goes from state $2 to $3 by step $4 of $5, who says $6: answers $7, score $8, passed $9, fatal $10. No row
-- comes back if it is in another state by now.
WITH changed AS (
    UPDATE reviews SET state = $3, answers = $7::jsonb, per_mille = $8, passed = $9, fatal = $10,
        submitted_at = coalesce(submitted_at, clock_timestamp()), changed_at = clock_timestamp()
    WHERE review_id = $1 AND state = $2
    RETURNING review_id, answers, per_mille
), noted AS (
    INSERT INTO review_steps (review_id, who, step, note, answers, per_mille)
    SELECT review_id, $5, $4, $6, answers, per_mille FROM changed
), audited AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $5, 'review-' || $3, 'review:' || review_id, jsonb_build_object('per_mille', per_mille) FROM changed
)
SELECT review_id FROM changed;

-- name: reviews
-- Reviews before $1, the newest first: of agent $2, in state $3, of recording $4, by $5, where these are given; $6: only
-- what its agent may see; $7 at most.
SELECT r.review_id, r.recording_id, s.name AS scorecard, r.agent, r.reviewer, r.calibration, r.state, r.per_mille, r.passed,
       r.fatal, r.made_at, r.submitted_at, r.changed_at
FROM reviews r JOIN scorecards s USING (scorecard_id)
WHERE ($1::bigint IS NULL OR r.review_id < $1) AND ($2::text IS NULL OR r.agent = $2) AND ($3::text IS NULL OR r.state = $3)
  AND ($4::bigint IS NULL OR r.recording_id = $4) AND ($5::text IS NULL OR r.reviewer = $5)
  AND (NOT $6 OR (r.state <> 'draft' AND NOT r.calibration))
ORDER BY r.review_id DESC LIMIT $7;

-- name: candidates
-- Stored recordings of calls that began from $1 until $2, for each agent who talked there, with what came of the call and
-- whether scorecard $3 was used on it, by any version.
SELECT r.recording_id, a.agent, r.queue, r.milliseconds, r.expected_at,
       ARRAY(SELECT DISTINCT d.disposition FROM dispositions d WHERE d.call_id = r.call_id AND d.agent = a.agent) AS dispositions,
       (SELECT v.state FROM reviews v JOIN scorecards c USING (scorecard_id)
        WHERE v.recording_id = r.recording_id AND v.agent = a.agent AND c.name = $3 AND NOT v.calibration
        ORDER BY v.review_id DESC LIMIT 1) AS review
FROM recordings r CROSS JOIN LATERAL (
    SELECT s.agent FROM recording_segments s WHERE s.recording_id = r.recording_id UNION SELECT r.agent
) a
WHERE r.state = 'stored' AND r.expected_at >= $1 AND r.expected_at < $2 AND a.agent <> ''
ORDER BY r.recording_id, a.agent;

-- name: calibrations
-- Reviews of agent $2 in recording $1 by scorecard $3 that are submitted, each with the version it was made by.
SELECT r.review_id, r.reviewer, r.answers, s.scorecard_id, s.content
FROM reviews r JOIN scorecards s USING (scorecard_id)
WHERE r.recording_id = $1 AND r.agent = $2 AND s.name = $3 AND r.state <> 'draft'
ORDER BY s.scorecard_id DESC, r.review_id;

-- name: scores
-- What the calls of each agent were worth that were reviewed from $1 until $2, by scorecard; $3: of this agent only.
-- What is disputed does not count yet.
SELECT r.agent, s.name AS scorecard, count(*) AS reviews, round(avg(r.per_mille))::integer AS per_mille,
       count(*) FILTER (WHERE r.passed) AS passed, count(*) FILTER (WHERE cardinality(r.fatal) > 0) AS fatal
FROM reviews r JOIN scorecards s USING (scorecard_id)
WHERE r.submitted_at >= $1 AND r.submitted_at < $2 AND NOT r.calibration AND r.state IN ('submitted', 'acknowledged', 'settled')
  AND ($3::text IS NULL OR r.agent = $3)
GROUP BY r.agent, s.name ORDER BY r.agent, s.name;

-- name: coach
-- $2 tells agent $1 $3, about recording $4 from $5 to $6 milliseconds, where these are given.
WITH told AS (
    INSERT INTO coaching_notes (agent, by_whom, text, recording_id, from_ms, until_ms) VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING note_id
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'coaching-noted', 'coaching:' || note_id FROM told
)
SELECT note_id FROM told;

-- name: coaching
-- What agent $1 was told, the newest first, before note $2, $3 at most.
SELECT note_id, agent, by_whom, text, recording_id, from_ms, until_ms, at, seen_at FROM coaching_notes
WHERE agent = $1 AND ($2::bigint IS NULL OR note_id < $2) ORDER BY note_id DESC LIMIT $3;

-- name: seen
-- Agent $2 has read note $1; no row comes back if it is not theirs.
UPDATE coaching_notes SET seen_at = coalesce(seen_at, clock_timestamp()) WHERE note_id = $1 AND agent = $2
RETURNING note_id;

-- name: add_case
-- $8 puts the stored recording $1 into the library: title $2, verdict $3, why $4, tags $5, from $6 to $7 milliseconds. It
-- is held from now on. No row comes back if there is nothing to hear of it.
WITH there AS (
    SELECT recording_id FROM recordings WHERE recording_id = $1 AND state = 'stored' AND milliseconds >= $7
), held AS (
    INSERT INTO recording_holds (kind, value, reason, by_whom)
    SELECT 'recording', recording_id::text, 'case library: ' || $2, $8 FROM there
    ON CONFLICT DO NOTHING
    RETURNING hold_id
), added AS (
    INSERT INTO cases (recording_id, hold_id, title, verdict, why, tags, from_ms, until_ms, by_whom)
    SELECT $1, hold_id, $2, $3, $4, $5, $6, $7, $8 FROM held
    RETURNING case_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $8, 'case-added', 'case:' || case_id, jsonb_build_object('recording', $1) FROM added
)
SELECT case_id FROM added;

-- name: remove_case
-- $2 takes case $1 out of the library, and so ends its hold; no row comes back if it is not there.
WITH removed AS (
    UPDATE cases SET removed_at = clock_timestamp(), removed_by = $2 WHERE case_id = $1 AND removed_at IS NULL
    RETURNING case_id, hold_id
), released AS (
    UPDATE recording_holds SET released_at = clock_timestamp(), released_by = $2
    WHERE hold_id IN (SELECT hold_id FROM removed) AND released_at IS NULL
), noted AS (
    INSERT INTO audit (actor, action, subject) SELECT $2, 'case-removed', 'case:' || case_id FROM removed
)
SELECT case_id FROM removed;

-- name: cases
-- The library, the newest first: with tag $1, of verdict $2, where these are given, before case $3, $4 at most.
SELECT c.case_id, c.recording_id, c.title, c.verdict, c.why, c.tags, c.from_ms, c.until_ms, c.by_whom, c.at, r.queue
FROM cases c JOIN recordings r USING (recording_id)
WHERE c.removed_at IS NULL AND ($1::text IS NULL OR $1 = ANY (c.tags)) AND ($2::text IS NULL OR c.verdict = $2)
  AND ($3::bigint IS NULL OR c.case_id < $3)
ORDER BY c.case_id DESC LIMIT $4;
