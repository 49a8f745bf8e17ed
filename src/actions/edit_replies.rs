//! An administrator writes a program's auto-replies in another language, or removes them. Used by the Programs page through
//! `Commands`; it writes the replies and the admin log.

use crate::domain::auto_reply::{AutoReplies, AutoReply};
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::store::{Tx, programs};
use crate::words::Label;

use super::wording::{clean, line_error, template_error};
use super::{ActionContext, ActionError, FieldError, change, check_revision, revision_tag, save_program};

/// The name of a field in another language: that of English, and the language.
pub fn field(name: &str, language: Language) -> String {
    format!("{name}_{language}")
}

/// The [`revision_tag`] of a program's auto-replies in a language.
pub fn replies_revision(program: &Program, language: Language) -> String {
    let standing = program.replies.get(&language).cloned().unwrap_or_default();
    let filled = standing.filled().map(|(_, _, text)| text);
    revision_tag(AutoReply::ALL.iter().map(|reply| standing.get(*reply)).chain(filled))
}

/// Writes a program's auto-replies in a language and who changed what. Nothing written means that English answers.
///
/// # Errors
/// What is wrong with which field, that there is no such program or no replies but English in this language, or
/// [`ActionError::Conflict`] when they were changed since the page was opened.
pub fn edit_replies(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    slug: &str,
    language: Language,
    replies: &AutoReplies,
    revision: &str,
) -> Result<(), ActionError> {
    if !Language::BESIDE_ENGLISH.contains(&language) {
        return Err(ActionError::NotFound("language"));
    }
    let before = programs::find_locked(tx, Some(slug))?.ok_or(ActionError::NotFound("program"))?;
    check_revision(revision, &replies_revision(&before, language))?;
    let replies = AutoReplies {
        opt_in_reply: clean(&replies.opt_in_reply),
        opt_out_reply: clean(&replies.opt_out_reply),
        help_reply: clean(&replies.help_reply),
        frequency: clean(&replies.frequency),
        contact_route: clean(&replies.contact_route),
    };
    let errors = if replies.is_empty() { Vec::new() } else { wrong(&before, &replies, language) };
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let stood = before.replies.get(&language).cloned().unwrap_or_default();
    let changes = changes(&stood, &replies, language);
    let mut after = (*before).clone();
    after.replies.remove(&language);
    if !replies.is_empty() {
        after.replies.insert(language, replies);
    }
    save_program(tx, context, &before, after, &changes)?;
    Ok(())
}

/// What is wrong with the auto-replies in English. The words name the reply, because a summary shows them without their field.
pub(super) fn wrong_in_english(program: &Program) -> Vec<FieldError> {
    let error = |reply: &AutoReply| {
        let (template, name) = (program.in_english(*reply), reply.label());
        let words = template_error(template, &program.fill(template), reply.needs())?;
        Some(FieldError::new(reply.as_str(), format!("{name}: {words}")))
    };
    AutoReply::ALL.iter().filter_map(error).collect()
}

/// What is wrong with them in another language: the rules are those of English, except that it may leave out what is filled
/// in.
pub(super) fn wrong(program: &Program, replies: &AutoReplies, language: Language) -> Vec<FieldError> {
    let wrong = |(name, label): (&str, &str), words: String| {
        FieldError::new(&field(name, language), format!("{label} in {}: {words}", language.name()))
    };
    let template = |reply: &AutoReply| {
        let words = match replies.get(*reply) {
            "" => Some("Write this text too, or leave everything empty: then English answers.".to_owned()),
            template => template_error(template, &program.fill_in(replies, template), reply.needs()),
        };
        words.map(|words| wrong((reply.as_str(), reply.label()), words))
    };
    let line = |(name, label, text): (&str, &str, &str)| {
        let words = line_error(text).filter(|_| !text.is_empty())?;
        Some(wrong((name, label), words.to_owned()))
    };
    AutoReply::ALL.iter().filter_map(template).chain(replies.filled().into_iter().filter_map(line)).collect()
}

/// What became of what, for the log.
fn changes(before: &AutoReplies, after: &AutoReplies, language: Language) -> Vec<String> {
    let change = |label: &str, before: &str, after: &str| {
        change(&format!("{label} in {}", language.name()), before, after)
    };
    let reply = |reply: &AutoReply| change(reply.label(), before.get(*reply), after.get(*reply));
    let filled = before.filled().into_iter().zip(after.filled());
    let filled = filled.filter_map(|((_, label, was), (_, _, is))| change(label, was, is));
    AutoReply::ALL.iter().filter_map(reply).chain(filled).collect()
}
