-- What callers hear for a time, and what they leave behind: voicemail, wishes to be called back, answers to a survey.

-- What plays first at a node of the menus from starts_at until ends_at, or until somebody ended it before.
CREATE TABLE announcements (
    announcement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node          text NOT NULL,
    divert        text NOT NULL DEFAULT '',        -- the node callers are taken to after it; none: on in their own
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL CHECK (ends_at > starts_at),
    source        text NOT NULL CHECK (source IN ('phone', 'upload', 'speech')),
    made_by       text NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    request       text UNIQUE,                     -- what asked for it, if that may ask again: a file that was recorded
    ended_at      timestamptz,
    ended_by      text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX ON announcements (coalesce(ended_at, ends_at));

-- Its sound in each language; language '' is heard in every one. 2.4 MB are five minutes.
CREATE TABLE announcement_sounds (
    announcement_id bigint NOT NULL REFERENCES announcements,
    language      text NOT NULL CHECK (language IN ('', 'zh', 'en')),
    text          text NOT NULL DEFAULT '',
    audio         bytea NOT NULL CHECK (octet_length(audio) BETWEEN 1 AND 2400000), -- A-law, 8,000 bytes a second
    sha256        text NOT NULL GENERATED ALWAYS AS (encode(sha256(audio), 'hex')) STORED,
    PRIMARY KEY (announcement_id, language)
);

-- One more with every change of announcements: what every ccore asks for, twice a second.
CREATE TABLE announcement_changes (
    single        boolean PRIMARY KEY DEFAULT true CHECK (single),
    number        bigint NOT NULL
);
INSERT INTO announcement_changes (number) VALUES (0);

-- Who may make announcements by phone: an employee's number, and their PIN as scrypt(PIN, salt).
CREATE TABLE announcers (
    number        text PRIMARY KEY CHECK (number ~ '^[0-9]{2,12}$'),
    name          text NOT NULL,
    pin_salt      bytea NOT NULL,
    pin_hash      bytea NOT NULL,
    set_by        text NOT NULL,
    set_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Every try to sign in by phone, and whether the PIN was right; `passed` is set afterwards.
CREATE TABLE announcer_tries (
    try_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_key      text NOT NULL,
    number        text NOT NULL,                   -- as keyed
    caller        text NOT NULL,
    passed        boolean NOT NULL DEFAULT false,
    tried_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON announcer_tries (number, tried_at);
CREATE INDEX ON announcer_tries (caller, tried_at);
CREATE INDEX ON announcer_tries (call_key) WHERE passed;

CREATE TABLE voicemails (
    voicemail_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_key      text NOT NULL,
    file          text NOT NULL,                   -- its name on the node; with the node, it is one voicemail for ever
    node          text NOT NULL,
    box           text NOT NULL,
    caller        text NOT NULL,                   -- as the dialplan checked it
    recorded_at   timestamptz NOT NULL,            -- when it began
    milliseconds  integer NOT NULL CHECK (milliseconds >= 0),
    audio         bytea NOT NULL,                  -- A-law, 8,000 bytes a second
    sha256        text NOT NULL GENERATED ALWAYS AS (encode(sha256(audio), 'hex')) STORED,
    state         text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'heard')),
    taken_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (node, file)
);
CREATE INDEX ON voicemails (recorded_at);
CREATE INDEX ON voicemails (box, recorded_at) WHERE state = 'new';

-- Whom to call back. One who asks twice is called once.
CREATE TABLE call_backs (
    call_back_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_key      text NOT NULL UNIQUE,
    number        text NOT NULL CHECK (number ~ '^\+[0-9]{6,15}$'),
    queue         text NOT NULL,
    asked_at      timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    done_at       timestamptz,
    done_by       text,
    CHECK ((state = 'done') = (done_at IS NOT NULL AND done_by IS NOT NULL))
);
CREATE UNIQUE INDEX call_backs_open ON call_backs (number, queue) WHERE state = 'open';
CREATE INDEX ON call_backs (asked_at);

CREATE TABLE survey_answers (
    call_key      text NOT NULL,
    survey        text NOT NULL,
    question      text NOT NULL,
    score         integer NOT NULL CHECK (score BETWEEN 0 AND 9),
    answered_at   timestamptz NOT NULL,
    PRIMARY KEY (call_key, survey, question)
);
CREATE INDEX ON survey_answers (survey, answered_at);
