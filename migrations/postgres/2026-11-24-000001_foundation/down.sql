-- A record of consent is never rolled back by dropping it: restore a backup instead.
SELECT 1;
