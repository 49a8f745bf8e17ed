//! Settings as a form has them: text that a person reads, changes and sends back. One line of [`settings_form`] is all that a
//! form, its revision, the comparison with what someone else saved, and the log know of a field. Used by the actions that
//! edit programs and contacts; it writes nothing.

use std::ops::RangeInclusive;

use super::wording::clean;
use super::{ActionError, FieldError};

/// A setting as text in a form.
pub trait FormSetting {
    /// As the form shows it.
    fn to_form(&self) -> String;
    /// As the form sends it. Where it cannot be read, a value that the checks refuse.
    fn from_form(text: &str) -> Self;
    /// What people read, in the log and beside what someone else saved.
    fn in_words(text: &str) -> &str {
        text
    }
}

impl FormSetting for String {
    fn to_form(&self) -> String {
        self.clone()
    }
    fn from_form(text: &str) -> Self {
        clean(text)
    }
}

impl FormSetting for Option<String> {
    fn to_form(&self) -> String {
        self.clone().unwrap_or_default()
    }
    fn from_form(text: &str) -> Self {
        Some(clean(text)).filter(|text| !text.is_empty())
    }
}

impl FormSetting for i32 {
    fn to_form(&self) -> String {
        self.to_string()
    }
    fn from_form(text: &str) -> Self {
        text.trim().parse().unwrap_or_default()
    }
}

impl FormSetting for u32 {
    fn to_form(&self) -> String {
        self.to_string()
    }
    fn from_form(text: &str) -> Self {
        text.trim().parse().unwrap_or_default()
    }
}

impl FormSetting for bool {
    fn to_form(&self) -> String {
        if *self { "yes" } else { "" }.to_owned()
    }
    fn from_form(text: &str) -> Self {
        text == "yes"
    }
    fn in_words(text: &str) -> &str {
        if text == "yes" { "On" } else { "Off" }
    }
}

/// Checks that each number lies between its bounds.
///
/// # Errors
/// [`ActionError::Invalid`] with every field that does not.
pub(super) fn check_bounds(
    limits: impl IntoIterator<Item = (&'static str, u32, RangeInclusive<u32>)>,
) -> Result<(), ActionError> {
    let wrong = limits.into_iter().filter(|(_, limit, bounds)| !bounds.contains(limit));
    let why =
        |bounds: &RangeInclusive<u32>| format!("Enter a number from {} to {}.", bounds.start(), bounds.end());
    let errors: Vec<_> = wrong.map(|(field, _, bounds)| FieldError::new(field, why(&bounds))).collect();
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

/// Makes the type of a form: a text for each field, and the revision. With `of Record`, it is filled from the record's fields
/// of the same names, and writes them.
macro_rules! settings_form {
    ($(#[$doc:meta])* $name:ident of $record:ident { $($field:ident: $type:ty = $label:literal,)* }) => {
        $crate::actions::settings_form::settings_form! {
            $(#[$doc])* $name { $($field: $type = $label,)* }
        }

        impl $name {
            /// As it stands.
            pub fn of(record: &$record) -> Self {
                let form = $name {
                    $($field: $crate::actions::settings_form::FormSetting::to_form(&record.$field),)*
                    revision: String::new(),
                };
                form.tagged()
            }

            /// The form with each text changed in one way.
            pub fn each(&self, change: impl Fn(&str) -> String) -> Self {
                $name { $($field: change(&self.$field),)* revision: self.revision.clone() }
            }

            /// The record with what the form says.
            pub fn over(&self, mut record: $record) -> $record {
                $(record.$field = $crate::actions::settings_form::FormSetting::from_form(&self.$field);)*
                record
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(#[doc = $label] pub $field: String,)*
            /// The tag of the other fields when the page was opened.
            pub revision: String,
        }

        impl $name {
            /// What each field says, after its label.
            pub fn answers(&self) -> Vec<(&'static str, &str)> {
                vec![$((
                    $label,
                    <$type as $crate::actions::settings_form::FormSetting>::in_words(&self.$field),
                ),)*]
            }

            fn tagged(self) -> Self {
                let revision = $crate::actions::revision_tag([$(self.$field.as_str(),)*]);
                $name { revision, ..self }
            }
        }
    };
}
pub(super) use settings_form;

/// What became of what, for the log.
pub(super) fn differences(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
    let pairs = before.iter().zip(after);
    pairs.filter_map(|((label, was), (_, is))| super::change(label, was, is)).collect()
}
