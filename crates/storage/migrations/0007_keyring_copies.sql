-- Which keyring was copied to which, so that what a browser has left behind goes.
CREATE TABLE keyring_copies (
    copy TEXT PRIMARY KEY NOT NULL,
    original TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX keyring_copies_by_original ON keyring_copies (original, made_at);
CREATE INDEX keyrings_by_key ON keyrings (key_digest, added_at);
