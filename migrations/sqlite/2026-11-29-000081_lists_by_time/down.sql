DROP INDEX contacts_number;
CREATE INDEX contacts_number ON contacts (number_id);
DROP INDEX consents_by_time;
CREATE INDEX consents_state ON consents (program_id, state, number_id);
