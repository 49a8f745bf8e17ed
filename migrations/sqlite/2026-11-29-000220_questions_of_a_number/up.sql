-- A number's questions in their order: without it they were sorted for each reply and each page.
DROP INDEX inbound_questions_number;
CREATE INDEX inbound_questions_number ON inbound_questions (number_id, inbound_id);
