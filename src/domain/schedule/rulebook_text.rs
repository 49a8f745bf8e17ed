//! The rulebook as text, one rule in a line: read, with the lines that this version cannot read, and compared.

use std::collections::BTreeSet;

use super::rule::ScheduleRule;
use super::rule_error::RuleError;

/// What a text says, as far as it can be read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RulebookText {
    /// The rules, in the order of their lines.
    pub rules: Vec<ScheduleRule>,
    /// The lines that are left out, by their numbers from 1, and why.
    pub unread: Vec<(usize, RuleError)>,
}

/// A text with each line as it is written today, whichever edition wrote it; what cannot be read stays.
pub fn normal_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let normal = lines.flat_map(|line| match ScheduleRule::read(line) {
        Ok(rules) => rules.iter().map(ToString::to_string).collect(),
        Err(_) => vec![line.to_owned()],
    });
    normal.collect::<Vec<String>>().join("\n")
}

/// The lines that one text has and another has not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RulebookDiff {
    /// Those of the later text alone.
    pub added: Vec<String>,
    /// Those of the earlier text alone.
    pub removed: Vec<String>,
}

impl RulebookText {
    /// Reads a text. Empty lines and those that begin with # say nothing.
    pub fn read(text: &str) -> RulebookText {
        let mut read = RulebookText::default();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match ScheduleRule::read(line) {
                Ok(rules) => read.rules.extend(rules),
                Err(why) => read.unread.push((number, why)),
            }
        }
        read
    }
}

impl RulebookDiff {
    /// Compares line by line, wherever in the text a line stands.
    pub fn between(earlier: &str, later: &str) -> RulebookDiff {
        let only_in = |text: &str, other: &str| {
            let known: BTreeSet<&str> = other.lines().collect();
            text.lines().filter(|line| !known.contains(line)).map(str::to_owned).collect()
        };
        RulebookDiff { added: only_in(later, earlier), removed: only_in(earlier, later) }
    }

    /// True when both say the same.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rulebook;
    use super::*;

    #[test]
    fn what_is_written_is_read_the_same() {
        let text = Rulebook::builtin().to_string();
        let read = RulebookText::read(&text);
        assert!(read.unread.is_empty());
        assert_eq!(Rulebook::new(read.rules, Rulebook::edition()).to_string(), text);
        let spaced = format!("# a remark\r\n\r\n  {}\r\nXX,Sun", text.replace('\n', "\r\n"));
        let read = RulebookText::read(&spaced);
        assert_eq!(read.rules.len(), text.lines().count());
        assert_eq!(normal_lines("# x\n\nFL,Sun,closed,2000-01-01,a"), "hours,FL,Sun,closed,2000-01-01,,-,a");
        assert_eq!(read.unread, [(text.lines().count() + 3, RuleError::Parts)]);
    }

    #[test]
    fn lines_are_compared_wherever_they_stand() {
        let found = RulebookDiff::between("a\nb\nc", "c\nd\na\ne");
        assert_eq!((found.added, found.removed), (vec!["d".into(), "e".into()], vec!["b".to_owned()]));
        assert!(RulebookDiff::between("a\nb", "b\na").is_empty());
    }
}
