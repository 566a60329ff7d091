-- The token of the last server that owned a room. A write with an older one is refused.
ALTER TABLE rooms ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
