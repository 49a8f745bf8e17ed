DROP INDEX messages_failed;
DROP INDEX messages_waiting;
CREATE INDEX messages_held ON messages (number_id, id) WHERE status = 'held';
ALTER TABLE messages DROP COLUMN steps;
