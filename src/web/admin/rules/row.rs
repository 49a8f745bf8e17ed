//! The page of one rule, with the form to change, end or remove it. Administrators use it; a preview comes before each
//! new version. It writes through `actions::publish_rules`.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::form::RuleForm;
use super::history::RulebookChange;
use super::preview::PreviewPage;
use super::{current, published};
use crate::actions::preview_rules::preview_rules;
use crate::actions::publish_rules::RuleChange;
use crate::actions::{ActionError, FieldError};
use crate::domain::decide::check_reason;
use crate::domain::schedule::{
    Certainty, DeadlineName, Reach, Region, RuleAuthority, ScheduleRule, TextKind, federal_day,
};
use crate::store::{ReadConn, StoreError};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes;
use crate::web::session::{self, Administrator, Viewer};
use crate::words::{InWords, Label, refusal_text};

#[derive(Template)]
#[template(path = "rules/row.html")]
struct RowPage {
    page: PageFrame,
    /// The rule as it is in effect; none for a new one.
    rule: Option<ScheduleRule>,
    form: RuleForm,
    errors: FormErrors,
    /// What was published while the page was open.
    meanwhile: Vec<RulebookChange>,
}

impl RowPage {
    /// True for a rule that holds at a place.
    fn has_place(&self) -> bool {
        matches!(self.form.kind.as_str(), "hours" | "holiday" | "closure" | "cap")
    }

    /// The places a rule can be for: their words in the form and for people.
    fn places(&self) -> Vec<(String, &'static str)> {
        let mut states = Region::states();
        states.sort_by_key(|state| state.name());
        let states = states.into_iter().map(RuleAuthority::State);
        let laws = [RuleAuthority::Federal, RuleAuthority::Unknown].into_iter().chain(states);
        laws.map(|law| (law.to_string(), law.label())).collect()
    }

    fn days(&self) -> [&'static str; 7] {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    }

    fn title(&self) -> String {
        let kind = match self.form.kind.as_str() {
            "hours" => "hours",
            "holiday" => "holiday",
            "closure" => "closure",
            "cap" => "cap by law",
            "stop" => "what STOP ends",
            _ => "deadline",
        };
        match &self.rule {
            Some(rule) => format!("{}: {kind}", rule.label()),
            None => format!("New rule: {kind}"),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewQuery {
    kind: String,
    place: String,
}

/// The form of a new rule.
pub(super) async fn new(
    app: Data<AppState>,
    who: Administrator,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let query = form::query::<NewQuery>(&request);
    if !["hours", "holiday", "closure", "cap", "stop", "deadline"].contains(&query.kind.as_str()) {
        return Err(PageError::NotFound);
    }
    let (_, version) = app.store.read(current).await?;
    let form = RuleForm::new(&query.kind, &query.place, federal_day(app.clock.now()), version);
    let (page, errors) = (PageFrame::new(&app, "rules", &who), FormErrors::default());
    html_status(StatusCode::OK, RowPage { page, rule: None, form, errors, meanwhile: Vec::new() })
}

/// A rule, and for an administrator its form.
pub(super) async fn show(
    app: Data<AppState>,
    who: Viewer,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (book, version) = app.store.read(current).await?;
    let rule = book.rules().into_iter().find(|rule| rule.id() == *id).ok_or(PageError::NotFound)?;
    let (page, form) = (PageFrame::new(&app, "rules", &who), RuleForm::of(&rule, version));
    let errors = FormErrors::default();
    html_status(StatusCode::OK, RowPage { page, rule: Some(rule), form, errors, meanwhile: Vec::new() })
}

/// Previews or publishes what was typed.
pub(super) async fn post(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(mut form): PostedForm<RuleForm>,
) -> Result<HttpResponse, PageError> {
    if form.step == "remove" {
        form.removes = "yes".to_owned();
    }
    let page = PageFrame::new(&app, "rules", &who);
    if form.step == "edit" {
        form.removes = String::new();
        return redisplay(&app, page, form, FormErrors::default()).await;
    }
    let mut errors = Vec::new();
    let change = form.change().map_err(|wrong| errors.extend(wrong)).ok();
    if let Err(why) = check_reason(&form.reason) {
        errors.push(FieldError::new("reason", refusal_text(&why)));
    }
    let Some(change) = change.filter(|_| errors.is_empty()) else {
        return redisplay(&app, page, form, errors.into()).await;
    };
    if form.step == "publish" {
        return publish(&app, &who, &session, page, form, change).await;
    }
    let now = app.clock.now();
    match app.store.read(move |conn| preview_rules(conn, &change, now)).await? {
        Ok(preview) => {
            let fields = form.fields().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            let (title, action, reason) = ("Publish this change?", routes::rule_rows(), form.reason.clone());
            html_status(StatusCode::OK, PreviewPage { page, title, action, fields, reason, preview })
        }
        Err(errors) => redisplay(&app, page, form, errors.into()).await,
    }
}

async fn publish(
    app: &AppState,
    who: &Administrator,
    session: &Session,
    page: PageFrame,
    form: RuleForm,
    change: RuleChange,
) -> Result<HttpResponse, PageError> {
    let (draft, actor) = (form.draft(change), who.actor());
    match app.commands(actor).publish_rules(draft).await {
        Ok(version) => {
            session::flash(session, published(version));
            Ok(see_other(routes::rules()))
        }
        Err(ActionError::Conflict(_)) => {
            redisplay(app, page, form, FormErrors::outdated("meanwhile", super::OUTDATED)).await
        }
        Err(error) => redisplay(app, page, form, error.try_into()?).await,
    }
}

/// The form once more, with what was typed, and with what was published since it was opened. Publishing again is upon what is
/// published now.
async fn redisplay(
    app: &AppState,
    page: PageFrame,
    mut form: RuleForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let begun = form.version.parse().unwrap_or_default();
    let read = move |conn: &mut ReadConn<'_>| {
        Ok::<_, StoreError>((RulebookChange::since(conn, begun)?, current(conn)?))
    };
    let (meanwhile, (book, version)) = app.store.read(read).await?;
    if errors.is_outdated() {
        form.version = version.to_string();
    }
    let rule = book.rules().into_iter().find(|rule| rule.id() == form.rule);
    if rule.is_none() {
        // It was taken out or changed meanwhile: what was typed can still become a new rule.
        form.rule = String::new();
    }
    html_status(errors.status(), RowPage { page, rule, form, errors, meanwhile })
}
