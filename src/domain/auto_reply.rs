//! The auto-replies: what a program replies to START, STOP and HELP, in each language that it has and otherwise in English.
//! It must not know which language a lead writes: see `reply`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
