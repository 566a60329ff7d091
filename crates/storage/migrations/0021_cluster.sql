-- Several servers on one database: which cluster it belongs to, how often each of its nodes was started, and who owns what.
CREATE TABLE cluster (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    tag TEXT NOT NULL
);
CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    starts BIGINT NOT NULL
);
-- Beside the token: who writes with it. Of a room that nobody owns there is none.
ALTER TABLE rooms ADD COLUMN owner TEXT;
-- What one node of a cluster does for all.
CREATE TABLE duties (
    name TEXT PRIMARY KEY,
    fence BIGINT NOT NULL DEFAULT 0,
    owner TEXT
);
INSERT INTO duties (name) VALUES ('rings');
