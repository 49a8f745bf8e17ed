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
    /// How often texts are promised at most, in its words; empty where the program's own words are filled in.
    pub frequency: String,
    /// How to reach a person; empty where the program's own words are filled in.
    pub contact_route: String,
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

    /// The words that are filled into them: the name of each field, what people call it, and what stands in it.
    pub fn filled(&self) -> [(&'static str, &'static str, &str); 2] {
        [("frequency", "Frequency", &self.frequency), ("contact_route", "Contact route", &self.contact_route)]
    }

    /// True when nothing is written: then English answers.
    pub fn is_empty(&self) -> bool {
        *self == Answers::default()
    }
}

/// The translations a new installation starts with. STOP, HELP and START stay as carriers and handsets know them, and every
/// accent is one of GSM-7, because a single other letter would double the price of the whole text.
pub fn defaults() -> [(Language, Answers); 2] {
    let answers = |opt_in: &str, opt_out: &str, help: &str, frequency: &str| Answers {
        opt_in_reply: opt_in.to_owned(),
        opt_out_reply: opt_out.to_owned(),
        help_reply: help.to_owned(),
        frequency: frequency.to_owned(),
        contact_route: String::new(),
    };
    let spanish = answers(
        "{brand}: Gracias por suscribirse a {program} ({frequency}). Pueden aplicarse tarifas por mensajes y datos. \
        Responda HELP para recibir ayuda o STOP para cancelar.",
        "{brand} {program}: Su baja fue registrada y no le enviaremos otros mensajes. Responda START para suscribirse \
        de nuevo.",
        "{brand} {program}: Para recibir ayuda, {contact}. {frequency}. Pueden aplicarse tarifas por \
        mensajes y datos. Responda STOP para cancelar.",
        "frecuencia de mensajes variable",
    );
    let french = answers(
        "{brand} : votre inscription à {program} est confirmée ({frequency}). Des frais de messages et de données \
        peuvent s'appliquer. Répondez HELP pour obtenir de l'aide, STOP pour vous désabonner.",
        "{brand} {program} : votre désabonnement est enregistré et vous ne recevrez plus de messages. Répondez START \
        pour vous réabonner.",
        "{brand} {program} : pour obtenir de l'aide, {contact}. {frequency}. Des frais de messages et de \
        données peuvent s'appliquer. Répondez STOP pour vous désabonner.",
        "fréquence des messages variable",
    );
    [(Language::Spanish, spanish), (Language::French, french)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sms::{Encoding, segments};

    #[test]
    fn the_first_translations_say_what_they_must() {
        for (language, answers) in defaults() {
            for answer in Answer::ALL {
                let missing = answer.needs().iter().find(|word| !answers.get(*answer).contains(**word));
                assert_eq!(missing, None, "{language} {answer}");
                let encoding = segments(answers.get(*answer)).encoding;
                assert_eq!(encoding, Encoding::Gsm7, "{language} {answer}");
            }
            assert_eq!(segments(&answers.frequency).encoding, Encoding::Gsm7, "{language}");
        }
    }
}
