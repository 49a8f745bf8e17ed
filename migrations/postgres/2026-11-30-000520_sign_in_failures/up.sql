-- Failed attempts to sign in, counted by account, network or device under a keyed hash: no address and no network is kept.
-- A count goes down with time; empty_at says when it has come to nothing, and then the row may go.
CREATE TABLE sign_in_failures (
  bucket BYTEA PRIMARY KEY NOT NULL,
  empty_at BIGINT NOT NULL
);
CREATE INDEX sign_in_failures_empty ON sign_in_failures (empty_at);
