//! New built-in rules that no administrator has decided on, each beside the rules in effect. Administrators use it;
//! it writes a new version. Until then they hold where they are stricter.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::preview::PreviewPage;
use super::{current, published};
use crate::actions::preview_rules::preview_rules;
use crate::actions::publish_rules::{RuleChange, RulesDraft};
use crate::actions::{ActionError, FieldError};
use crate::domain::decide::check_reason;
use crate::domain::schedule::{RuleStrictness, Rulebook, ScheduleRule, federal_day, strictness};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes;
use crate::web::session::{self, Administrator};
use crate::words::{InWords, Label, refusal_text};

#[derive(Template)]
#[template(path = "rules/review.html")]
struct EditionReviewPage {
    page: PageFrame,
    form: EditionReviewForm,
    errors: FormErrors,
    topics: Vec<TopicItem>,
    /// New built-in rules.
    count: usize,
}

/// What one topic says in effect and as built in.
struct TopicItem {
    topic: String,
    title: String,
    /// The rules in effect, each with what its removal does; none for those that are built in too.
    own: Vec<(ScheduleRule, Option<RuleStrictness>)>,
    /// The built-in rules, each with what it does beside those in effect; none for those that are in effect.
    built_in: Vec<(ScheduleRule, Option<RuleStrictness>)>,
}

impl TopicItem {
    fn new(
        rule: &ScheduleRule,
        own: Vec<ScheduleRule>,
        built_in: Vec<ScheduleRule>,
        today: NaiveDate,
    ) -> TopicItem {
        let beside = |rules: &[ScheduleRule], others: &[ScheduleRule]| {
            let compared =
                |rule: &ScheduleRule| (!others.contains(rule)).then(|| strictness(rule, others, today));
            rules.iter().map(|rule| (rule.clone(), compared(rule))).collect()
        };
        TopicItem {
            topic: rule.topic(),
            title: format!("{}: {}", rule.label(), rule.kind()),
            own: beside(&own, &built_in),
            built_in: beside(&built_in, &own),
        }
    }
}

/// The decisions, as they were given.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct EditionReviewForm {
    version: String,
    /// The topics that become as built in.
    adopt: Vec<String>,
    reason: String,
    /// What the button asks for: `preview`, `edit` or `publish`.
    step: String,
}

impl EditionReviewForm {
    fn adopts(&self, topic: &str) -> bool {
        self.adopt.iter().any(|adopted| adopted == topic)
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let adopted = self.adopt.iter().map(|topic| ("adopt", topic.clone()));
        let rest = [("version", self.version.clone()), ("reason", self.reason.clone())];
        rest.into_iter().chain(adopted).collect()
    }
}

fn topics(book: &Rulebook, today: NaiveDate) -> Vec<TopicItem> {
    let mut items: Vec<TopicItem> = Vec::new();
    for rule in book.unanswered() {
        let topic = rule.topic();
        if items.iter().any(|item| item.topic == topic) {
            continue;
        }
        let of_topic =
            |rules: Vec<ScheduleRule>| rules.into_iter().filter(|rule| rule.topic() == topic).collect();
        let (own, built_in) = (of_topic(book.rules()), of_topic(Rulebook::builtin().rules()));
        items.push(TopicItem::new(&rule, own, built_in, today));
    }
    items
}

/// What is to be decided, everything marked to adopt.
pub(super) async fn show(app: Data<AppState>, who: Administrator) -> Result<HttpResponse, PageError> {
    let (book, version) = app.store.read(current).await?;
    let today = federal_day(app.clock.now());
    let adopt = topics(&book, today).into_iter().map(|item| item.topic).collect();
    let form = EditionReviewForm { version: version.to_string(), adopt, ..EditionReviewForm::default() };
    let page = PageFrame::new(&app, "rules", &who);
    html_status(StatusCode::OK, review_page(page, form, FormErrors::default(), &book, today))
}

/// Previews or publishes the decisions.
pub(super) async fn post(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(form): PostedForm<EditionReviewForm>,
) -> Result<HttpResponse, PageError> {
    let change = RuleChange::Answer(form.adopt.clone());
    match form.step.as_str() {
        "edit" => again(&app, &who, form, FormErrors::default()).await,
        "publish" => publish(&app, &who, &session, form, change).await,
        _ => preview(&app, &who, form, change).await,
    }
}

async fn preview(
    app: &AppState,
    who: &Administrator,
    form: EditionReviewForm,
    change: RuleChange,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let preview = app.store.read(move |conn| preview_rules(conn, &change, now)).await?;
    let reason = check_reason(&form.reason).map_err(|why| FieldError::new("reason", refusal_text(&why)));
    match (preview, reason) {
        (Ok(preview), Ok(())) => {
            let (title, action, fields) = ("Publish these decisions?", routes::rules_review(), form.fields());
            let (page, reason) = (PageFrame::new(app, "rules", who), form.reason);
            html_status(StatusCode::OK, PreviewPage { page, title, action, fields, reason, preview })
        }
        (preview, reason) => {
            let errors: Vec<FieldError> =
                preview.err().unwrap_or_default().into_iter().chain(reason.err()).collect();
            again(app, who, form, errors.into()).await
        }
    }
}

async fn publish(
    app: &AppState,
    who: &Administrator,
    session: &Session,
    form: EditionReviewForm,
    change: RuleChange,
) -> Result<HttpResponse, PageError> {
    let draft = RulesDraft { change, reason: form.reason.clone(), version: form.version.parse().ok() };
    let actor = who.actor();
    let errors = match app.commands(actor).publish_rules(draft).await {
        Ok(version) => {
            session::flash(session, published(version));
            return Ok(see_other(routes::rules()));
        }
        Err(ActionError::Conflict(_)) => FormErrors::outdated("", super::OUTDATED),
        Err(error) => error.try_into()?,
    };
    again(app, who, form, errors).await
}

/// The decisions once more, as they were made, upon the rules as they are now.
async fn again(
    app: &AppState,
    who: &Administrator,
    mut form: EditionReviewForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let (book, version) = app.store.read(current).await?;
    form.version = version.to_string();
    let today = federal_day(app.clock.now());
    html_status(errors.status(), review_page(PageFrame::new(app, "rules", who), form, errors, &book, today))
}

fn review_page(
    page: PageFrame,
    form: EditionReviewForm,
    errors: FormErrors,
    book: &Rulebook,
    today: NaiveDate,
) -> EditionReviewPage {
    let (topics, count) = (topics(book, today), book.unanswered().len());
    EditionReviewPage { page, form, errors, topics, count }
}
