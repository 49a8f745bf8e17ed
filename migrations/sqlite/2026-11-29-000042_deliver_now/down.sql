ALTER TABLE messages DROP COLUMN skips_quiet_hours;
