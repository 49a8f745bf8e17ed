-- The event that kept the text when the question was opened: an opt-out after it wins.
ALTER TABLE inbound_questions ADD COLUMN event_seq INTEGER;
