-- Nothing: program_replies is the table of the first migration.
SELECT 1;
