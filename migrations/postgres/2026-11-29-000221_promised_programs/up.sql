-- Databases of a few early versions lack the column, because the migration that makes it was changed after they were made.
ALTER TABLE programs ADD COLUMN IF NOT EXISTS has_promised BOOLEAN NOT NULL DEFAULT TRUE;
