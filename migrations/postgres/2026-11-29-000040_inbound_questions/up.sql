-- Questions about a lead's text that are answered before it counts. A job asks the carrier and decides again.
-- due_at is when the carrier is asked next; none: another event answers the question.
CREATE TABLE inbound_questions (
  inbound_id BYTEA NOT NULL REFERENCES inbound_texts (id),
  kind TEXT NOT NULL,
  number_id BYTEA NOT NULL REFERENCES numbers (id),
  asked_at BIGINT NOT NULL,
  due_at BIGINT,
  attempts INTEGER NOT NULL DEFAULT 0,
  confirm BOOLEAN NOT NULL,
  answered_at BIGINT,
  answer TEXT,
  PRIMARY KEY (inbound_id, kind)
);
CREATE INDEX inbound_questions_due ON inbound_questions (due_at) WHERE answered_at IS NULL;
CREATE INDEX inbound_questions_number ON inbound_questions (number_id);
