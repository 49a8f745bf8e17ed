-- What people did to a number or a contact beside consent: a contact's number was changed, a number was marked as reachable.
CREATE TABLE number_notes (
  id BLOB PRIMARY KEY NOT NULL,
  number_id BLOB NOT NULL REFERENCES numbers (id),
  contact_id BLOB,
  kind TEXT NOT NULL,
  other_number_id BLOB REFERENCES numbers (id),
  words TEXT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX number_notes_number ON number_notes (number_id, id);
CREATE INDEX number_notes_contact ON number_notes (contact_id, id) WHERE contact_id IS NOT NULL;
CREATE TRIGGER number_notes_no_update BEFORE UPDATE ON number_notes
BEGIN SELECT RAISE(ABORT, 'notes of what people did are append-only: UPDATE refused'); END;
CREATE TRIGGER number_notes_no_delete BEFORE DELETE ON number_notes
BEGIN SELECT RAISE(ABORT, 'notes of what people did are append-only: DELETE refused'); END;
