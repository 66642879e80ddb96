-- Who calls: looked up by the calling number before the first prompt, and filled by `ccore customers import`.
CREATE TABLE customers (
    number        text PRIMARY KEY CHECK (number ~ '^\+[1-9][0-9]{6,14}$'), -- E.164
    name          text NOT NULL,
    tier          text NOT NULL,                   -- the class menus choose by; none: ''
    language      text NOT NULL CHECK (language IN ('', 'zh', 'en')),
    tags          text[] NOT NULL,
    source        text NOT NULL,                   -- the list it came with
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON customers (source);
