-- Since when an unclear reply waits for a person: the review desk's queue, the oldest first.
ALTER TABLE numbers ADD COLUMN paused_at BIGINT;
UPDATE numbers SET paused_at = json_extract(consent, '$.paused.since') WHERE paused;
CREATE INDEX numbers_reviews ON numbers (paused_at, id) WHERE paused;
