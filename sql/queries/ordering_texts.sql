-- Text messages that ask for something else than an order: each is handled once, by its key.

-- name: turn
-- Messages of one sender are handled one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('texts of ' || $1::text, 0));

-- name: handled
-- What came of message $1 before, if it was handled before.
SELECT outcome FROM texts_handled WHERE call_key = $1;

-- name: note
-- Message $1 of $2, which asked for $3, came to $4.
INSERT INTO texts_handled (call_key, sender, asked, outcome) VALUES ($1, $2, $3, $4);

-- name: reply
-- Message $1 is answered, to $2, with a text message of kind $3, params $4, and the language of whoever it is or (null) the site's.
INSERT INTO outbox (call_key, kind, recipient, params) VALUES ($1, $3, $2, $4)
ON CONFLICT DO NOTHING;

-- name: helped_lately
-- Whether $1 was helped within $2.
SELECT EXISTS (SELECT FROM texts_handled
               WHERE sender = $1 AND handled_at > clock_timestamp() - $2::interval AND outcome = 'help');

-- name: seller
-- The employee whose own telephone number this is, and who sells.
SELECT e.employee_id, e.number FROM employees e
WHERE coalesce(e.left_at > clock_timestamp(), true)
  AND (e.phone = $1 OR EXISTS (SELECT FROM employee_numbers n
                               WHERE n.employee_id = e.employee_id AND n.number = $1 AND n.kind = 'own'))
ORDER BY (e.phone = $1) DESC, e.employee_id LIMIT 1;
