-- The figures count contacts alone again.
INSERT INTO tallies (program_id, state, slot, n)
SELECT p.id, coalesce(c.state, 'not_asked'), 0, -count(*)
FROM numbers n CROSS JOIN programs p LEFT JOIN consents c ON c.number_id = n.id AND c.program_id = p.id
WHERE n.contact_count = 0 GROUP BY p.id, coalesce(c.state, 'not_asked')
ON CONFLICT (program_id, state, slot) DO UPDATE SET n = tallies.n + excluded.n;
INSERT INTO tallies (program_id, state, slot, n)
SELECT p.id, 'all', 0, -count(*) FROM numbers n CROSS JOIN programs p WHERE n.contact_count = 0 GROUP BY p.id
ON CONFLICT (program_id, state, slot) DO UPDATE SET n = tallies.n + excluded.n;
INSERT INTO tallies (program_id, state, slot, n)
SELECT p.id, 'needs_review', 0, -count(*) FROM numbers n CROSS JOIN programs p
WHERE n.contact_count = 0 AND n.paused GROUP BY p.id
ON CONFLICT (program_id, state, slot) DO UPDATE SET n = tallies.n + excluded.n;
DROP INDEX numbers_alone_ending;
DROP INDEX numbers_alone_digits;
DROP INDEX numbers_alone;
