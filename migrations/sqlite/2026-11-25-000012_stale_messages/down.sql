ALTER TABLE programs DROP COLUMN requires_basis;
DROP INDEX messages_ran_out;
DROP TABLE stale_messages;
