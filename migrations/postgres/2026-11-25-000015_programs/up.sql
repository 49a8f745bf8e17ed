-- Several programs: each with the hours of its own choice, a code that narrows STOP to it, and words of its own.
ALTER TABLE programs ADD COLUMN hours TEXT NOT NULL DEFAULT '';
ALTER TABLE programs ADD COLUMN code TEXT;
ALTER TABLE programs ADD COLUMN revoke_words TEXT NOT NULL DEFAULT '';
ALTER TABLE programs ADD COLUMN help_words TEXT NOT NULL DEFAULT '';
ALTER TABLE programs ADD COLUMN opt_in_words TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX programs_code ON programs (code) WHERE code IS NOT NULL;
