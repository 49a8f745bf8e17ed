DROP TABLE request_pauses;
DROP TABLE form_requests;
