-- The second factor of a person: their app's secret, encrypted under the installation's key, and the last step that was used.
CREATE TABLE second_factors (
  user_id BLOB PRIMARY KEY NOT NULL REFERENCES users (id),
  sealed_secret TEXT NOT NULL,
  last_step BIGINT NOT NULL,
  since BIGINT NOT NULL
);
-- Keyed hashes of the recovery codes that are left: each signs its owner in once.
CREATE TABLE recovery_codes (
  hash BLOB PRIMARY KEY NOT NULL,
  user_id BLOB NOT NULL REFERENCES users (id)
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);
-- Who took a person's second factor away, until that person has been told.
ALTER TABLE users ADD COLUMN second_factor_removed_by TEXT;
