-- A list of one state is walked by time, the latest change first: its first page is at hand however old its rows are.
DROP INDEX consents_state;
CREATE UNIQUE INDEX consents_by_time ON consents (program_id, state, since, number_id);
-- The contacts of a number are found without a look at them.
DROP INDEX contacts_number;
CREATE INDEX contacts_number ON contacts (number_id, row_id);
