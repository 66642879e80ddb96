-- A draft holds sounds as well as texts: half a minute of speech at 8 kHz, and some minutes of it at 16 kHz.
ALTER TABLE dialplan_drafts DROP CONSTRAINT dialplan_drafts_content_check;
ALTER TABLE dialplan_drafts ADD CONSTRAINT dialplan_drafts_content_check
    CHECK (octet_length(content) <= CASE WHEN path LIKE 'sounds/%' THEN 8388608 ELSE 262144 END);

-- Prompts that somebody has spoken for their draft, from the console: one build at a time in a whole site. `failed`: a list
-- of language, prompt, reason, why. Who builds says so again and again (`seen_at`): one that is silent has ended.
CREATE TABLE prompt_builds (
    build_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_by text NOT NULL,
    wanted   integer NOT NULL CHECK (wanted > 0),
    spoken   integer NOT NULL DEFAULT 0 CHECK (spoken >= 0),
    failed   jsonb NOT NULL DEFAULT '[]',
    trouble  text NOT NULL DEFAULT '' CHECK (trouble IN ('', 'engine', 'stuck', 'broken', 'lost')),
    why      text NOT NULL DEFAULT '',
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);
CREATE UNIQUE INDEX prompt_builds_one_at_a_time ON prompt_builds ((true)) WHERE ended_at IS NULL;
