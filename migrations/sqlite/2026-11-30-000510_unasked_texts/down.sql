ALTER TABLE numbers DROP COLUMN unasked;
