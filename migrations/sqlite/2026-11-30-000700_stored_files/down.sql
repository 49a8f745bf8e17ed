CREATE TABLE background_job_chunks (
    job_id BLOB NOT NULL REFERENCES background_jobs (id),
    n BIGINT NOT NULL CHECK (n >= 0),
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 262144),
    PRIMARY KEY (job_id, n)
);
INSERT INTO background_job_chunks (job_id, n, content)
SELECT file_id, n, content FROM stored_file_chunks
WHERE file_id IN (SELECT id FROM background_jobs);
UPDATE background_jobs SET result_until = NULL
WHERE result_until IS NOT NULL AND NOT EXISTS (SELECT 1 FROM background_job_chunks WHERE job_id = background_jobs.id);
CREATE INDEX background_jobs_results ON background_jobs (result_until) WHERE result_until IS NOT NULL;

DROP INDEX documents_file;
CREATE TABLE content_of_documents AS
SELECT
    d.sha256 AS sha256,
    (SELECT unhex(group_concat(hex(c.content), '' ORDER BY c.n)) FROM stored_file_chunks AS c WHERE c.file_id = d.file_id)
    AS bytes
FROM documents AS d WHERE d.file_id IS NOT NULL;
ALTER TABLE documents DROP COLUMN file_id;
UPDATE documents SET bytes = (SELECT c.bytes FROM content_of_documents AS c WHERE c.sha256 = documents.sha256)
WHERE sha256 IN (SELECT sha256 FROM content_of_documents);
DROP TABLE content_of_documents;
DROP TABLE stored_file_chunks;
DROP TABLE stored_files;
