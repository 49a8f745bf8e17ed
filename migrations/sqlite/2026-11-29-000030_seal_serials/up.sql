-- Each seal has a number of its own, without gaps: a seal that is deleted, the first and the last too, leaves a hole. A seal may
-- cover no event: the first one is written when the installation is made, so "nothing to seal yet" is proven as well.
CREATE TABLE numbered_seals (
  serial BIGINT PRIMARY KEY NOT NULL,
  version INTEGER NOT NULL,
  through_position BIGINT NOT NULL,
  events BIGINT NOT NULL,
  digest BLOB NOT NULL,
  mac BLOB NOT NULL,
  sealed_at BIGINT NOT NULL,
  caught_up BOOLEAN NOT NULL
);
-- Older seals keep their form (version 1); their number is their place.
INSERT INTO numbered_seals
SELECT row_number() OVER (ORDER BY through_position), 1, through_position, events, digest, mac, sealed_at, FALSE FROM seals;
DROP TABLE seals;
ALTER TABLE numbered_seals RENAME TO seals;
CREATE INDEX seals_through ON seals (through_position, serial);
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only: UPDATE refused'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only: DELETE refused'); END;
