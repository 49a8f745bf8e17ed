//! An administrator writes a program's answers in another language, or takes them away.

use crate::domain::actor::Actor;
use crate::domain::answers::{Answer, Answers};
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::{Tx, admin_log, program_texts, programs};

use super::{clean, line_error, template_error};
use crate::actions::{ActionError, FieldError, change};

/// The name of a field of a translation: that of English, and the language.
pub fn field(name: &str, language: Language) -> String {
    format!("{name}_{language}")
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
        frequency: clean(&answers.frequency),
        contact_route: clean(&answers.contact_route),
    };
    let errors = if after.is_empty() { Vec::new() } else { wrong(&program, &after, language) };
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let before = program.translations.get(&language).cloned().unwrap_or_default();
    let changes = changes(&before, &after, language);
    if changes.is_empty() {
        return Ok(());
    }
    program_texts::set(tx, program.id, language, Some(&after).filter(|after| !after.is_empty()))?;
    let subject = format!("program:{slug}");
    admin_log::add(tx, actor, "program.changed", &subject, &changes.join("; "), now)?;
    Ok(())
}

/// What is wrong with the answers in English. The words name the answer, because a summary shows them without their field.
pub(super) fn wrong_in_english(program: &Program) -> Vec<FieldError> {
    let error = |answer: &Answer| {
        let (template, name) = (program.in_english(*answer), answer.label());
        let words = template_error(template, program.fill(template), answer.needs())?;
        Some(FieldError::new(answer.as_str(), format!("{name}: {words}")))
    };
    Answer::ALL.iter().filter_map(error).collect()
}

/// What is wrong with a translation: the rules are those of English, except that it may leave out what is filled in.
pub(super) fn wrong(program: &Program, answers: &Answers, language: Language) -> Vec<FieldError> {
    let wrong = |(name, label): (&str, &str), words: String| {
        FieldError::new(&field(name, language), format!("{label} in {}: {words}", language.name()))
    };
    let template = |answer: &Answer| {
        let words = match answers.get(*answer) {
            "" => Some("Write this text too, or leave everything empty: then English answers.".to_owned()),
            template => template_error(template, program.fill_in(answers, template), answer.needs()),
        };
        words.map(|words| wrong((answer.as_str(), answer.label()), words))
    };
    let line = |(name, label, text): (&str, &str, &str)| {
        let words = line_error(text).filter(|_| !text.is_empty())?;
        Some(wrong((name, label), words.to_owned()))
    };
    Answer::ALL.iter().filter_map(template).chain(answers.filled().into_iter().filter_map(line)).collect()
}

/// What became of what, for the log.
fn changes(before: &Answers, after: &Answers, language: Language) -> Vec<String> {
    let change = |label: &str, before: &str, after: &str| {
        change(&format!("{label} in {}", language.name()), before, after)
    };
    let answer = |answer: &Answer| change(answer.label(), before.get(*answer), after.get(*answer));
    let filled = before.filled().into_iter().zip(after.filled());
    let filled = filled.filter_map(|((_, label, was), (_, _, is))| change(label, was, is));
    Answer::ALL.iter().filter_map(answer).chain(filled).collect()
}
