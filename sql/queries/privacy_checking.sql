-- What is left of a person where nothing may be.
-- Made of ccore/privacy/places.py by `python -m tests.privacy_queries`: change that.

-- name: upload_rows
-- Of request $1.
SELECT count(*) AS left FROM upload_rows t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.others && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')));

-- name: upload_faults
-- Of request $1.
SELECT count(*) AS left FROM upload_faults t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.shown::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.shown::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));

-- name: previews
-- Of request $1.
SELECT count(*) AS left FROM previews t WHERE (((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.contact_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'contact')))) AND translate(concat_ws(' ', t.number::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.number::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_notes
-- Of request $1.
SELECT count(*) AS left FROM call_notes t WHERE ((t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))));

-- name: call_notes_others
-- Of request $1.
SELECT count(*) AS left FROM call_notes t WHERE ((((translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')), false)) AND translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: dispositions
-- Of request $1.
SELECT count(*) AS left FROM dispositions t WHERE (((t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))) AND translate(concat_ws(' ', t.fields::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.fields::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: dispositions_others
-- Of request $1.
SELECT count(*) AS left FROM dispositions t WHERE ((((translate(concat_ws(' ', t.fields::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.fields::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')), false)) AND translate(concat_ws(' ', t.fields::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.fields::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: handlings
-- Of request $1.
SELECT count(*) AS left FROM handlings t WHERE (((t.call_id = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cases
-- Of request $1.
SELECT count(*) AS left FROM cases t WHERE (((t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.title::text, t.why::text, t.tags::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.title::text, t.why::text, t.tags::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.title::text, t.why::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.title::text, t.why::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: coaching_notes
-- Of request $1.
SELECT count(*) AS left FROM coaching_notes t WHERE (((t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.text::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.text::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: reviews
-- Of request $1.
SELECT count(*) AS left FROM reviews t WHERE (((t.recording_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'recording'))) OR (translate(concat_ws(' ', t.summary::text, t.comments::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.summary::text, t.comments::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.summary::text, t.comments::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.summary::text, t.comments::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: review_steps
-- Of request $1.
SELECT count(*) AS left FROM review_steps t WHERE (((translate(concat_ws(' ', t.note::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.note::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.note::text, t.answers::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.note::text, t.answers::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: outbox
-- Of request $1.
SELECT count(*) AS left FROM outbox t WHERE (((t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND translate(concat_ws(' ', t.recipient::text, t.params::text, t.body::text, t.reason::text, t.state::text, t.ended_at::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.recipient::text, t.params::text, t.body::text, t.reason::text, t.state::text, t.ended_at::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)) AND NOT coalesce(t.state IN ('queued', 'sending') AND EXISTS (SELECT FROM orders o WHERE o.order_id = t.order_id AND o.state NOT IN ('rejected', 'expired', 'cancelled')), false);

-- name: outbox_others
-- Of request $1.
SELECT count(*) AS left FROM outbox t WHERE ((((translate(concat_ws(' ', t.params::text, t.body::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.params::text, t.body::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.recipient = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')), false)) AND translate(concat_ws(' ', t.body::text, t.reason::text, t.params::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.body::text, t.reason::text, t.params::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)) AND NOT coalesce(t.state IN ('queued', 'sending') AND EXISTS (SELECT FROM orders o WHERE o.order_id = t.order_id AND o.state NOT IN ('rejected', 'expired', 'cancelled')), false);

-- name: receipts
-- Of request $1.
SELECT count(*) AS left FROM receipts t WHERE (((t.message_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'message')))) AND translate(concat_ws(' ', t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: inbox
-- Of request $1.
SELECT count(*) AS left FROM inbox t WHERE (((t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND translate(concat_ws(' ', t.sender::text, t.body::text, t.outcome::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.sender::text, t.body::text, t.outcome::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: inbox_others
-- Of request $1.
SELECT count(*) AS left FROM inbox t WHERE ((((translate(concat_ws(' ', t.body::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.body::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND NOT coalesce(t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')), false)) AND translate(concat_ws(' ', t.body::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.body::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: texts_handled
-- Of request $1.
SELECT count(*) AS left FROM texts_handled t WHERE (((t.sender = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.asked::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.asked::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.sender::text, t.asked::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.sender::text, t.asked::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: folded_calls
-- Of request $1.
SELECT count(*) AS left FROM folded_calls t WHERE (((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (t.call_keys && ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')) OR (translate(concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.channel::text, t.hangup_source::text, t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.caller::text, t.dialled::text, t.channel::text, t.hangup_source::text, t.trunk::text, t.caller_name::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.caller::text, t.dialled::text, t.channel::text, t.hangup_source::text, t.trunk::text, t.caller_name::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cdr
-- Of request $1.
SELECT count(*) AS left FROM cdr t WHERE ((((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.src::text, t.dst::text, t.clid::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.src::text, t.dst::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text, t.clid::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.src::text, t.dst::text, t.channel::text, t.dstchannel::text, t.lastdata::text, t.userfield::text, t.accountcode::text, t.mended::text, t.clid::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cel
-- Of request $1.
SELECT count(*) AS left FROM cel t WHERE ((((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')) OR t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'passing'))) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.cid_name::text, t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text, t.cid_name::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.cid_num::text, t.cid_ani::text, t.cid_rdnis::text, t.cid_dnid::text, t.exten::text, t.channame::text, t.appdata::text, t.peer::text, t.eventextra::text, t.userfield::text, t.accountcode::text, t.mended::text, t.cid_name::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: cel_keyed
-- Of request $1.
SELECT count(*) AS left FROM cel t WHERE ((((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))) AND t.eventtype = 'CCORE_WALK') AND translate(concat_ws(' ', t.eventextra::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.eventextra::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_record_rejects
-- Of request $1.
SELECT count(*) AS left FROM call_record_rejects t WHERE (((translate(concat_ws(' ', t.raw::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.raw::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.raw::text, t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.raw::text, t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_statistics
-- Of request $1.
SELECT count(*) AS left FROM call_statistics t WHERE (((t.dialled = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (translate(concat_ws(' ', t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.dialled::text, t.trunk::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.dialled::text, t.trunk::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: walks
-- Of request $1.
SELECT count(*) AS left FROM walks t WHERE (((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call'))) OR (translate(concat_ws(' ', t.target::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.target::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.caller::text, t.target::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.caller::text, t.target::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: walk_steps
-- Of request $1.
SELECT count(*) AS left FROM walk_steps t WHERE (((t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))) AND translate(concat_ws(' ', t.target::text, t.key::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.target::text, t.key::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: queue_calls
-- Of request $1.
SELECT count(*) AS left FROM queue_calls t WHERE (((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.linkedid = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call')))) AND translate(concat_ws(' ', t.caller::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.caller::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: visits
-- Of request $1.
SELECT count(*) AS left FROM visits t WHERE (((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) AND translate(concat_ws(' ', t.number::text, t.decision::text, t.raised::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.number::text, t.decision::text, t.raised::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: offers
-- Of request $1.
SELECT count(*) AS left FROM offers t WHERE (((t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))) OR (translate(concat_ws(' ', t.decision::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.decision::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.decision::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.decision::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: call_backs
-- Of request $1.
SELECT count(*) AS left FROM call_backs t WHERE (((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key')))) AND translate(concat_ws(' ', t.number::text, t.reason::text, t.state::text, t.ended_at::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.number::text, t.reason::text, t.state::text, t.ended_at::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: voicemails
-- Of request $1.
SELECT count(*) AS left FROM voicemails t WHERE ((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.call_key = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'call_key'))));

-- name: agent_tries
-- Of request $1.
SELECT count(*) AS left FROM agent_tries t WHERE (((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND translate(concat_ws(' ', t.caller::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.caller::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: announcer_tries
-- Of request $1.
SELECT count(*) AS left FROM announcer_tries t WHERE (((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND translate(concat_ws(' ', t.caller::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.caller::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: enquiry_tries
-- Of request $1.
SELECT count(*) AS left FROM enquiry_tries t WHERE (((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND translate(concat_ws(' ', t.caller::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.caller::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: orders
-- Of request $1.
SELECT count(*) AS left FROM orders t WHERE (((t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND translate(concat_ws(' ', t.subscriber::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.subscriber::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)) AND NOT coalesce(t.state NOT IN ('rejected', 'expired', 'cancelled'), false);

-- name: order_attempts
-- Of request $1.
SELECT count(*) AS left FROM order_attempts t WHERE (((t.caller = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))) OR (t.subscriber = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number')))) AND translate(concat_ws(' ', t.caller::text, t.subscriber::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.caller::text, t.subscriber::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: order_moves
-- Of request $1.
SELECT count(*) AS left FROM order_moves t WHERE (((t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: provisionings
-- Of request $1.
SELECT count(*) AS left FROM provisionings t WHERE (((t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.reason::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.reason::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: fraud_flags
-- Of request $1.
SELECT count(*) AS left FROM fraud_flags t WHERE (((t.order_id = ANY (ARRAY(SELECT ref::bigint FROM person_finds WHERE request_id = $1 AND kind = 'order'))) OR (translate(concat_ws(' ', t.detail::text, t.ended_why::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.detail::text, t.ended_why::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1))) AND translate(concat_ws(' ', t.ended_why::text, t.detail::text), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', t.ended_why::text, t.detail::text) ~ (SELECT pattern FROM person_requests WHERE request_id = $1));

-- name: customers
-- Of request $1.
SELECT count(*) AS left FROM customers t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: last_served
-- Of request $1.
SELECT count(*) AS left FROM last_served t WHERE ((t.number = ANY (ARRAY(SELECT ref FROM person_finds WHERE request_id = $1 AND kind = 'number'))));

-- name: idempotent_requests
-- Of request $1.
SELECT count(*) AS left FROM idempotent_requests t WHERE ((translate(concat_ws(' ', encode(t.body, 'escape')), ' -', '') LIKE (SELECT core FROM person_requests WHERE request_id = $1) AND concat_ws(' ', encode(t.body, 'escape')) ~ (SELECT pattern FROM person_requests WHERE request_id = $1)));
