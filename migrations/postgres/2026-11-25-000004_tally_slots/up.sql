-- Several writers count at once (on PostgreSQL), each in a slot of its own, so that none waits for another's commit.
CREATE TABLE tallies_by_slot (
  program_id BYTEA NOT NULL REFERENCES programs (id),
  state TEXT NOT NULL,
  slot INTEGER NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (program_id, state, slot)
);
INSERT INTO tallies_by_slot SELECT program_id, state, 0, n FROM tallies;
DROP TABLE tallies;
ALTER TABLE tallies_by_slot RENAME TO tallies;
