-- How messages stand or ended, newest first. Of every status there may be few among very many, so that all have a place here.
CREATE INDEX messages_status ON messages (status, id);
DROP INDEX messages_failed;
