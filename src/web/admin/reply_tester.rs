//! Shows how a reply would be understood, and why. Administrators use it. It reads the text with the function that
//! reads real replies; it writes nothing.

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::program_scope::{ProgramScope, ProgramTab};
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::domain::reply::{ReplyIntent, ReplyReading, ReplyTier, read};
use crate::domain::schedule::Reach;
use crate::store::{self, rulebooks};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::{PageFrame, html};
use crate::web::public::replies::{ExampleGroup, KINDS, ReplyKindGroup, groups, kind};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::Viewer;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::REPLY_TESTER, routing::get(show));
}

#[derive(Template)]
#[template(path = "replies/tester.html")]
struct TesterPage {
    page: PageFrame,
    programs: Vec<ProgramTab>,
    asked: ReplyTesterQuery,
    answer: Option<ReadingItem>,
    kinds: &'static [ReplyKindGroup],
    current: &'static ReplyKindGroup,
    groups: Vec<ExampleGroup>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReplyTesterQuery {
    text: String,
    class: String,
    program: String,
}

/// How a text is read, in words.
struct ReadingItem {
    kind: &'static ReplyKindGroup,
    tier: &'static str,
    matched: Option<String>,
    /// False where the text was passed over: what matched then says why.
    is_change: bool,
    language: Option<Language>,
    effect: &'static str,
}

async fn show(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (asked, now) = (form::query::<ReplyTesterQuery>(&request), app.clock.now());
    let slug = asked.program.clone();
    let known = app.store.read(move |conn| {
        let programs = ProgramScope::read(conn, &slug)?;
        let keywords = programs.selected()?.keywords(store::programs::codes(conn)?);
        let rulebook = rulebooks::current(conn)?;
        let narrows =
            |program: &Program| rulebook.stop_reach(program.kind.text_kind(), now) == Reach::Program;
        let all = store::programs::all(conn)?;
        // The codes after which a STOP ends one program only.
        let narrow: Vec<String> = all
            .iter()
            .filter(|program| narrows(program))
            .filter_map(|program| program.code.clone())
            .collect();
        Ok::<_, PageError>((programs, keywords, narrow))
    });
    let (programs, keywords, narrow) = known.await?;
    let is_text = !asked.text.trim().is_empty();
    let answer = is_text.then(|| answer(read(&asked.text, &keywords), &narrow));
    let address = routes::reply_tester_of(&asked.class, &asked.text);
    let programs = programs.tabs(&address, |_| String::new());
    let current = kind(&asked.class);
    let page = PageFrame::new(&app, "reply-tester", &who);
    html(TesterPage { page, programs, asked, answer, kinds: KINDS, current, groups: groups(current) })
}

fn answer(reading: ReplyReading, narrow: &[String]) -> ReadingItem {
    ReadingItem {
        kind: kind(reading.reply.as_str()),
        tier: match reading.tier {
            ReplyTier::Keyword => "The whole text is a keyword.",
            ReplyTier::ClearWords => {
                "Not a keyword, but clear in other words (47 CFR 64.1200(a)(10): any reasonable means)."
            }
            ReplyTier::Unclear => "It may be an opt-out.",
            ReplyTier::NoChange => "Nothing in it asks for a change.",
        },
        matched: reading.matched,
        is_change: reading.tier != ReplyTier::NoChange,
        language: reading.language,
        effect: match reading.reply {
            ReplyIntent::OptIn => {
                "Consent begins for the program it is sent to, held messages are released, and one confirmation goes out."
            }
            ReplyIntent::Confirm => {
                "Consent begins if an opt-in request was sent; otherwise nothing changes."
            }
            ReplyIntent::Revoke { program_code: Some(code) } if narrow.contains(&code) => {
                "Consent ends at once, for the program with this code. Its waiting messages are canceled, and one confirmation goes out."
            }
            ReplyIntent::Revoke { .. } => {
                "Consent ends at once, for all programs. Waiting messages are canceled, and one confirmation goes out."
            }
            ReplyIntent::Help => "The program's answer to HELP goes out. Consent does not change.",
            ReplyIntent::Unclear => "The number is paused at once. A person decides in the review desk.",
            ReplyIntent::Other => "Nothing changes, and nothing is answered.",
        },
    }
}
