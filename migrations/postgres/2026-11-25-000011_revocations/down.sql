DROP INDEX consent_events_revoked;
