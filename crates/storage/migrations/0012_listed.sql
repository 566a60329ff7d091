-- Whether the room's settings say that it is listed, for those who look for all that are. No room was before.
ALTER TABLE rooms ADD COLUMN listed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX rooms_listed ON rooms (used_at, code) WHERE listed = 1;
