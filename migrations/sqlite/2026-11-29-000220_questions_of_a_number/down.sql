DROP INDEX inbound_questions_number;
CREATE INDEX inbound_questions_number ON inbound_questions (number_id);
