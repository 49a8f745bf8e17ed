-- A number's texts by the time at which they were handed over: caps by law and promised frequencies count them.
CREATE INDEX messages_attempts ON messages (number_id, claimed_at) WHERE claimed_at IS NOT NULL;
