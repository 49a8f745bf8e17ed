//! The verbs: one file for each thing that a person or a machine can do. Every write of the product is in here. An action
//! loads, decides (in `domain`) and records, in one transaction; who acts, when and where is one argument, [`ActionContext`].
//! Pages call the verbs through [`Commands`]; jobs and the command line open their transactions themselves.

mod commands;
mod contact_details;
mod context;
mod effects;
mod error;
pub mod fetched_texts;
mod gate;
mod hold_questions;
pub mod order;
mod requests;
mod retry;
mod revision;
mod save_program;
mod settings_form;
mod transition;
mod wording;
mod words;

pub mod answer_reminder;
pub mod api_keys;
pub mod become_kind;
pub mod close_notice;
pub mod create_program;
pub mod database_kind;
pub mod deliver;
pub mod edit_program;
pub mod edit_replies;
pub mod edit_sending;
pub mod expire;
pub mod expired_holds;
pub mod install;
pub mod mark_reachable;
pub mod preview_rules;
pub mod probe_write;
pub mod publish_form;
pub mod publish_rules;
pub mod questions;
pub mod receive_receipt;
pub mod receive_text;
pub mod record_consent;
pub mod reinvite;
pub mod restore;
pub mod review;
pub mod save_contact;
pub mod seal;
pub mod seed;
pub mod send_idempotently;
pub mod send_message;
pub mod set_limits;
pub mod set_time_zone;
pub mod spelling;
pub mod starts;
pub mod submit_form;
pub mod switch_sending;
pub mod users;
pub mod verify;

pub use commands::Commands;
pub use context::ActionContext;
pub use error::{ActionError, FieldError};
pub use gate::{SendingContext, sending_context};
pub use revision::revision_tag;
use revision::{check_revision, check_shown};
use save_program::save_program;
use words::{change, one_line};
