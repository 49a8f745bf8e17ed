-- Hand-offs that certainly did not arrive, for a reason that passes: the message was tried again under another provider id.
CREATE TABLE message_attempts (
  provider_id TEXT PRIMARY KEY NOT NULL,
  message_id BLOB NOT NULL REFERENCES messages (id),
  handed_at BIGINT NOT NULL,
  failed_at BIGINT NOT NULL,
  code TEXT NOT NULL
);
CREATE INDEX message_attempts_message ON message_attempts (message_id, handed_at);
