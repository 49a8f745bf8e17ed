DROP INDEX form_requests_by_time;
DELETE FROM guards WHERE name = 'requests';
DROP TABLE limit_hits;
