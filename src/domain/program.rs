//! A program: one brand's texting program with its wording. It fills the templates; it must not know who asks.

mod kind;
mod region_list;
mod word_list;
mod wordings;

use std::collections::BTreeMap;

pub use kind::ProgramKind;
pub use region_list::{RegionList, UnknownRegion};
pub use word_list::{WordError, WordList, check_code, check_words, warning};
pub use wordings::{DefaultWording, default_replies, default_wording};

use super::auto_reply::{AutoReplies, AutoReply};
use super::id::ProgramId;
use super::language::Language;
use super::reply::ProgramKeywords;
use super::schedule::{OwnHours, promises};
use super::time::Timestamp;

/// The fields of a program, each once: [`Program`] and the store's row are made from this list.
macro_rules! program_fields {
    ($make:ident) => {
        $make! {
            /// Its identifier.
            id: ProgramId,
            /// Its name in addresses and in the API.
            slug: String,
            /// Its name for people.
            name: String,
            /// The brand that texts.
            brand: String,
            /// True for the one that is meant when none is named.
            is_default: bool,
            /// The text that asks for START.
            opt_in_template: String,
            /// The confirmation of a START.
            opt_in_reply: String,
            /// The one confirmation of a STOP.
            opt_out_reply: String,
            /// The reply to HELP.
            help_reply: String,
            /// How often texts are promised at most, in words.
            frequency: String,
            /// How to reach a person.
            contact_route: String,
            /// Hold time in days.
            hold_days: i32,
            /// When it was made.
            created_at: Timestamp,
            /// When it was last changed.
            updated_at: Timestamp,
            /// Where its privacy policy stands.
            privacy_url: Option<String>,
            /// Where its terms stand.
            terms_url: Option<String>,
            /// It asks "how did we get this number?" before its opt-in template goes out.
            requires_basis: bool,
            /// True unless an administrator said that its texts are no solicitation: then they keep no quiet hours.
            keeps_quiet_hours: bool,
            /// True while the promised frequency is a cap on what is sent.
            keeps_frequency: bool,
            /// The hours it keeps by its own choice, beside the law's.
            hours: OwnHours,
            /// Marketing or informational.
            kind: ProgramKind,
            /// The word that narrows a STOP to this program, where its kind and the law allow it: `STOP RATES`.
            code: Option<String>,
            /// More words for revocation.
            revoke_words: WordList,
            /// More words for help.
            help_words: WordList,
            /// More words for consent.
            opt_in_words: WordList,
            /// Whose numbers it texts before they have texted it.
            regions: RegionList,
            /// False while no wording of it ever promised a number of texts: then no lead was promised one.
            has_promised: bool,
        }
    };
}
pub(crate) use program_fields;

macro_rules! program_type {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        /// One brand's texting program.
        #[derive(Clone, PartialEq, Debug)]
        pub struct Program {
            $($(#[$doc])* pub $field: $type,)*
            /// What it replies in other languages than English; where there is nothing, English answers.
            pub replies: BTreeMap<Language, AutoReplies>,
        }
    };
}
program_fields!(program_type);

impl Program {
    /// What is wrong with its own words and its code. They were accepted before and stay; the program page shows it.
    pub fn word_warnings(&self) -> Vec<WordError> {
        let lists = [&self.revoke_words, &self.help_words, &self.opt_in_words];
        let words = lists.into_iter().flat_map(|list| list.words()).chain(&self.code);
        words.filter_map(|word| warning(word)).collect()
    }

    /// A program with the wording that a new one starts with. It promises no number of texts: nobody has said one.
    pub fn new(
        id: ProgramId,
        slug: &str,
        name: &str,
        brand: &str,
        contact_route: &str,
        now: Timestamp,
    ) -> Program {
        let wording = default_wording(Language::English);
        Program {
            id,
            slug: slug.to_owned(),
            name: name.to_owned(),
            brand: brand.to_owned(),
            is_default: false,
            opt_in_template: wording.opt_in_template.clone(),
            opt_in_reply: wording.opt_in_reply.clone(),
            opt_out_reply: wording.opt_out_reply.clone(),
            help_reply: wording.help_reply.clone(),
            frequency: wording.frequency.clone(),
            contact_route: contact_route.to_owned(),
            hold_days: 7,
            created_at: now,
            updated_at: now,
            privacy_url: None,
            terms_url: None,
            requires_basis: false,
            keeps_quiet_hours: true,
            keeps_frequency: true,
            hours: OwnHours::default(),
            kind: ProgramKind::Marketing,
            code: None,
            revoke_words: WordList::default(),
            help_words: WordList::default(),
            opt_in_words: WordList::default(),
            regions: RegionList::of_country("US"),
            has_promised: false,
            replies: default_replies().collect(),
        }
    }

    /// True when its wording, in any language, promises a number of texts.
    pub fn promises_a_number(&self) -> bool {
        let replies = self.replies.values().flat_map(|replies| [&replies.frequency, &replies.opt_in_reply]);
        let mut texts =
            [&self.frequency, &self.opt_in_template, &self.opt_in_reply].into_iter().chain(replies);
        texts.any(|text| !promises(text).is_empty())
    }

    /// True when the hour at the recipient matters: the law's quiet hours, or its own.
    pub fn keeps_hours(&self) -> bool {
        self.keeps_quiet_hours || !self.hours.is_none()
    }

    /// What replies to it may say besides the default keywords; `codes` are those of all programs.
    pub fn keywords(&self, codes: Vec<String>) -> ProgramKeywords {
        ProgramKeywords {
            revoke: self.revoke_words.words().to_vec(),
            help: self.help_words.words().to_vec(),
            confirm: Vec::new(),
            opt_in: self.opt_in_words.words().to_vec(),
            program_codes: codes,
        }
    }

    /// Fills the placeholders `{brand}`, `{program}`, `{frequency}` and `{contact}` of one of its templates.
    pub fn fill(&self, template: &str) -> String {
        self.fill_with(template, &self.frequency, &self.contact_route)
    }

    /// The same for a reply in another language, whose own frequency and contact are filled in where it has them.
    pub fn fill_in(&self, replies: &AutoReplies, template: &str) -> String {
        let frequency = or(&replies.frequency, &self.frequency);
        self.fill_with(template, frequency, or(&replies.contact_route, &self.contact_route))
    }

    fn fill_with(&self, template: &str, frequency: &str, contact: &str) -> String {
        template
            .replace("{brand}", &self.brand)
            .replace("{program}", &self.name)
            .replace("{frequency}", frequency)
            .replace("{contact}", contact)
    }

    /// An auto-reply as it is texted: in the language if the program has it, else in English.
    pub fn auto_reply(&self, reply: AutoReply, language: Option<Language>) -> String {
        match language.and_then(|language| self.replies.get(&language)) {
            Some(replies) => self.fill_in(replies, replies.get(reply)),
            None => self.fill(self.in_english(reply)),
        }
    }

    /// What the confirmation of a STOP says besides, where the STOP ended this program and another one goes on; in the
    /// language of the confirmation itself.
    pub fn ends_alone(&self, language: Option<Language>) -> String {
        let language = language.filter(|language| self.replies.contains_key(language));
        self.fill(&default_wording(language.unwrap_or(Language::English)).ends_alone)
    }

    /// The template of an auto-reply in English.
    pub fn in_english(&self, reply: AutoReply) -> &str {
        match reply {
            AutoReply::Start => &self.opt_in_reply,
            AutoReply::Stop => &self.opt_out_reply,
            AutoReply::Help => &self.help_reply,
        }
    }

    /// The opt-in template, filled.
    pub fn invitation(&self) -> String {
        self.fill(&self.opt_in_template)
    }
}

fn or<'a>(own: &'a str, otherwise: &'a str) -> &'a str {
    if own.is_empty() { otherwise } else { own }
}

/// What is wrong with a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateError {
    /// It has placeholders that nothing fills.
    UnknownPlaceholder,
    /// It lacks these words.
    Missing(Vec<&'static str>),
}

/// Refuses placeholders that nothing fills. It looks at the template alone: wrong words that are filled in are no fault of it.
///
/// # Errors
/// [`TemplateError::UnknownPlaceholder`].
pub fn check_placeholders(template: &str) -> Result<(), TemplateError> {
    let known = ["{brand}", "{program}", "{frequency}", "{contact}"];
    let rest = known.iter().fold(template.to_owned(), |rest, placeholder| rest.replace(placeholder, " "));
    if rest.contains(['{', '}']) { Err(TemplateError::UnknownPlaceholder) } else { Ok(()) }
}

/// What an opt-in template must say (CTIA Messaging Principles 5.1): checked when an administrator edits it.
///
/// # Errors
/// [`TemplateError::Missing`].
pub fn check_invitation(template: &str) -> Result<(), TemplateError> {
    let upper = template.to_uppercase();
    let needed = ["{brand}", "START", "STOP", "HELP", "RATES"].into_iter();
    let missing: Vec<&str> = needed.filter(|word| !upper.contains(&word.to_uppercase())).collect();
    if missing.is_empty() { Ok(()) } else { Err(TemplateError::Missing(missing)) }
}
