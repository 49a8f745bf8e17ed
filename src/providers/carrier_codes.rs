//! Carriers' error codes, from `data/carrier_codes.toml`: what each means for a number, and what people read about it. Used by
//! every provider, and by the pages that show a failure.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::message::RejectKind;

/// What one error code, or a few alike, means.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct CarrierCode {
    codes: Vec<String>,
    kind: Option<CodeKind>,
    /// What happened, in plain words.
    pub cause: String,
    /// What to do about it.
    pub next_step: String,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
enum CodeKind {
    OptedOut,
    Unreachable,
    Passing,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CodeFile {
    code: Vec<CarrierCode>,
}

const FILE: &str = include_str!("data/carrier_codes.toml");

/// A file that cannot be read does not pass the tests.
static CODES: LazyLock<CodeFile> = LazyLock::new(|| toml::from_str(FILE).unwrap_or_default());

/// What is known of a code.
pub fn carrier_code(code: &str) -> Option<&'static CarrierCode> {
    CODES.code.iter().find(|known| known.codes.iter().any(|one| one == code))
}

/// What a code means for the number and the message.
pub(super) fn reject_kind(code: &str) -> RejectKind {
    match carrier_code(code).and_then(|known| known.kind) {
        Some(CodeKind::OptedOut) => RejectKind::OptedOut,
        Some(CodeKind::Unreachable) => RejectKind::Unreachable,
        Some(CodeKind::Passing) => RejectKind::Passing,
        None => RejectKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_file_can_be_read_and_names_each_code_once() {
        let file: CodeFile = toml::from_str(FILE).unwrap();
        let all: Vec<&String> = file.code.iter().flat_map(|known| &known.codes).collect();
        assert!(all.len() > 20 && all.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_digit())));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "none twice");
        for known in &file.code {
            for words in [&known.cause, &known.next_step] {
                assert!(words.ends_with('.') && words.split(' ').count() <= 22, "{words}");
            }
        }
    }

    #[test]
    fn a_code_means_what_the_rules_say() {
        for (code, kind) in [
            ("21610", RejectKind::OptedOut),
            ("30006", RejectKind::Unreachable),
            ("30005", RejectKind::Unreachable),
            ("21614", RejectKind::Unreachable),
            ("21211", RejectKind::Unreachable),
            ("30001", RejectKind::Passing),
            ("30017", RejectKind::Passing),
            ("30022", RejectKind::Passing),
            ("30003", RejectKind::Other),
            ("20429", RejectKind::Other),
            ("99999", RejectKind::Other),
        ] {
            assert_eq!(reject_kind(code), kind, "{code}");
        }
    }
}
