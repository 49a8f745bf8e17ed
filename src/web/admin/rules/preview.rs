//! Shows what a change of the rules would do before it is published. The pages of the rules use it; it writes
//! nothing.

use askama::Template;

use crate::actions::preview_rules::RulesPreview;
use crate::web::page::{PageFrame, grouped};
use crate::web::routes;
use crate::words::{InWords, Label};

/// The page that asks once more. Its form carries on what was entered.
#[derive(Template)]
#[template(path = "rules/preview.html")]
pub(super) struct PreviewPage {
    pub(super) page: PageFrame,
    pub(super) title: &'static str,
    /// Where its form is sent.
    pub(super) action: &'static str,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) reason: String,
    pub(super) preview: RulesPreview,
}

impl PreviewPage {
    fn summary(&self) -> String {
        summary(&self.preview)
    }
}

/// "1 of 47 rules changes. 214 scheduled messages move."
pub(super) fn summary(preview: &RulesPreview) -> String {
    let all = preview.rules;
    let rules = match (preview.removed.len(), preview.added.len()) {
        (0, 0) => format!("None of {all} rules changes."),
        (0, 1) => format!("1 rule is added to {all}."),
        (0, added) => format!("{added} rules are added to {all}."),
        (1, 0) => format!("1 of {all} rules is removed."),
        (removed, 0) => format!("{removed} of {all} rules are removed."),
        (1, 1) => format!("1 of {all} rules changes."),
        (removed, added) if removed == added => format!("{removed} of {all} rules change."),
        (removed, added) => format!("{removed} of {all} rules removed, {added} added."),
    };
    let more = if preview.has_more { " of the first 10,000" } else { "" };
    let moved = match (preview.moved, more) {
        (0, "") => "No scheduled messages move.".to_owned(),
        (1, "") => "1 scheduled message moves.".to_owned(),
        (moved, more) => {
            format!("{}{more} scheduled messages move.", grouped(i64::try_from(moved).unwrap_or(i64::MAX)))
        }
    };
    format!("{rules} {moved}")
}
