DROP TABLE spent_stamps;
