-- Which edition of the built-in rules an administrator has decided on. Published rules of earlier versions know the first one alone.
ALTER TABLE rulebooks ADD COLUMN answers INTEGER NOT NULL DEFAULT 1;
