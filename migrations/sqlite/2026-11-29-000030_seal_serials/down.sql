CREATE TABLE plain_seals (
  through_position BIGINT PRIMARY KEY NOT NULL,
  events BIGINT NOT NULL,
  digest BLOB NOT NULL,
  mac BLOB NOT NULL,
  sealed_at BIGINT NOT NULL
);
-- What the older program can check. Newer seals have another form.
INSERT INTO plain_seals SELECT through_position, events, digest, mac, sealed_at FROM seals WHERE version = 1;
DROP TABLE seals;
ALTER TABLE plain_seals RENAME TO seals;
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only: UPDATE refused'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only: DELETE refused'); END;
