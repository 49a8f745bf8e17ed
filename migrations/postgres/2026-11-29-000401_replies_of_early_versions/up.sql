-- Versions of one day in November 2026 kept the replies in other languages in program_texts, without frequency and contact.
CREATE TABLE IF NOT EXISTS program_texts (
  program_id BYTEA NOT NULL,
  language TEXT NOT NULL,
  opt_in_reply TEXT NOT NULL,
  opt_out_reply TEXT NOT NULL,
  help_reply TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS program_replies (
  program_id BYTEA NOT NULL REFERENCES programs (id),
  language TEXT NOT NULL,
  opt_in_reply TEXT NOT NULL,
  opt_out_reply TEXT NOT NULL,
  help_reply TEXT NOT NULL,
  frequency TEXT NOT NULL,
  contact_route TEXT NOT NULL,
  PRIMARY KEY (program_id, language)
);
INSERT INTO program_replies
SELECT program_id, language, opt_in_reply, opt_out_reply, help_reply, '', '' FROM program_texts
WHERE true
ON CONFLICT (program_id, language) DO NOTHING;
DROP TABLE program_texts;
