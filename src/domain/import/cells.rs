//! Reads single cells as spreadsheets and other systems leave them. What cannot be read with certainty is an error: a number is
//! never guessed at.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::domain::phone::{Phone, PhoneError};
use crate::domain::time::Timestamp;

/// A number of a telephone has as many digits at least.
const FEWEST_DIGITS: usize = 7;

/// Why a cell holds no number that can be texted.
#[derive(Clone, PartialEq, Debug)]
pub enum PhoneCellError {
    /// It is empty.
    Empty,
    /// A spreadsheet wrote it with an exponent: digits are lost.
    Exponent,
    /// It has an extension, and a text reaches none.
    Extension,
    /// It holds several numbers.
    Several,
    /// It is no number.
    Unreadable(PhoneError),
}

/// The number in a cell. Taken as it is: the mark and the ".0" of a spreadsheet do not belong to it.
///
/// # Errors
/// [`PhoneCellError`].
pub fn phone_cell(text: &str, region: &str) -> Result<Phone, PhoneCellError> {
    let text = text.trim().trim_start_matches('\'').trim();
    if text.is_empty() {
        return Err(PhoneCellError::Empty);
    }
    if has_exponent(text) {
        return Err(PhoneCellError::Exponent);
    }
    if is_several(text) {
        return Err(PhoneCellError::Several);
    }
    if has_extension(text) {
        return Err(PhoneCellError::Extension);
    }
    Phone::parse(without_fraction(text), region).map_err(PhoneCellError::Unreadable)
}

/// "2.06555E+09".
fn has_exponent(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else { return false };
    let is_number = |text: &str, marks: &str| {
        text.chars().any(|c| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || marks.contains(c))
    };
    is_number(digits, "+.,") && is_number(exponent, "+-")
}

/// "2065550100.0" as "2065550100".
fn without_fraction(text: &str) -> &str {
    let Some((whole, fraction)) = text.split_once('.') else { return text };
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    let is_fraction = !fraction.is_empty() && fraction.chars().all(|c| c == '0');
    if is_fraction && digits.len() >= FEWEST_DIGITS && digits.chars().all(|c| c.is_ascii_digit()) {
        whole
    } else {
        text
    }
}

fn has_extension(text: &str) -> bool {
    let text = text.to_lowercase();
    let digits_follow =
        |rest: &str| rest.trim_start_matches([' ', '.', ':', '=']).starts_with(|c: char| c.is_ascii_digit());
    let after_mark = |mark: char| text.split_once(mark).is_some_and(|(_, rest)| digits_follow(rest));
    text.contains("ext") || after_mark('x') || after_mark('#')
}

fn is_several(text: &str) -> bool {
    let text = text.to_lowercase().replace(" or ", "|").replace(" and ", "|");
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
    text.split([',', ';', '/', '|', '&', '\n']).filter(|part| digits(part) >= FEWEST_DIGITS).count() > 1
}

/// How dates with slashes are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateOrder {
    /// Nobody said.
    Unknown,
    /// 12/31/2026.
    MonthFirst,
    /// 31/12/2026.
    DayFirst,
}

/// Why a cell holds no date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateCellError {
    /// It is no date.
    Unreadable,
    /// The month or the day may come first.
    OrderUnknown,
}

/// The date in a cell, or the time where it has one. A time without a zone is UTC.
///
/// # Errors
/// [`DateCellError`].
pub fn date_cell(text: &str, order: DateOrder) -> Result<Timestamp, DateCellError> {
    let text = text.trim().trim_start_matches('\'');
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp::from(at.to_utc()));
    }
    let bare = text.trim_end_matches(" UTC").trim_end_matches('Z');
    for shape in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(bare, shape) {
            return Ok(Timestamp::from(at.and_utc()));
        }
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(Timestamp::of_day(day));
    }
    let parts: Vec<&str> = text.split(['/', '.']).collect();
    let digits = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    match parts.as_slice() {
        [first, second, year] if year.len() == 4 && parts.iter().all(digits) => {
            let (month, day) = match order {
                DateOrder::Unknown => return Err(DateCellError::OrderUnknown),
                DateOrder::MonthFirst => (first, second),
                DateOrder::DayFirst => (second, first),
            };
            let day = NaiveDate::parse_from_str(&format!("{year}-{month}-{day}"), "%Y-%m-%d");
            day.map(Timestamp::of_day).map_err(|_| DateCellError::Unreadable)
        }
        _ => Err(DateCellError::Unreadable),
    }
}

/// What a cell says about consent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellState {
    /// The lead opted in.
    OptedIn,
    /// The lead opted out.
    OptedOut,
    /// Neither.
    NotAsked,
}

/// Reads the words of other systems; none where they are not known. A "no" in a column of consents is no opt-out, and no
/// consent either.
pub fn state_cell(text: &str) -> Option<CellState> {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    Some(match plain.as_str() {
        "optedin" | "optin" | "in" | "subscribed" | "active" | "confirmed" | "consented" | "granted"
        | "yes" | "true" | "1" => CellState::OptedIn,
        "optedout" | "optout" | "out" | "unsubscribed" | "stop" | "stopped" | "revoked" | "suppressed"
        | "blocked" | "donottext" | "donotcontact" | "cleaned" => CellState::OptedOut,
        "" | "notasked" | "no" | "false" | "0" | "none" | "never" | "neversubscribed" | "notsubscribed"
        | "pending" | "invited" | "unknown" | "transactional" => CellState::NotAsked,
        _ => return None,
    })
}

/// Reads a yes or no; none where it is neither.
pub fn yes_cell(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" | "t" | "1" | "x" | "on" => Some(true),
        "" | "no" | "n" | "false" | "f" | "0" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_spreadsheets_leave_them() {
        for text in [
            "(206) 555-0100",
            "+1 206 555 0100",
            "'+12065550100",
            "2065550100.0",
            " 206.555.0100 ",
            "1-206-555-0100",
        ] {
            assert_eq!(
                phone_cell(text, "US").map(|phone| phone.as_str().to_owned()),
                Ok("+12065550100".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_is_never_guessed_at() {
        for (text, why) in [
            ("", PhoneCellError::Empty),
            ("'", PhoneCellError::Empty),
            ("2.06555E+09", PhoneCellError::Exponent),
            ("2,06555e9", PhoneCellError::Exponent),
            ("206-555-0100 x12", PhoneCellError::Extension),
            ("206-555-0100 ext. 12", PhoneCellError::Extension),
            ("206-555-0100 #12", PhoneCellError::Extension),
            ("206-555-0100 / 206-555-0101", PhoneCellError::Several),
            ("2065550100, 2065550101", PhoneCellError::Several),
            ("2065550100 or 2065550101", PhoneCellError::Several),
            ("2065550100\n2065550101", PhoneCellError::Several),
        ] {
            assert_eq!(phone_cell(text, "US"), Err(why), "{text}");
        }
        for text in ["206555010.0", "20655501", "n/a", "Ann", "+1 206 555 010"] {
            assert!(matches!(phone_cell(text, "US"), Err(PhoneCellError::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn a_date_whose_order_nobody_named_is_no_date() {
        let day = |y, m, d| Timestamp::of_day(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        assert_eq!(date_cell("2026-03-04", DateOrder::Unknown), Ok(day(2026, 3, 4)));
        assert_eq!(date_cell("3/4/2026", DateOrder::MonthFirst), Ok(day(2026, 3, 4)));
        assert_eq!(date_cell("3/4/2026", DateOrder::DayFirst), Ok(day(2026, 4, 3)));
        assert_eq!(date_cell("03.04.2026", DateOrder::DayFirst), Ok(day(2026, 4, 3)));
        assert_eq!(date_cell("3/4/2026", DateOrder::Unknown), Err(DateCellError::OrderUnknown));
        assert_eq!(date_cell("31/12/2026", DateOrder::MonthFirst), Err(DateCellError::Unreadable));
        for text in ["", "46085", "yesterday", "2026-13-01", "3/4/26"] {
            assert_eq!(date_cell(text, DateOrder::MonthFirst), Err(DateCellError::Unreadable), "{text}");
        }
        let noon = date_cell("2026-03-04T12:00:00Z", DateOrder::Unknown).unwrap();
        for text in [
            "2026-03-04 12:00:00",
            "2026-03-04 12:00:00 UTC",
            "2026-03-04T13:00:00+01:00",
            "2026-03-04 12:00",
        ] {
            assert_eq!(date_cell(text, DateOrder::Unknown), Ok(noon), "{text}");
        }
    }

    #[test]
    fn words_of_consent_are_read_and_unknown_ones_are_not() {
        assert_eq!(state_cell("Subscribed"), Some(CellState::OptedIn));
        assert_eq!(state_cell("Opted-Out"), Some(CellState::OptedOut));
        assert_eq!(state_cell("never_subscribed"), Some(CellState::NotAsked));
        assert_eq!(state_cell("maybe"), None);
        assert_eq!((yes_cell("X"), yes_cell(""), yes_cell("perhaps")), (Some(true), Some(false), None));
    }
}
