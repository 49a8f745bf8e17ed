DROP INDEX messages_attempts;
