-- Which of the dated rules a program keeps: an administrator may leave them out for texts that are no solicitation.
ALTER TABLE programs ADD COLUMN keeps_quiet_hours BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE programs ADD COLUMN keeps_frequency BOOLEAN NOT NULL DEFAULT TRUE;
-- Messages that wait for an allowed time, the earliest first.
CREATE INDEX messages_scheduled ON messages (due_at, id) WHERE status = 'scheduled';
-- The dated rules as administrators published them; without any the built-in ones hold.
CREATE TABLE rulebooks (
  version INTEGER PRIMARY KEY NOT NULL,
  lines TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE TRIGGER rulebooks_no_update BEFORE UPDATE ON rulebooks
BEGIN SELECT RAISE(ABORT, 'published rules never change: UPDATE refused'); END;
CREATE TRIGGER rulebooks_no_delete BEFORE DELETE ON rulebooks
BEGIN SELECT RAISE(ABORT, 'published rules never change: DELETE refused'); END;
