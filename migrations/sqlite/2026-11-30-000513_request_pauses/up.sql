-- Opt-in requests that came through public forms, when they were handed over, and when the number opted in.
CREATE TABLE form_requests (
    message_id BLOB NOT NULL,
    number_id BLOB NOT NULL,
    form TEXT NOT NULL,
    prefix TEXT NOT NULL,
    handed_at BIGINT NOT NULL,
    answered_at BIGINT,
    PRIMARY KEY (message_id, handed_at)
);
CREATE INDEX form_requests_by_form ON form_requests (form, handed_at);
CREATE INDEX form_requests_by_prefix ON form_requests (prefix, handed_at);
CREATE INDEX form_requests_by_number ON form_requests (number_id);

-- Forms and prefixes of numbers whose requests wait, because hardly any number answered. A person ends a pause, or answers do.
CREATE TABLE request_pauses (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    since BIGINT NOT NULL,
    resumed_at BIGINT,
    resumed_by TEXT,
    PRIMARY KEY (kind, name)
);
