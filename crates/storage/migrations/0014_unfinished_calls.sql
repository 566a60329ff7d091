-- What a server that starts anew needs to go on with a ring or a call: where it is, what is shown to the person called, which of their
-- devices has answered, and whether it is shown to them at all ('both' or 'caller').
ALTER TABLE calls ADD COLUMN room TEXT;
ALTER TABLE calls ADD COLUMN invitation TEXT;
ALTER TABLE calls ADD COLUMN answered_by TEXT;
ALTER TABLE calls ADD COLUMN readers TEXT NOT NULL DEFAULT 'both';
CREATE INDEX calls_unfinished ON calls (started_at) WHERE ended_at IS NULL;
