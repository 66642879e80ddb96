-- What a person is told of themselves.
-- Made of ccore/privacy/places.py by `python -m tests.privacy_queries`: change that.

-- name: contact_call_backs
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM contact_call_backs t WHERE (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: contact_numbers
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM contact_numbers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: contacts
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM contacts t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: upload_rows
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM upload_rows t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.others && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'));

-- name: upload_faults
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM upload_faults t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.shown::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.shown::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: previews
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM previews t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')));

-- name: attempts
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM attempts t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.attempt_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'attempt')));

-- name: consents
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM consents t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: call_notes
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM call_notes t WHERE (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: dispositions
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM dispositions t WHERE (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: handlings
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM handlings t WHERE (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: recordings
-- Of request $1.
SELECT (to_jsonb(t) - 'key_id' - 'object' - 'storage' - 'stem')::text AS told FROM recordings t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) AND t.state <> 'erased';

-- name: recording_holds
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM recording_holds t WHERE (t.value = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: outbox
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM outbox t WHERE (t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: receipts
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM receipts t WHERE (t.message_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'message')));

-- name: inbox
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM inbox t WHERE (t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: texts_handled
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM texts_handled t WHERE (t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.asked::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.asked::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: folded_calls
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM folded_calls t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_keys && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')) OR (translate(concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cdr
-- Of request $1.
SELECT (to_jsonb(t) - 'digest')::text AS told FROM cdr t WHERE ((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cel
-- Of request $1.
SELECT (to_jsonb(t) - 'digest')::text AS told FROM cel t WHERE ((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_record_rejects
-- Of request $1.
SELECT (to_jsonb(t) - 'digest')::text AS told FROM call_record_rejects t WHERE (translate(concat_ws(' ', t.raw::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.raw::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: walks
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM walks t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.target::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.target::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: walk_steps
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM walk_steps t WHERE (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: queue_calls
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM queue_calls t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')));

-- name: visits
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM visits t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: call_backs
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM call_backs t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: voicemails
-- Of request $1.
SELECT (to_jsonb(t) - 'audio')::text AS told FROM voicemails t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: survey_answers
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM survey_answers t WHERE (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')));

-- name: agent_tries
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM agent_tries t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: announcer_tries
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM announcer_tries t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: enquiry_tries
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM enquiry_tries t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: orders
-- Of request $1.
SELECT (to_jsonb(t) - 'earns' - 'rule_id')::text AS told FROM orders t WHERE (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: order_attempts
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM order_attempts t WHERE (t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: order_moves
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM order_moves t WHERE (t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: provisionings
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM provisionings t WHERE (t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: customers
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM customers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: last_served
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM last_served t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: do_not_call
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM do_not_call t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: do_not_call_prefixes
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM do_not_call_prefixes t WHERE (t.prefix = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: barred_numbers
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM barred_numbers t WHERE (t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: audit
-- Of request $1.
SELECT (to_jsonb(t))::text AS told FROM audit t WHERE (translate(concat_ws(' ', t.subject::text, t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.subject::text, t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: recording_listens
-- Of request $1.
SELECT (to_jsonb(t) - 'from_byte' - 'until_byte')::text AS told FROM recording_listens t WHERE (t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording')));
