-- Every number that has a history has a row for its state, also one that was only flagged or paused: lists of few find
-- people by that row.
INSERT INTO consents (number_id, program_id, state, since)
SELECT numbers.id, programs.id, 'not_asked', 0 FROM numbers CROSS JOIN programs
WHERE numbers.head_seq > 0
ON CONFLICT DO NOTHING;
