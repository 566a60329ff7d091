-- Browsers that are pushed to when their identity is rung and no page of it is there. One browser is one identity's.
CREATE TABLE push_subscriptions (
    -- The digest of the endpoint, which can be longer than an index takes.
    id TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    subscribed_at BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_by_owner ON push_subscriptions (owner, subscribed_at);
