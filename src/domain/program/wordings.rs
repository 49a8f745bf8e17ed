//! The wordings that a new program starts with, from `wordings/{en,es,fr}.toml`: texts to leads are data that a compliance
//! lawyer can read and change. Used by `Program::new`, the first hosted form, and the replies.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::auto_reply::AutoReplies;
use crate::domain::language::Language::{self, English, French, Spanish};

/// One language's wordings, as templates.
#[derive(Deserialize, Clone, Default, Debug)]
#[serde(deny_unknown_fields)]
pub struct DefaultWording {
    /// The opt-in request; English alone has one.
    #[serde(default)]
    pub opt_in_template: String,
    /// The consent language of the first hosted form; English alone has one.
    #[serde(default)]
    pub form_wording: String,
    /// The confirmation of a START.
    pub opt_in_reply: String,
    /// The confirmation of a STOP.
    pub opt_out_reply: String,
    /// The reply to HELP.
    pub help_reply: String,
    /// What follows the confirmation of a STOP that ended one program alone, while the lead gets texts from another.
    pub ends_alone: String,
    /// How often texts are promised at most.
    pub frequency: String,
}

/// The files of this build. One that cannot be read does not pass the tests.
static WORDINGS: LazyLock<[(Language, DefaultWording); 3]> =
    LazyLock::new(|| FILES.map(|(language, file)| (language, toml::from_str(file).unwrap_or_default())));

const FILES: [(Language, &str); 3] = [
    (English, include_str!("wordings/en.toml")),
    (Spanish, include_str!("wordings/es.toml")),
    (French, include_str!("wordings/fr.toml")),
];

/// The wordings of a language.
pub fn default_wording(language: Language) -> &'static DefaultWording {
    let [(_, english), (_, spanish), (_, french)] = &*WORDINGS;
    match language {
        English => english,
        Spanish => spanish,
        French => french,
    }
}

/// What a new program replies in other languages than English.
pub fn default_replies() -> impl Iterator<Item = (Language, AutoReplies)> {
    Language::BESIDE_ENGLISH.iter().map(|language| {
        let wording = default_wording(*language).clone();
        let replies = AutoReplies {
            opt_in_reply: wording.opt_in_reply,
            opt_out_reply: wording.opt_out_reply,
            help_reply: wording.help_reply,
            frequency: wording.frequency,
            contact_route: String::new(),
        };
        (*language, replies)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::auto_reply::AutoReply;
    use crate::domain::program::check_placeholders;
    use crate::domain::sms::{SmsEncoding, segments};

    #[test]
    fn every_file_can_be_read_and_its_texts_say_what_they_must() {
        for ((language, file), known) in FILES.iter().zip(Language::ALL) {
            assert_eq!(language, known);
            let wording: DefaultWording =
                toml::from_str(file).unwrap_or_else(|error| panic!("{language}: {error}"));
            let replies = [
                (AutoReply::Start, &wording.opt_in_reply),
                (AutoReply::Stop, &wording.opt_out_reply),
                (AutoReply::Help, &wording.help_reply),
            ];
            for (reply, text) in replies {
                let missing = reply.needs().iter().find(|word| !text.contains(**word));
                assert_eq!(missing, None, "{language} {reply}");
            }
            assert!(
                wording.ends_alone.contains("{program}") && wording.ends_alone.contains("STOP"),
                "{language}"
            );
            let all = [
                &wording.opt_in_template,
                &wording.form_wording,
                &wording.opt_in_reply,
                &wording.opt_out_reply,
                &wording.help_reply,
                &wording.ends_alone,
                &wording.frequency,
            ];
            for text in all {
                assert_eq!(
                    segments(&text.replace("{program}", "Rates")).encoding,
                    SmsEncoding::Gsm7,
                    "{text}"
                );
                assert_eq!(check_placeholders(text), Ok(()), "{text}");
                assert!(!text.contains('\n') && !text.contains("  "), "{text:?} is one line");
            }
        }
        let english = default_wording(English);
        for word in ["START", "STOP", "HELP", "{brand}", "{frequency}"] {
            assert!(english.opt_in_template.contains(word), "{word}");
        }
        assert!(english.form_wording.contains("not a condition of purchase"));
        assert_eq!(default_replies().count(), 2);
    }
}
