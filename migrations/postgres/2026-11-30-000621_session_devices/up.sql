-- Where a person signed in, as they recognize it: the browser in plain words, and a part of the network's address.
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';
-- A person's own sessions are listed, the newest first.
DROP INDEX sessions_user;
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
