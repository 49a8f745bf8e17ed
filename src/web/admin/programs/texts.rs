//! A program's answers in other languages, on the program's page: what the lead reads, and a form for each language.

use std::collections::HashMap;

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{Again, program_page};
use crate::actions::ActionError;
use crate::actions::edit_program::{self, field};
use crate::domain::answers::{Answer, Answers};
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::domain::sms::{self, Segments};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::Posted;
use crate::web::page::see_other;
use crate::web::session::{self, Administrator};

/// A text as the lead reads it, and in how many parts it travels.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) count: Segments,
}

impl Sample {
    pub(super) fn new(name: &'static str, text: String) -> Self {
        Sample { name, count: sms::segments(&text), text }
    }

    /// The answers in a language.
    pub(super) fn answers(program: &Program, language: Language) -> impl Iterator<Item = Sample> {
        let sample =
            move |answer: &Answer| Sample::new(answer.label(), program.answer(*answer, Some(language)));
        Answer::ALL.iter().map(sample)
    }
}

/// The answers in one language: what stands, and what the form shows.
pub(super) struct Translation {
    pub(super) language: Language,
    /// None where English answers.
    pub(super) samples: Vec<Sample>,
    pub(super) boxes: Vec<Box>,
}

/// A field of the form.
pub(super) struct Box {
    pub(super) is_line: bool,
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) hint: String,
}

/// Every language that a program may have besides English; `given` is what was typed into the form of one of them.
pub(super) fn translations(program: &Program, given: Option<&(Language, Answers)>) -> Vec<Translation> {
    let translation = |language: &Language| {
        let stands = program.translations.get(language);
        let typed = given.filter(|(of, _)| of == language).map(|(_, answers)| answers);
        let shown = typed.or(stands).cloned().unwrap_or_default();
        let to_box = |answer: &Answer| Box {
            is_line: false,
            name: field(answer.as_str(), *language),
            label: answer.label(),
            text: shown.get(*answer).to_owned(),
            hint: format!("It must contain {}.", listed(answer.needs())),
        };
        let english = [&program.frequency, &program.contact_route];
        let to_line = |((name, label, text), english): ((&str, &'static str, &str), &String)| Box {
            is_line: true,
            name: field(name, *language),
            label,
            text: text.to_owned(),
            hint: format!("Empty: “{english}” is filled in."),
        };
        let lines = shown.filled().into_iter().zip(english).map(to_line);
        Translation {
            language: *language,
            samples: stands.map_or_else(Vec::new, |_| Sample::answers(program, *language).collect()),
            boxes: Answer::ALL.iter().map(to_box).chain(lines).collect(),
        }
    };
    Language::TRANSLATED.iter().map(translation).collect()
}

/// "a, b and c".
fn listed(words: &[&str]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

pub(super) async fn translate(
    app: Data<App>,
    who: Administrator,
    session: Session,
    path: Path<(String, String)>,
    Posted(mut given): Posted<HashMap<String, String>>,
) -> Result<HttpResponse, PageError> {
    let (slug, language) = path.into_inner();
    let language: Language = language.parse().map_err(|_| PageError::NotFound)?;
    let mut text = |name| given.remove(&field(name, language)).unwrap_or_default();
    let answers = Answers {
        opt_in_reply: text("opt_in_reply"),
        opt_out_reply: text("opt_out_reply"),
        help_reply: text("help_reply"),
        frequency: text("frequency"),
        contact_route: text("contact_route"),
    };
    let (of, typed, actor, now) = (slug.clone(), answers.clone(), who.actor(), app.clock.now());
    match app.store.write(move |tx| edit_program::translate(tx, &of, language, &typed, &actor, now)).await {
        Ok(()) => {
            let name = language.name();
            session::flash(&session, format!("The replies in {name} are saved. Texts from now on use them."));
            Ok(see_other(format!("/programs/{slug}")))
        }
        Err(ActionError::Invalid(errors)) => {
            program_page(&app, &who, slug, Some(Again::Texts(language, answers, errors))).await
        }
        Err(error) => Err(error.into()),
    }
}
