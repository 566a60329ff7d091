-- The API key with which a program has placed a ring.
ALTER TABLE calls ADD COLUMN placed_by TEXT;

-- The ring for which a room was made, and with which it goes; others stay whatever rings into them.
ALTER TABLE rooms ADD COLUMN made_for TEXT;
-- Until now every room of a ring was made for it; in a row without an invitation two devices have named one.
UPDATE rooms SET made_for = (SELECT MIN(ring) FROM calls WHERE calls.room = rooms.code AND calls.invitation IS NOT NULL)
    WHERE code IN (SELECT room FROM calls WHERE room IS NOT NULL AND invitation IS NOT NULL);
CREATE INDEX rooms_of_rings ON rooms (made_for) WHERE made_for IS NOT NULL;
