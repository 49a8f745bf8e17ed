-- The dashboard shows open notices of each kind, so that many of one kind hide no other.
DROP INDEX inbound_notices_open;
CREATE INDEX inbound_notices_open ON inbound_notices (kind, raised_at, inbound_id) WHERE closed_at IS NULL;
