-- What leads on from what was found of a person.
-- Made of ccore/privacy/places.py by `python -m tests.privacy_queries`: change that.

-- name: contact_numbers_contact
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'contact', f.found::text FROM (SELECT t.contact_id AS found FROM contact_numbers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: contacts_contact
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'contact', f.found::text FROM (SELECT t.contact_id AS found FROM contacts t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: attempts_attempt
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'attempt', f.found::text FROM (SELECT t.attempt_id AS found FROM attempts t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.attempt_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'attempt')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: attempts_call
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call', f.found::text FROM (SELECT t.channel AS found FROM attempts t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.attempt_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'attempt')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: recordings_recording
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'recording', f.found::text FROM (SELECT t.recording_id AS found FROM recordings t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) AND t.state <> 'erased') f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: recordings_call
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call', f.found::text FROM (SELECT t.call_id AS found FROM recordings t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) AND t.state <> 'erased') f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: outbox_message
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'message', f.found::text FROM (SELECT t.message_id AS found FROM outbox t WHERE (t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: texts_handled_call_key
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call_key', f.found::text FROM (SELECT t.call_key AS found FROM texts_handled t WHERE (t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.asked::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.asked::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: folded_calls_call
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call', f.found::text FROM (SELECT t.linkedid AS found FROM folded_calls t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_keys && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')) OR (translate(concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: folded_calls_call_key
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call_key', f.found::text FROM (SELECT unnest(t.call_keys) AS found FROM folded_calls t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_keys && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')) OR (translate(concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: cdr_passing
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'passing', f.found::text FROM (SELECT t.linkedid AS found FROM cdr t WHERE (concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: cel_passing
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'passing', f.found::text FROM (SELECT t.linkedid AS found FROM cel t WHERE (concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: walks_call
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call', f.found::text FROM (SELECT t.linkedid AS found FROM walks t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.target::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.target::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: queue_calls_call
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call', f.found::text FROM (SELECT t.linkedid AS found FROM queue_calls t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: visits_call_key
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call_key', f.found::text FROM (SELECT t.call_key AS found FROM visits t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: call_backs_call_key
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call_key', f.found::text FROM (SELECT t.call_key AS found FROM call_backs t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: voicemails_call_key
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call_key', f.found::text FROM (SELECT t.call_key AS found FROM voicemails t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: orders_order
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'order', f.found::text FROM (SELECT t.order_id AS found FROM orders t WHERE (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: orders_call_key
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call_key', f.found::text FROM (SELECT t.call_key AS found FROM orders t WHERE (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;

-- name: order_attempts_call_key
-- Of request $1.
INSERT INTO person_finds SELECT DISTINCT $1::bigint, 'call_key', f.found::text FROM (SELECT t.call_key AS found FROM order_attempts t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) f WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING;
