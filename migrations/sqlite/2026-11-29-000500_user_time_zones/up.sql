-- The zone in which a user reads times; the organization's where it is absent.
ALTER TABLE users ADD COLUMN time_zone TEXT;
