-- The agents' side of campaigns: what they say came of a call becomes the contact's, whom they look at before they call,
-- and which verdicts of the detection of machines people judge.

-- With a result that means calling again: when, and whether only this agent is to.
ALTER TABLE dispositions
    ADD COLUMN again_at timestamptz,
    ADD COLUMN own boolean NOT NULL DEFAULT false;

-- Results of calls of campaigns that are not the contact's yet.
CREATE TABLE disposed_contacts (
    disposition_id bigint PRIMARY KEY REFERENCES dispositions
);
CREATE FUNCTION note_disposed_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO disposed_contacts VALUES (NEW.disposition_id);
    RETURN NULL;
END $$;
CREATE TRIGGER dispositions_of_contacts AFTER INSERT ON dispositions
    FOR EACH ROW WHEN (NEW.call_id LIKE 'attempt-%') EXECUTE FUNCTION note_disposed_contact();

-- A call-back that is due goes first: the contact's own priority is kept here meanwhile.
ALTER TABLE contact_call_backs ADD COLUMN priority_before smallint;
CREATE INDEX contacts_owned ON contacts (agent, next_at) WHERE agent IS NOT NULL AND state = 'open';

-- A contact an agent looks at before the call, and is kept free for: offered → dialling (there is an attempt) → over; or
-- skipped, or passed (time was up), or cancelled. The contact is `claimed` meanwhile.
CREATE TABLE previews (
    preview_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent         text NOT NULL,
    campaign      text NOT NULL,
    queue         text NOT NULL,                   -- whose wrap-up and results the call has
    contact_id    bigint NOT NULL,
    state         text NOT NULL DEFAULT 'offered'
                  CHECK (state IN ('offered', 'dialling', 'over', 'skipped', 'passed', 'cancelled')),
    offered_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    decide_by     timestamptz NOT NULL,
    ended_at      timestamptz,
    attempt_id    bigint UNIQUE,
    reason        text NOT NULL DEFAULT '',        -- why it was skipped, in the agent's words; or could not be dialled
    CHECK ((ended_at IS NULL) = (state IN ('offered', 'dialling'))),
    CHECK (state <> 'dialling' OR attempt_id IS NOT NULL)
);
CREATE UNIQUE INDEX previews_of_agents ON previews (agent) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX previews_of_contacts ON previews (contact_id) WHERE ended_at IS NULL;
CREATE INDEX ON previews (agent, campaign, preview_id);

-- Machines, by the detection's verdict, whose recording is to be judged by a person.
CREATE TABLE machine_samples (
    attempt_id    bigint PRIMARY KEY REFERENCES attempts ON DELETE CASCADE,
    campaign      text NOT NULL,
    trunk         text NOT NULL,
    cause         text NOT NULL,                   -- AMD's words
    recording_id  bigint,                          -- NULL: there is none
    called_at     timestamptz NOT NULL,
    verdict       text CHECK (verdict IN ('person', 'machine')),
    by            text,
    judged_at     timestamptz,
    CHECK ((verdict IS NULL) = (judged_at IS NULL) AND (verdict IS NULL) = (by IS NULL))
);
CREATE INDEX ON machine_samples (campaign, called_at);
CREATE INDEX attempts_machines ON attempts (ended_at) WHERE outcome = 'machine';
CREATE INDEX recordings_samples ON recordings (keep_until) WHERE rule = 'machine-sample' AND state = 'stored';
