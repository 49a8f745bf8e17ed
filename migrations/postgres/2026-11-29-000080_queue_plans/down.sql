DROP INDEX messages_sending;
CREATE INDEX messages_sending ON messages (claimed_at) WHERE status = 'sending';
DROP INDEX messages_due_texts;
DROP INDEX messages_due_replies;
CREATE INDEX messages_due_replies ON messages (due_at, id) WHERE status = 'queued' AND lane <> 'gated' AND lane <> 'invitation';
CREATE INDEX messages_due ON messages (due_at, id) WHERE status = 'queued';
DROP INDEX messages_listed;
CREATE INDEX messages_status ON messages (status, id);
