CREATE INDEX messages_failed ON messages (status, id)
  WHERE status = 'failed' OR status = 'blocked' OR status = 'cancelled' OR status = 'expired';
DROP INDEX messages_status;
