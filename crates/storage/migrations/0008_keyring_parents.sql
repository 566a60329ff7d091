-- A browser that gets a key has a keyring with that key alone, and what is on the keyring before it as well.
CREATE TABLE keyring_parents (
    keyring TEXT PRIMARY KEY NOT NULL,
    parent TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
INSERT INTO keyring_parents (keyring, parent, made_at) SELECT copy, original, made_at FROM keyring_copies;
CREATE INDEX keyring_parents_by_parent ON keyring_parents (parent);
DROP TABLE keyring_copies;
CREATE INDEX keyrings_by_browser ON keyrings (browser, room);
