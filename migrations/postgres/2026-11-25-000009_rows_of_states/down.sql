-- The rows may stay: a number without one is read as not asked.
SELECT 1;
