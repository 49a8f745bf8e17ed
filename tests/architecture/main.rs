//! Keeps the house in order: reads `src/` and fails on an import between rooms that the README's map does not allow, on a
//! second clock, on a file that has grown too long and on unfinished work. Comments, strings and unit tests do not count.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod circles;
mod code;
mod names;
mod rooms;
mod sentences;
mod sizes;
mod templates;
mod words;

use code::{Source, code_only, sources, starts_path};
