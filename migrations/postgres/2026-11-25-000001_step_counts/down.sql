DROP INDEX messages_failed;
DROP INDEX messages_waiting;
CREATE INDEX messages_held ON messages (number_id, id) WHERE status = 'held';
DROP INDEX messages_due_replies;
ALTER TABLE messages DROP COLUMN accepted_seq;
ALTER TABLE messages DROP COLUMN steps;
