-- Revocations that people recorded, by whatever way they came, newest first: few among all events.
CREATE INDEX consent_events_revoked ON consent_events (position)
  WHERE source IN ('manual', 'api') AND kind IN ('opted_out', 'opt_out_repeated');
