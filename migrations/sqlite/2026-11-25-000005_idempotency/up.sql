-- An answer is built again from the message it was about, so that nothing is stored twice. Answers that were given before
-- this are kept as used, but not repeated.
ALTER TABLE idempotency_keys ADD COLUMN message_id BLOB;
ALTER TABLE idempotency_keys DROP COLUMN response;
ALTER TABLE idempotency_keys DROP COLUMN status;
