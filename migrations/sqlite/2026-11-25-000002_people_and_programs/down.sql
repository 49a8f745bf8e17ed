DROP INDEX admin_log_action;
DROP INDEX admin_log_actor;
ALTER TABLE api_keys DROP COLUMN last_used_at;
ALTER TABLE api_keys DROP COLUMN made_by;
ALTER TABLE api_keys DROP COLUMN prefix;
ALTER TABLE forms DROP COLUMN template;
ALTER TABLE programs DROP COLUMN terms_url;
ALTER TABLE programs DROP COLUMN privacy_url;
