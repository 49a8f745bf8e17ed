//! The stable codes of errors and of how messages ended, from `codes.toml`. The pages, the API's description and its
//! reference use it; it writes nothing.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::providers::carrier_codes::carrier_code;

/// A code of ours.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct ErrorCode {
    /// As the API and the database have it.
    pub code: String,
    /// False for a code that only a message ends with.
    #[serde(default = "yes")]
    pub is_problem: bool,
    /// What happened.
    pub cause: String,
    /// What to do about it.
    pub next_step: String,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CodeList {
    code: Vec<ErrorCode>,
}

const FILE: &str = include_str!("codes.toml");

/// A file that cannot be read does not pass the tests.
static CODES: LazyLock<CodeList> = LazyLock::new(|| toml::from_str(FILE).unwrap_or_default());

/// Every code of ours, in the order of the file.
pub fn error_codes() -> &'static [ErrorCode] {
    &CODES.code
}

/// Cause and next step of a code of ours or of a carrier.
pub fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    let own = error_codes().iter().find(|known| known.code == code);
    let own = own.map(|known| (known.cause.as_str(), known.next_step.as_str()));
    own.or_else(|| carrier_code(code).map(|known| (known.cause.as_str(), known.next_step.as_str())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::actions::send_message::code_of;
    use crate::domain::gate::CheckName;

    #[test]
    fn the_file_can_be_read_and_says_each_code_once_in_plain_words() {
        let list: CodeList = toml::from_str(FILE).unwrap();
        let codes: BTreeSet<&str> = list.code.iter().map(|known| known.code.as_str()).collect();
        assert_eq!(codes.len(), list.code.len(), "none twice");
        for known in &list.code {
            for words in [&known.cause, &known.next_step] {
                assert!(words.ends_with('.') && !words.contains("  "), "{words}");
            }
        }
        for check in CheckName::ALL {
            assert!(codes.contains(code_of(*check)), "{check}");
        }
    }

    #[test]
    fn a_carriers_code_is_explained_like_one_of_ours() {
        assert!(explain("21610").is_some() && explain("opted_out").is_some() && explain("99999").is_none());
    }
}
