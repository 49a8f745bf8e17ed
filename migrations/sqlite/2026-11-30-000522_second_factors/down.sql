ALTER TABLE users DROP COLUMN second_factor_removed_by;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
