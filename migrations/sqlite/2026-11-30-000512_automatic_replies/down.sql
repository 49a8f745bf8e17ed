ALTER TABLE numbers DROP COLUMN replies;
