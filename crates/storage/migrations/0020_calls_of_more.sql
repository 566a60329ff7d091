-- Who of the two, 'caller' or 'callee', is still in the call with others, by this row, though it is over between the two.
ALTER TABLE calls ADD COLUMN stays TEXT;
CREATE INDEX calls_stays ON calls (started_at) WHERE stays IS NOT NULL;
