-- How much chat a room keeps, so that it is known without counting.
CREATE TABLE chat_usage (
    room TEXT PRIMARY KEY NOT NULL,
    messages BIGINT NOT NULL,
    bytes BIGINT NOT NULL
);
INSERT INTO chat_usage (room, messages, bytes)
    SELECT room, COUNT(*), SUM(OCTET_LENGTH(body)) FROM chat GROUP BY room;
CREATE INDEX chat_by_time ON chat (sent_at);

-- The time by which things grow old. It follows the clock, and never leaps with it.
CREATE TABLE retention_clock (
    id BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL
);

-- A start in a far future kept a room for ever. Nothing is used after the year 2100.
UPDATE rooms SET used_at = created_at WHERE used_at > 4102444800000;
