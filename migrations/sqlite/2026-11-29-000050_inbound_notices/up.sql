-- Texts that a person has to look at: the sender is no number, or only the carrier read them as START.
CREATE TABLE inbound_notices (
  inbound_id BLOB PRIMARY KEY NOT NULL REFERENCES inbound_texts (id),
  number_id BLOB REFERENCES numbers (id),
  kind TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  closed_at BIGINT,
  closed_by TEXT
);
CREATE INDEX inbound_notices_open ON inbound_notices (raised_at, inbound_id) WHERE closed_at IS NULL;
CREATE INDEX inbound_notices_number ON inbound_notices (number_id, inbound_id) WHERE number_id IS NOT NULL;
