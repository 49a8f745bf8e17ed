-- The version before has no worker that wakes them; it asks the gate when it hands them over.
UPDATE messages SET status = 'queued' WHERE status = 'scheduled';
DROP TABLE rulebooks;
DROP INDEX messages_scheduled;
ALTER TABLE programs DROP COLUMN keeps_frequency;
ALTER TABLE programs DROP COLUMN keeps_quiet_hours;
