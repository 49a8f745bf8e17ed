//! The words and rules of consent. Pure: no I/O, no clock, no randomness, no diesel, no actix. Everything in here can be
//! read, tested and argued about without a machine.

pub mod actor;
pub mod auto_reply;
pub mod background_job;
pub mod business_days;
pub mod calendar;
pub mod consent;
pub mod database_kind;
pub mod decide;
pub mod evidence;
pub mod gate;
pub mod id;
pub mod intent;
pub mod language;
pub mod ledger;
pub mod limit_hit;
pub mod message;
pub mod note;
pub mod notice;
pub mod past_opt_out;
pub mod phone;
pub mod program;
pub mod question;
pub mod reply;
pub mod reply_budget;
pub mod request_pause;
pub mod restore_hold;
pub mod role;
pub mod schedule;
pub mod sign_in;
pub mod sms;
pub mod stored_file;
pub mod texting_limits;
pub mod time;
pub mod unasked;
pub mod words;
