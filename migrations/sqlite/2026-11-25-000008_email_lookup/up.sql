-- A whole address is found by itself. As a part of other words it has hardly any letters in a row that are rare.
CREATE INDEX contacts_email ON contacts (lower(email), row_id);
