//! The settings of the organization: its time zone, its limits and its rules of signing in. Administrators use the page; it
//! writes through `actions::set_time_zone`, `actions::set_limits`, `actions::set_failure_limits` and `actions::sign_in_rules`.

mod failure_limits;
mod sign_in;

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use crate::actions::ActionError;
use crate::actions::set_failure_limits::{FailureLimitsChange, failure_limits};
use crate::actions::set_limits::LimitsChange;
use crate::actions::sign_in_rules::sign_in_rules;
use crate::domain::calendar::{ZoneGroup, zone_choices};
use crate::domain::role::Role;
use crate::store::organization;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};
use crate::words::Label;

use self::sign_in::SignInRulesForm;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::SETTINGS, routing::get(show))
        .route(patterns::SETTINGS, routing::post(save))
        .route(patterns::SETTINGS_LIMITS, routing::post(save_limits))
        .configure(failure_limits::routes)
        .configure(sign_in::routes);
}

#[derive(Template)]
#[template(path = "settings/show.html")]
struct SettingsPage {
    page: PageFrame,
    groups: &'static [ZoneGroup],
    /// What time it is in the organization's zone now.
    hint: String,
    /// The zone that the page was opened upon.
    revision: String,
    given: SettingsForm,
    limits: LimitsChange,
    sign_in: SignInRulesForm,
    failures: FailureLimitsChange,
    errors: FormErrors,
}

/// What was typed into one of the forms; the others show what stands.
#[derive(Default)]
struct TypedSettings {
    time_zone: Option<SettingsForm>,
    limits: Option<LimitsChange>,
    sign_in: Option<SignInRulesForm>,
    failures: Option<FailureLimitsChange>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SettingsForm {
    time_zone: String,
    revision: String,
}

async fn show(app: Data<AppState>, who: Administrator) -> Result<HttpResponse, PageError> {
    render(&app, &who, TypedSettings::default(), FormErrors::default()).await
}

/// The page, with what was typed into one of its forms.
async fn render(
    app: &AppState,
    who: &Administrator,
    typed: TypedSettings,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let time_zone = who.calendars.organization.name().to_owned();
    let given = typed.time_zone.unwrap_or(SettingsForm { time_zone, ..SettingsForm::default() });
    let limits = match typed.limits {
        Some(limits) => limits,
        None => LimitsChange::of(&app.store.read(organization::limits).await?),
    };
    let failures = match typed.failures {
        Some(failures) => failures,
        None => FailureLimitsChange::of(&app.store.read(failure_limits).await?),
    };
    let (rules, rules_revision) = app.store.read(sign_in_rules).await?;
    let sign_in = SignInRulesForm::shown(&rules, rules_revision, typed.sign_in);
    let (page, organization) = (PageFrame::new(app, "settings", who), who.calendars.organization);
    let now = organization.time(app.clock.now());
    let hint = format!("Pages show times in this zone, and days begin and end in it. It is now {now}.");
    let (revision, groups) = (organization.name().to_owned(), zone_choices());
    html_status(
        errors.status(),
        SettingsPage { page, groups, hint, revision, given, limits, sign_in, failures, errors },
    )
}

async fn save(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<SettingsForm>,
) -> Result<HttpResponse, PageError> {
    let (actor, now) = (who.actor(), app.clock.now());
    let (zone, shown) = (given.time_zone.clone(), given.revision.clone());
    let typed = |given| TypedSettings { time_zone: Some(given), ..TypedSettings::default() };
    match app.commands(actor).set_time_zone(zone, shown).await {
        Ok(calendar) => {
            session::flash(&session, format!("Time zone saved. It is now {}.", calendar.time(now)));
            Ok(see_other(routes::settings()))
        }
        Err(ActionError::Conflict(why)) => {
            render(&app, &who, typed(given), FormErrors::outdated("time_zone", why)).await
        }
        Err(error) => render(&app, &who, typed(given), error.try_into()?).await,
    }
}

async fn save_limits(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<LimitsChange>,
) -> Result<HttpResponse, PageError> {
    let typed = |given| TypedSettings { limits: Some(given), ..TypedSettings::default() };
    match app.commands(who.actor()).set_limits(given.clone()).await {
        Ok(()) => {
            session::flash(&session, "Limits saved. They count from now on.");
            Ok(see_other(routes::settings()))
        }
        Err(ActionError::Conflict(why)) => {
            let saved = LimitsChange::of(&app.store.read(organization::limits).await?);
            let given = LimitsChange { revision: saved.revision, ..given };
            render(&app, &who, typed(given), FormErrors::outdated("unasked_a_day", why)).await
        }
        Err(error) => render(&app, &who, typed(given), error.try_into()?).await,
    }
}
