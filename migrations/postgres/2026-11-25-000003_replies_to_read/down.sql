DROP INDEX messages_cause;
DROP INDEX inbound_texts_other;
