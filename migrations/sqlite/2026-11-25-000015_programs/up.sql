-- Several programs: each with the hours of its own choice, a code that narrows STOP to it, and words of its own.
ALTER TABLE programs ADD COLUMN hours TEXT NOT NULL DEFAULT '';
ALTER TABLE programs ADD COLUMN code TEXT;
ALTER TABLE programs ADD COLUMN revoke_words TEXT NOT NULL DEFAULT '';
ALTER TABLE programs ADD COLUMN help_words TEXT NOT NULL DEFAULT '';
ALTER TABLE programs ADD COLUMN opt_in_words TEXT NOT NULL DEFAULT '';
-- Whether any wording of it ever promised a number of texts: nobody knows it of those that are there.
ALTER TABLE programs ADD COLUMN has_promised BOOLEAN NOT NULL DEFAULT TRUE;
CREATE UNIQUE INDEX programs_code ON programs (code) WHERE code IS NOT NULL;
