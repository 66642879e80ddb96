-- What operators are about to change in the files that are live: only what differs, so that a draft follows what others
-- publish. `content` null: the file is to go. `was`: the hash of what was live as the change was begun, null for none;
-- `version`: which version that was, 0 if nothing was published yet.
CREATE TABLE dialplan_drafts (
    login       text NOT NULL,
    path        text NOT NULL CHECK (length(path) <= 200),
    content     bytea CHECK (octet_length(content) <= 262144),
    was         bytea CHECK (octet_length(was) = 32),
    version     integer NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (login, path),
    CHECK (content IS NOT NULL OR was IS NOT NULL)
);

-- Each time somebody has published a draft, or gone back to a version, over HTTP; `told` is how it went on, line by line.
CREATE TABLE dialplan_publications (
    publication_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('publish', 'rollback')),
    version         integer,
    asked_by        text NOT NULL,
    note            text NOT NULL DEFAULT '',
    began_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at        timestamptz,
    done            boolean,
    told            jsonb NOT NULL DEFAULT '[]',
    CHECK ((done IS NULL) = (ended_at IS NULL))
);
