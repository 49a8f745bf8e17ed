//! New built-in rules that no administrator has decided on: each topic beside the rules in effect, to adopt or to leave.
//! Until then they hold where they are stricter.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{current, published};
use crate::actions::publish_rules::{RuleChange, RulesDraft, publish_rules};
use crate::actions::{ActionError, FieldError};
use crate::domain::schedule::{Rule, Rulebook};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::{Errors, Posted};
use crate::web::page::{Page, html_status, see_other};
use crate::web::session::{self, Administrator};

#[derive(Template)]
#[template(path = "rules/review.html")]
struct ReviewPage {
    page: Page,
    form: ReviewForm,
    errors: Errors,
    topics: Vec<TopicItem>,
    /// New built-in rules.
    count: usize,
}

/// What one topic says in effect and as built in.
struct TopicItem {
    topic: String,
    title: String,
    own: Vec<Rule>,
    built_in: Vec<Rule>,
}

/// The decisions, as they were given.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct ReviewForm {
    version: String,
    /// The topics that become as built in.
    adopt: Vec<String>,
    reason: String,
}

impl ReviewForm {
    fn adopts(&self, topic: &str) -> bool {
        self.adopt.iter().any(|adopted| adopted == topic)
    }
}

fn topics(book: &Rulebook) -> Vec<TopicItem> {
    let mut items: Vec<TopicItem> = Vec::new();
    for rule in book.unanswered() {
        let topic = rule.topic();
        if items.iter().any(|item| item.topic == topic) {
            continue;
        }
        let of_topic = |rules: Vec<Rule>| rules.into_iter().filter(|rule| rule.topic() == topic).collect();
        let (own, built_in) = (of_topic(book.rules()), of_topic(Rulebook::builtin().rules()));
        items.push(TopicItem { title: format!("{}: {}", rule.about(), rule.kind()), own, built_in, topic });
    }
    items
}

/// What is to be decided, everything marked to adopt.
pub(super) async fn show(app: Data<App>, who: Administrator) -> Result<HttpResponse, PageError> {
    let (book, version) = app.store.read(current).await?;
    let adopt = topics(&book).into_iter().map(|item| item.topic).collect();
    let form = ReviewForm { version: version.to_string(), adopt, reason: String::new() };
    let page = Page::new(&app, "rules", &who);
    html_status(StatusCode::OK, review_page(page, form, Vec::new(), &book))
}

/// Publishes the decisions.
pub(super) async fn post(
    app: Data<App>,
    who: Administrator,
    session: Session,
    Posted(mut form): Posted<ReviewForm>,
) -> Result<HttpResponse, PageError> {
    let change = RuleChange::Answer(form.adopt.clone());
    let draft = RulesDraft { change, reason: form.reason.clone(), version: form.version.parse().ok() };
    let (actor, now) = (who.actor(), app.clock.now());
    let (status, errors) = match app.store.write(move |tx| publish_rules(tx, &draft, &actor, now)).await {
        Ok(version) => {
            session::flash(&session, published(version));
            return Ok(see_other("/rules"));
        }
        Err(ActionError::Invalid(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors),
        Err(ActionError::Conflict(_)) => (StatusCode::CONFLICT, vec![FieldError::new("", super::OUTDATED)]),
        Err(error) => return Err(error.into()),
    };
    let (book, version) = app.store.read(current).await?;
    form.version = version.to_string();
    html_status(status, review_page(Page::new(&app, "rules", &who), form, errors, &book))
}

fn review_page(page: Page, form: ReviewForm, errors: Vec<FieldError>, book: &Rulebook) -> ReviewPage {
    ReviewPage { page, form, errors: errors.into(), topics: topics(book), count: book.unanswered().len() }
}
