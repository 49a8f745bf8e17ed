//! The form of one rule: its fields as typed, and the rule that they make. The pages of the rules use it; it writes
//! nothing.

use std::str::FromStr;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::actions::publish_rules::{RuleChange, RulesDraft};
use crate::domain::schedule::{
    AllowedHours, Certainty, Holiday, HolidayDate, HourRule, LegalCap, PlaceClosure, RevocationDeadline,
    RuleDates, RuleError, ScheduleRule, StopRule, WeekdaySet,
};
use crate::words::rule_error_text;

/// The fields, as they were typed. Which of them count depends on the kind.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct RuleForm {
    /// The id of the rule that is changed; empty for a new one.
    pub(super) rule: String,
    /// The version of the rules when the page was opened.
    pub(super) version: String,
    /// `hours`, `holiday`, `closure`, `cap`, `stop` or `deadline`.
    pub(super) kind: String,
    pub(super) place: String,
    pub(super) day: Vec<String>,
    pub(super) closed: String,
    pub(super) opens: String,
    pub(super) closes: String,
    pub(super) name: String,
    pub(super) falls: String,
    pub(super) shifts: String,
    pub(super) count: String,
    pub(super) subject: String,
    pub(super) texts: String,
    pub(super) reach: String,
    pub(super) deadline: String,
    pub(super) amount: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) certainty: String,
    pub(super) source: String,
    pub(super) reason: String,
    /// "yes" when the rule is to be taken out.
    pub(super) removes: String,
    /// What the button asks for: `preview`, `remove`, `edit` or `publish`.
    pub(super) step: String,
}

impl RuleForm {
    /// A new rule of a kind.
    pub(super) fn new(kind: &str, place: &str, today: NaiveDate, version: i32) -> RuleForm {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(str::to_owned).to_vec();
        RuleForm {
            version: version.to_string(),
            kind: kind.to_owned(),
            place: place.to_owned(),
            day: days,
            opens: "08:00".to_owned(),
            closes: "20:00".to_owned(),
            from: today.to_string(),
            ..RuleForm::default()
        }
    }

    /// A rule as it stands.
    pub(super) fn of(rule: &ScheduleRule, version: i32) -> RuleForm {
        let dated = rule.dated();
        let mut form = RuleForm {
            rule: rule.id(),
            version: version.to_string(),
            kind: rule.kind().to_owned(),
            place: rule.law().map(|law| law.to_string()).unwrap_or_default(),
            from: dated.from.to_string(),
            until: dated.until.map(|until| until.to_string()).unwrap_or_default(),
            certainty: dated.certainty.to_string(),
            source: dated.source.clone(),
            ..RuleForm::default()
        };
        form.fill(rule);
        form
    }

    fn fill(&mut self, rule: &ScheduleRule) {
        match rule {
            ScheduleRule::Hours(rule) => {
                self.day = rule.days.names().into_iter().map(str::to_owned).collect();
                match rule.allowed.to_string().split_once('-') {
                    Some((opens, closes)) => {
                        (self.opens, self.closes) = (opens.to_owned(), closes.to_owned())
                    }
                    None => self.closed = "yes".to_owned(),
                }
            }
            ScheduleRule::Holiday(rule) => {
                (self.name, self.falls) = (rule.name.clone(), rule.falls.to_string());
                self.shifts = if rule.shifts { "yes" } else { "" }.to_owned();
            }
            ScheduleRule::Closure(_) => {}
            ScheduleRule::Cap(rule) => {
                (self.count, self.subject) = (rule.n.to_string(), rule.subject.to_string());
            }
            ScheduleRule::Stop(rule) => {
                (self.texts, self.reach) = (rule.kind.to_string(), rule.reach.to_string());
            }
            ScheduleRule::Deadline(rule) => {
                (self.deadline, self.amount) = (rule.name.to_string(), rule.amount.to_string());
            }
        }
    }

    /// The change that the form asks for.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub(super) fn change(&self) -> Result<RuleChange, Vec<FieldError>> {
        if self.removes == "yes" {
            return Ok(RuleChange::Remove(self.rule.clone()));
        }
        let rule = self.typed()?;
        Ok(if self.rule.is_empty() {
            RuleChange::Add(rule)
        } else {
            RuleChange::Replace(self.rule.clone(), rule)
        })
    }

    /// The change as it is published.
    pub(super) fn draft(&self, change: RuleChange) -> RulesDraft {
        RulesDraft { change, reason: self.reason.clone(), version: self.version.parse().ok() }
    }

    fn typed(&self) -> Result<ScheduleRule, Vec<FieldError>> {
        let mut errors = RuleErrors::default();
        let rule = match self.kind.as_str() {
            "hours" => self.hours(&mut errors),
            "holiday" => self.holiday(&mut errors),
            "closure" => {
                let law = errors.read("place", &self.place);
                law.zip(self.dated(&mut errors))
                    .map(|(law, dated)| ScheduleRule::Closure(PlaceClosure { law, dated }))
            }
            "cap" => self.cap(&mut errors),
            "stop" => {
                let kind = errors.word("texts", &self.texts, RuleError::Kind);
                let reach = errors.word("reach", &self.reach, RuleError::Reach);
                let dated = self.dated(&mut errors);
                let values = kind.zip(reach).zip(dated);
                values.map(|((kind, reach), dated)| ScheduleRule::Stop(StopRule { kind, reach, dated }))
            }
            _ => self.deadline(&mut errors),
        };
        rule.filter(|_| errors.0.is_empty()).ok_or(errors.0)
    }

    fn hours(&self, errors: &mut RuleErrors) -> Option<ScheduleRule> {
        let law = errors.read("place", &self.place);
        let days: Option<WeekdaySet> = errors.read("day", &self.day.join(" "));
        let hours = format!("{}-{}", self.opens.trim(), self.closes.trim());
        let allowed: Option<AllowedHours> =
            errors.read("opens", if self.closed == "yes" { "closed" } else { &hours });
        let dated = self.dated(errors);
        Some(ScheduleRule::Hours(HourRule { law: law?, dated: dated?, days: days?, allowed: allowed? }))
    }

    fn holiday(&self, errors: &mut RuleErrors) -> Option<ScheduleRule> {
        let (law, falls) =
            (errors.read("place", &self.place), errors.read::<HolidayDate>("falls", self.falls.trim()));
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.contains([',', '\n', '\r']) {
            errors.add("name", RuleError::Name);
        }
        let dated = self.dated(errors);
        Some(ScheduleRule::Holiday(Holiday {
            law: law?,
            name,
            falls: falls?,
            shifts: self.shifts == "yes",
            dated: dated?,
        }))
    }

    fn cap(&self, errors: &mut RuleErrors) -> Option<ScheduleRule> {
        let law = errors.read("place", &self.place);
        let n = self.count.trim().parse().ok().filter(|n| (1..=1000).contains(n));
        if n.is_none() {
            errors.add("count", RuleError::Count);
        }
        let subject = errors.word("subject", &self.subject, RuleError::Subject);
        let dated = self.dated(errors);
        Some(ScheduleRule::Cap(LegalCap { law: law?, subject: subject?, n: n?, dated: dated? }))
    }

    fn deadline(&self, errors: &mut RuleErrors) -> Option<ScheduleRule> {
        let dated = self.dated(errors)?;
        let line = format!("{},{},{dated}", self.deadline, self.amount.trim());
        let rule: Option<RevocationDeadline> = errors.read("amount", &line);
        rule.map(ScheduleRule::Deadline)
    }

    fn dated(&self, errors: &mut RuleErrors) -> Option<RuleDates> {
        let from = errors.word("from", self.from.trim(), RuleError::Date);
        let until = self.until.trim();
        let last = (!until.is_empty()).then(|| errors.word::<NaiveDate>("until", until, RuleError::Until));
        let is_before = from.zip(last.flatten()).is_some_and(|(from, last)| last < from);
        if is_before {
            errors.add("until", RuleError::Until);
        }
        let certainty: Option<Certainty> = errors.word("certainty", &self.certainty, RuleError::Certainty);
        let source = self.source.split_whitespace().collect::<Vec<_>>().join(" ");
        if source.is_empty() {
            errors.add("source", RuleError::Source);
        }
        Some(RuleDates { from: from?, until: last.flatten(), certainty: certainty?, source })
    }

    /// Every field by name, for the page that carries them on.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let days = self.day.iter().map(|day| ("day", day.as_str()));
        let rest = [
            ("rule", &self.rule),
            ("version", &self.version),
            ("kind", &self.kind),
            ("place", &self.place),
            ("closed", &self.closed),
            ("opens", &self.opens),
            ("closes", &self.closes),
            ("name", &self.name),
            ("falls", &self.falls),
            ("shifts", &self.shifts),
            ("count", &self.count),
            ("subject", &self.subject),
            ("texts", &self.texts),
            ("reach", &self.reach),
            ("deadline", &self.deadline),
            ("amount", &self.amount),
            ("from", &self.from),
            ("until", &self.until),
            ("certainty", &self.certainty),
            ("source", &self.source),
            ("reason", &self.reason),
            ("removes", &self.removes),
        ];
        rest.into_iter().map(|(name, value)| (name, value.as_str())).chain(days).collect()
    }

    /// True when the day is ticked.
    pub(super) fn has_day(&self, day: &str) -> bool {
        self.day.iter().any(|ticked| ticked == day)
    }
}

/// What is wrong so far.
#[derive(Default)]
struct RuleErrors(Vec<FieldError>);

impl RuleErrors {
    fn add(&mut self, field: &str, why: RuleError) {
        self.0.push(FieldError::new(field, rule_error_text(why)));
    }

    fn read<T: FromStr<Err = RuleError>>(&mut self, field: &str, text: &str) -> Option<T> {
        text.parse().map_err(|why| self.add(field, why)).ok()
    }

    fn word<T: FromStr>(&mut self, field: &str, text: &str, why: RuleError) -> Option<T> {
        let read = text.parse().ok();
        if read.is_none() {
            self.add(field, why);
        }
        read
    }
}
