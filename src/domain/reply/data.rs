//! The words and phrases that a lead's text is compared with: the files of `data`, built in and read once. They are written
//! for a person who does not program (`data/README.md`), in small letters; the comparison is in capitals, so they are
//! brought to capitals here. The tests hold that every file can be read and is written in that form.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::language::Language::{self, English, French, Spanish};

/// What a rule means when it is found.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "snake_case")]
pub(super) enum RuleKind {
    /// A keyword that means revocation wherever it makes up a clause: STOP, UNSUBSCRIBE.
    Strong,
    /// A keyword that needs the whole text, for it is an everyday word as well: CANCEL, END.
    Weak,
    /// A demand if it is a clause of its own: `go away`, `stop it`.
    Clause,
    /// A plain demand to stop, or a wrong person, wherever it stands.
    Demand,
    /// Half a demand: with a refusal, a complaint or a threat in the same text it revokes.
    Partial,
    /// Said beside a keyword without changing it.
    Courtesy,
    /// Courtesy that asks a person to do something: `can you cancel` may be about an appointment.
    Request,
    /// Makes a sentence of a keyword that is no everyday word.
    Wish,
    /// Clearly about something else.
    Harmless,
    /// Perhaps a wish to stop, wherever it stands: the words themselves are about texts, contact or the sender.
    Unclear,
    /// A stop word or a complaint that may be about anything: it counts alone, or beside a word of contact.
    Hint,
    /// Revokes as a whole text, courtesy aside; elsewhere it is a hint: `no more`, `enough`, `don't call`.
    Remark,
    /// Written by a phone on its own.
    Automatic,
    /// A first name.
    Name,
    /// Asks for texts: `just text me`. It takes the force of a demand before it, and of a remark about calls.
    Invite,
    /// No, as a whole text.
    No,
    /// A word of consent.
    Start,
    /// A word for help.
    Help,
    /// Directly before a demand, makes it the opposite: `don't stop`.
    Negation,
    /// A little before a demand, makes it a question or a condition: `how do I`.
    Asking,
    /// Directly after a demand, takes its force: `until tomorrow`.
    Softening,
    /// What follows STOP where a sentence of its own begins: `STOP I don't know you`.
    Subject,
}

/// Lists that rules of several files share, and the words that may stand between two parts of a rule.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedLists {
    /// They point, own, stress or swear.
    pub small: Vec<String>,
    /// Small words that are about texts all the same: between the parts of something harmless they stay in sight.
    pub about_texts: Vec<String>,
    /// Words that say nothing of what a text is about: pronouns, small verbs, times, family.
    pub filler: Vec<String>,
    /// Words about texts, contact or the sender. A hint beside one of them is a wish about our texts.
    pub contact: Vec<String>,
    /// Before a word of contact they may be a wish to end our texts.
    pub refusals: Vec<String>,
    /// What we send, and what it goes to.
    pub our_texts: Vec<String>,
    /// Between the two they are talk about texts that did not come.
    pub missed: Vec<String>,
    /// What an apostrophe joins: `don t` is DONT.
    pub contractions: HashSet<String>,
    /// The only words that may stand beside START.
    pub start_courtesy: Vec<String>,
    /// First names.
    pub names: Vec<String>,
}

/// Slips of the thumb.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct TypoTables {
    /// The slips of words too short for a rule, by the word that was meant.
    pub short: BTreeMap<String, Vec<String>>,
    /// The same the other way round: the word that was meant, by its slip.
    #[serde(skip)]
    pub by_slip: HashMap<String, String>,
    /// Words that may have any one slip. The first that fits is taken.
    pub long_words: Vec<String>,
    /// Words of their own, however near they are to a keyword.
    pub real_words: HashSet<String>,
}

/// How phones put a reaction into words.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct ReactionTables {
    /// Before the quotation.
    pub openings: Vec<String>,
    /// Before the quotation, with a sign or a name between.
    pub around: Vec<(String, String)>,
    /// Between an emoji and the quotation.
    pub to: Vec<String>,
    /// Before an emoji, where the quotation is missing.
    pub before_sign: Vec<String>,
    /// What is reacted to if it is no text.
    pub pictures: Vec<String>,
}

/// Letters and the Latin letters they look like, row by row.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct LetterTable {
    /// They count for every word, START as well.
    pub look_alikes: Vec<(String, String)>,
    /// They count towards revocation alone.
    pub playful: Vec<(String, String)>,
    /// What a wrong encoding makes of a letter, and the letter.
    pub broken: Vec<(String, String)>,
}

/// A keyword and its language; none where several languages have it.
pub(super) type KeywordEntry = (String, Option<Language>);

/// The keywords of all languages, by what they ask for.
#[derive(Default, Debug)]
pub(super) struct KeywordTables {
    pub revoke: Vec<KeywordEntry>,
    pub opt_in: Vec<KeywordEntry>,
    pub confirm: Vec<KeywordEntry>,
    pub help: Vec<KeywordEntry>,
}

/// One rule: its parts, each with the ways to say it.
#[derive(Debug)]
pub(super) struct PhraseRule {
    pub kind: RuleKind,
    pub language: Option<Language>,
    pub parts: Vec<Vec<String>>,
}

/// Everything that `data` holds, in capitals.
#[derive(Default, Debug)]
pub(super) struct ReplyData {
    /// In the order of the files: where two rules begin at one word, the earlier one explains the reading.
    pub rules: Vec<PhraseRule>,
    pub keywords: KeywordTables,
    pub lists: SharedLists,
    pub typos: TypoTables,
    pub reactions: ReactionTables,
    pub letters: LetterTable,
}

/// The files of this build. A file that cannot be read does not pass the tests.
pub(super) static DATA: LazyLock<ReplyData> = LazyLock::new(|| read_all().unwrap_or_default());

/// The word that a program's code may follow: `STOP RATES`.
pub(super) const REVOKE_ONE: &str = "STOP";

/// Quotation marks that open or close what a reaction quotes.
pub(super) const QUOTES: &[char] = &['"', '“', '”', '„', '«', '»'];

macro_rules! files {
    ($($language:expr => $($path:literal)*),* $(,)?) => {
        &[$($(($language, $path, include_str!(concat!("data/", $path)))),*),*]
    };
}

/// The files of rules, in the order in which they are compared.
pub(super) const RULE_FILES: &[(Option<Language>, &str, &str)] = files! {
    None => "any/shared.toml",
    Some(English) => "en/revoke.toml" "en/wrong_person.toml",
    Some(Spanish) => "es/revoke.toml" "es/wrong_person.toml",
    Some(French) => "fr/revoke.toml" "fr/wrong_person.toml",
    // What is about something else, asked or written by a phone has the language of the words around it.
    None => "any/harmless.toml" "en/harmless.toml" "es/harmless.toml" "fr/harmless.toml",
    Some(English) => "en/unclear.toml",
    Some(Spanish) => "es/unclear.toml",
    Some(French) => "fr/unclear.toml",
    None => "en/turns.toml" "es/turns.toml" "fr/turns.toml",
    None => "en/automatic.toml" "es/automatic.toml" "fr/automatic.toml",
    Some(English) => "en/courtesy.toml" "en/help.toml",
    Some(Spanish) => "es/courtesy.toml" "es/help.toml",
    Some(French) => "fr/courtesy.toml" "fr/help.toml",
};

/// The files of keywords.
pub(super) const KEYWORD_FILES: &[(Option<Language>, &str, &str)] = files! {
    None => "any/keywords.toml",
    Some(English) => "en/keywords.toml",
    Some(Spanish) => "es/keywords.toml",
    Some(French) => "fr/keywords.toml",
};

/// A file of rules. Every key but `sets` is a kind of rule; one that is unknown is an error.
#[derive(Deserialize)]
pub(super) struct RuleFile {
    #[serde(default)]
    pub sets: HashMap<String, Vec<String>>,
    #[serde(flatten)]
    pub rules: BTreeMap<RuleKind, Vec<RuleBlock>>,
}

/// One block of a file of rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleBlock {
    say: Vec<String>,
    #[serde(default)]
    then: Vec<String>,
    #[serde(default)]
    end: Vec<String>,
}

impl RuleBlock {
    /// The parts that are there.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[String]> {
        [&self.say, &self.then, &self.end].into_iter().map(Vec::as_slice).filter(|part| !part.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct KeywordFile {
    revoke: Vec<String>,
    opt_in: Vec<String>,
    confirm: Vec<String>,
    help: Vec<String>,
}

/// Reads every file.
///
/// # Errors
/// The first file that is not written as it must be.
pub(super) fn read_all() -> Result<ReplyData, toml::de::Error> {
    let mut data = ReplyData {
        lists: toml::from_str(include_str!("data/any/lists.toml"))?,
        typos: toml::from_str(include_str!("data/any/typos.toml"))?,
        reactions: toml::from_str(include_str!("data/any/reactions.toml"))?,
        letters: toml::from_str(include_str!("data/any/letters.toml"))?,
        ..ReplyData::default()
    };
    for (language, _, text) in KEYWORD_FILES {
        let file: KeywordFile = toml::from_str(text)?;
        let add = |to: &mut Vec<KeywordEntry>, words: Vec<String>| {
            to.extend(words.into_iter().map(|word| (word.to_uppercase(), *language)));
        };
        add(&mut data.keywords.revoke, file.revoke);
        add(&mut data.keywords.opt_in, file.opt_in);
        add(&mut data.keywords.confirm, file.confirm);
        add(&mut data.keywords.help, file.help);
    }
    for (language, _, text) in RULE_FILES {
        let file: RuleFile = toml::from_str(text)?;
        for (kind, blocks) in &file.rules {
            for block in blocks {
                let parts = block.parts().map(|part| spell_out(part, &file.sets, &data.lists)).collect();
                data.rules.push(PhraseRule { kind: *kind, language: *language, parts });
            }
        }
    }
    data.capitalize();
    Ok(data)
}

/// The words of a part, with each `@set` as its words. A set that is not there is empty; the tests find it.
fn spell_out(part: &[String], sets: &HashMap<String, Vec<String>>, lists: &SharedLists) -> Vec<String> {
    let mut words = Vec::with_capacity(part.len());
    for word in part {
        match word.strip_prefix('@') {
            Some("names") => words.extend(lists.names.iter().map(|name| name.to_uppercase())),
            Some(set) => words.extend(sets.get(set).into_iter().flatten().map(|word| word.to_uppercase())),
            None => words.push(word.to_uppercase()),
        }
    }
    words
}

impl ReplyData {
    /// Brings what is not a rule to capitals.
    fn capitalize(&mut self) {
        let lists = [
            &mut self.lists.small,
            &mut self.lists.about_texts,
            &mut self.lists.filler,
            &mut self.lists.contact,
            &mut self.lists.refusals,
            &mut self.lists.our_texts,
            &mut self.lists.missed,
            &mut self.lists.start_courtesy,
            &mut self.lists.names,
        ];
        let ReactionTables { openings, around, to, before_sign, pictures } = &mut self.reactions;
        let reactions = [openings, to, before_sign, pictures];
        let all = lists.into_iter().chain([&mut self.typos.long_words]).chain(reactions).flatten();
        all.for_each(|word| *word = word.to_uppercase());
        around.iter_mut().for_each(|(a, b)| (*a, *b) = (a.to_uppercase(), b.to_uppercase()));
        let by_slip = |(meant, slips): (&String, &Vec<String>)| {
            slips.iter().map(|slip| (slip.to_uppercase(), meant.to_uppercase())).collect::<Vec<_>>()
        };
        self.typos.by_slip = self.typos.short.iter().flat_map(by_slip).collect();
        self.lists.contractions = self.lists.contractions.iter().map(|word| word.to_uppercase()).collect();
        self.typos.real_words = self.typos.real_words.iter().map(|word| word.to_uppercase()).collect();
    }
}
