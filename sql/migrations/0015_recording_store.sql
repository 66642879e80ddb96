-- What becomes of a recording after its call: stored, listened to, held, erased.

ALTER TABLE recordings
    ADD COLUMN encoding      text CHECK (encoding IN ('flac', 'opus')),
    ADD COLUMN stored_sha256 text,                 -- of the bytes in the storage, which are encrypted
    ADD COLUMN stored_bytes  bigint CHECK (stored_bytes >= 0),
    ADD COLUMN raw_gone_at   timestamptz,          -- the files Asterisk wrote are removed
    ADD COLUMN try_at        timestamptz,          -- finished: not before, because a try to store it failed
    ADD COLUMN try_trouble   text NOT NULL DEFAULT '', -- why that was
    ADD COLUMN as_it_is      boolean NOT NULL DEFAULT false, -- somebody wants it stored although it is not whole
    ADD CONSTRAINT stored_whole CHECK (state <> 'stored' OR
        num_nonnulls(milliseconds, sha256, bytes, storage, object, encoding, stored_sha256, stored_bytes, keep_until,
                     stored_at) = 10);
CREATE INDEX recordings_raw ON recordings (node) WHERE raw_gone_at IS NULL AND state IN ('stored', 'erased', 'discarded');
CREATE INDEX recordings_failed ON recordings (ended_at) WHERE state = 'failed';

-- Every object that was to be put into the storage, noted before it is: none is ever forgotten there.
CREATE TABLE recording_objects (
    object       text PRIMARY KEY,
    recording_id bigint NOT NULL REFERENCES recordings,
    storage      text NOT NULL CHECK (storage IN ('local', 's3')),
    begun_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    kept_at      timestamptz,                      -- it was read back and is the recording
    gone_at      timestamptz                       -- it is deleted
);
CREATE UNIQUE INDEX ON recording_objects (recording_id) WHERE kept_at IS NOT NULL;
CREATE INDEX recording_objects_there ON recording_objects (begun_at) WHERE gone_at IS NULL AND kept_at IS NULL;

-- The key of each stored recording, itself encrypted by a key of secrets.toml. Without its row nobody can hear it again.
CREATE TABLE recording_keys (
    recording_id bigint PRIMARY KEY REFERENCES recordings,
    key_id       text NOT NULL,                    -- of recording_keys in secrets.toml
    wrapped      bytea NOT NULL
);
CREATE INDEX ON recording_keys (key_id);

-- Who heard what of it; written before the first byte goes out.
CREATE TABLE recording_listens (
    listen_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recording_id bigint NOT NULL REFERENCES recordings,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    who          text NOT NULL,
    way          text NOT NULL CHECK (way IN ('stream', 'file')),
    from_byte    bigint NOT NULL CHECK (from_byte >= 0),
    until_byte   bigint NOT NULL CHECK (until_byte >= from_byte),
    from_ms      bigint NOT NULL,                  -- as far as bytes tell the time
    until_ms     bigint NOT NULL
);
CREATE INDEX ON recording_listens (recording_id, at);
CREATE INDEX ON recording_listens (who, at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON recording_listens
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What must not be erased, those to come included: one recording, all of a call, or all of a number.
CREATE TABLE recording_holds (
    hold_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('recording', 'call', 'number')),
    value        text NOT NULL,                    -- recording_id, call_id, or the number as recordings have it
    reason       text NOT NULL CHECK (reason <> ''),
    by_whom      text NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_at  timestamptz,
    released_by  text
);
CREATE UNIQUE INDEX ON recording_holds (kind, value, reason) WHERE released_at IS NULL;

CREATE FUNCTION recording_held(recordings) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM recording_holds
        WHERE released_at IS NULL AND (kind, value) IN
            (('recording', $1.recording_id::text), ('call', $1.call_id), ('number', nullif($1.number, ''))))
$$;

-- The proof of each erasure: what it was, why, by whom; each row carries the hash of all before it.
CREATE TABLE erasures (
    erasure_id   bigint PRIMARY KEY,               -- from 1, without a gap
    recording_id bigint NOT NULL UNIQUE REFERENCES recordings,
    at           timestamptz NOT NULL,
    by_whom      text NOT NULL,
    reason       text NOT NULL CHECK (reason <> ''),
    sha256       text NOT NULL,                    -- of what was erased; '' if it was never stored
    object       text NOT NULL,
    key_sha256   text NOT NULL,                    -- of the wrapped key that was destroyed
    previous     text NOT NULL,
    hash         text NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
