DROP INDEX programs_code;
ALTER TABLE programs DROP COLUMN has_promised;
ALTER TABLE programs DROP COLUMN opt_in_words;
ALTER TABLE programs DROP COLUMN help_words;
ALTER TABLE programs DROP COLUMN revoke_words;
ALTER TABLE programs DROP COLUMN code;
ALTER TABLE programs DROP COLUMN hours;
