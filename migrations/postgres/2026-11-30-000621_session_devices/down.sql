DROP INDEX sessions_of_user;
CREATE INDEX sessions_user ON sessions (user_id);
ALTER TABLE sessions DROP COLUMN network;
ALTER TABLE sessions DROP COLUMN browser;
