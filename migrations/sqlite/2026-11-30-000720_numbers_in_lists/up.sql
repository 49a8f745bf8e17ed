-- Lists begin at numbers: a number that no contact has is a line of its own. By when it was met, by its digits, and by its last
-- four digits.
CREATE INDEX numbers_alone ON numbers (id) WHERE contact_count = 0;
CREATE INDEX numbers_alone_digits ON numbers (e164) WHERE contact_count = 0;
CREATE INDEX numbers_alone_ending ON numbers (substr(e164, length(e164) - 3)) WHERE contact_count = 0;
-- The figures on the tabs count such a line too. A number without a row in a program is not asked there.
INSERT INTO tallies (program_id, state, slot, n)
SELECT p.id, coalesce(c.state, 'not_asked'), 0, count(*)
FROM numbers n CROSS JOIN programs p LEFT JOIN consents c ON c.number_id = n.id AND c.program_id = p.id
WHERE n.contact_count = 0 GROUP BY p.id, coalesce(c.state, 'not_asked')
ON CONFLICT (program_id, state, slot) DO UPDATE SET n = tallies.n + excluded.n;
INSERT INTO tallies (program_id, state, slot, n)
SELECT p.id, 'all', 0, count(*) FROM numbers n CROSS JOIN programs p WHERE n.contact_count = 0 GROUP BY p.id
ON CONFLICT (program_id, state, slot) DO UPDATE SET n = tallies.n + excluded.n;
INSERT INTO tallies (program_id, state, slot, n)
SELECT p.id, 'needs_review', 0, count(*) FROM numbers n CROSS JOIN programs p
WHERE n.contact_count = 0 AND n.paused GROUP BY p.id
ON CONFLICT (program_id, state, slot) DO UPDATE SET n = tallies.n + excluded.n;
