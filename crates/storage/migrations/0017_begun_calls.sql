-- 0 until the server knows that the database has taken the row in time. A ring that was refused because it had not, never began, though the row may
-- have come after all.
ALTER TABLE calls ADD COLUMN begun BIGINT NOT NULL DEFAULT 1;

-- When a server with calls on it was last there, so that those that end with it did not go on while it was away.
CREATE TABLE calls_clock (
    id BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL
);
