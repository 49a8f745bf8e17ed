DROP TABLE number_notes;
