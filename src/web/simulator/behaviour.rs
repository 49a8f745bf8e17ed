//! The form for how the simulated carrier misbehaves. Only the simulated phones use it; it writes the simulator's
//! settings.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;

use super::{PhonesRedisplay, simulator, table};
use crate::actions::FieldError;
use crate::providers::simulator::CarrierBehavior;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::see_other;
use crate::web::routes;
use crate::web::session::{self, Editor};

const LONGEST_DELAY: u64 = 60_000;
/// The faults to choose from, with their labels.
pub(super) const FAULTS: [(&str, &str); 5] = [
    ("none", "Nothing: texts arrive"),
    ("30006", "30006: a landline, or out of reach"),
    ("21610", "21610: the carrier knows of a STOP"),
    ("429", "429: too many at once, try later"),
    ("timeout", "Timeout: no answer comes back"),
];

#[derive(Deserialize)]
pub(super) struct BehaviorForm {
    #[serde(default)]
    pub(super) fail_with: String,
    #[serde(default)]
    pub(super) delay_ms: String,
    #[serde(default)]
    duplicate: String,
    #[serde(default)]
    reorder: String,
}

impl BehaviorForm {
    /// The form as it stands for what was chosen before.
    pub(super) fn of(chosen: &CarrierBehavior) -> BehaviorForm {
        let answer = |ticked| if ticked { "yes".to_owned() } else { String::new() };
        BehaviorForm {
            fail_with: chosen.fail_with.clone().unwrap_or_else(|| "none".to_owned()),
            delay_ms: chosen.delay_ms.to_string(),
            duplicate: answer(chosen.duplicate),
            reorder: answer(chosen.reorder),
        }
    }

    pub(super) fn chooses(&self, fault: &str) -> bool {
        self.fail_with == fault
    }

    pub(super) fn is_duplicate(&self) -> bool {
        ticked(&self.duplicate)
    }

    pub(super) fn is_reorder(&self) -> bool {
        ticked(&self.reorder)
    }
}

/// Makes the carrier misbehave, or behave again.
pub(super) async fn change(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    PostedForm(given): PostedForm<BehaviorForm>,
) -> Result<HttpResponse, PageError> {
    let simulator = simulator(&app)?;
    let mut errors = Vec::new();
    let fail_with = given.fail_with.trim().to_owned();
    if !fail_with.is_empty() && !FAULTS.iter().any(|(fault, _)| *fault == fail_with) {
        errors.push(FieldError::new("fail_with", "Choose one of the listed faults."));
    }
    let delay_ms = match given.delay_ms.trim() {
        "" => Some(0),
        text => text.parse().ok().filter(|delay| *delay <= LONGEST_DELAY),
    };
    match delay_ms {
        Some(delay_ms) if errors.is_empty() => {
            let fail_with = Some(fail_with).filter(|fault| !matches!(fault.as_str(), "" | "none"));
            let (duplicate, reorder) = (ticked(&given.duplicate), ticked(&given.reorder));
            simulator.set_behaviour(CarrierBehavior { fail_with, delay_ms, duplicate, reorder });
            session::flash(&session, "The simulated carrier behaves as you said from now on.");
            Ok(see_other(routes::simulator()))
        }
        delay_ms => {
            if delay_ms.is_none() {
                errors.push(FieldError::new("delay_ms", "Enter milliseconds from 0 to 60,000."));
            }
            let errors = errors.into();
            let again = PhonesRedisplay { behavior: Some(given), errors, ..PhonesRedisplay::default() };
            table(&app, &who, &session, again).await
        }
    }
}

fn ticked(answer: &str) -> bool {
    matches!(answer, "yes" | "on" | "true" | "1")
}
