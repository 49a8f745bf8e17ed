//! SMS Opt-In: the system of record for SMS consent, and the gate in front of every text. The README has the map of the
//! rooms and walks one STOP through them.

pub mod actions;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod jobs;
pub mod password;
pub mod providers;
pub mod store;
pub mod web;
