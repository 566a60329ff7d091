-- Links that open the admin page once, and what they have opened: a browser's session. Both by digest.
CREATE TABLE admin_links (
    digest TEXT PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE admin_sessions (
    digest TEXT PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);

-- How much the server was used, hour by hour (Unix milliseconds of its start): totals, and nobody's name.
CREATE TABLE usage_hours (
    hour BIGINT NOT NULL,
    measure TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (hour, measure)
);

-- To what something was done: the id of a key, a participant or a ring.
ALTER TABLE audit_events ADD COLUMN subject TEXT;

-- The audit log is looked through by who and by what.
CREATE INDEX audit_events_by_actor ON audit_events (actor, at);
CREATE INDEX audit_events_by_action ON audit_events (action, at);
