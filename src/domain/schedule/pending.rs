//! Rules that were adopted and are not in force yet: reminders for an administrator, with a date and a source.

use std::sync::LazyLock;

use chrono::NaiveDate;

use super::data_lines::lines;

/// A rule whose first date is not known yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingRule {
    /// Its name in addresses and in the log.
    pub name: &'static str,
    /// The first date on which an administrator is reminded.
    pub since: NaiveDate,
    /// Its name for people.
    pub title: &'static str,
    /// What to check.
    pub question: &'static str,
    /// What it will say.
    pub source: &'static str,
}

static ALL: LazyLock<Vec<PendingRule>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut parts = line.splitn(5, ',');
        let (name, since) = (parts.next()?, parts.next()?.parse().ok()?);
        let (title, question, source) = (parts.next()?, parts.next()?, parts.next()?);
        Some(PendingRule { name, since, title, question, source })
    };
    lines(include_str!("data/pending.csv")).filter_map(row).collect()
});

impl PendingRule {
    /// All of them.
    pub fn all() -> &'static [PendingRule] {
        &ALL
    }

    /// The one of this name.
    pub fn find(name: &str) -> Option<&'static PendingRule> {
        ALL.iter().find(|rule| rule.name == name)
    }
}
