//! Commands about programs, their forms, the rules of texting, background jobs and the switch of all sending. Each one is the action of its
//! name. Used by pages.

use crate::domain::auto_reply::AutoReplies;
use crate::domain::id::JobId;
use crate::domain::language::Language;
use crate::domain::request_pause::PauseKey;

use super::Commands;
use crate::actions::ActionError;
use crate::actions::answer_reminder::{ReminderAnswer, answer_reminder};
use crate::actions::background::{cancel_job, retry_job};
use crate::actions::create_program::{NewProgram, create_program};
use crate::actions::edit_program::{ProgramChange, edit_program};
use crate::actions::edit_replies::edit_replies;
use crate::actions::edit_sending::{SendingChange, edit_sending};
use crate::actions::publish_form::{FormChange, publish_form};
use crate::actions::publish_rules::{RulesDraft, publish_rules};
use crate::actions::resume_requests::resume_requests;
use crate::actions::set_limits::{LimitsChange, set_limits};
use crate::actions::switch_sending::switch_sending;

impl Commands {
    /// Adds a program with a hosted form.
    pub async fn create_program(self, new: NewProgram) -> Result<(), ActionError> {
        self.run(move |tx, context| create_program(tx, context, &new)).await
    }

    /// Changes a program's wording. Returns the headings of the forms whose consent language is a new one.
    pub async fn edit_program(self, slug: String, change: ProgramChange) -> Result<Vec<String>, ActionError> {
        self.run(move |tx, context| edit_program(tx, context, &slug, &change)).await
    }

    /// Changes a program's replies in a language.
    pub async fn edit_replies(
        self,
        slug: String,
        language: Language,
        replies: AutoReplies,
        revision: String,
    ) -> Result<(), ActionError> {
        self.run(move |tx, context| edit_replies(tx, context, &slug, language, &replies, &revision)).await
    }

    /// Changes a program's sender number, hours, code and keywords.
    pub async fn edit_sending(self, slug: String, change: SendingChange) -> Result<(), ActionError> {
        self.run(move |tx, context| edit_sending(tx, context, &slug, &change)).await
    }

    /// Changes a hosted form.
    pub async fn publish_form(self, slug: String, change: FormChange) -> Result<(), ActionError> {
        self.run(move |tx, context| publish_form(tx, context, &slug, &change)).await
    }

    /// Publishes a version of the rules. Returns its number.
    pub async fn publish_rules(self, draft: RulesDraft) -> Result<i32, ActionError> {
        self.run(move |tx, context| publish_rules(tx, context, &draft)).await
    }

    /// Answers a reminder about the rules.
    pub async fn answer_reminder(self, name: String, answer: ReminderAnswer) -> Result<(), ActionError> {
        self.run(move |tx, context| answer_reminder(tx, context, &name, answer)).await
    }

    /// Lets the paused opt-in requests of a form or prefix go on.
    pub async fn resume_requests(self, key: PauseKey) -> Result<(), ActionError> {
        self.run(move |tx, context| resume_requests(tx, context, &key)).await
    }

    /// Changes the limits on unasked texts.
    pub async fn set_limits(self, change: LimitsChange) -> Result<(), ActionError> {
        self.run(move |tx, context| set_limits(tx, context, &change)).await
    }

    /// Ends a background job.
    pub async fn cancel_job(self, id: JobId) -> Result<(), ActionError> {
        self.run(move |tx, context| cancel_job(tx, context, id)).await
    }

    /// Has a background job go on that failed or was canceled.
    pub async fn retry_job(self, id: JobId) -> Result<(), ActionError> {
        self.run(move |tx, context| retry_job(tx, context, id)).await
    }

    /// Switches all sending on or off; `shown` is the revision on the page.
    pub async fn switch_sending(self, on: bool, shown: String) -> Result<(), ActionError> {
        self.run(move |tx, context| switch_sending(tx, context, on, Some(&shown))).await
    }
}
