-- Times are BIGINT microseconds since 1970 (UTC). Ids are 16 bytes, UUIDv7. Words (states, kinds) are text.

CREATE TABLE programs (
  id BLOB PRIMARY KEY NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  brand TEXT NOT NULL,
  is_default BOOLEAN NOT NULL,
  opt_in_template TEXT NOT NULL,
  opt_in_reply TEXT NOT NULL,
  opt_out_reply TEXT NOT NULL,
  help_reply TEXT NOT NULL,
  frequency TEXT NOT NULL,
  contact_route TEXT NOT NULL,
  hold_days INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE senders (
  id BLOB PRIMARY KEY NOT NULL,
  program_id BLOB NOT NULL REFERENCES programs (id),
  e164 TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
);

-- One row a phone number. `consent` is the projection of its history (domain::consent, as JSON);
-- the boolean columns repeat parts of it for lists.
CREATE TABLE numbers (
  id BLOB PRIMARY KEY NOT NULL,
  e164 TEXT NOT NULL UNIQUE,
  consent TEXT NOT NULL,
  do_not_text BOOLEAN NOT NULL,
  paused BOOLEAN NOT NULL,
  unreachable_code TEXT,
  contact_count INTEGER NOT NULL,
  head_seq INTEGER NOT NULL,
  head_hash BLOB NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX numbers_paused ON numbers (id) WHERE paused;

-- The projection's index for lists: one row for each program the number has a state in.
CREATE TABLE consents (
  number_id BLOB NOT NULL REFERENCES numbers (id),
  program_id BLOB NOT NULL REFERENCES programs (id),
  state TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (number_id, program_id)
) WITHOUT ROWID;

-- The append-only history: one hash chain a number.
CREATE TABLE consent_events (
  position INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  number_id BLOB NOT NULL REFERENCES numbers (id),
  seq INTEGER NOT NULL,
  program_id BLOB,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  actor TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  salt BLOB NOT NULL,
  facts TEXT NOT NULL,
  commitment BLOB NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  UNIQUE (number_id, seq)
);
CREATE TRIGGER consent_events_no_update BEFORE UPDATE ON consent_events
BEGIN SELECT RAISE(ABORT, 'the consent history is append-only: UPDATE refused'); END;
CREATE TRIGGER consent_events_no_delete BEFORE DELETE ON consent_events
BEGIN SELECT RAISE(ABORT, 'the consent history is append-only: DELETE refused'); END;

-- Sealed points: each digest covers all event hashes since the seal before it, keyed with SECRET_KEY.
CREATE TABLE seals (
  through_position BIGINT PRIMARY KEY NOT NULL,
  events BIGINT NOT NULL,
  digest BLOB NOT NULL,
  mac BLOB NOT NULL,
  sealed_at BIGINT NOT NULL
);
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only: UPDATE refused'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only: DELETE refused'); END;

CREATE TABLE documents (
  sha256 BLOB PRIMARY KEY NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  stored_at BIGINT NOT NULL
);

CREATE TABLE contacts (
  row_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id BLOB NOT NULL UNIQUE,
  number_id BLOB NOT NULL REFERENCES numbers (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  email TEXT,
  external_id TEXT UNIQUE,
  zip TEXT,
  time_zone TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX contacts_number ON contacts (number_id);
CREATE INDEX contacts_name ON contacts (name_key, row_id);

-- Substring search over names, addresses, ids and digits (PostgreSQL: pg_trgm).
CREATE VIRTUAL TABLE contacts_search USING fts5 (
  name, email, external_id, digits, content='', contentless_delete=1, tokenize='trigram'
);
CREATE TRIGGER contacts_search_insert AFTER INSERT ON contacts BEGIN
  INSERT INTO contacts_search (rowid, name, email, external_id, digits)
  VALUES (new.row_id, new.name, new.email, new.external_id, (SELECT e164 FROM numbers WHERE id = new.number_id));
END;
CREATE TRIGGER contacts_search_update AFTER UPDATE ON contacts BEGIN
  DELETE FROM contacts_search WHERE rowid = old.row_id;
  INSERT INTO contacts_search (rowid, name, email, external_id, digits)
  VALUES (new.row_id, new.name, new.email, new.external_id, (SELECT e164 FROM numbers WHERE id = new.number_id));
END;

-- How many contacts are in each state of each program; kept in step by the store.
CREATE TABLE tallies (
  program_id BLOB NOT NULL REFERENCES programs (id),
  state TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (program_id, state)
) WITHOUT ROWID;

CREATE TABLE messages (
  id BLOB PRIMARY KEY NOT NULL,
  number_id BLOB REFERENCES numbers (id),
  program_id BLOB NOT NULL REFERENCES programs (id),
  to_text TEXT NOT NULL,
  sender TEXT,
  category TEXT NOT NULL,
  lane TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL,
  actor TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  expires_at BIGINT,
  attempts INTEGER NOT NULL,
  permit_seq INTEGER,
  claimed_seq INTEGER,
  claimed_at BIGINT,
  provider_id TEXT,
  error_code TEXT,
  error_text TEXT,
  verdict TEXT
);
CREATE INDEX messages_number ON messages (number_id, id);
CREATE INDEX messages_due ON messages (due_at, id) WHERE status = 'queued';
CREATE INDEX messages_held ON messages (number_id, id) WHERE status = 'held';
CREATE INDEX messages_held_until ON messages (expires_at) WHERE status = 'held';
CREATE INDEX messages_sending ON messages (claimed_at) WHERE status = 'sending';
CREATE UNIQUE INDEX messages_provider_id ON messages (provider_id) WHERE provider_id IS NOT NULL;

CREATE TABLE message_steps (
  message_id BLOB NOT NULL REFERENCES messages (id),
  n INTEGER NOT NULL,
  status TEXT NOT NULL,
  at BIGINT NOT NULL,
  code TEXT,
  note TEXT,
  PRIMARY KEY (message_id, n)
) WITHOUT ROWID;

CREATE TABLE inbound_texts (
  id BLOB PRIMARY KEY NOT NULL,
  provider TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  number_id BLOB REFERENCES numbers (id),
  program_id BLOB REFERENCES programs (id),
  from_text TEXT NOT NULL,
  to_text TEXT NOT NULL,
  body TEXT NOT NULL,
  class TEXT NOT NULL,
  matched TEXT,
  sent_at BIGINT,
  received_at BIGINT NOT NULL,
  UNIQUE (provider, provider_id)
);
CREATE INDEX inbound_texts_number ON inbound_texts (number_id, id);

CREATE TABLE forms (
  id BLOB PRIMARY KEY NOT NULL,
  program_id BLOB NOT NULL REFERENCES programs (id),
  slug TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  double_opt_in BOOLEAN NOT NULL,
  version INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE form_versions (
  form_id BLOB NOT NULL REFERENCES forms (id),
  version INTEGER NOT NULL,
  locale TEXT NOT NULL,
  wording TEXT NOT NULL,
  wording_sha256 BLOB NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT NOT NULL,
  PRIMARY KEY (form_id, version)
) WITHOUT ROWID;
CREATE TRIGGER form_versions_no_update BEFORE UPDATE ON form_versions
BEGIN SELECT RAISE(ABORT, 'published consent language never changes: UPDATE refused'); END;
CREATE TRIGGER form_versions_no_delete BEFORE DELETE ON form_versions
BEGIN SELECT RAISE(ABORT, 'published consent language never changes: DELETE refused'); END;

CREATE TABLE users (
  id BLOB PRIMARY KEY NOT NULL,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT
);
CREATE TABLE sessions (
  key_hash BLOB PRIMARY KEY NOT NULL,
  user_id BLOB REFERENCES users (id),
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Who did what in the administration. Consent itself has its own history.
CREATE TABLE admin_log (
  id BLOB PRIMARY KEY NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE TRIGGER admin_log_no_update BEFORE UPDATE ON admin_log
BEGIN SELECT RAISE(ABORT, 'the administration log is append-only: UPDATE refused'); END;
CREATE TRIGGER admin_log_no_delete BEFORE DELETE ON admin_log
BEGIN SELECT RAISE(ABORT, 'the administration log is append-only: DELETE refused'); END;

CREATE TABLE api_keys (
  id BLOB PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE TABLE idempotency_keys (
  api_key_id BLOB NOT NULL REFERENCES api_keys (id),
  key TEXT NOT NULL,
  request_sha256 BLOB NOT NULL,
  status INTEGER NOT NULL,
  response TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (api_key_id, key)
) WITHOUT ROWID;

CREATE TABLE settings (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;
