//! SMS Opt-In: the system of record for SMS consent, and the gate in front of every text. The README has the map of the
//! rooms and follows one STOP through them.
//!
//! # Glossary
//!
//! The words of the domain, as code and pages use them:
//!
//! - **program**: one brand's texting program, with its own wording, sender numbers and consent.
//! - **sender**: a phone number or short code that a program texts from.
//! - **evidence**: what an event of the history rests on: a reply, a form with its wording, a document, an API call.
//! - **intent**: what a person or a machine wants to happen to the consent of a number. It carries its evidence.
//! - **refusal**: why an intent is not carried out. Typed: `words` puts it into English.
//! - **effect**: what has to follow an event, for example "cancel waiting messages" or "confirm the opt-out".
//! - **ledger**: the history of every number: append-only events, each with the hash of the one before it.
//! - **seal**: a signed statement of how far the ledger had come, kept in the database and in a file beside it.
//! - **gate**: the checks that every text passes when it is accepted, and again when it is handed over.
//! - **verdict**: the gate's answer for one text: every check in order, each with its facts; `words` puts it into English.
//! - **lane**: the kind of text as the gate sees it: gated, an opt-in request, a confirmation, an answer to HELP.
//! - **barrier**: after the answer to a STOP, no hand-over to a carrier begins for that number.
//! - **segment**: one of the parts in which a long text travels and is billed.
//! - **receipt**: what the carrier reports about a text later: delivered, failed, and the code.

pub mod actions;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod jobs;
pub mod logging;
pub mod password;
pub mod providers;
pub mod store;
pub mod web;
pub mod words;
