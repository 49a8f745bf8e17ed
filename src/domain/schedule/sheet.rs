//! The rulebook as text, one rule in a line and the switch of revoke-all in a line of its own: read, with what is wrong in
//! which line, written back, and compared. It must not know who writes it or where it is kept.

use std::fmt;

use chrono::NaiveDate;

use super::book::{Rulebook, Switch};
use super::hour_rule::{Days, HourRule, Law, RuleError};

const SWITCH: &str = "revoke_all,";

/// What a text says, as far as it can be read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sheet {
    /// The rules, in the order of their lines.
    pub rows: Vec<HourRule>,
    /// The switch of revoke-all.
    pub revoke_all: Option<Switch>,
    /// The lines that are left out, and why.
    pub wrong: Vec<WrongLine>,
}

/// A line that is no rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongLine {
    /// Its number, from 1.
    pub number: usize,
    /// What it says.
    pub text: String,
    /// What is wrong with it.
    pub why: RuleError,
}

/// Why a text is no rulebook, in words for the administrator who typed it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SheetError {
    /// A line is wrong.
    #[error("Line {} says “{}”. {}", .0.number, clipped(&.0.text), .0.why)]
    Line(WrongLine),
    /// On these days any hour would be allowed.
    #[error(
        "No line for {} has begun to hold on {}, so any hour would be allowed. Keep the line that holds now beside a new \
         one whose date is still to come.",
        .0, .1.words()
    )]
    Open(Law, Days),
    /// Nothing says what a STOP reaches.
    #[error("One line must say what a STOP reaches: revoke_all,off,on,2027-01-31,and its source.")]
    NoSwitch,
}

/// The lines that one text has and another has not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    /// Those of the later text alone.
    pub added: Vec<String>,
    /// Those of the earlier text alone.
    pub removed: Vec<String>,
}

impl Sheet {
    /// Reads a text. Empty lines and those that begin with # say nothing.
    pub fn read(text: &str) -> Sheet {
        let mut sheet = Sheet::default();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Err(why) = sheet.add(line) {
                sheet.wrong.push(WrongLine { number, text: line.to_owned(), why });
            }
        }
        sheet
    }

    fn add(&mut self, line: &str) -> Result<(), RuleError> {
        if let Some(switch) = line.strip_prefix(SWITCH) {
            let switch = switch.parse()?;
            return if self.revoke_all.replace(switch).is_some() { Err(RuleError::Twice) } else { Ok(()) };
        }
        let rule: HourRule = line.parse()?;
        if self.rows.contains(&rule) {
            return Err(RuleError::Twice);
        }
        self.rows.push(rule);
        Ok(())
    }

    /// The rulebook, if nothing is wrong with the text and on `day` no place is without hours. For `day`, take one that
    /// is over everywhere: a rule that begins today does not hold yet where it is still yesterday.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn checked(self, day: NaiveDate) -> Result<Rulebook, Vec<SheetError>> {
        let mut errors: Vec<SheetError> = self.wrong.into_iter().map(SheetError::Line).collect();
        // What cannot be read may be the very line that is missing.
        let is_whole = errors.is_empty();
        for law in [Law::Federal, Law::Unknown].into_iter().filter(|_| is_whole) {
            let holding = self.rows.iter().filter(|rule| rule.law == law && rule.effective <= day);
            let days = holding.fold(0, |days, rule| days | rule.days.0);
            if days != Days::EVERY.0 {
                errors.push(SheetError::Open(law, Days(Days::EVERY.0 & !days)));
            }
        }
        match self.revoke_all {
            Some(switch) if errors.is_empty() => Ok(Rulebook::new(self.rows, switch)),
            None if is_whole => {
                errors.push(SheetError::NoSwitch);
                Err(errors)
            }
            _ => Err(errors),
        }
    }
}

impl Difference {
    /// Compares line by line, wherever in the text a line stands.
    pub fn between(earlier: &str, later: &str) -> Difference {
        let only_in = |text: &str, other: &str| {
            let known: Vec<&str> = other.lines().collect();
            text.lines().filter(|line| !known.contains(line)).map(str::to_owned).collect()
        };
        Difference { added: only_in(later, earlier), removed: only_in(earlier, later) }
    }

    /// True when both say the same.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// The text that [`Sheet::read`] reads: by law, oldest first, the switch at the end.
impl fmt::Display for Rulebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in self.hours() {
            writeln!(f, "{rule}")?;
        }
        write!(f, "{SWITCH}{}", self.revoke_all_switch())
    }
}

/// As much of a line as a sentence quotes.
fn clipped(text: &str) -> String {
    const SHOWN: usize = 60;
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("{}{more}", text.chars().take(SHOWN).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str) -> NaiveDate {
        date.parse().unwrap()
    }

    fn errors(text: &str) -> Vec<String> {
        let errors = Sheet::read(text).checked(day("2026-11-03")).unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let text = Rulebook::builtin().to_string();
        assert_eq!(&Sheet::read(&text).checked(day("2026-11-03")).unwrap(), Rulebook::builtin());
        let spaced = format!("# a remark\r\n\r\n  {}\r\n", text.replace('\n', "\r\n"));
        assert_eq!(Sheet::read(&spaced).checked(day("2026-11-03")).unwrap().to_string(), text);
    }

    #[test]
    fn each_wrong_line_is_named() {
        let text = format!(
            "{}\n\nXX,Mon,closed,2026-01-01,x\nrevoke_all,on,on,2026-01-01,x\nFL,Mon,{},x,x\nAL,Sun,closed,2000-01-01,a\nAL,Sun,closed,2000-01-01,a",
            Rulebook::builtin(),
            "9".repeat(90)
        );
        let last = Rulebook::builtin().to_string().lines().count();
        let errors = errors(&text);
        assert_eq!(errors.len(), 4, "{errors:?}");
        assert!(errors[0].starts_with(&format!("Line {} says “XX,Mon,closed", last + 2)), "{errors:?}");
        assert!(
            errors[0].ends_with("The place is federal, unknown, or a state's two letters."),
            "{errors:?}"
        );
        assert!(
            errors[1].ends_with("This is said in a line above already. Remove one of them."),
            "{errors:?}"
        );
        assert!(errors[2].contains("999…”. Hours are written"), "{errors:?}");
    }

    #[test]
    fn no_day_is_left_without_hours() {
        assert_eq!(errors("").len(), 3, "federal, unknown and the switch");
        let text = Rulebook::builtin().to_string();
        let late =
            text.replace("federal,Mon-Sun,08:00-21:00,1992-12-20", "federal,Mon-Fri,08:00-21:00,1992-12-20");
        let found = errors(&late);
        assert!(
            found.len() == 1 && found[0].contains("for federal has begun to hold on Saturday and Sunday"),
            "{found:?}"
        );
        let tomorrow = text.replace(",1992-12-20", ",2026-11-04");
        assert!(errors(&tomorrow)[0].contains("Monday to Sunday"));
    }

    #[test]
    fn lines_are_compared_wherever_they_stand() {
        let found = Difference::between("a\nb\nc", "c\nd\na\ne");
        assert_eq!((found.added, found.removed), (vec!["d".into(), "e".into()], vec!["b".to_owned()]));
        assert!(Difference::between("a\nb", "b\na").is_empty());
    }
}
