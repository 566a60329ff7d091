-- The time zone (IANA) whose minutes the quiet hours are in. Without, they are those of UTC.
ALTER TABLE call_identities ADD COLUMN quiet_zone TEXT;
