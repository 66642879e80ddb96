-- An order that an agent enters in a call is of that call: its key is the call's, with what makes it one of several.
CREATE FUNCTION key_of_call(call_key text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT split_part(call_key, '!', 1) || '!' || split_part(call_key, '!', 2) $$;

CREATE INDEX order_attempts_by_agents ON order_attempts (key_of_call(call_key)) WHERE channel = 'agent';

-- What was tried to order in the call with these keys: by the caller, and by agents for them.
CREATE FUNCTION tried_in(call_keys text[]) RETURNS SETOF order_attempts
    LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
    AS $$
    SELECT * FROM order_attempts a WHERE a.call_key = ANY (call_keys)
    UNION ALL
    SELECT * FROM order_attempts a WHERE a.channel = 'agent' AND key_of_call(a.call_key) = ANY (call_keys)
$$;

CREATE OR REPLACE VIEW call_records AS
SELECT c.*, a.order_id, a.outcome AS order_outcome
FROM folded_calls c
LEFT JOIN LATERAL (
    SELECT order_id, outcome FROM tried_in(c.call_keys)
    ORDER BY order_id IS NULL, attempt_id
    LIMIT 1) a ON true;
