-- Long work that runs in pieces beside the server: what it is, who holds it, how far it came, and what it left behind.
CREATE TABLE background_jobs (
    id BYTEA PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind <> ''),
    program_id BYTEA REFERENCES programs (id),
    parameters TEXT NOT NULL,
    began_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    total BIGINT CHECK (total >= 0),
    done BIGINT NOT NULL CHECK (done >= 0),
    cursor TEXT,
    holder TEXT,
    lease_until BIGINT,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    not_before BIGINT NOT NULL,
    last_error TEXT,
    finished_at BIGINT,
    result_name TEXT,
    result_type TEXT,
    result_sha256 BYTEA CHECK (octet_length(result_sha256) = 32),
    result_size BIGINT CHECK (result_size >= 0),
    result_until BIGINT,
    CHECK ((state = 'running') = (holder IS NOT NULL)),
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((result_sha256 IS NULL) = (result_size IS NULL)),
    CHECK (result_sha256 IS NULL OR (result_name IS NOT NULL AND result_type IS NOT NULL AND state = 'done'))
);
CREATE INDEX background_jobs_state ON background_jobs (state, id);
CREATE INDEX background_jobs_unfinished ON background_jobs (kind, id) WHERE state <> 'done';
CREATE INDEX background_jobs_results ON background_jobs (result_until) WHERE result_until IS NOT NULL;

-- The result file of a job, in pieces in their order. Deleted after the date in the job's row.
CREATE TABLE background_job_chunks (
    job_id BYTEA NOT NULL REFERENCES background_jobs (id),
    n BIGINT NOT NULL CHECK (n >= 0),
    content BYTEA NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 262144),
    PRIMARY KEY (job_id, n)
);

-- Scheduled messages that an earlier version was looking at again: their progress was a setting. All are looked at once more.
INSERT INTO background_jobs
    (id, kind, parameters, began_by, created_at, state, done, attempts, not_before)
SELECT
    '\x00000000000070008000000000000600',
    'reschedule',
    '{"kind":"reschedule","program":null,"until":"ffffffff-ffff-ffff-ffff-ffffffffffff"}',
    'system',
    CAST(extract(epoch FROM now()) AS BIGINT) * 1000000,
    'queued', 0, 0, 0
WHERE EXISTS (SELECT 1 FROM settings WHERE key LIKE 'reschedule:%');
DELETE FROM settings WHERE key LIKE 'reschedule:%';
