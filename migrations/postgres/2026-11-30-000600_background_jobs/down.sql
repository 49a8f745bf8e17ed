-- An earlier version goes on with what is unfinished, from the beginning.
INSERT INTO settings (key, value)
SELECT
    'reschedule:all',
    '{"program":null,"after":"00000000-0000-0000-0000-000000000000","until":"ffffffff-ffff-ffff-ffff-ffffffffffff"}'
WHERE EXISTS (SELECT 1 FROM background_jobs WHERE kind = 'reschedule' AND state <> 'done');
DROP TABLE background_job_chunks;
DROP TABLE background_jobs;
