//! An administrator writes a program's answers in another language, or takes them away.

use crate::domain::actor::Actor;
use crate::domain::answers::{Answer, Answers};
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::{Tx, admin_log, program_texts, programs};

use super::{clean, template_error};
use crate::actions::{ActionError, FieldError, change};

/// The name of the field for an answer in a language; English has the plain names.
pub fn field(answer: Answer, language: Language) -> String {
    match language {
        Language::English => answer.as_str().to_owned(),
        _ => format!("{answer}_{language}"),
    }
}

/// Writes a program's answers in a language and who changed what. All of them empty means that English answers.
///
/// # Errors
/// What is wrong with which field, or that there is no such program or no translation into this language.
pub fn translate(
    tx: &mut Tx<'_>,
    slug: &str,
    language: Language,
    answers: &Answers,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), ActionError> {
    if !Language::TRANSLATED.contains(&language) {
        return Err(ActionError::NotFound("translation"));
    }
    let program = programs::find(tx, Some(slug))?.ok_or(ActionError::NotFound("program"))?;
    let after = Answers {
        opt_in_reply: clean(&answers.opt_in_reply),
        opt_out_reply: clean(&answers.opt_out_reply),
        help_reply: clean(&answers.help_reply),
    };
    let errors = if after.is_empty() { Vec::new() } else { wrong(&program, &after, language) };
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let before = program.translations.get(&language).cloned().unwrap_or_default();
    let what = |answer: &Answer| change(&name(*answer, language), before.get(*answer), after.get(*answer));
    let changes: Vec<String> = Answer::ALL.iter().filter_map(what).collect();
    if changes.is_empty() {
        return Ok(());
    }
    program_texts::set(tx, program.id, language, Some(&after).filter(|after| !after.is_empty()))?;
    let subject = format!("program:{slug}");
    admin_log::add(tx, actor, "program.changed", &subject, &changes.join("; "), now)?;
    Ok(())
}

/// What is wrong with the answers in a language, English included: the same rules for each. The words name the answer,
/// because a summary shows them without their field.
pub(super) fn wrong(program: &Program, answers: &Answers, language: Language) -> Vec<FieldError> {
    let error = |answer: &Answer| {
        let words = match answers.get(*answer) {
            "" if language != Language::English => {
                Some("Write this text too, or leave all three empty: then English answers.".to_owned())
            }
            template => template_error(program, template, language, answer.needs()),
        };
        words.map(|words| {
            FieldError::new(&field(*answer, language), format!("{}: {words}", name(*answer, language)))
        })
    };
    Answer::ALL.iter().filter_map(error).collect()
}

/// What people call an answer in a language.
fn name(answer: Answer, language: Language) -> String {
    match language {
        Language::English => answer.label().to_owned(),
        _ => format!("{} in {}", answer.label(), language.name()),
    }
}
