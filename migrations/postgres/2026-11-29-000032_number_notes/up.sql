-- What people did to a number or a contact beside consent: a contact's number was changed, a number was marked as reachable.
CREATE TABLE number_notes (
  id BYTEA PRIMARY KEY NOT NULL,
  number_id BYTEA NOT NULL REFERENCES numbers (id),
  contact_id BYTEA,
  kind TEXT NOT NULL,
  other_number_id BYTEA REFERENCES numbers (id),
  words TEXT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX number_notes_number ON number_notes (number_id, id);
CREATE INDEX number_notes_contact ON number_notes (contact_id, id) WHERE contact_id IS NOT NULL;
CREATE TRIGGER number_notes_no_update BEFORE UPDATE ON number_notes
FOR EACH STATEMENT EXECUTE FUNCTION refuse('notes of what people did are append-only: UPDATE refused');
CREATE TRIGGER number_notes_no_delete BEFORE DELETE ON number_notes
FOR EACH STATEMENT EXECUTE FUNCTION refuse('notes of what people did are append-only: DELETE refused');
CREATE TRIGGER number_notes_no_truncate BEFORE TRUNCATE ON number_notes
FOR EACH STATEMENT EXECUTE FUNCTION refuse('notes of what people did are append-only: TRUNCATE refused');
