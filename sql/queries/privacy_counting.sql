-- How much of a person stands where.
-- Made of ccore/privacy/places.py by `python -m tests.privacy_queries`: change that.

-- name: contact_call_backs
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM contact_call_backs t WHERE (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: contact_numbers
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM contact_numbers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: contacts
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM contacts t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: upload_rows
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM upload_rows t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.others && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'));

-- name: upload_faults
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM upload_faults t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.shown::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.shown::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: previews
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM previews t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: attempts
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM attempts t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.attempt_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'attempt')));

-- name: consents
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM consents t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: erased_numbers
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM erased_numbers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: call_notes
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM call_notes t WHERE (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: call_notes_others
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM call_notes t WHERE ((translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')), false);

-- name: dispositions
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM dispositions t WHERE (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: dispositions_others
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM dispositions t WHERE ((translate(concat_ws(' ', t.fields::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.fields::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')), false);

-- name: handlings
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM handlings t WHERE (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: recordings
-- Of request $1.
SELECT count(*) AS rows, count(*) FILTER (WHERE recording_held(t)) AS kept FROM recordings t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) AND t.state <> 'erased';

-- name: recording_holds
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM recording_holds t WHERE (t.value = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cases
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM cases t WHERE (t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.title::text, t.why::text, t.tags::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.title::text, t.why::text, t.tags::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: coaching_notes
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM coaching_notes t WHERE (t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: reviews
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM reviews t WHERE (t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.summary::text, t.comments::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.summary::text, t.comments::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: review_steps
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM review_steps t WHERE (translate(concat_ws(' ', t.note::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.note::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: outbox
-- Of request $1.
SELECT count(*) AS rows, count(*) FILTER (WHERE t.state IN ('queued', 'sending') AND EXISTS (SELECT FROM orders o WHERE o.order_id = t.order_id AND o.state NOT IN ('rejected', 'expired', 'cancelled'))) AS kept FROM outbox t WHERE (t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: outbox_others
-- Of request $1.
SELECT count(*) AS rows, count(*) FILTER (WHERE t.state IN ('queued', 'sending') AND EXISTS (SELECT FROM orders o WHERE o.order_id = t.order_id AND o.state NOT IN ('rejected', 'expired', 'cancelled'))) AS kept FROM outbox t WHERE ((translate(concat_ws(' ', t.params::text, t.body::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.params::text, t.body::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')), false);

-- name: receipts
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM receipts t WHERE (t.message_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'message')));

-- name: inbox
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM inbox t WHERE (t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: inbox_others
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM inbox t WHERE ((translate(concat_ws(' ', t.body::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.body::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')), false);

-- name: texts_handled
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM texts_handled t WHERE (t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.asked::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.asked::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: folded_calls
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM folded_calls t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_keys && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')) OR (translate(concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cdr
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM cdr t WHERE ((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cel
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM cel t WHERE ((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cel_keyed
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM cel t WHERE ((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))) AND t.eventtype = 'CCORE_WALK';

-- name: call_record_rejects
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM call_record_rejects t WHERE (translate(concat_ws(' ', t.raw::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.raw::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_statistics
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM call_statistics t WHERE (t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: walks
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM walks t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.target::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.target::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: walk_steps
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM walk_steps t WHERE (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: queue_calls
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM queue_calls t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: visits
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM visits t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: offers
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM offers t WHERE (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))) OR (translate(concat_ws(' ', t.decision::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.decision::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_backs
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM call_backs t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: voicemails
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM voicemails t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: survey_answers
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM survey_answers t WHERE (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: agent_tries
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM agent_tries t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: announcer_tries
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM announcer_tries t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: enquiry_tries
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM enquiry_tries t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: orders
-- Of request $1.
SELECT count(*) AS rows, count(*) FILTER (WHERE t.state NOT IN ('rejected', 'expired', 'cancelled')) AS kept FROM orders t WHERE (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: order_attempts
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM order_attempts t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: order_moves
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM order_moves t WHERE (t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: provisionings
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM provisionings t WHERE (t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: fraud_flags
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM fraud_flags t WHERE (t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.detail::text, t.ended_why::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text, t.ended_why::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: commission_postings
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM commission_postings t WHERE (translate(concat_ws(' ', t.note::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.note::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: commission_dispute_notes
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM commission_dispute_notes t WHERE (translate(concat_ws(' ', t.note::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.note::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: customers
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM customers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: last_served
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM last_served t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: do_not_call
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM do_not_call t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: do_not_call_prefixes
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM do_not_call_prefixes t WHERE (t.prefix = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: barred_numbers
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM barred_numbers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: idempotent_requests
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM idempotent_requests t WHERE (translate(concat_ws(' ', encode(t.body, 'escape')), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', encode(t.body, 'escape')) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_log_places
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM call_log_places t WHERE (translate(concat_ws(' ', encode(t.head, 'escape')), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', encode(t.head, 'escape')) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: employees
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM employees t WHERE (t.phone = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: employee_numbers
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM employee_numbers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: agents
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM agents t WHERE (t.mobile = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: audit
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM audit t WHERE (translate(concat_ws(' ', t.subject::text, t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.subject::text, t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: erasures
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM erasures t WHERE (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: recording_listens
-- Of request $1.
SELECT count(*) AS rows, 0::bigint AS kept FROM recording_listens t WHERE (t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording')));
