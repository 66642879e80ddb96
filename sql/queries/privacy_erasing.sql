-- What is taken away of a person.
-- Made of ccore/privacy/places.py by `python -m tests.privacy_queries`: change that.

-- name: upload_rows
-- Of request $1.
DELETE FROM upload_rows t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.others && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: upload_faults
-- Of request $1.
DELETE FROM upload_faults t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.shown::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.shown::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: previews
-- Of request $1.
UPDATE previews t SET number = NULL, reason = '' WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact'))));

-- name: call_notes
-- Of request $1.
DELETE FROM call_notes t WHERE ((t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))));

-- name: call_notes_others
-- Of request $1.
UPDATE call_notes t SET text = regexp_replace(t.text, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE (((translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')), false));

-- name: dispositions
-- Of request $1.
UPDATE dispositions t SET fields = '{}' WHERE ((t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))));

-- name: dispositions_others
-- Of request $1.
UPDATE dispositions t SET fields = regexp_replace(t.fields::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE (((translate(concat_ws(' ', t.fields::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.fields::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')), false));

-- name: handlings
-- Of request $1.
UPDATE handlings t SET detail = regexp_replace(t.detail::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE ((t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: cases
-- Of request $1.
UPDATE cases t SET title = regexp_replace(t.title, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), why = regexp_replace(t.why, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.title::text, t.why::text, t.tags::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.title::text, t.why::text, t.tags::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: coaching_notes
-- Of request $1.
UPDATE coaching_notes t SET text = regexp_replace(t.text, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: reviews
-- Of request $1.
UPDATE reviews t SET summary = regexp_replace(t.summary, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), comments = regexp_replace(t.comments::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb, answers = regexp_replace(t.answers::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE ((t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.summary::text, t.comments::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.summary::text, t.comments::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: review_steps
-- Of request $1.
UPDATE review_steps t SET note = regexp_replace(t.note, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), answers = regexp_replace(t.answers::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE ((translate(concat_ws(' ', t.note::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.note::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: outbox
-- Of request $1.
UPDATE outbox t SET recipient = regexp_replace(t.recipient, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), params = '{}', body = NULL, reason = '', state = CASE WHEN t.state = 'queued' THEN 'cancelled' ELSE t.state END, ended_at = CASE WHEN t.state = 'queued' THEN clock_timestamp() ELSE t.ended_at END WHERE ((t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND NOT coalesce(t.state IN ('queued', 'sending') AND EXISTS (SELECT FROM orders o WHERE o.order_id = t.order_id AND o.state NOT IN ('rejected', 'expired', 'cancelled')), false);

-- name: outbox_others
-- Of request $1.
UPDATE outbox t SET body = regexp_replace(t.body, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), reason = regexp_replace(t.reason, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), params = regexp_replace(t.params::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE (((translate(concat_ws(' ', t.params::text, t.body::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.params::text, t.body::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')), false)) AND NOT coalesce(t.state IN ('queued', 'sending') AND EXISTS (SELECT FROM orders o WHERE o.order_id = t.order_id AND o.state NOT IN ('rejected', 'expired', 'cancelled')), false);

-- name: receipts
-- Of request $1.
UPDATE receipts t SET detail = '' WHERE ((t.message_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'message'))));

-- name: inbox
-- Of request $1.
UPDATE inbox t SET sender = regexp_replace(t.sender, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), body = '', outcome = '' WHERE ((t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: inbox_others
-- Of request $1.
UPDATE inbox t SET body = regexp_replace(t.body, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE (((translate(concat_ws(' ', t.body::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.body::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')), false));

-- name: texts_handled
-- Of request $1.
UPDATE texts_handled t SET sender = regexp_replace(t.sender, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), asked = regexp_replace(t.asked, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.asked::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.asked::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: folded_calls
-- Of request $1.
UPDATE folded_calls t SET caller = regexp_replace(t.caller, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), dialled = regexp_replace(t.dialled, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), channel = regexp_replace(t.channel, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), hangup_source = regexp_replace(t.hangup_source, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), trunk = regexp_replace(t.trunk, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), caller_name = '' WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_keys && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')) OR (translate(concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: cdr
-- Of request $1.
UPDATE cdr t SET src = regexp_replace(t.src, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), dst = regexp_replace(t.dst, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), channel = regexp_replace(t.channel, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), dstchannel = regexp_replace(t.dstchannel, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), lastdata = regexp_replace(t.lastdata, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), userfield = regexp_replace(t.userfield, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), accountcode = regexp_replace(t.accountcode, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), mended = regexp_replace(t.mended, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), clid = '' WHERE (((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: cel
-- Of request $1.
UPDATE cel t SET cid_num = regexp_replace(t.cid_num, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), cid_ani = regexp_replace(t.cid_ani, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), cid_rdnis = regexp_replace(t.cid_rdnis, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), cid_dnid = regexp_replace(t.cid_dnid, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), exten = regexp_replace(t.exten, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), channame = regexp_replace(t.channame, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), appdata = regexp_replace(t.appdata, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), peer = regexp_replace(t.peer, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), eventextra = regexp_replace(t.eventextra, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), userfield = regexp_replace(t.userfield, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), accountcode = regexp_replace(t.accountcode, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), mended = regexp_replace(t.mended, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), cid_name = '' WHERE (((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: cel_keyed
-- Of request $1.
UPDATE cel t SET eventextra = regexp_replace(t.eventextra, ':([a-z-]+):[0-9*#]{2,}:', ':\1::', 'g') WHERE (((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))) AND t.eventtype = 'CCORE_WALK');

-- name: call_record_rejects
-- Of request $1.
UPDATE call_record_rejects t SET raw = regexp_replace(t.raw, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), reason = regexp_replace(t.reason, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((translate(concat_ws(' ', t.raw::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.raw::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: call_statistics
-- Of request $1.
UPDATE call_statistics t SET dialled = regexp_replace(t.dialled, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), trunk = regexp_replace(t.trunk, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: walks
-- Of request $1.
UPDATE walks t SET caller = regexp_replace(t.caller, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), target = regexp_replace(t.target, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.target::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.target::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: walk_steps
-- Of request $1.
UPDATE walk_steps t SET target = regexp_replace(t.target, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), key = CASE WHEN length(t.key) > 1 THEN '' ELSE t.key END WHERE ((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))));

-- name: queue_calls
-- Of request $1.
UPDATE queue_calls t SET caller = regexp_replace(t.caller, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))));

-- name: visits
-- Of request $1.
UPDATE visits t SET number = regexp_replace(t.number, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), decision = regexp_replace(t.decision::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb, raised = regexp_replace(t.raised::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))));

-- name: offers
-- Of request $1.
UPDATE offers t SET decision = regexp_replace(t.decision::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE ((t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))) OR (translate(concat_ws(' ', t.decision::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.decision::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: call_backs
-- Of request $1.
UPDATE call_backs t SET number = regexp_replace(t.number, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), reason = '', state = CASE WHEN t.state = 'open' THEN 'cancelled' ELSE t.state END, ended_at = CASE WHEN t.state = 'open' THEN clock_timestamp() ELSE t.ended_at END WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))));

-- name: voicemails
-- Of request $1.
DELETE FROM voicemails t WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))));

-- name: agent_tries
-- Of request $1.
UPDATE agent_tries t SET caller = regexp_replace(t.caller, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: announcer_tries
-- Of request $1.
UPDATE announcer_tries t SET caller = regexp_replace(t.caller, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: enquiry_tries
-- Of request $1.
UPDATE enquiry_tries t SET caller = regexp_replace(t.caller, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: orders
-- Of request $1.
UPDATE orders t SET subscriber = regexp_replace(t.subscriber, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND NOT coalesce(t.state NOT IN ('rejected', 'expired', 'cancelled'), false);

-- name: order_attempts
-- Of request $1.
UPDATE order_attempts t SET caller = regexp_replace(t.caller, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), subscriber = regexp_replace(t.subscriber, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: order_moves
-- Of request $1.
UPDATE order_moves t SET reason = regexp_replace(t.reason, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: provisionings
-- Of request $1.
UPDATE provisionings t SET reason = regexp_replace(t.reason, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g') WHERE ((t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: fraud_flags
-- Of request $1.
UPDATE fraud_flags t SET ended_why = regexp_replace(t.ended_why, (SELECT pattern FROM person_requests WHERE request_id = $1), (SELECT pseudonym FROM person_requests WHERE request_id = $1), 'g'), detail = regexp_replace(t.detail::text, (SELECT pattern FROM person_requests WHERE request_id = $1), '0', 'g')::jsonb WHERE ((t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.detail::text, t.ended_why::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text, t.ended_why::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: customers
-- Of request $1.
DELETE FROM customers t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: last_served
-- Of request $1.
DELETE FROM last_served t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: idempotent_requests
-- Of request $1.
DELETE FROM idempotent_requests t WHERE ((translate(concat_ws(' ', encode(t.body, 'escape')), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', encode(t.body, 'escape')) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));
