//! What only PostgreSQL can show: several instances on one database, commits that are not confirmed, the move from SQLite, and
//! two writes at the same moment. Needs `SUITE_POSTGRES`, so plain `cargo test` leaves it out: `cargo test --test postgres`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code)]
#[path = "../suite/support/mod.rs"]
mod support;

mod instances;
mod moving;
mod two_at_once;
mod unconfirmed;
