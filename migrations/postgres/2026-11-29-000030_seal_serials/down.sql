CREATE TABLE plain_seals (
  through_position BIGINT PRIMARY KEY NOT NULL,
  events BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  mac BYTEA NOT NULL,
  sealed_at BIGINT NOT NULL
);
-- What the older program can check. Newer seals have another form.
INSERT INTO plain_seals SELECT through_position, events, digest, mac, sealed_at FROM seals WHERE version = 1;
DROP TABLE seals;
ALTER TABLE plain_seals RENAME TO seals;
ALTER INDEX plain_seals_pkey RENAME TO seals_pkey;
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse('seals are append-only: UPDATE refused');
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse('seals are append-only: DELETE refused');
CREATE TRIGGER seals_no_truncate BEFORE TRUNCATE ON seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse('seals are append-only: TRUNCATE refused');
