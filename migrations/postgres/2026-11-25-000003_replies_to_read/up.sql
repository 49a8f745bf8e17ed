-- Replies that are no keyword, newest first: a person has to read them.
CREATE INDEX inbound_texts_other ON inbound_texts (id) WHERE class = 'other';
-- The texts that ended badly for one cause, newest first.
CREATE INDEX messages_cause ON messages (status, error_code, id)
  WHERE status = 'failed' OR status = 'blocked' OR status = 'cancelled' OR status = 'expired';
