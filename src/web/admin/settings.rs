//! The settings of the organization: its time zone. Administrators use the page; it writes through
//! `actions::set_time_zone`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use crate::actions::ActionError;
use crate::domain::calendar::{ZoneGroup, zone_choices};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::SETTINGS, routing::get(show)).route(patterns::SETTINGS, routing::post(save));
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
    errors: FormErrors,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SettingsForm {
    time_zone: String,
    revision: String,
}

async fn show(app: Data<AppState>, who: Administrator) -> Result<HttpResponse, PageError> {
    let time_zone = who.calendars.organization.name().to_owned();
    let given = SettingsForm { time_zone, ..SettingsForm::default() };
    render(&app, &who, given, FormErrors::default())
}

fn render(
    app: &AppState,
    who: &Administrator,
    given: SettingsForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let (page, organization) = (PageFrame::new(app, "settings", who), who.calendars.organization);
    let now = organization.time(app.clock.now());
    let hint = format!("Pages show times in this zone, and days begin and end in it. It is now {now}.");
    let (revision, groups) = (organization.name().to_owned(), zone_choices());
    html_status(errors.status(), SettingsPage { page, groups, hint, revision, given, errors })
}

async fn save(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<SettingsForm>,
) -> Result<HttpResponse, PageError> {
    let (actor, now) = (who.actor(), app.clock.now());
    let (zone, shown) = (given.time_zone.clone(), given.revision.clone());
    match app.commands(actor).set_time_zone(zone, shown).await {
        Ok(calendar) => {
            session::flash(&session, format!("Time zone saved. It is now {}.", calendar.time(now)));
            Ok(see_other(routes::settings()))
        }
        Err(ActionError::Conflict(why)) => render(&app, &who, given, FormErrors::outdated("time_zone", why)),
        Err(error) => render(&app, &who, given, error.try_into()?),
    }
}
