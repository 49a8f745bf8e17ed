-- Marketing or informational: a STOP with a code narrows to an informational program alone. Those that are there sell something,
-- until an administrator says otherwise.
ALTER TABLE programs ADD COLUMN kind TEXT NOT NULL DEFAULT 'marketing';
