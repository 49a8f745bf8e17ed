//! An outbound text's life, and the words in which the outside world speaks of texts: what came in, what a provider
//! answered, what a receipt says. Pure vocabulary: it must not know how a provider is called or where rows live.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::MessageId;
use super::time::Timestamp;
use super::words::words;

words! {
    /// Where a message is in its life (RULES §4). A receipt never moves it backwards.
    Status {
        /// Waits for the lead's START.
        Held = "held",
        /// Waits for the delivery worker.
        Queued = "queued",
        /// Waits for the next allowed time.
        Scheduled = "scheduled",
        /// Claimed by the worker; the provider is being asked.
        Sending = "sending",
        /// The provider accepted it.
        Sent = "sent",
        /// The handset has it.
        Delivered = "delivered",
        /// The provider or the carrier could not deliver it.
        Failed = "failed",
        /// The gate refused it.
        Blocked = "blocked",
        /// Taken back before it went out.
        Cancelled = "cancelled",
        /// It expired before it could be sent.
        Expired = "expired",
    }
}

impl Status {
    /// True when nothing can move the message any more, except a provider's later word on `Sent`.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Status::Delivered | Status::Failed | Status::Blocked | Status::Cancelled | Status::Expired
        )
    }

    /// True when the text did not go out, or did not arrive: then there is a cause to look for.
    pub fn is_bad_end(self) -> bool {
        self.is_over() && self != Status::Delivered
    }

    /// Where a provider's receipt takes a message: forward only. `None` when the receipt changes nothing.
    pub fn after_receipt(self, receipt: ReceiptStatus) -> Option<Status> {
        match (self, receipt) {
            // Any word of the provider's proves that it took the message.
            (Status::Sending, ReceiptStatus::Pending | ReceiptStatus::Sent) => Some(Status::Sent),
            (Status::Sending | Status::Sent, ReceiptStatus::Delivered) => Some(Status::Delivered),
            (Status::Sending | Status::Sent, ReceiptStatus::Failed) => Some(Status::Failed),
            _ => None,
        }
    }
}

words! {
    /// What the sender says a message is for.
    Category {
        /// Sent by a schedule or campaign.
        Automated = "automated",
        /// A notice about something that happened.
        Alert = "alert",
        /// A follow-up to an earlier contact.
        FollowUp = "follow_up",
        /// A person typing to a person.
        Conversation = "conversation",
    }
}

words! {
    /// By which door a message may leave: the gate, or one of the narrow lanes beside it (RULES §3, §4).
    Lane {
        /// An intended message: needs opt-in.
        Gated = "gated",
        /// The opt-in template.
        Invitation = "invitation",
        /// The one confirmation of a STOP (47 CFR 64.1200(a)(12)).
        OptOutConfirmation = "opt_out_confirmation",
        /// The confirmation of a START.
        OptInConfirmation = "opt_in_confirmation",
        /// The answer to HELP.
        Help = "help",
    }
}

impl Lane {
    /// True for answers to what the lead has just written: they go before everything else.
    pub fn is_reply(self) -> bool {
        matches!(self, Lane::OptOutConfirmation | Lane::OptInConfirmation | Lane::Help)
    }
}

words! {
    /// What became of a message that ran out while it waited for START, once the lead had opted in after all (RULES §4).
    HoldDecision {
        /// A person had it sent anew.
        Sent = "sent",
        /// A person let it be.
        Left = "left",
        /// Consent ended before anybody decided: nothing from before that goes out.
        Withdrawn = "withdrawn",
    }
}

/// How sure it is that the identifier in a webhook is the text's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdCertainty {
    /// The one who signed the webhook can have meant nothing else.
    Certain,
    /// The signed characters can be read in another way: a consent counts once the provider has this text under this id.
    Unsure,
    /// The webhook contradicts itself: no consent can be read from it.
    Contradicted,
}

/// A text from a lead, as a provider's webhook tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundText {
    /// The provider's id of the text; the same id is the same text, for ever.
    pub provider_id: String,
    /// Who sent it, as written by the provider (E.164 expected, anything possible).
    pub from: String,
    /// Our number it was sent to.
    pub to: String,
    /// What it says.
    pub body: String,
    /// When the handset sent it, where the provider knows.
    pub sent_at: Option<Timestamp>,
    /// The provider has already answered this keyword itself (Twilio `OptOutType`).
    pub answered_by_provider: bool,
    /// The provider itself read it as STOP and blocks the lead there, whatever the words were.
    pub opted_out_at_provider: bool,
    /// The provider itself read it as START, lifted its block and answered the lead, whatever the words were.
    pub opted_in_at_provider: bool,
    /// How sure the identifier is.
    pub id_certainty: IdCertainty,
}

/// What a delivery receipt says.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The provider's id of our message.
    pub provider_id: String,
    /// Our own id, where the callback carries it.
    pub message: Option<MessageId>,
    /// The news.
    pub status: ReceiptStatus,
    /// The provider's error code.
    pub code: Option<String>,
    /// What the code means for us.
    pub verdict: Option<RejectKind>,
}

/// The provider's news about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// Under way; says nothing new.
    Pending,
    /// Handed to the carrier.
    Sent,
    /// On the handset.
    Delivered,
    /// Not deliverable.
    Failed,
}

/// Why a provider will not deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RejectKind {
    /// The lead is blocked at the provider: they once texted STOP there (Twilio 21610).
    OptedOut,
    /// The number cannot receive texts (landline, unknown subscriber). Consent is kept.
    Unreachable,
    /// The provider certainly did not deliver it, for a reason that passes (its queue was full): it is tried again.
    Passing,
    /// Any other permanent reason.
    Other,
}

/// How a hand-off to the provider ended.
#[derive(Clone, Debug, PartialEq)]
pub enum SendOutcome {
    /// The provider has it under this id.
    Accepted {
        /// The provider's id.
        provider_id: String,
    },
    /// It will never go.
    Rejected {
        /// The provider's code.
        code: String,
        /// The provider's words.
        text: String,
        /// What it means for us.
        kind: RejectKind,
    },
    /// The provider certainly did not take it; try again later (429, 5xx before acceptance, refused connection).
    RetryLater {
        /// `Retry-After`, where given.
        after: Option<Duration>,
        /// A code for the attempt's line.
        code: String,
    },
    /// It was not handed over: the database took so long to confirm the claim that the time for it was over.
    NotBegun,
    /// Nobody knows whether the provider took it. Never repeated before the provider was asked.
    Unknown {
        /// What happened (a timeout, a broken connection).
        why: String,
    },
}

/// The provider's answer to "did you take this message?".
#[derive(Clone, Debug, PartialEq)]
pub enum LookUp {
    /// It did.
    Found {
        /// Under this id.
        provider_id: String,
        /// How far it is.
        status: ReceiptStatus,
        /// The provider's error code, when it failed.
        code: Option<String>,
        /// What the code means for us.
        verdict: Option<RejectKind>,
    },
    /// It did not: sending again cannot repeat it.
    NotFound,
    /// It could not say now.
    Unavailable,
}

/// A lead's text as the provider has it on record.
#[derive(Clone, Debug, PartialEq)]
pub struct CarrierText {
    /// Who sent it, as the provider writes it.
    pub from: String,
    /// Our number it was sent to.
    pub to: String,
    /// What it says.
    pub body: String,
    /// When it was sent, where the provider knows.
    pub sent_at: Option<Timestamp>,
}

/// The provider's answer to "what is the lead's text with this id?".
#[derive(Clone, Debug, PartialEq)]
pub enum FetchedText {
    /// It has the text.
    Found(CarrierText),
    /// It has no text from a lead under this id.
    Unknown,
    /// It could not say now.
    NoAnswer,
}

/// How long to wait before attempt number `attempt` (1-based) is repeated: 2 s, 8 s, 32 s … at most 10 minutes,
/// with jitter of up to a quarter taken from `seed`.
pub fn backoff(attempt: u32, seed: u64) -> Duration {
    let base = 2_000u64.saturating_mul(4u64.saturating_pow(attempt.saturating_sub(1).min(6))).min(600_000);
    Duration::from_millis(base + (base / 4) * (seed % 1000) / 1000)
}

/// A text that was certainly not delivered, for a reason that passes, is tried again so often,
const PASSING_RETRIES: usize = 3;
/// and no later than this after its first hand-off: then nobody expects it any more.
const PASSING_WITHIN: chrono::Duration = chrono::Duration::hours(10);

/// When a text is tried again after `failed` attempts that did not arrive for a reason that passes: after 30 s, 2 min, 8 min,
/// with jitter of up to a quarter taken from `seed`. `None` when it is given up.
pub fn retry_at(
    failed: usize,
    first_handed_at: Timestamp,
    expires_at: Option<Timestamp>,
    now: Timestamp,
    seed: u64,
) -> Option<Timestamp> {
    if failed == 0 || failed > PASSING_RETRIES {
        return None;
    }
    let base = 30_000 * 4_i64.pow(u32::try_from(failed - 1).unwrap_or(0));
    let jitter = base / 4 * i64::try_from(seed % 1000).unwrap_or(0) / 1000;
    let due = now.plus(chrono::Duration::milliseconds(base + jitter));
    let is_in_time = due < first_handed_at.plus(PASSING_WITHIN) && expires_at.is_none_or(|until| due < until);
    is_in_time.then_some(due)
}

/// Attempts before a message that keeps failing temporarily is given up.
pub const MAX_ATTEMPTS: i32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_three_times_and_in_time() {
        let first = Timestamp::from_micros(1_793_728_800_000_000);
        let seconds = |by: i64| first.plus(chrono::Duration::seconds(by));
        for (failed, expected) in [(1, Some(30)), (2, Some(120)), (3, Some(480)), (4, None), (0, None)] {
            assert_eq!(retry_at(failed, first, None, first, 0), expected.map(seconds), "{failed}");
        }
        assert!(retry_at(1, first, None, first, 999) < Some(seconds(38)));
        assert_eq!(
            retry_at(2, first, Some(seconds(100)), first, 0),
            None,
            "a confirmation of STOP is late by then"
        );
        assert_eq!(retry_at(1, first, None, seconds(10 * 3600), 0), None, "its time is over");
    }
}
