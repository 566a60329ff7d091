-- The same text runs on SQLite and on PostgreSQL: only TEXT and BIGINT, times in milliseconds since 1970, digests in
-- hexadecimal.

CREATE TABLE rooms (
    code TEXT PRIMARY KEY NOT NULL,
    settings TEXT NOT NULL,
    password_hash TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    created_by TEXT
);
CREATE INDEX rooms_by_creator ON rooms (created_by, code);
CREATE INDEX rooms_by_use ON rooms (used_at);

-- What gives a role: the keys of host links, and invitations, which are keys with limits.
CREATE TABLE room_keys (
    digest TEXT PRIMARY KEY NOT NULL,
    room TEXT NOT NULL,
    role TEXT NOT NULL,
    label TEXT,
    not_before BIGINT,
    expires_at BIGINT,
    uses_left BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX room_keys_by_room ON room_keys (room);

-- Which keys a browser has shown. A browser is known by the digest of its cookie.
CREATE TABLE keyrings (
    browser TEXT NOT NULL,
    key_digest TEXT NOT NULL,
    room TEXT NOT NULL,
    used BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (browser, key_digest)
);
CREATE INDEX keyrings_by_room ON keyrings (room);

-- Everybody who was in a room lately, so that they are known again.
CREATE TABLE seats (
    room TEXT NOT NULL,
    participant TEXT NOT NULL,
    session TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    hand BIGINT,
    forbidden TEXT NOT NULL,
    state TEXT NOT NULL,
    generation BIGINT NOT NULL,
    browser TEXT,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (room, participant)
);

CREATE TABLE blocked_browsers (
    room TEXT NOT NULL,
    browser TEXT NOT NULL,
    blocked_at BIGINT NOT NULL,
    PRIMARY KEY (room, browser)
);

CREATE TABLE chat (
    room TEXT NOT NULL,
    number BIGINT NOT NULL,
    id TEXT NOT NULL,
    sender TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    recipient TEXT,
    sent_at BIGINT NOT NULL,
    envelope_version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (room, number)
);
CREATE UNIQUE INDEX chat_by_id ON chat (room, sender, id);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

-- What a request with an Idempotency-Key has made.
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    room TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner, idempotency_key)
);

CREATE TABLE audit_events (
    id TEXT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    room TEXT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL
);
CREATE INDEX audit_events_by_time ON audit_events (at);
CREATE INDEX audit_events_by_room ON audit_events (room, at);
