//! A text as words, each known to the rules or not, in sentences and clauses. Slips, leet, letters that stand alone and
//! words stuck together are mended here, so that the rules are written in plain words only.

use super::data::{DATA, QUOTES, REVOKE_ONE};
use super::lexicon::{Lexicon, WordId};
use super::typos::{self, STUCK};

/// More pieces than this are no words written as one.
const MOST_PIECES: usize = 5;

/// One word of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ReplyWord {
    /// As it stands in the text, folded.
    pub text: String,
    /// As the rules know it.
    pub id: Option<WordId>,
    /// True if it is known only by a slip.
    pub is_slip: bool,
    /// True for a program's code.
    pub is_code: bool,
    /// Ends at `.`, `!`, `?`.
    pub sentence: u16,
    /// Ends at a sentence's end, a comma, a dash, an emoji.
    pub clause: u16,
}

/// The words of a folded and unmasked text, in one pass.
pub(super) fn words_of(
    folded: &str,
    names: &[String],
    codes: &[String],
    lexicon: &Lexicon,
) -> Vec<ReplyWord> {
    let mut words = glue(contract(chop(folded, lexicon), lexicon));
    join_shouts(&mut words);
    words.iter_mut().for_each(|word| word.is_code = is_code(&word.text, codes));
    if words.iter().any(|word| word.id.is_none()) {
        words = words.into_iter().flat_map(|word| mend(word, codes, lexicon)).collect();
        // A name that no table has stands for any of them.
        let name = DATA.lists.names.first().and_then(|name| lexicon.id(name));
        let is_name = |word: &&mut ReplyWord| word.id.is_none() && names.contains(&word.text);
        words.iter_mut().filter(is_name).for_each(|word| word.id = name);
    }
    words
}

/// Cuts at spaces and marks. Apostrophes fall out (`DON'T`), hyphens part words but not clauses (`OPT-OUT`).
fn chop(folded: &str, lexicon: &Lexicon) -> Vec<ReplyWord> {
    let mut cut = WordSplitter { words: Vec::new(), sentence: 0, clause: 0, lexicon };
    let mut start = 0;
    let mut chars = folded.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let inside = before.is_alphanumeric() && next.is_some_and(char::is_alphanumeric);
        before = c;
        if is_inside(c)
            || (matches!(c, ':' | '.') && is_clock(folded, start, at))
            || (inside && is_lost(c) && cut.is_letter_lost(folded, start))
        {
            continue;
        }
        cut.word(folded.get(start..at).unwrap_or_default());
        start = at + c.len_utf8();
        match c {
            '.' | '!' | '?' | ';' | '…' => cut.end_sentence(),
            '\n' if next == Some('\n') || cut.ends_with_keyword() => cut.end_sentence(),
            '-' | '_' | '/' if inside => {}
            // `Stop & Shop`, `stop & desist`.
            '&' => cut.push("AND"),
            // Who quotes a word goes on speaking: `it says "stop" below`.
            _ if c.is_whitespace() || QUOTES.contains(&c) => {}
            _ if lexicon.id(folded.get(at..start).unwrap_or_default()).is_some() => {
                cut.push(folded.get(at..start).unwrap_or_default());
            }
            _ => cut.clause += 1,
        }
    }
    cut.word(folded.get(start..).unwrap_or_default());
    cut.words
}

/// Letters, and what may stand inside a word: apostrophes, and the signs of leet.
fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || is_apostrophe(c) || matches!(c, '$' | '@' | '*' | '€' | '+')
}

/// True for the mark in `7:30`: one or two figures before it, and two behind it.
fn is_clock(folded: &str, start: usize, at: usize) -> bool {
    let is_part = |text: &str, most: u8| text.parse::<u8>().is_ok_and(|part| part < most);
    let hour = folded.get(start..at).unwrap_or_default();
    let rest = folded.get(at + 1..).unwrap_or_default();
    let (minutes, after) = rest.split_at_checked(2).unwrap_or_default();
    let goes_on = after.starts_with(|c: char| c.is_ascii_digit())
        || (after.starts_with(['.', ':']) && after.chars().nth(1).is_some_and(|c| c.is_ascii_digit()));
    hour.len() <= 2 && is_part(hour, 24) && minutes.len() == 2 && is_part(minutes, 60) && !goes_on
}

/// True for a time of the day: `7:30`, `8AM`, `7H30`.
pub(super) fn is_time(word: &str) -> bool {
    let half = word.strip_suffix("AM").or_else(|| word.strip_suffix("PM")).unwrap_or(word);
    let is_hour = |text: &str| text.len() <= 2 && text.parse::<u8>().is_ok_and(|hour| hour < 25);
    match half.split_once([':', '.', 'H']) {
        Some((hour, minutes)) => {
            is_hour(hour) && (minutes.is_empty() || minutes.parse::<u8>().is_ok_and(|part| part < 60))
        }
        None => half.len() < word.len() && is_hour(half),
    }
}

/// What a phone or a carrier puts in place of a letter or an apostrophe that it does not know: `don?t`, `n?mero`.
fn is_lost(c: char) -> bool {
    matches!(c, '?' | '\u{FFFD}' | '¿')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | '′')
}

struct WordSplitter<'a> {
    words: Vec<ReplyWord>,
    sentence: u16,
    clause: u16,
    lexicon: &'a Lexicon,
}

impl WordSplitter<'_> {
    /// True if the word that begins there, with a letter lost in it, is one that is known.
    fn is_letter_lost(&self, folded: &str, start: usize) -> bool {
        let rest = folded.get(start..).unwrap_or_default();
        let end = rest.find(|c: char| !is_inside(c) && !is_lost(c)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default().trim_end_matches(is_lost);
        typos::with_lost_letter(word, self.lexicon, is_lost).is_some()
    }

    /// True if the last word is STOP or the like: what follows on the next line is a signature or a new sentence.
    fn ends_with_keyword(&self) -> bool {
        self.words.last().is_some_and(|word| STUCK.contains(&word.text.as_str()))
    }

    fn word(&mut self, piece: &str) {
        if let Some(word) =
            piece.contains(is_lost).then(|| typos::with_lost_letter(piece, self.lexicon, is_lost)).flatten()
        {
            return self.push(&word);
        }
        let text: String = piece.chars().filter(|c| !is_apostrophe(*c)).collect();
        if text.contains(char::is_alphanumeric) {
            // `*stop*` is emphasis, `st*p` a letter struck out.
            let starred = self.lexicon.id(&text).is_some() || typos::meant(&text).is_some();
            let text = if starred { text.as_str() } else { text.trim_matches('*') };
            self.push(text);
        }
    }

    fn push(&mut self, text: &str) {
        let id = self.lexicon.id(text);
        let (sentence, clause) = (self.sentence, self.clause);
        self.words.push(ReplyWord {
            text: text.to_owned(),
            id,
            is_slip: false,
            is_code: false,
            sentence,
            clause,
        });
    }

    fn end_sentence(&mut self) {
        self.sentence += 1;
        self.clause += 1;
    }
}

/// `don t` is DONT: the apostrophe was lost on the way.
fn contract(words: Vec<ReplyWord>, lexicon: &Lexicon) -> Vec<ReplyWord> {
    let mut joined: Vec<ReplyWord> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last) if word.text.len() < 3 && word.clause == last.clause && word.text.is_ascii() => {
                let both = format!("{}{}", last.text, word.text);
                if DATA.lists.contractions.contains(&both) {
                    (last.id, last.text) = (lexicon.id(&both), both);
                    continue;
                }
                joined.push(word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

/// Three letters or more that stand alone are one word: `S T O P`, `s.t.o.p`.
fn glue(words: Vec<ReplyWord>) -> Vec<ReplyWord> {
    let mut glued: Vec<ReplyWord> = Vec::with_capacity(words.len());
    for run in words.chunk_by(|a, b| is_letter(a) && is_letter(b)) {
        match run {
            [first, _, _, ..] => {
                let text = run.iter().map(|word| word.text.as_str()).collect();
                let end = run.last().unwrap_or(first);
                glued.push(ReplyWord {
                    text,
                    id: None,
                    is_slip: false,
                    is_code: false,
                    sentence: end.sentence,
                    clause: end.clause,
                });
            }
            _ => glued.extend_from_slice(run),
        }
    }
    glued
}

/// Three sentences or more of one word each are one that is shouted: `Take. Me. Off. Your. List.` One that is a keyword
/// stays on its own, where it needs no others.
fn join_shouts(words: &mut [ReplyWord]) {
    let mut sentences: Vec<&mut [ReplyWord]> = words.chunk_by_mut(|a, b| a.sentence == b.sentence).collect();
    for run in sentences.chunk_by_mut(|a, b| a.len() == 1 && b.len() == 1) {
        let first =
            run.first().and_then(|sentence| sentence.first()).map(|word| (word.sentence, word.clause));
        let has_keyword = run.iter().any(|one| one.iter().any(|word| STUCK.contains(&word.text.as_str())));
        if let Some((sentence, clause)) = first.filter(|_| run.len() > 2 && !has_keyword) {
            for word in run.iter_mut().flat_map(|sentence| sentence.iter_mut()) {
                (word.sentence, word.clause) = (sentence, clause);
            }
        }
    }
}

fn is_letter(word: &ReplyWord) -> bool {
    let mut chars = word.text.chars();
    chars.next().is_some_and(char::is_alphanumeric) && chars.next().is_none()
}

/// What was meant by a word that is not known: itself, or several.
fn mend(word: ReplyWord, codes: &[String], lexicon: &Lexicon) -> Vec<ReplyWord> {
    if word.id.is_some() {
        return vec![word];
    }
    let known = |text: &str, is_slip| {
        let id = lexicon.id(text)?;
        Some(vec![ReplyWord { id: Some(id), is_slip, ..word.clone() }])
    };
    let slip = |text: &str| typos::meant(text).and_then(|meant| known(meant, true));
    let found = known(&word.text, false)
        .or_else(|| known(typos::shorthand(&word.text, codes, lexicon)?, false))
        .or_else(|| {
            typos::without_leet(&word.text).and_then(|plain| known(&plain, false).or_else(|| slip(&plain)))
        })
        .or_else(|| {
            let [once, twice] = typos::undouble(&word.text)?;
            known(&once, false).or_else(|| known(&twice, false)).or_else(|| slip(&once))
        })
        .or_else(|| known(&typos::with_g(&word.text)?, false))
        .or_else(|| slip(&word.text))
        .or_else(|| known(typos::owner(&word.text)?, false))
        .or_else(|| is_over_and_over(&word.text).then(|| known(REVOKE_ONE, false)).flatten())
        .or_else(|| pieces(&word, codes, lexicon));
    found.unwrap_or_else(|| vec![word])
}

/// `STOPSTOPSTOP`, as often as it fits, the last one perhaps cut off.
fn is_over_and_over(word: &str) -> bool {
    let rest = word.trim_start_matches(REVOKE_ONE);
    rest.len() < word.len() && REVOKE_ONE.starts_with(rest)
}

/// A word that begins or ends with STOP, and whose rest is words or a program's code: `STOPTEXTINGME`, `STOPRATESNOW`. Any other
/// keyword may stand before a code: `CANCELRATES`.
fn pieces(word: &ReplyWord, codes: &[String], lexicon: &Lexicon) -> Option<Vec<ReplyWord>> {
    if !(5..=48).contains(&word.text.len()) || typos::is_real(&word.text) {
        return None;
    }
    let text = word.text.as_str();
    let is_word = |part: &str| lexicon.id(part).is_some() || is_code(part, codes);
    let stuck = STUCK.iter().find_map(|stop| match (text.strip_prefix(stop), text.strip_suffix(stop)) {
        (Some(rest), _) => Some(std::iter::once(*stop).chain(segments(rest, is_word)?).collect::<Vec<_>>()),
        (None, Some(rest)) => Some(segments(rest, is_word)?.into_iter().chain([*stop]).collect()),
        (None, None) => None,
    });
    let before_code = || {
        DATA.keywords.revoke.iter().find_map(|(keyword, _)| {
            let rest = text.strip_prefix(keyword.as_str()).filter(|rest| is_code(rest, codes))?;
            Some(vec![keyword.as_str(), rest])
        })
    };
    // What else a code may mean takes nothing from the keyword before it.
    let id_of = |text: &str| lexicon.id(text).filter(|_| stuck.is_some() || !is_code(text, codes));
    let piece = |text: &str| ReplyWord {
        text: text.to_owned(),
        id: id_of(text),
        is_code: is_code(text, codes),
        ..word.clone()
    };
    Some(stuck.clone().or_else(before_code)?.into_iter().map(piece).collect())
}

fn is_code(word: &str, codes: &[String]) -> bool {
    codes.iter().any(|code| code == word)
}

/// Words written as one, the longest first. A single letter is no word here.
fn segments(mut rest: &str, is_word: impl Fn(&str) -> bool) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        if found.len() == MOST_PIECES {
            return None;
        }
        let ends = (2..=rest.len()).rev().filter(|end| rest.is_char_boundary(*end));
        let end = ends.take(48).find(|end| rest.get(..*end).is_some_and(&is_word))?;
        found.push(rest.get(..end)?);
        rest = rest.get(end..)?;
    }
    Some(found)
}
