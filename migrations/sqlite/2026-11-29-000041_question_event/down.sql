ALTER TABLE inbound_questions DROP COLUMN event_seq;
