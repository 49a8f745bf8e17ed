//! A program's auto-replies in other languages, with a form for each. Administrators use it; it writes through
//! `actions::edit_replies`.

use std::collections::HashMap;

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{ProgramRedisplay, program_page};
use crate::actions::edit_replies::{field, replies_revision};
use crate::domain::auto_reply::{AutoReplies, AutoReply};
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::domain::sms::{self, SegmentCount};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{PostedForm, SavedMeanwhile, saved_meanwhile};
use crate::web::page::see_other;
use crate::web::routes;
use crate::web::session::{self, Administrator};
use crate::words::Label;

/// A text as the lead reads it, and in how many parts it travels.
pub(super) struct TemplatePreview {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) count: SegmentCount,
}

impl TemplatePreview {
    pub(super) fn new(name: &'static str, text: String) -> Self {
        TemplatePreview { name, count: sms::segments(&text), text }
    }

    /// The auto-replies in a language.
    pub(super) fn replies(program: &Program, language: Language) -> impl Iterator<Item = TemplatePreview> {
        let sample = move |reply: &AutoReply| {
            TemplatePreview::new(reply.label(), program.auto_reply(*reply, Some(language)))
        };
        AutoReply::ALL.iter().map(sample)
    }
}

/// The auto-replies in one language: what stands, and what the form shows.
pub(super) struct InLanguage {
    pub(super) language: Language,
    /// None where English answers.
    pub(super) samples: Vec<TemplatePreview>,
    pub(super) fields: Vec<TemplateField>,
    /// What the fields were filled from.
    pub(super) revision: String,
}

/// A field of the form.
pub(super) struct TemplateField {
    pub(super) is_line: bool,
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) hint: String,
}

/// Every language that a program may have besides English; `given` is what was typed into the form of one of them.
pub(super) fn in_languages(
    program: &Program,
    given: Option<&(Language, AutoReplies, String)>,
) -> Vec<InLanguage> {
    let in_language = |language: &Language| {
        let stands = program.replies.get(language);
        let given = given.filter(|(of, ..)| of == language);
        let revision = given.map(|(.., revision)| revision.clone());
        let revision = revision.unwrap_or_else(|| replies_revision(program, *language));
        let typed = given.map(|(_, replies, _)| replies);
        let shown = typed.or(stands).cloned().unwrap_or_default();
        let to_reply = |reply: &AutoReply| TemplateField {
            is_line: false,
            name: field(reply.as_str(), *language),
            label: reply.label(),
            text: shown.get(*reply).to_owned(),
            hint: format!("It must contain {}.", listed(reply.needs())),
        };
        let english = [&program.frequency, &program.contact_route];
        let to_line = |((name, label, text), english): ((&str, &'static str, &str), &String)| TemplateField {
            is_line: true,
            name: field(name, *language),
            label,
            text: text.to_owned(),
            hint: format!("Empty: “{english}” is filled in."),
        };
        let lines = shown.filled().into_iter().zip(english).map(to_line);
        InLanguage {
            language: *language,
            samples: stands.map_or_else(Vec::new, |_| TemplatePreview::replies(program, *language).collect()),
            fields: AutoReply::ALL.iter().map(to_reply).chain(lines).collect(),
            revision,
        }
    };
    Language::BESIDE_ENGLISH.iter().map(in_language).collect()
}

/// Where what is saved differs from what was typed.
pub(super) fn beside(typed: &AutoReplies, program: &Program, language: Language) -> Vec<SavedMeanwhile> {
    let saved = program.replies.get(&language).cloned().unwrap_or_default();
    let reply = |reply: &AutoReply| (reply.label(), saved.get(*reply), typed.get(*reply));
    let filled = saved.filled().into_iter().zip(typed.filled());
    let filled = filled.map(|((_, label, saved), (_, _, yours))| (label, saved, yours));
    saved_meanwhile(AutoReply::ALL.iter().map(reply).chain(filled))
}

/// "a, b and c".
fn listed(words: &[&str]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

pub(super) async fn replies(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    path: Path<(String, String)>,
    PostedForm(mut given): PostedForm<HashMap<String, String>>,
) -> Result<HttpResponse, PageError> {
    let (slug, language) = path.into_inner();
    let language: Language = language.parse().map_err(|_| PageError::NotFound)?;
    let revision = given.remove("revision").unwrap_or_default();
    let mut text = |name| given.remove(&field(name, language)).unwrap_or_default();
    let given = AutoReplies {
        opt_in_reply: text("opt_in_reply"),
        opt_out_reply: text("opt_out_reply"),
        help_reply: text("help_reply"),
        frequency: text("frequency"),
        contact_route: text("contact_route"),
    };
    let (of, typed, shown) = (slug.clone(), given.clone(), revision.clone());
    let actor = who.actor();
    match app.commands(actor).edit_replies(of, language, typed, shown).await {
        Ok(()) => {
            let name = language.name();
            session::flash(&session, format!("The replies in {name} are saved. Texts from now on use them."));
            Ok(see_other(routes::program(slug)))
        }
        Err(error) => {
            let typed = ProgramRedisplay::Replies(language, given, revision);
            program_page(&app, &who, slug, Some((typed, error.try_into()?))).await
        }
    }
}
