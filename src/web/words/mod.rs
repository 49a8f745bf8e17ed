//! Facts of the domain in plain English, once for pages and API. Used by both; it writes nothing.

pub mod codes;
