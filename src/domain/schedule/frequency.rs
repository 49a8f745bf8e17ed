//! The frequency that a program's wording promises, and what it allows. The promise stands in words that a person wrote
//! ("up to 4 msgs/month"); who reads "frequency varies" is promised nothing, and nothing is capped.

mod tokens;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use self::tokens::{FrequencyToken, tokens};
use crate::domain::time::Timestamp;

/// Words after a number within which its message and its period must stand.
const REACH: usize = 8;
/// A larger number is no promise of a frequency.
const MOST: u32 = 10_000;

/// At most so many texts in any such span of time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct FrequencyCap {
    /// How many; at least one.
    pub n: u32,
    /// In what span.
    pub per: CapPeriod,
}

/// The span of a cap. Rolling, not by the calendar: with calendar months a person could get twice the promise in the
/// days around the first, and whose calendar it is would depend on a time zone that may be a guess. Whatever 30 days
/// the person looks at, the promise was kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapPeriod {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 365 days.
    Year,
}

impl CapPeriod {
    const ALL: [CapPeriod; 4] = [CapPeriod::Day, CapPeriod::Week, CapPeriod::Month, CapPeriod::Year];

    const fn days(self) -> u32 {
        match self {
            CapPeriod::Day => 1,
            CapPeriod::Week => 7,
            CapPeriod::Month => 30,
            CapPeriod::Year => 365,
        }
    }
}

impl FrequencyCap {
    /// When the next text may go: none when it may go now. `sent_at` in any order; what is already arranged for later
    /// counts as well.
    pub fn next_allowed(&self, sent_at: &[Timestamp], now: Timestamp) -> Option<Timestamp> {
        let mut sent = sent_at.to_vec();
        sent.sort_unstable_by(|a, b| b.cmp(a));
        let last_but = usize::try_from(self.n.max(1) - 1).ok()?;
        let free = sent.get(last_but)?.plus(Duration::days(i64::from(self.per.days())));
        (free > now).then_some(free)
    }

    /// How long a text counts.
    pub fn window(&self) -> Duration {
        Duration::days(i64::from(self.per.days()))
    }
}

/// Every promise in the words, in English, Spanish or French: "2 a day, at most 10 a week" makes two, and both must be kept.
pub fn promises(words: &str) -> Vec<FrequencyCap> {
    let tokens = tokens(words);
    let mut found = Vec::new();
    for start in 0..tokens.len() {
        let is_price = start > 0 && tokens.get(start - 1) == Some(&FrequencyToken::Money);
        let cap = tokens.get(start..).filter(|_| !is_price).and_then(promise_at);
        found.extend(cap.filter(|cap| !found.contains(cap)));
    }
    found
}

/// True when the words promise no text at all ("up to 0 msgs/month"): that is no frequency.
pub fn promises_none(words: &str) -> bool {
    let mut tokens = tokens(words);
    let zeros: Vec<usize> = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| **token == FrequencyToken::Number(0))
        .map(|(at, _)| at)
        .collect();
    // Read as one text: is it a promise then?
    tokens
        .iter_mut()
        .filter(|token| **token == FrequencyToken::Number(0))
        .for_each(|token| *token = FrequencyToken::Number(1));
    zeros.into_iter().any(|at| tokens.get(at..).and_then(promise_at).is_some())
}

/// Reads one promise that begins with a number.
fn promise_at(tokens: &[FrequencyToken]) -> Option<FrequencyCap> {
    let (first, rest) = tokens.split_first()?;
    let (n, mut counted) = match *first {
        FrequencyToken::Number(n) => (n, false),
        FrequencyToken::Times(n) => (n, true),
        FrequencyToken::Article if rest.first() == Some(&FrequencyToken::Noun) => (1, false),
        _ => return None,
    };
    let cap = |per| (1..=MOST).contains(&n).then_some(FrequencyCap { n, per });
    let mut adjective = None;
    for (at, token) in rest.iter().enumerate().take(REACH) {
        match *token {
            FrequencyToken::Noun if adjective.is_some() => return cap(adjective?),
            FrequencyToken::Noun => counted = true,
            FrequencyToken::Adjective(per) if counted => return cap(per),
            FrequencyToken::Adjective(per) => adjective = Some(per),
            // "4/month" needs no noun; a longer number without one is part of something else ("call 206 555 0100").
            FrequencyToken::Link | FrequencyToken::Article if counted || at == 0 && n < 100 => {
                if let Some(per) = period(rest.get(at + 1..)?) {
                    return cap(per);
                }
            }
            FrequencyToken::Number(_)
            | FrequencyToken::Times(_)
            | FrequencyToken::Period(_)
            | FrequencyToken::Break
            | FrequencyToken::Money => {
                return None;
            }
            FrequencyToken::Link
            | FrequencyToken::Article
            | FrequencyToken::Filler
            | FrequencyToken::Other => {}
        }
    }
    None
}

/// The period after a link: "month", "the week", "2 weeks". A span of no usual length counts as the next longer one,
/// which is the stricter reading.
fn period(tokens: &[FrequencyToken]) -> Option<CapPeriod> {
    let mut times = 1;
    for token in tokens.iter().take(3) {
        match *token {
            FrequencyToken::Period(days) => {
                let days = days.saturating_mul(times);
                return CapPeriod::ALL.into_iter().find(|per| per.days() >= days);
            }
            FrequencyToken::Number(n) => times = n,
            FrequencyToken::Filler | FrequencyToken::Link | FrequencyToken::Article => {}
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The strictest of them.
    fn promised(words: &str) -> Option<FrequencyCap> {
        let rate = |cap: &FrequencyCap| u64::from(cap.n) * (365 * 30 * 7 / u64::from(cap.per.days()));
        promises(words).into_iter().min_by_key(rate)
    }

    #[test]
    fn a_promise_of_nothing_is_noticed() {
        for none in ["up to 0 msgs/month", "0 messages per week", "hasta 0 mensajes al mes"] {
            assert!(promises_none(none), "{none}");
        }
        for some in ["up to 4 msgs/month", "10 msgs/month", "message frequency varies", "call 206 555 0100"] {
            assert!(!promises_none(some), "{some}");
        }
    }

    #[test]
    fn promises_are_read_in_three_languages() {
        use CapPeriod::*;
        for (words, n, per) in [
            ("up to 4 msgs/month", 4, Month),
            ("Up to 4 messages per month", 4, Month),
            ("max. 2 messages per week", 2, Week),
            ("1 message a day", 1, Day),
            ("8 msgs/mo", 8, Month),
            ("8 msgs./mo.", 8, Month),
            ("one message per week", 1, Week),
            ("a text a day", 1, Day),
            ("no more than ten automated marketing text messages each month", 10, Month),
            ("2-4 msgs/month", 4, Month),
            ("2 to 4 msgs per month", 4, Month),
            ("4msgs/month", 4, Month),
            ("Msg frequency: 4/month", 4, Month),
            ("Message frequency varies, up to 10 messages per calendar month.", 10, Month),
            ("4x per week", 4, Week),
            ("3 times a week", 3, Week),
            ("twice a week", 2, Week),
            ("up to once per day", 1, Day),
            ("4 monthly messages", 4, Month),
            ("4 messages weekly", 4, Week),
            ("2 msgs every 2 weeks", 2, Month),
            ("30 messages per 30 days", 30, Month),
            ("6 messages per year", 6, Year),
            ("2 msgs/day, max 10/week", 10, Week),
            ("hasta 4 mensajes al mes", 4, Month),
            ("Hasta 4 mensajes por mes", 4, Month),
            ("un mensaje por semana", 1, Week),
            ("máximo dos mensajes a la semana", 2, Week),
            ("1 mensaje al día", 1, Day),
            ("una vez por semana", 1, Week),
            ("4 mensajes mensuales", 4, Month),
            ("jusqu'à 4 messages par mois", 4, Month),
            ("jusqu’à deux messages par semaine", 2, Week),
            ("un message par jour", 1, Day),
            ("4 SMS/mois", 4, Month),
            ("2 fois par semaine", 2, Week),
        ] {
            assert_eq!(promised(words), Some(FrequencyCap { n, per }), "{words}");
        }
    }

    #[test]
    fn what_promises_nothing_is_no_cap() {
        for words in [
            "",
            "frequency varies",
            "recurring messages",
            "Msg frequency varies. Msg & data rates may apply.",
            "la frecuencia varía",
            "la fréquence varie",
            "We answer within 2 days. Messages per month vary.",
            "$5/month for 3 lines",
            "€5 par mois",
            "0 messages per month",
            "99999999999 messages per month",
            "4 messages",
            "call 206 555 0100 a week before",
            "messages about your 2 appointments",
        ] {
            assert_eq!(promised(words), None, "{words}");
        }
    }

    #[test]
    fn several_promises_are_all_found() {
        let both = [FrequencyCap { n: 2, per: CapPeriod::Day }, FrequencyCap { n: 10, per: CapPeriod::Week }];
        assert_eq!(promises("2 msgs/day, max 10/week"), both);
    }

    #[test]
    fn the_window_rolls() {
        let hour = |hours: i64| Timestamp::from_micros(hours * 3_600_000_000);
        let cap = FrequencyCap { n: 2, per: CapPeriod::Day };
        assert_eq!(cap.next_allowed(&[], hour(0)), None);
        assert_eq!(cap.next_allowed(&[hour(1)], hour(2)), None);
        assert_eq!(cap.next_allowed(&[hour(5), hour(1)], hour(6)), Some(hour(25)));
        assert_eq!(cap.next_allowed(&[hour(5), hour(1)], hour(25)), None);
        assert_eq!(cap.next_allowed(&[hour(30), hour(5), hour(1)], hour(20)), Some(hour(29)));
    }

    proptest! {
        #[test]
        fn no_words_make_it_panic(words in "\\PC{0,80}|[0-9a-z /$.]{0,80}") {
            promises(&words);
        }

        #[test]
        fn no_window_ever_holds_more_than_promised(
            n in 1u32..5, sent in proptest::collection::vec(0i64..100_000, 0..12), now in 0i64..100_000,
        ) {
            let at = |minutes: i64| Timestamp::from_micros(minutes * 60_000_000);
            let cap = FrequencyCap { n, per: CapPeriod::Week };
            let sent: Vec<Timestamp> = sent.into_iter().map(at).collect();
            let in_window = |end: Timestamp| sent.iter().filter(|one| one.plus(cap.window()) > end).count();
            match cap.next_allowed(&sent, at(now)) {
                None => prop_assert!(in_window(at(now)) < n as usize),
                Some(next) => {
                    prop_assert!(next > at(now));
                    prop_assert!(in_window(next) < n as usize);
                    prop_assert!(in_window(next.plus(Duration::microseconds(-1))) >= n as usize);
                }
            }
        }
    }
}
