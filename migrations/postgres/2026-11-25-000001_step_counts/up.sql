-- How many steps a message has had, so that the next one is numbered without looking.
ALTER TABLE messages ADD COLUMN steps INTEGER NOT NULL DEFAULT 1;
UPDATE messages SET steps = (SELECT count(*) FROM message_steps WHERE message_id = messages.id);
-- How long the number's history was when the message was accepted: consent that ended later ends the message, too.
ALTER TABLE messages ADD COLUMN accepted_seq INTEGER NOT NULL DEFAULT 0;

-- Answers to STOP, START and HELP go before everything else.
CREATE INDEX messages_due_replies ON messages (due_at, id) WHERE status = 'queued' AND lane <> 'gated' AND lane <> 'invitation';
-- What has not been handed over yet, by number.
DROP INDEX messages_held;
CREATE INDEX messages_waiting ON messages (number_id, id) WHERE status IN ('held', 'queued', 'scheduled');
-- How messages end badly, newest first: rare, and looked for often.
CREATE INDEX messages_failed ON messages (status, id)
  WHERE status = 'failed' OR status = 'blocked' OR status = 'cancelled' OR status = 'expired';
