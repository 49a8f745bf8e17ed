-- The column of early databases is added right after the migrations: SQLite cannot ask whether it is there.
SELECT 1;
