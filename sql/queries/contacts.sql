-- Lists of contacts: files that are uploaded, what was wrong with them, and the contacts they have become.

-- name: lists
-- Every list with its contacts by state, and the last upload; of $1 alone if it is not null.
SELECT l.list, l.title, l.made_by, l.made_at, c.open, c.due, c.next_at, c.claimed, c.done, c.removed,
       u.upload_id, u.state AS upload_state
FROM contact_lists l
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'open') AS open,
           count(*) FILTER (WHERE state = 'open' AND next_at <= clock_timestamp()) AS due,
           min(next_at) FILTER (WHERE state = 'open') AS next_at,
           count(*) FILTER (WHERE state = 'claimed') AS claimed, count(*) FILTER (WHERE state = 'done') AS done,
           count(*) FILTER (WHERE state = 'removed') AS removed
    FROM contacts WHERE contacts.list = l.list
) c ON true
LEFT JOIN LATERAL (
    SELECT upload_id, state FROM list_uploads WHERE list_uploads.list = l.list ORDER BY upload_id DESC LIMIT 1
) u ON true
WHERE l.deleted_at IS NULL AND ($1::text IS NULL OR l.list = $1)
ORDER BY l.list;

-- name: make_list
-- The list $1 with title $2 (null: as it is, or none), by $3.
WITH made AS (
    INSERT INTO contact_lists AS l (list, title, made_by) VALUES ($1, coalesce($2, ''), $3)
    ON CONFLICT (list) DO UPDATE SET title = coalesce($2, l.title), deleted_at = NULL, deleted_by = NULL
    WHERE ($2 IS NOT NULL AND l.title <> $2) OR l.deleted_at IS NOT NULL
    RETURNING list
)
INSERT INTO audit (actor, action, subject) SELECT $3, 'contact-list-made', 'list:' || list FROM made;

-- name: begin_upload
-- An upload into list $1 of file $2 with hash $3, size $4, under key $5, asked $6, for instance $7 in its life $8, by $9,
-- in state $10, its file stored as $11; no row comes back if $9 has used the key.
WITH made AS (
    INSERT INTO list_uploads (list, file_name, sha256, size, key, asked, instance, life, asked_by, state, stored_as)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (asked_by, key) DO NOTHING RETURNING upload_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $9, 'contacts-uploaded', 'list:' || $1, jsonb_build_object('upload', upload_id, 'file', $2::text) FROM made
)
SELECT upload_id FROM made;

-- name: upload_of_key
-- The upload that $1 has asked for under key $2.
SELECT upload_id, list, sha256, asked FROM list_uploads WHERE asked_by = $1 AND key = $2;

-- name: uploads
-- Uploads into list $1 (null: any) before number $2 (null: from the newest), $3 rows.
SELECT upload_id, list, file_name, size, asked, columns, encoding, state, rows_there, rows_read, counts, reason, asked_by,
       asked_at, ended_at
FROM list_uploads WHERE ($1::text IS NULL OR list = $1) AND upload_id < coalesce($2, 9223372036854775807)
ORDER BY upload_id DESC LIMIT $3;

-- name: upload
-- Upload $1.
SELECT upload_id, list, file_name, size, asked, columns, encoding, state, rows_there, rows_read, counts, reason, asked_by,
       asked_at, ended_at
FROM list_uploads WHERE upload_id = $1;

-- name: next_upload
-- Instance $1, in its life $2, begins to read the upload that has waited longest; no row comes back if none waits.
UPDATE list_uploads SET state = 'reading', seen_at = clock_timestamp()
WHERE upload_id = (SELECT upload_id FROM list_uploads WHERE instance = $1 AND life = $2 AND state = 'waiting'
                   ORDER BY upload_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING upload_id, list, asked, stored_as;

-- name: unended_uploads
-- Uploads of instance $1 that are not over.
SELECT upload_id, stored_as FROM list_uploads WHERE instance = $1 AND ended_at IS NULL;

-- name: take_up_upload
-- The upload $1 begins anew, in life $2.
UPDATE list_uploads SET state = 'waiting', life = $2, rows_read = 0, seen_at = clock_timestamp()
WHERE upload_id = $1 AND ended_at IS NULL;

-- name: upload_head
-- Of upload $1 in life $2 it is known: encoding $3, rows $4, columns $5.
UPDATE list_uploads SET encoding = $3, rows_there = $4, columns = $5, seen_at = clock_timestamp()
WHERE upload_id = $1 AND life = $2 AND ended_at IS NULL;

-- name: upload_read
-- $3 rows of upload $1 were read in life $2.
UPDATE list_uploads SET rows_read = $3, seen_at = clock_timestamp()
WHERE upload_id = $1 AND life = $2 AND ended_at IS NULL;

-- name: upload_storing
-- All of upload $1, in life $2, was read: $3 rows.
UPDATE list_uploads SET state = 'storing', rows_read = $3, seen_at = clock_timestamp()
WHERE upload_id = $1 AND life = $2 AND state = 'reading';

-- name: uploads_alive
-- Instance $1, in its life $2, still works at its uploads.
UPDATE list_uploads SET seen_at = clock_timestamp() WHERE instance = $1 AND life = $2 AND ended_at IS NULL;

-- name: end_upload
-- Upload $1, in life $2, is over: state $3, counts $4, reason $5.
UPDATE list_uploads SET state = $3, counts = $4, reason = $5, seen_at = clock_timestamp(), ended_at = clock_timestamp()
WHERE upload_id = $1 AND life = $2 AND ended_at IS NULL;

-- name: cancel_upload
-- $2 does not want upload $1 any more; no row comes back if it is over.
WITH cancelled AS (
    UPDATE list_uploads SET state = 'cancelled', reason = 'by ' || $2::text, ended_at = clock_timestamp()
    WHERE upload_id = $1 AND ended_at IS NULL RETURNING upload_id, list
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'upload-cancelled', 'list:' || list, jsonb_build_object('upload', upload_id) FROM cancelled
)
SELECT upload_id FROM cancelled;

-- name: forsaken_uploads
-- Uploads that nobody has worked at for $1 (an interval) have failed: their ccore was killed, or is cut off.
WITH failed AS (
    UPDATE list_uploads SET state = 'failed', ended_at = clock_timestamp(),
           reason = 'its ccore ended before the file was stored: nothing of it counts, send it again'
    WHERE ended_at IS NULL AND seen_at < clock_timestamp() - $1::interval RETURNING upload_id
), emptied AS (
    DELETE FROM upload_rows r USING failed f WHERE r.upload_id = f.upload_id
)
SELECT count(*) FROM failed;

-- name: forget_rows
-- The rows of upload $1 that were read.
DELETE FROM upload_rows WHERE upload_id = $1;

-- name: forget_ended
-- The rows of uploads of instance $1 that are over: whoever was to forget them was killed.
DELETE FROM upload_rows r USING list_uploads u
WHERE u.upload_id = r.upload_id AND u.instance = $1 AND u.ended_at IS NOT NULL;

-- name: forget_faults
-- All that was said of the rows of upload $1.
DELETE FROM upload_faults WHERE upload_id = $1;

-- name: seen_rows
-- PostgreSQL looks how many rows there are: it would plan for none.
ANALYZE upload_rows;

-- name: seen_faults
-- Likewise.
ANALYZE upload_faults;

-- name: say_twice
-- Numbers that stand in upload $1 twice.
INSERT INTO upload_faults (upload_id, row, what, shown, number)
SELECT $1, row, 'twice', 'row ' || first, number
FROM (SELECT row, number, min(row) OVER (PARTITION BY number) AS first FROM upload_rows WHERE upload_id = $1) r
WHERE row > first;

-- name: say_there
-- Numbers of upload $1 that are in list $2 already: `removed` if they were removed, else $3.
INSERT INTO upload_faults (upload_id, row, what, number)
SELECT $1, r.row, CASE c.state WHEN 'removed' THEN 'removed' ELSE $3 END, r.number
FROM upload_rows r JOIN contacts c ON c.number = r.number AND c.list = $2
WHERE r.upload_id = $1
  AND NOT EXISTS (SELECT FROM upload_faults f WHERE f.upload_id = $1 AND f.row = r.row AND f.what = 'twice');

-- name: say_elsewhere
-- Numbers of upload $1 that are in another list than $2: $3.
INSERT INTO upload_faults (upload_id, row, what, shown, number)
SELECT $1, r.row, $3, string_agg(c.list, ' ' ORDER BY c.list), r.number
FROM upload_rows r JOIN contacts c ON c.number = r.number AND c.list <> $2 AND c.state <> 'removed'
WHERE r.upload_id = $1
  AND NOT EXISTS (SELECT FROM upload_faults f WHERE f.upload_id = $1 AND f.row = r.row AND f.what = 'twice')
GROUP BY r.row, r.number;

-- name: say_barred
-- Numbers of upload $1 that are not to be called.
INSERT INTO upload_faults (upload_id, row, what, shown, number)
SELECT $1, r.row, 'barred', d.reason, r.number FROM upload_rows r JOIN do_not_call d USING (number) WHERE r.upload_id = $1
UNION ALL
SELECT DISTINCT ON (r.row) $1, r.row, 'barred', p.prefix, r.number
FROM upload_rows r JOIN do_not_call_prefixes p ON starts_with(r.number, p.prefix) WHERE r.upload_id = $1;

-- name: said
-- How often each thing was said of rows of upload $1.
SELECT what, count(DISTINCT row) AS rows FROM upload_faults WHERE upload_id = $1 GROUP BY what;

-- name: left_out
-- How many rows of upload $1 are left out, each once: by one of the reasons $2, or else of $3.
SELECT count(*) FILTER (WHERE bad) AS bad, count(*) FILTER (WHERE NOT bad) AS duplicate
FROM (SELECT bool_or(what = ANY ($2::text[])) AS bad FROM upload_faults
      WHERE upload_id = $1 AND what = ANY ($2::text[] || $3::text[]) GROUP BY row) r;

-- name: store
-- The rows of upload $1 become contacts of list $2, but those of which one of $3 was said; who is there already has what
-- their row says if $4, and stays open, done or removed. How many are new, and how many were there.
WITH stored AS (
    INSERT INTO contacts AS c (list, number, zone, region, name, fields, priority, not_before, next_at, agent, upload_id)
    SELECT $2, number, zone, region, name, fields, priority, not_before,
           greatest(not_before, clock_timestamp()), agent, $1
    FROM upload_rows r
    WHERE r.upload_id = $1
      AND NOT EXISTS (SELECT FROM upload_faults f WHERE f.upload_id = $1 AND f.row = r.row AND f.what = ANY ($3::text[]))
    ORDER BY number
    ON CONFLICT (number, list) DO UPDATE
    SET name = excluded.name, fields = excluded.fields, priority = excluded.priority, agent = excluded.agent,
        not_before = excluded.not_before, next_at = greatest(c.next_at, excluded.not_before),
        upload_id = excluded.upload_id, changed_at = clock_timestamp()
    WHERE $4
    RETURNING xmax = 0 AS new
)
SELECT count(*) FILTER (WHERE new) AS new, count(*) FILTER (WHERE NOT new) AS updated FROM stored;

-- name: have_several
-- Whether anybody of upload $1 has several numbers.
SELECT EXISTS (SELECT FROM upload_rows WHERE upload_id = $1 AND others <> '{}');

-- name: store_numbers
-- The numbers of contacts of list $2 who came with upload $1, of those who have several: as their row has them, in order.
-- What is known of a number that they had before stays.
WITH theirs AS (
    SELECT c.contact_id, r.number, r.others FROM upload_rows r JOIN contacts c ON c.number = r.number AND c.list = $2
    WHERE r.upload_id = $1 AND c.upload_id = $1
), gone AS (
    DELETE FROM contact_numbers n USING theirs t
    WHERE n.contact_id = t.contact_id AND (t.others = '{}' OR n.number <> ALL (t.number || t.others))
)
INSERT INTO contact_numbers AS n (contact_id, number, place)
SELECT DISTINCT ON (t.contact_id, each.number) t.contact_id, each.number, each.place
FROM theirs t CROSS JOIN LATERAL unnest(t.number || t.others) WITH ORDINALITY AS each(number, place)
WHERE t.others <> '{}' ORDER BY t.contact_id, each.number, each.place
ON CONFLICT (contact_id, number) DO UPDATE SET place = excluded.place;

-- name: report
-- What there is to say of the rows of upload $1 after row $2, some $3 rows: all of a row, or nothing of it.
SELECT row, col, what, shown FROM upload_faults
WHERE upload_id = $1 AND row > $2
  AND row <= coalesce((SELECT row FROM upload_faults WHERE upload_id = $1 AND row > $2 ORDER BY row OFFSET $3 LIMIT 1),
                      2147483647)
ORDER BY row, col, what;

-- name: search
-- Contacts with number $1 among theirs, in list $2, in state $3, of agent $4, with $5 in their name (each null: any) before
-- number $6, $7 rows.
SELECT contact_id, list, number, zone, region, name, fields, priority, state, attempts, next_at, not_before, agent,
       last_outcome, disposition, upload_id, made_at, changed_at, is_barred(number) AS barred,
       ARRAY(SELECT n.number FROM contact_numbers n
             WHERE n.contact_id = contacts.contact_id AND n.number <> contacts.number ORDER BY n.place) AS others
FROM contacts
WHERE ($1::text IS NULL OR number = $1
       OR contact_id = ANY (ARRAY(SELECT n.contact_id FROM contact_numbers n WHERE n.number = $1)))
  AND ($2::text IS NULL OR list = $2) AND ($3::text IS NULL OR state = $3)
  AND ($4::text IS NULL OR agent = $4) AND ($5::text IS NULL OR strpos(lower(name), lower($5)) > 0)
  AND contact_id < coalesce($6, 9223372036854775807)
ORDER BY contact_id DESC LIMIT $7;

-- name: remove
-- Contact $1 is not called any more, says $2; no row comes back if there is none to be called.
WITH removed AS (
    UPDATE contacts SET state = 'removed', changed_at = clock_timestamp()
    WHERE contact_id = $1 AND state <> 'removed' RETURNING contact_id, list
), ended AS (
    UPDATE contact_call_backs SET state = 'cancelled', ended_at = clock_timestamp()
    WHERE contact_id = $1 AND state = 'open'
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'contact-removed', 'contact:' || contact_id, jsonb_build_object('list', list) FROM removed
)
SELECT contact_id FROM removed;

-- name: reopen
-- Contact $1, which is done or was removed, is called again, as if for the first time, says $2; no row if it is open.
WITH opened AS (
    UPDATE contacts SET state = 'open', attempts = 0, next_at = clock_timestamp(), changed_at = clock_timestamp()
    WHERE contact_id = $1 AND state IN ('done', 'removed') RETURNING contact_id, list
), anew AS (
    UPDATE contact_numbers n SET spent = false, next_at = '-infinity' FROM opened WHERE n.contact_id = opened.contact_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'contact-reopened', 'contact:' || contact_id, jsonb_build_object('list', list) FROM opened
)
SELECT contact_id FROM opened;

-- name: reopen_list
-- The contacts of list $1 that are done are called again, says $2: those whose last outcome is one of $3 or disposition
-- one of $4 (both empty: all). How many that are.
WITH opened AS (
    UPDATE contacts SET state = 'open', attempts = 0, next_at = clock_timestamp(), changed_at = clock_timestamp()
    WHERE list = $1 AND state = 'done'
      AND ((cardinality($3::text[]) = 0 AND cardinality($4::text[]) = 0)
           OR last_outcome = ANY ($3) OR disposition = ANY ($4))
    RETURNING contact_id
), anew AS (
    UPDATE contact_numbers n SET spent = false, next_at = '-infinity' FROM opened WHERE n.contact_id = opened.contact_id
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'contacts-reopened', 'list:' || $1,
           jsonb_build_object('count', count(*), 'outcomes', $3::text[], 'dispositions', $4::text[]) FROM opened
    HAVING count(*) > 0
)
SELECT count(*) FROM opened;

-- name: erase
-- All that lists hold of the person with number $1 is erased, says $2, and $3 is what the audit calls it: how many lists had
-- them, and how many still do, because one of their numbers is being called just now. Their consents end; evidence of
-- calls and consents goes later (`pseudonymise`).
WITH theirs AS (
    SELECT c.contact_id, c.number, c.state FROM contacts c
    WHERE c.number = $1 OR c.contact_id = ANY (ARRAY(SELECT n.contact_id FROM contact_numbers n WHERE n.number = $1))
), numbers AS (
    SELECT $1 AS number UNION SELECT number FROM theirs
    UNION SELECT n.number FROM contact_numbers n JOIN theirs USING (contact_id)
), quiet AS (
    SELECT contact_id FROM theirs WHERE state <> 'claimed' AND NOT EXISTS (
        SELECT FROM attempts a JOIN numbers USING (number) WHERE a.state <> 'over')
), erased AS (
    DELETE FROM contacts c USING quiet q WHERE c.contact_id = q.contact_id RETURNING c.list
), unseen AS (
    UPDATE previews p SET number = NULL, reason = '' FROM quiet q WHERE p.contact_id = q.contact_id
), ended AS (
    UPDATE consents s SET withdrawn_at = clock_timestamp(), withdrawn_by = $2
    FROM numbers WHERE s.number = numbers.number AND s.withdrawn_at IS NULL
), unsaid AS (
    DELETE FROM upload_faults f USING numbers WHERE f.number = numbers.number
), unread AS (
    DELETE FROM upload_rows r USING numbers WHERE r.number = numbers.number OR numbers.number = ANY (r.others)
), kept AS (
    INSERT INTO erased_numbers (number, asked_by) SELECT number, $2 FROM numbers
    ON CONFLICT (number) DO UPDATE SET asked_at = clock_timestamp(), asked_by = excluded.asked_by
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'person-erased', 'number:' || $3, jsonb_build_object('lists', count(*)) FROM erased
)
SELECT erased.count, (SELECT count(*) FROM theirs) - erased.count AS left
FROM (SELECT count(*) FROM erased) erased;

-- name: pseudonymise
-- Attempts and consents of persons who were erased, more than $1 old: whose they were is not known any more. How many.
WITH due AS (
    SELECT number, pseudonym, asked_at, clock_timestamp() - $1::interval AS before FROM erased_numbers
), tried AS (
    UPDATE attempts a SET number = due.pseudonym FROM due
    WHERE a.number = due.number AND a.state = 'over' AND a.claimed_at < due.before AND a.claimed_at <= due.asked_at
    RETURNING a.attempt_id
), consented AS (
    UPDATE consents s SET number = due.pseudonym, evidence = 'erased' FROM due
    WHERE s.number = due.number AND s.withdrawn_at < due.before AND s.noted_at <= due.asked_at
    RETURNING s.consent_id
), done AS (
    DELETE FROM erased_numbers e USING due WHERE e.number = due.number AND due.asked_at < due.before - interval '1 day'
)
SELECT (SELECT count(*) FROM tried) + (SELECT count(*) FROM consented);

-- name: delete_list
-- List $1 is deleted, says $2, unless $3 is false and one of campaigns $4, which have it, runs or drains: `by` is their
-- names then. Its contacts are not called any more, its uploads are cancelled; how many contacts that were. No row: there
-- is no such list.
WITH busy AS (
    SELECT coalesce(string_agg(name, ' ' ORDER BY name), '') AS by FROM campaigns
    WHERE name = ANY ($4::text[]) AND state <> 'stopped' AND NOT $3
), deleted AS (
    UPDATE contact_lists l SET deleted_at = clock_timestamp(), deleted_by = $2 FROM busy
    WHERE l.list = $1 AND l.deleted_at IS NULL AND busy.by = '' RETURNING l.list
), removed AS (
    UPDATE contacts c SET state = 'removed', changed_at = clock_timestamp() FROM deleted
    WHERE c.list = deleted.list AND c.state IN ('open', 'claimed') RETURNING c.contact_id
), cancelled AS (
    UPDATE list_uploads u SET state = 'cancelled', reason = 'the list was deleted', ended_at = clock_timestamp()
    FROM deleted WHERE u.list = deleted.list AND u.ended_at IS NULL
), noted AS (
    INSERT INTO audit (actor, action, subject, detail)
    SELECT $2, 'contact-list-deleted', 'list:' || list,
           jsonb_build_object('contacts', (SELECT count(*) FROM removed), 'forced', $3::bool) FROM deleted
)
SELECT busy.by, (SELECT count(*) FROM removed) AS removed
FROM busy JOIN contact_lists l ON l.list = $1 AND l.deleted_at IS NULL;
