ALTER TABLE rulebooks DROP COLUMN answers;
