//! Days without any text: a state's holidays, found anew for each year, and closures that a person sets (Louisiana stops all
//! solicitation in a declared emergency).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, Weekday};

use super::dated::RuleDates;
use super::hour_rule::{NAMES, RuleAuthority};
use super::rule_error::RuleError;

/// A holiday on which a place allows no texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Holiday {
    /// Whose.
    pub law: RuleAuthority,
    /// "Good Friday".
    pub name: String,
    /// On which date of a year.
    pub falls: HolidayDate,
    /// True when a Saturday's holiday is kept on Friday too, and a Sunday's on Monday.
    pub shifts: bool,
    /// When the rule holds, and its source.
    pub dated: RuleDates,
}

/// How the date of a holiday is found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HolidayDate {
    /// Month and day: "fixed 12-25".
    Fixed(u32, u32),
    /// The first such weekday (0 for Monday) on this month and day or after it: "Mon from 01-15" is the third one of January.
    From(u8, u32, u32),
    /// The last such weekday of a month: "last Mon 05".
    Last(u8, u32),
    /// Days after Easter Sunday: "easter-2".
    Easter(i64),
    /// On one date alone: "date 2026-11-03".
    Date(NaiveDate),
}

/// A place that is closed to texts for a while, whatever the consent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PlaceClosure {
    /// Where.
    pub law: RuleAuthority,
    /// From when until when, and who said so.
    pub dated: RuleDates,
}

impl Holiday {
    /// True on this local date: its own, and the day to which it shifts.
    pub fn is_on(&self, date: NaiveDate) -> bool {
        if !self.dated.holds(date) {
            return false;
        }
        let falls_on = |day: Option<NaiveDate>| day.is_some_and(|day| self.falls.is_on(day));
        let shifted = || match date.weekday() {
            Weekday::Fri => falls_on(date.succ_opt()),
            Weekday::Mon => falls_on(date.pred_opt()),
            _ => false,
        };
        falls_on(Some(date)) || self.shifts && shifted()
    }

    /// The next date from this one on, within two years.
    pub fn next(&self, from: NaiveDate) -> Option<NaiveDate> {
        from.iter_days().take(731).find(|date| self.is_on(*date))
    }
}

impl HolidayDate {
    fn is_on(self, date: NaiveDate) -> bool {
        let in_month = |month: u32| date.month() == month;
        let is_weekday = |weekday: u8| date.weekday().num_days_from_monday() == u32::from(weekday);
        match self {
            HolidayDate::Fixed(month, day) => in_month(month) && date.day() == day,
            HolidayDate::From(weekday, month, day) => {
                is_weekday(weekday) && in_month(month) && (day..day + 7).contains(&date.day())
            }
            HolidayDate::Last(weekday, month) => {
                let next = date.checked_add_days(chrono::Days::new(7));
                is_weekday(weekday) && in_month(month) && next.is_none_or(|next| next.month() != month)
            }
            HolidayDate::Easter(after) => easter(date.year())
                .is_some_and(|easter| date.signed_duration_since(easter).num_days() == after),
            HolidayDate::Date(day) => day == date,
        }
    }
}

/// Easter Sunday of a year, by the algorithm of Meeus, Jones and Butcher.
fn easter(year: i32) -> Option<NaiveDate> {
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let day = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(day / 31).ok()?, u32::try_from(day % 31 + 1).ok()?)
}

/// "AL,Christmas Day,fixed 12-25,shifts,2000-01-01,,Q,Ala. Code 1-3-8".
impl FromStr for Holiday {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<Holiday, RuleError> {
        let mut parts = text.splitn(5, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (law, name, falls, shifts, dated) = (part()?, part()?, part()?, part()?, part()?);
        let shifts = match shifts {
            "shifts" => true,
            "stays" => false,
            _ => return Err(RuleError::Shifts),
        };
        if name.is_empty() {
            return Err(RuleError::Name);
        }
        let name = name.to_owned();
        Ok(Holiday { law: law.parse()?, name, falls: falls.parse()?, shifts, dated: dated.parse()? })
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holiday { law, name, falls, shifts, dated } = self;
        write!(f, "{law},{name},{falls},{},{dated}", if *shifts { "shifts" } else { "stays" })
    }
}

impl FromStr for PlaceClosure {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<PlaceClosure, RuleError> {
        let (law, dated) = text.split_once(',').ok_or(RuleError::Parts)?;
        Ok(PlaceClosure { law: law.trim().parse()?, dated: dated.parse()? })
    }
}

impl fmt::Display for PlaceClosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.law, self.dated)
    }
}

impl FromStr for HolidayDate {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<HolidayDate, RuleError> {
        falls(text).ok_or(RuleError::Falls)
    }
}

fn falls(text: &str) -> Option<HolidayDate> {
    if let Some(after) = text.strip_prefix("easter") {
        let after = if after.is_empty() { Some(0) } else { after.parse().ok() };
        return after.filter(|after: &i64| after.abs() <= 100).map(HolidayDate::Easter);
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let number = |text: &str, most: u32| text.parse().ok().filter(|number| (1..=most).contains(number));
    let month_day = |text: &str| {
        let (month, day) = text.split_once('-')?;
        Some((number(month, 12)?, number(day, 31)?))
    };
    let weekday = |name: &str| {
        let found = NAMES.iter().position(|(short, _)| short.eq_ignore_ascii_case(name))?;
        u8::try_from(found).ok()
    };
    match words.as_slice() {
        ["fixed", date] => month_day(date).map(|(month, day)| HolidayDate::Fixed(month, day)),
        ["date", date] => date.parse().ok().map(HolidayDate::Date),
        ["last", day, month] => Some(HolidayDate::Last(weekday(day)?, number(month, 12)?)),
        [day, "from", date] => {
            let (month, first) = month_day(date).filter(|(_, first)| *first <= 25)?;
            Some(HolidayDate::From(weekday(day)?, month, first))
        }
        [nth, day, month] => {
            let nth = number(nth.trim_end_matches(char::is_alphabetic), 4)?;
            Some(HolidayDate::From(weekday(day)?, number(month, 12)?, nth * 7 - 6))
        }
        _ => None,
    }
}

impl fmt::Display for HolidayDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |weekday: u8| NAMES.get(usize::from(weekday)).map_or("", |(short, _)| short);
        match *self {
            HolidayDate::Fixed(month, day) => write!(f, "fixed {month:02}-{day:02}"),
            HolidayDate::From(weekday, month, day) if day % 7 == 1 && day <= 22 => {
                let nth = ["1st", "2nd", "3rd", "4th"].get((day / 7) as usize).unwrap_or(&"");
                write!(f, "{nth} {} {month:02}", short(weekday))
            }
            HolidayDate::From(weekday, month, day) => {
                write!(f, "{} from {month:02}-{day:02}", short(weekday))
            }
            HolidayDate::Last(weekday, month) => write!(f, "last {} {month:02}", short(weekday)),
            HolidayDate::Easter(0) => f.write_str("easter"),
            HolidayDate::Easter(after) => write!(f, "easter{after:+}"),
            HolidayDate::Date(date) => write!(f, "date {date}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_is_found() {
        let days = [
            (2024, "2024-03-31"),
            (2025, "2025-04-20"),
            (2026, "2026-04-05"),
            (2027, "2027-03-28"),
            (2038, "2038-04-25"),
            (2285, "2285-03-22"),
        ];
        for (year, day) in days {
            assert_eq!(easter(year).unwrap().to_string(), day);
        }
    }

    #[test]
    fn holidays_fall_on_their_dates() {
        for (falls, dates) in [
            ("fixed 12-25", ["2026-12-25", "2027-12-25"]),
            ("3rd Mon 01", ["2026-01-19", "2027-01-18"]),
            ("4th Thu 11", ["2026-11-26", "2027-11-25"]),
            ("last Mon 05", ["2026-05-25", "2027-05-31"]),
            ("Tue from 11-02", ["2026-11-03", "2027-11-02"]),
            ("easter-47", ["2026-02-17", "2027-02-09"]),
            ("easter-2", ["2026-04-03", "2027-03-26"]),
        ] {
            let parsed: HolidayDate = falls.parse().unwrap();
            assert_eq!(parsed.to_string(), falls);
            let year: NaiveDate = "2026-01-01".parse().unwrap();
            let found: Vec<String> = year
                .iter_days()
                .take(730)
                .filter(|day| parsed.is_on(*day))
                .map(|day| day.to_string())
                .collect();
            assert_eq!(found, dates, "{falls}");
        }
        for wrong in
            ["", "12-25", "fixed 13-01", "5th Mon 01", "last Monday 05", "easter-two", "date 2026-02-30"]
        {
            assert!(wrong.parse::<HolidayDate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_weekend_holiday_shifts() {
        let holiday: Holiday = "AL,Independence Day,fixed 07-04,shifts,2000-01-01,,Q,x".parse().unwrap();
        let on = |date: &str| holiday.is_on(date.parse().unwrap());
        assert!(on("2026-07-03") && on("2026-07-04") && !on("2026-07-06"), "a Saturday: Friday is kept too");
        assert!(on("2027-07-04") && on("2027-07-05") && !on("2027-07-03"), "a Sunday: Monday is kept too");
        assert!(on("2028-07-04") && !on("2028-07-03") && !on("2028-07-05"), "a Tuesday stays");
        let new_year: Holiday = "AL,New Year,fixed 01-01,shifts,2000-01-01,,Q,x".parse().unwrap();
        assert!(new_year.is_on("2021-12-31".parse().unwrap()), "1 Jan 2022 is a Saturday");
        assert_eq!(new_year.to_string(), "AL,New Year,fixed 01-01,shifts,2000-01-01,,Q,x");
    }
}
