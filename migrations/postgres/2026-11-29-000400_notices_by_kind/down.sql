DROP INDEX inbound_notices_open;
CREATE INDEX inbound_notices_open ON inbound_notices (raised_at, inbound_id) WHERE closed_at IS NULL;
