-- A program's auto-replies in other languages than English, whose replies stay in programs: they answer where a language has no row.
-- An empty frequency or contact_route: that of programs is filled in.
CREATE TABLE program_replies (
  program_id BLOB NOT NULL REFERENCES programs (id),
  language TEXT NOT NULL,
  opt_in_reply TEXT NOT NULL,
  opt_out_reply TEXT NOT NULL,
  help_reply TEXT NOT NULL,
  frequency TEXT NOT NULL,
  contact_route TEXT NOT NULL,
  PRIMARY KEY (program_id, language)
);
-- The language of the number's last text that had one: STOP is the same in all of them.
ALTER TABLE numbers ADD COLUMN language TEXT;
