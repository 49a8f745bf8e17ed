ALTER TABLE programs DROP COLUMN regions;
