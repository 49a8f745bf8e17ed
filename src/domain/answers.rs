//! What a program answers to START, STOP and HELP, in each language that it has; English is what it answers otherwise. It
//! must not know which language a lead writes: see `reply`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::language::Language;
use super::words::words;

words! {
    /// One of the answers, by the name of the field that an administrator fills in.
    Answer {
        /// The confirmation of a START.
        Start = "opt_in_reply",
        /// The one confirmation of a STOP.
        Stop = "opt_out_reply",
        /// The answer to HELP.
        Help = "help_reply",
    }
}

impl Answer {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Answer::Start => "Reply to START",
            Answer::Stop => "Reply to STOP",
            Answer::Help => "Reply to HELP",
        }
    }

    /// What it must contain in every language, checked when an administrator edits it (CTIA Messaging Principles 5.1):
    /// carriers know STOP and HELP, whatever language the words around them have.
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            Answer::Start => &["{brand}", "STOP", "HELP"],
            Answer::Stop => &["{brand}"],
            Answer::Help => &["{brand}", "{contact}", "STOP"],
        }
    }
}

/// The answers in one language, as templates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// The confirmation of a START.
    pub opt_in_reply: String,
    /// The one confirmation of a STOP.
    pub opt_out_reply: String,
    /// The answer to HELP.
    pub help_reply: String,
}

impl Answers {
    /// One of them.
    pub fn get(&self, answer: Answer) -> &str {
        match answer {
            Answer::Start => &self.opt_in_reply,
            Answer::Stop => &self.opt_out_reply,
            Answer::Help => &self.help_reply,
        }
    }

    /// True when nothing is written: then English answers.
    pub fn is_empty(&self) -> bool {
        Answer::ALL.iter().all(|answer| self.get(*answer).is_empty())
    }
}

/// How the usual words for a frequency and for a contact are said: English, Spanish, French. What is written in other words
/// is filled in as it stands, because a promise must not be guessed at.
const UP_TO: (&str, &str, &str) = ("up to ", "hasta ", "jusqu'à ");
const UNITS: &[(&str, &str, &str)] = &[
    ("msg/day", "mensaje al día", "message par jour"),
    ("msgs/day", "mensajes al día", "messages par jour"),
    ("msg/week", "mensaje por semana", "message par semaine"),
    ("msgs/week", "mensajes por semana", "messages par semaine"),
    ("msg/month", "mensaje al mes", "message par mois"),
    ("msgs/month", "mensajes al mes", "messages par mois"),
    ("messages a month", "mensajes al mes", "messages par mois"),
    ("messages per month", "mensajes al mes", "messages par mois"),
];
const VARIES: &[(&str, &str, &str)] = &[
    ("frequency varies", "frecuencia variable", "fréquence variable"),
    ("msg frequency varies", "frecuencia de mensajes variable", "fréquence des messages variable"),
    ("message frequency varies", "frecuencia de mensajes variable", "fréquence des messages variable"),
];
const WAYS: &[(&str, &str, &str)] = &[
    ("write to ", "escriba a ", "écrivez à "),
    ("email ", "escriba a ", "écrivez à "),
    ("call ", "llame al ", "appelez le "),
    ("visit ", "visite ", "consultez "),
];

fn pick(
    (english, spanish, french): (&'static str, &'static str, &'static str),
    language: Language,
) -> &'static str {
    match language {
        Language::English => english,
        Language::Spanish => spanish,
        Language::French => french,
    }
}

/// A frequency such as "up to 4 msgs/month" or "msg frequency varies" in a language; any other words as they are.
pub(super) fn frequency_in(words: &str, language: Language) -> String {
    if let Some(varies) = VARIES.iter().find(|(english, ..)| *english == words) {
        return pick(*varies, language).to_owned();
    }
    let said = || {
        let (n, unit) = words.strip_prefix(UP_TO.0)?.split_once(' ')?;
        let n: u32 = n.parse().ok()?;
        let unit = UNITS.iter().find(|(english, ..)| *english == unit)?;
        Some(format!("{}{n} {}", pick(UP_TO, language), pick(*unit, language)))
    };
    said().unwrap_or_else(|| words.to_owned())
}

/// A contact route such as "write to help@example.com" in a language; any other words as they are.
pub(super) fn contact_in(words: &str, language: Language) -> String {
    let said = || {
        let way = WAYS.iter().find(|(english, ..)| words.starts_with(english))?;
        let to = words.strip_prefix(way.0)?;
        let is_address = to.contains(['@', '.']) && !to.contains(' ');
        let is_phone = to.contains(|c: char| c.is_ascii_digit()) && !to.contains(char::is_alphabetic);
        (is_address || is_phone).then(|| format!("{}{to}", pick(*way, language)))
    };
    said().unwrap_or_else(|| words.to_owned())
}

/// The translations a new installation starts with. STOP, HELP and START stay as carriers and handsets know them, and every
/// accent is one of GSM-7, because a single other letter would double the price of the whole text.
pub fn defaults() -> [(Language, Answers); 2] {
    let answers = |opt_in: &str, opt_out: &str, help: &str| Answers {
        opt_in_reply: opt_in.to_owned(),
        opt_out_reply: opt_out.to_owned(),
        help_reply: help.to_owned(),
    };
    let spanish = answers(
        "{brand}: Gracias por suscribirse a {program} ({frequency}). Pueden aplicarse tarifas por mensajes y datos. \
        Responda HELP para recibir ayuda o STOP para cancelar.",
        "{brand} {program}: Su baja fue registrada y no le enviaremos otros mensajes. Responda START para suscribirse \
        de nuevo.",
        "{brand} {program}: Para recibir ayuda, {contact}. {frequency}. Pueden aplicarse tarifas por \
        mensajes y datos. Responda STOP para cancelar.",
    );
    let french = answers(
        "{brand} : votre inscription à {program} est confirmée ({frequency}). Des frais de messages et de données \
        peuvent s'appliquer. Répondez HELP pour obtenir de l'aide, STOP pour vous désabonner.",
        "{brand} {program} : votre désabonnement est enregistré et vous ne recevrez plus de messages. Répondez START \
        pour vous réabonner.",
        "{brand} {program} : pour obtenir de l'aide, {contact}. {frequency}. Des frais de messages et de \
        données peuvent s'appliquer. Répondez STOP pour vous désabonner.",
    );
    [(Language::Spanish, spanish), (Language::French, french)]
}

#[cfg(test)]
mod tests {
    use super::Language::{French, Spanish};
    use super::*;
    use crate::domain::sms::{Encoding, segments};

    #[test]
    fn the_usual_words_are_said_in_the_language_and_others_stay() {
        assert_eq!(frequency_in("up to 4 msgs/month", Spanish), "hasta 4 mensajes al mes");
        assert_eq!(frequency_in("up to 1 msg/week", French), "jusqu'à 1 message par semaine");
        assert_eq!(frequency_in("msg frequency varies", Spanish), "frecuencia de mensajes variable");
        for words in ["it varies", "up to 4 msgs/month, more in May", "up to four msgs/month"] {
            assert_eq!(frequency_in(words, Spanish), words);
        }
        assert_eq!(contact_in("write to help@example.com", French), "écrivez à help@example.com");
        assert_eq!(contact_in("call +1 206 555 0100", Spanish), "llame al +1 206 555 0100");
        for words in ["call us", "help@example.com", "visit our office at 1 Main St."] {
            assert_eq!(contact_in(words, Spanish), words);
        }
    }

    #[test]
    fn the_first_translations_say_what_they_must() {
        for (language, answers) in defaults() {
            for answer in Answer::ALL {
                let missing = answer.needs().iter().find(|word| !answers.get(*answer).contains(**word));
                assert_eq!(missing, None, "{language} {answer}");
                let encoding = segments(answers.get(*answer)).encoding;
                assert_eq!(encoding, Encoding::Gsm7, "{language} {answer}");
            }
        }
    }
}
