//! What Twilio's answer to a hand-off means, and what no answer means. Used by `twilio`; it writes nothing.

use std::time::Duration;

use serde_json::Value;

use crate::domain::message::{RejectKind, SendOutcome};
use crate::providers::lease::is_lease_ended;
use crate::providers::reject_kind;

/// Twilio's words about a refusal are kept for people; more than this nobody reads.
const LONGEST_WORDS: usize = 300;

/// What a hand-off without any answer means: only a connection that never stood is sure not to have carried it.
pub(super) fn unanswered(error: &reqwest::Error) -> SendOutcome {
    if is_lease_ended(error) {
        return SendOutcome::NotBegun;
    }
    if error.is_connect() || error.is_builder() {
        return SendOutcome::RetryLater { after: None, code: "unreachable".to_owned() };
    }
    let why = if error.is_timeout() { "no answer within 5 seconds" } else { "the connection broke" };
    SendOutcome::Unknown { why: why.to_owned() }
}

/// What Twilio's answer means.
pub(super) fn judge(status: u16, after: Option<Duration>, body: &[u8]) -> SendOutcome {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = answer.get("code").and_then(code_of);
    let later = |code: Option<String>| SendOutcome::RetryLater {
        after,
        code: code.unwrap_or_else(|| status.to_string()),
    };
    match (status, code) {
        (200..=299, _) => match answer.get("sid").and_then(Value::as_str) {
            Some(sid) => SendOutcome::Accepted { provider_id: sid.to_owned() },
            None => SendOutcome::Unknown { why: format!("answer {status} without a message id") },
        },
        (429 | 503, code) => later(code),
        // Twilio documents its 500s as possibly accepted; 408 may have been read halfway.
        (408 | 500..=599, _) => SendOutcome::Unknown { why: format!("answer {status}") },
        // Wrong credentials, or a wrong account in the address: our mistake must not burn the message.
        (401 | 403 | 404, Some(code)) if !is_about_the_message(&code) => later(Some(code)),
        (400..=499, Some(code)) if reject_kind(&code) == RejectKind::Passing => later(Some(code)),
        (400..=499, Some(code)) => {
            let text = answer.get("message").and_then(Value::as_str).unwrap_or_default();
            let text = text.chars().take(LONGEST_WORDS).collect();
            SendOutcome::Rejected { kind: reject_kind(&code), code, text }
        }
        (_, code) => later(code),
    }
}

/// Twilio's codes about one message: 21xxx (the request), 30xxx (the delivery), 6xxxx (the channel). 20xxx is the account.
pub(super) fn is_about_the_message(code: &str) -> bool {
    matches!(code.parse(), Ok(21_000..=21_999 | 30_000..=39_999 | 60_000..=69_999u32))
}

pub(super) fn code_of(value: &Value) -> Option<String> {
    let code = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    (!matches!(code.as_str(), "" | "0")).then_some(code)
}
