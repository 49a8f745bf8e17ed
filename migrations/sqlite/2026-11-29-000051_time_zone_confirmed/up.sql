-- A person said that the contact's time zone, which lies outside its number's country, is right.
ALTER TABLE contacts ADD COLUMN time_zone_confirmed BOOLEAN NOT NULL DEFAULT FALSE;
