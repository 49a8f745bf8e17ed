-- What carrier reviewers ask for on the public pages.
ALTER TABLE programs ADD COLUMN privacy_url TEXT;
ALTER TABLE programs ADD COLUMN terms_url TEXT;

-- A form's consent language with its placeholders: what a new version is filled from when the program changes.
ALTER TABLE forms ADD COLUMN template TEXT NOT NULL DEFAULT '';
UPDATE forms SET template =
  (SELECT v.wording FROM form_versions v WHERE v.form_id = forms.id AND v.version = forms.version);
-- The language that every installation starts with was filled in when it was made: it gets its placeholders back.
UPDATE forms SET template = 'I agree to receive automated texts from {brand} ({program}) at the mobile number I entered: {frequency}. Consent is not a condition of purchase. Message and data rates may apply. Reply HELP for help and STOP to opt out at any time.'
WHERE template = (
  SELECT 'I agree to receive automated texts from ' || p.brand || ' (' || p.name || ') at the mobile number I entered: ' || p.frequency || '. Consent is not a condition of purchase. Message and data rates may apply. Reply HELP for help and STOP to opt out at any time.'
  FROM programs p WHERE p.id = forms.program_id
);

-- How people tell their keys apart, and which of them are still in use.
ALTER TABLE api_keys ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;

-- The log is filtered by who and by what.
CREATE INDEX admin_log_actor ON admin_log (actor, id);
CREATE INDEX admin_log_action ON admin_log (action, id);
