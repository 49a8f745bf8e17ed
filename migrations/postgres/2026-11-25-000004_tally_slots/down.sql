CREATE TABLE tallies_without_slot (
  program_id BYTEA NOT NULL REFERENCES programs (id),
  state TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (program_id, state)
);
INSERT INTO tallies_without_slot SELECT program_id, state, sum(n)::bigint FROM tallies GROUP BY program_id, state;
DROP TABLE tallies;
ALTER TABLE tallies_without_slot RENAME TO tallies;
