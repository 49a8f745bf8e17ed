//! The one integration binary: the real application on a port of its own, simulated phones, conversations.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

mod absent;
mod api;
mod archive;
mod background;
mod barrier;
mod bounded;
mod claims;
mod conversations;
mod details;
mod doubts;
mod earlier;
mod escrow;
mod every_form;
mod forms;
mod handoffs;
mod history;
mod hooks;
mod hours;
mod inbox;
mod installations;
mod languages;
mod lateness;
mod law;
mod limits;
mod lists;
mod live;
mod messages;
mod migrations;
mod moving;
mod numbers;
mod operators;
mod outage;
mod pages;
mod people;
mod plans;
mod privacy;
mod programs;
mod questions;
mod random_tampering;
mod requests;
mod rescheduling;
mod restore;
mod retries;
mod reviews;
mod revocations;
mod rules_page;
mod senders;
mod spellings;
mod tampering;
mod time_zones;
mod timing;
mod writes;
