-- Files in chunks, so that none is in memory as a whole. A document's content is in a file from now on; a row of an earlier
-- version keeps its content.
CREATE TABLE stored_files (
    id BYTEA PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose <> ''),
    stored_at BIGINT NOT NULL,
    delete_after BIGINT,
    sha256 BYTEA CHECK (octet_length(sha256) = 32),
    size BIGINT CHECK (size >= 0),
    media_type TEXT,
    CHECK ((sha256 IS NULL) = (size IS NULL)),
    CHECK ((sha256 IS NULL) = (media_type IS NULL)),
    CHECK (purpose <> 'document' OR sha256 IS NOT NULL OR delete_after IS NOT NULL)
);
CREATE INDEX stored_files_deleted ON stored_files (delete_after) WHERE delete_after IS NOT NULL;

CREATE TABLE stored_file_chunks (
    file_id BYTEA NOT NULL REFERENCES stored_files (id),
    n BIGINT NOT NULL CHECK (n >= 0),
    content BYTEA NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 262144),
    PRIMARY KEY (file_id, n)
);

ALTER TABLE documents ADD COLUMN file_id BYTEA REFERENCES stored_files (id)
CHECK (file_id IS NULL OR octet_length(bytes) = 0);
CREATE UNIQUE INDEX documents_file ON documents (file_id);

-- The results of background jobs, each under the identifier of its job.
INSERT INTO stored_files (id, purpose, stored_at, delete_after, sha256, size, media_type)
SELECT
    id, 'job_result', created_at, result_until, result_sha256, result_size,
    CASE WHEN result_sha256 IS NOT NULL THEN result_type END
FROM background_jobs
WHERE EXISTS (SELECT 1 FROM background_job_chunks WHERE job_id = background_jobs.id);
INSERT INTO stored_file_chunks (file_id, n, content) SELECT job_id, n, content FROM background_job_chunks;
DROP TABLE background_job_chunks;
DROP INDEX background_jobs_results;
