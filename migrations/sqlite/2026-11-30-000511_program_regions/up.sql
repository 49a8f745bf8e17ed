-- Whose numbers a program texts before they have texted it: country codes with commas between them. The next start fills in the
-- regions of programs that have none: the home country with its territories, and what was texted before.
ALTER TABLE programs ADD COLUMN regions TEXT NOT NULL DEFAULT '';
