-- Recordings, whose files are in a folder of their own. One without an end goes on, or went on when its server ended.
CREATE TABLE recordings (
    id TEXT PRIMARY KEY NOT NULL,
    room TEXT NOT NULL,
    name TEXT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    bytes BIGINT NOT NULL,
    sealed BIGINT NOT NULL
);
CREATE INDEX recordings_by_room ON recordings (room, started_at);
CREATE INDEX recordings_by_end ON recordings (ended_at);

-- The recording that goes on in a room, and what pages have answered, so that whoever loads the room goes on with it.
ALTER TABLE rooms ADD COLUMN recording TEXT;
