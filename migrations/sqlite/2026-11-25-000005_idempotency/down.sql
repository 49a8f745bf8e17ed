ALTER TABLE idempotency_keys ADD COLUMN status INTEGER NOT NULL DEFAULT 409;
ALTER TABLE idempotency_keys ADD COLUMN response TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency_keys DROP COLUMN message_id;
