-- Somebody who can be called: a public key, and the number by which they are called now.
CREATE TABLE call_identities (
    public_key TEXT PRIMARY KEY NOT NULL,
    call_id BIGINT NOT NULL UNIQUE,
    -- The day on which they were last here.
    seen_at BIGINT NOT NULL,
    who_may_ring TEXT NOT NULL,
    -- Do not disturb: minutes of the day in UTC, both or neither, and a moment.
    quiet_from BIGINT,
    quiet_until BIGINT,
    undisturbed_until BIGINT
);
CREATE INDEX call_identities_by_use ON call_identities (seen_at);

-- Every number that was ever given, without a word of whose it was. None is deleted, so that none is given twice.
CREATE TABLE call_ids (
    call_id BIGINT PRIMARY KEY NOT NULL
);

-- Whom an identity knows, has blocked, or is asked by. One peer has one standing.
CREATE TABLE call_contacts (
    owner TEXT NOT NULL,
    peer TEXT NOT NULL,
    standing TEXT NOT NULL,
    -- Sealed by the owner for themself.
    note TEXT,
    -- Sealed by the peer for the owner, while they ask.
    request TEXT,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (owner, peer)
);
CREATE INDEX call_contacts_by_standing ON call_contacts (owner, standing, changed_at, peer);

-- One row a ring, which both sides read, until each has hidden it or it is too old.
CREATE TABLE calls (
    ring TEXT PRIMARY KEY NOT NULL,
    caller TEXT NOT NULL,
    caller_call_id BIGINT NOT NULL,
    callee TEXT NOT NULL,
    callee_call_id BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    answered_at BIGINT,
    ended_at BIGINT,
    outcome TEXT,
    -- Each sealed for the one side.
    caller_note TEXT,
    callee_note TEXT,
    hidden_by_caller BIGINT NOT NULL,
    hidden_by_callee BIGINT NOT NULL,
    -- 1 while the callee has missed it and was not shown it.
    unseen BIGINT NOT NULL
);
CREATE INDEX calls_by_caller ON calls (caller, hidden_by_caller, started_at, ring);
CREATE INDEX calls_by_callee ON calls (callee, hidden_by_callee, started_at, ring);
CREATE INDEX calls_by_end ON calls (ended_at);
CREATE INDEX calls_unseen ON calls (callee, started_at, ring) WHERE unseen = 1;
CREATE INDEX calls_hidden ON calls (ended_at) WHERE hidden_by_caller = 1 AND hidden_by_callee = 1;

-- What is to be delivered, in the order of the numbers within a topic and key.
CREATE TABLE outbox (
    number BIGINT PRIMARY KEY NOT NULL,
    topic TEXT NOT NULL,
    ordering_key TEXT NOT NULL,
    tag TEXT,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    expires_at BIGINT,
    attempts BIGINT NOT NULL,
    -- Grows with each taker, so that one whose lease ended is told from the next.
    claims BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);
CREATE INDEX outbox_by_key ON outbox (topic, ordering_key, number);
CREATE INDEX outbox_by_tag ON outbox (topic, ordering_key, tag) WHERE tag IS NOT NULL;
CREATE INDEX outbox_by_expiry ON outbox (expires_at) WHERE expires_at IS NOT NULL;

-- The last number of the outbox. Whoever adds, takes or expires locks its row, so that numbers are committed in their order.
CREATE TABLE outbox_sequence (
    id BIGINT PRIMARY KEY NOT NULL,
    last BIGINT NOT NULL
);
INSERT INTO outbox_sequence (id, last) VALUES (1, 0);
