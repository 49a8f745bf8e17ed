//! What would become of a text that is written to a contact now, in words. Used by the contact's page. Writes nothing.

use crate::domain::gate::{GateOutcome, Verdict};
use crate::domain::message::Lane;
use crate::words::{headline, next_allowed};

/// What would become of a text written now.
pub(super) struct ComposeForecast {
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) words: String,
}

pub(super) fn forecast(verdict: &Verdict) -> ComposeForecast {
    let asked = verdict.since.is_some() || verdict.request.is_some();
    let wait = "This message will wait until sending is turned on again.";
    let (tone, icon, words) = match verdict.answer(Lane::Gated) {
        GateOutcome::Send(_) => ("good", "pass", "This message will be sent right away.".to_owned()),
        GateOutcome::Wait { until: Some(_) } => {
            ("warn", "clock", format!("This message will be scheduled. {}", next_allowed(verdict)))
        }
        GateOutcome::Wait { until: None } => ("warn", "clock", wait.to_owned()),
        GateOutcome::Hold if asked => ("warn", "clock", "This message will be held until the contact replies START.".to_owned()),
        GateOutcome::Hold => (
            "warn",
            "clock",
            "This message will be held. We send an opt-in request first, and this message after the contact replies START."
                .to_owned(),
        ),
        GateOutcome::Refuse(_) => {
            ("bad", "fail", format!("This message will be blocked, and the attempt logged. {}", headline(verdict)))
        }
    };
    ComposeForecast { tone, icon, words }
}
