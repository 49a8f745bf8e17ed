-- Stamps of hosted forms that recorded a submission: each counts once. Kept until it would be too old anyway.
CREATE TABLE spent_stamps (
  sha256 BYTEA PRIMARY KEY NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX spent_stamps_expiry ON spent_stamps (expires_at);
