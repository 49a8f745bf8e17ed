//! The number that a visitor enters in a hosted form: whether the program texts it at all. The form uses it; a refusal is
//! counted and logged as a hit of a limit.

use super::FormContent;
use crate::domain::actor::Actor;
use crate::domain::limit_hit::LimitHit;
use crate::domain::phone::Phone;
use crate::web::AppState;
use crate::words::{phone_error_text, region_refusal};

/// Why a form does not take a number.
pub(super) struct NumberRefusal {
    pub(super) words: String,
    /// The limit that forbids it, if one does.
    pub(super) hit: Option<LimitHit>,
}

/// Strangers fill in this form, so it texts only regions and kinds of numbers that no owner earns by.
pub(super) fn textable(text: &str, home: &str, hosted: &FormContent) -> Result<Phone, NumberRefusal> {
    let phone = Phone::parse(text, home)
        .map_err(|error| NumberRefusal { words: phone_error_text(error).to_owned(), hit: None })?;
    let region = |words| Err(NumberRefusal { words, hit: Some(LimitHit::Region) });
    if phone.is_special() {
        let number = phone.shown(home);
        return region(format!(
            "{number} is a toll-free, premium-rate or personal number, and it gets no texts. Enter a mobile number."
        ));
    }
    let regions = &hosted.program.regions;
    if !phone.country_region().is_some_and(|region| regions.has(&region)) {
        return region(region_refusal(&phone, home, regions, hosted.sender.as_deref()));
    }
    Ok(phone)
}

/// Counts and logs it. The visitor's answer does not depend on that.
pub(super) async fn count(app: &AppState, hit: LimitHit) {
    if let Err(error) = app.commands(Actor::System).record_hit(hit).await {
        log::warn!("A limit held a text back, and it was not counted: {hit}: {error}");
    }
}
