DROP TABLE rulebooks;
DROP INDEX messages_scheduled;
ALTER TABLE programs DROP COLUMN keeps_frequency;
ALTER TABLE programs DROP COLUMN keeps_quiet_hours;
