-- Why a try to sign in was refused (null: it was not, or nobody knows yet), and since when the audit says so.
ALTER TABLE sign_in_tries ADD COLUMN refused text
    CHECK (refused IN ('password', 'directory', 'code', 'text-code', 'locked', 'away'));
ALTER TABLE sign_in_tries ADD COLUMN noted_at timestamptz;
CREATE INDEX sign_in_tries_not_noted_idx ON sign_in_tries (try_id) WHERE refused IS NOT NULL AND noted_at IS NULL;
