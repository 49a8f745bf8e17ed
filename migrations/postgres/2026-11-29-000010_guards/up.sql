-- One row for each rule about several rows ("at least one administrator"): a change reads under its lock.
CREATE TABLE guards (
  name TEXT NOT NULL PRIMARY KEY
);
INSERT INTO guards (name) VALUES ('users'), ('catalog');
