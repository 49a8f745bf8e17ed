//! What is wrong with a rule, in words for the person who typed it.

/// Why a line is no rule, in words for the administrator who entered it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RuleError {
    /// Parts are missing.
    #[error("Something is missing in this rule.")]
    Parts,
    /// The place is none.
    #[error("Choose a place.")]
    Law,
    /// The days are none.
    #[error("Choose at least one day.")]
    Days,
    /// The hours are none.
    #[error("Enter hours like 08:00-20:00, the start before the end, or closed.")]
    Hours,
    /// The first date is none.
    #[error("Enter a date.")]
    Date,
    /// The last date is none, or before the first one.
    #[error("Enter a last date that is not before the first one, or leave it empty.")]
    Until,
    /// The certainty is none.
    #[error("Choose how sure the source is.")]
    Certainty,
    /// No source, or one of several lines.
    #[error("Enter the source, in one line.")]
    Source,
    /// A holiday without a name, or with a comma in it.
    #[error("Enter a name without a comma.")]
    Name,
    /// A holiday without a date.
    #[error(
        "Enter when it is, for example: fixed 12-25, 3rd Mon 01, last Mon 05, easter-2, date 2026-11-03."
    )]
    Falls,
    /// Does it move off a weekend?
    #[error("Choose whether it shifts when it falls on a weekend.")]
    Shifts,
    /// The number of a cap is none.
    #[error("Enter how many texts, from 1 to 1000.")]
    Count,
    /// What a cap counts together is not said.
    #[error("Choose which texts count together.")]
    Subject,
    /// The kind of texts is none.
    #[error("Choose a kind of texts.")]
    Kind,
    /// What a STOP reaches is not said.
    #[error("Choose what a STOP with a program code ends.")]
    Reach,
    /// The deadline is none.
    #[error("Choose a deadline.")]
    Deadline,
    /// The deadline's length is none.
    #[error("Enter a number: 60 minutes or 30 business days at most.")]
    Amount,
    /// A program's hours without days.
    #[error("Enter days and hours, for example: Mon-Fri 09:00-18:00, Sat 10:00-14:00")]
    OwnHours,
    /// A program's hours name a day in two places.
    #[error("Name each day once.")]
    DayTwice,
    /// A program's hours that never come.
    #[error(
        "Leave at least one hour open: with these hours nothing would ever go out. To stop sending, use the dashboard."
    )]
    NeverOpen,
}
