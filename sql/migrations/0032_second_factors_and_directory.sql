-- Secrets of authenticators are encrypted by a key of the site (ccore/people/vault.py): the key's name, a colon, base64.
-- Those in clear, in base32, are taken over when ccore starts with a key. A ccore of before, which knows nothing of this,
-- finds no secret that it can use, and lets in nobody who has one.
ALTER TABLE people ADD CONSTRAINT people_totp_secret_check
    CHECK (totp_secret ~ '^([A-Z2-7]+=*|[A-Za-z0-9_-]{1,40}:[A-Za-z0-9+/]+=*)$');

-- Those whose password is the directory's ([ldap]): none of theirs is kept here, so that none lets in while it is away.
ALTER TABLE people
    ADD directory boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT people_directory_check CHECK (NOT directory OR (password IS NULL AND password_hash IS NULL));
CREATE OR REPLACE VIEW people_let_in AS
SELECT p.* FROM people p
WHERE p.active AND NOT EXISTS (SELECT FROM employees e WHERE e.number = p.employee AND e.left_at <= clock_timestamp());
