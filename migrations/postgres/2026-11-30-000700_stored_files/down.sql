CREATE TABLE background_job_chunks (
    job_id BYTEA NOT NULL REFERENCES background_jobs (id),
    n BIGINT NOT NULL CHECK (n >= 0),
    content BYTEA NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 262144),
    PRIMARY KEY (job_id, n)
);
INSERT INTO background_job_chunks (job_id, n, content)
SELECT file_id, n, content FROM stored_file_chunks
WHERE file_id IN (SELECT id FROM background_jobs);
UPDATE background_jobs SET result_until = NULL
WHERE result_until IS NOT NULL AND NOT EXISTS (SELECT 1 FROM background_job_chunks WHERE job_id = background_jobs.id);
CREATE INDEX background_jobs_results ON background_jobs (result_until) WHERE result_until IS NOT NULL;

CREATE TEMPORARY TABLE content_of_documents ON COMMIT DROP AS
SELECT d.sha256, string_agg(c.content, ''::bytea ORDER BY c.n) AS bytes
FROM documents AS d INNER JOIN stored_file_chunks AS c ON c.file_id = d.file_id GROUP BY d.sha256;
ALTER TABLE documents DROP COLUMN file_id;
UPDATE documents SET bytes = c.bytes FROM content_of_documents AS c WHERE c.sha256 = documents.sha256;
DROP TABLE stored_file_chunks;
DROP TABLE stored_files;
