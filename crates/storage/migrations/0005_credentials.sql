-- Capabilities form a tree: what was minted knows by what, and ends with it.
ALTER TABLE room_keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'host_key';
-- The digest of the key or token that it was minted with; of the first key of a room there is none.
ALTER TABLE room_keys ADD COLUMN parent TEXT;
-- The API key below which it stands.
ALTER TABLE room_keys ADD COLUMN api_key TEXT;

UPDATE room_keys SET kind = 'invitation'
WHERE role <> 'host' OR label IS NOT NULL OR not_before IS NOT NULL OR expires_at IS NOT NULL OR uses_left IS NOT NULL;

-- What was made before this was known stands below the first key of its room.
UPDATE room_keys SET parent = (
    SELECT oldest.digest FROM room_keys AS oldest
    WHERE oldest.room = room_keys.room AND oldest.kind = 'host_key'
    ORDER BY oldest.created_at, oldest.digest LIMIT 1
);
UPDATE room_keys SET parent = NULL WHERE parent = digest;
UPDATE room_keys SET api_key = (SELECT rooms.created_by FROM rooms WHERE rooms.code = room_keys.room);

CREATE INDEX room_keys_by_parent ON room_keys (parent);
