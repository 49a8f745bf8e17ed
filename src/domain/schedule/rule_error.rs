//! What is wrong with a rule as it was typed.

/// Why a line is no rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleError {
    /// Parts are missing.
    Parts,
    /// The place is none.
    Law,
    /// The days are none.
    Days,
    /// The hours are none.
    Hours,
    /// The first date is none.
    Date,
    /// The last date is none, or before the first one.
    Until,
    /// The certainty is none.
    Certainty,
    /// No source, or one of several lines.
    Source,
    /// A holiday without a name, or with a comma in it.
    Name,
    /// A holiday without a date.
    Falls,
    /// Does it move off a weekend?
    Shifts,
    /// The number of a cap is none.
    Count,
    /// What a cap counts together is not said.
    Subject,
    /// The kind of texts is none.
    Kind,
    /// What a STOP reaches is not said.
    Reach,
    /// The deadline is none.
    Deadline,
    /// The deadline's length is none.
    Amount,
    /// A program's hours without days.
    OwnHours,
    /// A program's hours name a day in two places.
    DayTwice,
    /// A program's hours that never come.
    NeverOpen,
}
