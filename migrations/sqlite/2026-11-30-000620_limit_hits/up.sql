-- How often each limit held a text back: one row for each limit and writer, so that two writers do not wait for each other.
CREATE TABLE limit_hits (
    name TEXT NOT NULL,
    slot INTEGER NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (name, slot)
);
-- Two claims that look at the same sample of requests wait for each other.
INSERT INTO guards (name) VALUES ('requests');
-- Housekeeping drops requests that no sample needs any more.
CREATE INDEX form_requests_by_time ON form_requests (handed_at);
