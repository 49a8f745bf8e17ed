DROP TABLE inbound_questions;
