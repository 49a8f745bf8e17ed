ALTER TABLE numbers DROP COLUMN language;
DROP TABLE program_replies;
