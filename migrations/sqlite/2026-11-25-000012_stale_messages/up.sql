-- Messages that ran out while they waited for START, of leads who have opted in since: a person decides on each, once.
CREATE TABLE stale_messages (
  message_id BLOB PRIMARY KEY NOT NULL REFERENCES messages (id),
  number_id BLOB NOT NULL REFERENCES numbers (id),
  asked_at BIGINT NOT NULL,
  decision TEXT,
  decided_at BIGINT,
  decided_by TEXT,
  sent_as BLOB REFERENCES messages (id)
);
CREATE INDEX stale_messages_open ON stale_messages (asked_at, message_id) WHERE decision IS NULL;
CREATE INDEX stale_messages_number ON stale_messages (number_id) WHERE decision IS NULL;
CREATE UNIQUE INDEX stale_messages_sent_as ON stale_messages (sent_as) WHERE sent_as IS NOT NULL;
-- A START looks for them.
CREATE INDEX messages_ran_out ON messages (number_id, id) WHERE status = 'expired' AND lane = 'gated';

-- The program asks "how did we get this number?" before its opt-in template goes out.
ALTER TABLE programs ADD COLUMN requires_basis BOOLEAN NOT NULL DEFAULT FALSE;
