-- Whose a public key is stays known when the server starts anew.
ALTER TABLE seats ADD COLUMN public_key TEXT;
