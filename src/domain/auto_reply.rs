//! The auto-replies: what a program replies to START, STOP and HELP, in each language that it has and otherwise in English.
//! It must not know which language a lead writes: see `reply`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::language::Language;
use super::words::words;

words! {
    /// One of the auto-replies, by the name of the field that an administrator fills in.
    AutoReply {
        /// The confirmation of a START.
        Start = "opt_in_reply",
        /// The one confirmation of a STOP.
        Stop = "opt_out_reply",
        /// The reply to HELP.
        Help = "help_reply",
    }
}

impl AutoReply {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            AutoReply::Start => "Reply to START",
            AutoReply::Stop => "Reply to STOP",
            AutoReply::Help => "Reply to HELP",
        }
    }

    /// What it must contain in every language, checked when an administrator edits it (CTIA Messaging Principles 5.1):
    /// carriers know STOP and HELP, whatever language the words around them have.
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            AutoReply::Start => &["{brand}", "STOP", "HELP"],
            AutoReply::Stop => &["{brand}"],
            AutoReply::Help => &["{brand}", "{contact}", "STOP"],
        }
    }
}

/// The auto-replies in one language, as templates, and the words of that language that are filled into them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AutoReplies {
    /// The confirmation of a START.
    pub opt_in_reply: String,
    /// The one confirmation of a STOP.
    pub opt_out_reply: String,
    /// The reply to HELP.
    pub help_reply: String,
    /// How often texts are promised at most, in its words; empty where the program's own words are filled in.
    pub frequency: String,
    /// How to reach a person; empty where the program's own words are filled in.
    pub contact_route: String,
}

impl AutoReplies {
    /// One of them.
    pub fn get(&self, reply: AutoReply) -> &str {
        match reply {
            AutoReply::Start => &self.opt_in_reply,
            AutoReply::Stop => &self.opt_out_reply,
            AutoReply::Help => &self.help_reply,
        }
    }

    /// The words that are filled into them: the name of each field, what people call it, and what stands in it.
    pub fn filled(&self) -> [(&'static str, &'static str, &str); 2] {
        [
            ("frequency", "Frequency", &self.frequency),
            ("contact_route", "Support contact", &self.contact_route),
        ]
    }

    /// True when nothing is written: then English answers.
    pub fn is_empty(&self) -> bool {
        *self == AutoReplies::default()
    }
}

/// What a new program replies in other languages. STOP, HELP and START stay as carriers and handsets know them, and every
/// accent is one of GSM-7, because a single other letter would double the price of the whole text.
pub fn defaults() -> [(Language, AutoReplies); 2] {
    let replies = |opt_in: &str, opt_out: &str, help: &str, frequency: &str| AutoReplies {
        opt_in_reply: opt_in.to_owned(),
        opt_out_reply: opt_out.to_owned(),
        help_reply: help.to_owned(),
        frequency: frequency.to_owned(),
        contact_route: String::new(),
    };
    let spanish = replies(
        "{brand}: Gracias por suscribirse a {program} ({frequency}). Pueden aplicarse tarifas por mensajes y datos. \
        Responda HELP para recibir ayuda o STOP para cancelar.",
        "{brand} {program}: Su baja fue registrada y no le enviaremos otros mensajes. Responda START para suscribirse \
        de nuevo.",
        "{brand} {program}: Para recibir ayuda, {contact}. {frequency}. Pueden aplicarse tarifas por \
        mensajes y datos. Responda STOP para cancelar.",
        "frecuencia de mensajes variable",
    );
    let french = replies(
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
    use crate::domain::sms::{SmsEncoding, segments};

    #[test]
    fn the_first_replies_say_what_they_must() {
        for (language, replies) in defaults() {
            for reply in AutoReply::ALL {
                let missing = reply.needs().iter().find(|word| !replies.get(*reply).contains(**word));
                assert_eq!(missing, None, "{language} {reply}");
                let encoding = segments(replies.get(*reply)).encoding;
                assert_eq!(encoding, SmsEncoding::Gsm7, "{language} {reply}");
            }
            assert_eq!(segments(&replies.frequency).encoding, SmsEncoding::Gsm7, "{language}");
        }
    }
}
