-- Without statistics SQLite took messages_status for the questions of the delivery loop: it read and sorted every queued
-- message at each look. Lists keep an index of their own over an expression, which no other statement can use.
DROP INDEX messages_status;
CREATE INDEX messages_listed ON messages ((status || ''), id);
-- The queue, apart for replies and for other texts, with all that a look at it reads.
DROP INDEX messages_due;
DROP INDEX messages_due_replies;
CREATE INDEX messages_due_replies ON messages (due_at, id, number_id)
  WHERE status = 'queued' AND lane <> 'gated' AND lane <> 'invitation';
CREATE INDEX messages_due_texts ON messages (due_at, id, number_id)
  WHERE status = 'queued' AND (lane = 'gated' OR lane = 'invitation');
-- Messages at the provider, by when they are asked about next.
DROP INDEX messages_sending;
CREATE INDEX messages_sending ON messages (due_at, id) WHERE status = 'sending';
