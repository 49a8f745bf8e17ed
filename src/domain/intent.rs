//! What somebody wants about consent, what follows from it, and why it may be refused: the words between the state machine
//! and those who use it.

use chrono::{Duration, NaiveDate};

use super::calendar::date_words;
use super::consent::{EventKind, Source};
use super::evidence::{ConsentDocument, ContactBasis, Evidence, FormRecord, HandsetText, RevocationChannel};
use super::id::{MessageId, ProgramId};
use super::past_opt_out::StartArrival;
use super::schedule::{DeadlineName, RevocationDeadlines};
use super::time::Timestamp;

/// A request without an answer may be repeated by a person after this time, never by itself (RULES §4).
const ASK_AGAIN_AFTER: Duration = Duration::days(30);

/// When a person may repeat a request that the carrier took at this time.
pub fn may_ask_again_from(invited_at: Timestamp) -> Timestamp {
    invited_at.plus(ASK_AGAIN_AFTER)
}

/// How far a revocation reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RevocationScope {
    /// All programs of the installation.
    Everywhere,
    /// Only the program it was said to.
    Program,
}

/// A revocation that did not come as a keyword from the handset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revocation {
    /// By which way it came.
    pub channel: RevocationChannel,
    /// The person's words, or what is known of them.
    pub reason: String,
    /// When it was received, if not now: the law's clock runs from then (47 CFR 64.1200(a)(10)).
    pub received_at: Option<Timestamp>,
    /// The lead is to get the one confirmation.
    pub confirm: bool,
}

impl Revocation {
    /// One that was received just now, and is not confirmed by text.
    pub fn now(channel: RevocationChannel, reason: String) -> Revocation {
        Revocation { channel, reason, received_at: None, confirm: false }
    }

    /// Can its confirmation still go out within the deadline?
    ///
    /// # Errors
    /// [`Refusal::TooLateToConfirm`].
    pub fn check_confirmation(&self, deadlines: RevocationDeadlines, now: Timestamp) -> Result<(), Refusal> {
        let is_late =
            self.received_at.is_some_and(|received_at| now.since(received_at) > deadlines.confirm_within());
        if self.confirm && is_late {
            return Err(Refusal::TooLateToConfirm { within: deadlines.words(DeadlineName::Confirm) });
        }
        Ok(())
    }
}

/// What is known of the current opt-in request when a YES arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestStatus {
    /// None has gone out.
    No,
    /// It is being handed over since then, or its outcome is unknown.
    UnderWay { since: Timestamp },
    /// The carrier took it: handed over then.
    At(Timestamp),
}

/// What somebody wants. The variants that can end in consent carry the evidence for it.
#[derive(Clone, PartialEq, Debug)]
pub enum Intent {
    /// The system queues the opt-in template.
    Invite { message: MessageId, text: String, basis: Option<ContactBasis> },
    /// A person asks once more, long after an invitation without an answer.
    Reinvite { message: MessageId, text: String, basis: Option<ContactBasis> },
    /// The carrier took the opt-in request that the event `seq` scheduled; its hand-off began at `asked_at`.
    RequestAccepted { message: MessageId, seq: i32, text: String, asked_at: Timestamp },
    /// The opt-in request of the event `seq` reached nobody.
    InvitationFailed { message: MessageId, seq: i32, why: String },
    /// START from the handset, with the opt-outs that it has to be later than.
    Start(HandsetText, StartArrival),
    /// A program's own word of consent: it begins consent, and only START itself brings back who opted out.
    Join(HandsetText, StartArrival),
    /// A text that is kept in the history and changes nothing: START from another channel, or one that only the provider
    /// reads as START.
    Keep(HandsetText),
    /// YES from the handset: consent only as an answer to the current opt-in request.
    Yes { text: HandsetText, arrived_at: Timestamp, asked: RequestStatus },
    /// STOP from the handset, and when the newest START that it may be older than was sent, where that is known.
    Stop { text: HandsetText, scope: RevocationScope, newest_start: Option<Timestamp> },
    /// A reply that is neither clearly yes nor clearly no.
    Unclear(HandsetText),
    /// The hosted form, with the box ticked.
    Form { record: FormRecord, double_opt_in: bool },
    /// A person records consent from a document.
    ManualOptIn(ConsentDocument),
    /// A person, or a client of the API, records a revocation by any channel.
    OptOut(Revocation, Source),
    /// The provider says that the lead is blocked there.
    ProviderBlock { provider: String, code: String, message: MessageId, scope: RevocationScope },
    /// The number has another owner.
    Reassigned { reason: String },
    /// The database became real, and the program's state rests on a simulated phone or on demo data.
    EndSimulation { reason: String },
    /// An administrator forbids texting.
    SetDoNotText { reason: String },
    /// An administrator lifts the flag.
    ClearDoNotText { reason: String },
    /// A person decides that an unclear reply was no revocation.
    Resume { reason: String },
}

/// An event that is to be appended.
#[derive(Clone, PartialEq, Debug)]
pub struct EventDraft {
    /// What it does.
    pub kind: EventKind,
    /// The program it is about; `None` means all.
    pub program: Option<ProgramId>,
    /// Where it comes from.
    pub source: Source,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What it rests on.
    pub evidence: Evidence,
}

/// What has to be done besides recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Queue the opt-in template.
    SendInvitation,
    /// Ask the carrier whether the START or the opt-out before it was sent last, and decide again.
    AskOrder,
    /// Decide on the YES again once it is known whether the carrier took the opt-in request.
    AwaitRequest,
    /// Release the held messages, each through the gate.
    ReleaseHeld,
    /// Cancel the messages that are held or queued.
    CancelWaiting,
    /// Confirm the START.
    ConfirmOptIn,
    /// Confirm the STOP, once, within the deadline of the rules.
    ConfirmOptOut,
}

/// What follows from an intent. No event means: nothing happened that consent needs to remember.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Decision {
    /// The event to append.
    pub event: Option<EventDraft>,
    /// What to do with it, in order.
    pub effects: Vec<Effect>,
}

/// Why an intent is refused, in words for the person who tried. Dates are those of the organization's calendar.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Only the handset brings back a number that opted out.
    #[error(
        "This number opted out on {}. Only a START from the handset itself can opt it in again: ask the contact to text \
         START to your sender number.", date_words(*.on)
    )]
    OptedOut { on: NaiveDate },
    /// The consent's date is in the future.
    #[error("The consent cannot have been given in the future. Enter the date on the document.")]
    ConsentInFuture,
    /// The consent is older than any law that asks for one.
    #[error("Check the year: no consent to be texted is older than the law that asks for it, the TCPA of {}.", date_words(*.floor))]
    ConsentTooOld { floor: NaiveDate },
    /// The consent is older than a revocation.
    #[error(
        "The consent is older than this number's last opt-out or change of owner on {}. That ended every consent before it.",
        date_words(*.last_opt_out)
    )]
    ConsentBeforeOptOut { last_opt_out: NaiveDate },
    /// The revocation's date is in the future, or before there was a law to revoke under.
    #[error("Enter the day on which the revocation was received: not in the future, and not before {}.", date_words(*.floor))]
    RevocationDate { floor: NaiveDate },
    /// It is too late to confirm.
    #[error(
        "A confirmation must be sent within {} of the opt-out (47 CFR 64.1200(a)(12)). This opt-out was received earlier. \
         Clear the confirmation box.", .within
    )]
    TooLateToConfirm {
        /// The deadline of the rules: "5 minutes".
        within: String,
    },
    /// The words explain nothing.
    #[error("Give a reason in words: at least 10 characters, and at least two different words.")]
    ReasonTooShort,
    /// The words do not say which document it is.
    #[error(
        "Give a reference or reason in words: at least 10 characters, and at least two different words. \"Test\" is not a \
         document."
    )]
    ReferenceTooShort,
    /// An opt-in request has gone out already.
    #[error(
        "An opt-in request was sent on {}. Opt-in requests aren't resent automatically. You can send one reminder after {}.",
        date_words(*.on), date_words(*.after)
    )]
    AlreadyInvited { on: NaiveDate, after: NaiveDate },
    /// An opt-in request is scheduled or being sent.
    #[error("An opt-in request has been scheduled since {}. Wait until it is sent.", date_words(*.since))]
    RequestOpen { since: NaiveDate },
    /// There is no request that could be repeated.
    #[error("No opt-in request has been sent to this number. Send a message: the opt-in request goes first.")]
    NotInvited,
    /// The number is opted in: there is nothing to invite to.
    #[error("This number is opted in already.")]
    AlreadyOptedIn,
    /// The flag is set.
    #[error("This number is on the Do Not Text list. An administrator must remove it first.")]
    DoNotText,
    /// An unclear reply awaits a person.
    #[error("An unclear reply from this number awaits a decision. Decide on it first.")]
    Paused,
    /// The flag is as wanted.
    #[error("Nothing to do: the number is in that state already.")]
    NothingToDo,
}

impl Refusal {
    /// The stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::OptedOut { .. } => "opted_out",
            Refusal::ConsentInFuture => "consent_in_future",
            Refusal::ConsentTooOld { .. } => "consent_too_old",
            Refusal::ConsentBeforeOptOut { .. } => "consent_before_opt_out",
            Refusal::RevocationDate { .. } => "revocation_date",
            Refusal::TooLateToConfirm { .. } => "too_late_to_confirm",
            Refusal::ReasonTooShort | Refusal::ReferenceTooShort => "reason_too_short",
            Refusal::AlreadyInvited { .. } => "already_invited",
            Refusal::RequestOpen { .. } => "request_scheduled",
            Refusal::NotInvited => "not_invited",
            Refusal::AlreadyOptedIn => "already_opted_in",
            Refusal::DoNotText => "do_not_text",
            Refusal::Paused => "paused",
            Refusal::NothingToDo => "nothing_to_do",
        }
    }

    /// The refusal with the number that the lead has to text, where that is the way out.
    pub fn to_person(&self, sender: Option<&str>) -> String {
        self.to_string().replace("your sender number", &super::gate::number_to_text(sender))
    }

    /// The form field the words belong to.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Refusal::ConsentInFuture
            | Refusal::ConsentTooOld { .. }
            | Refusal::ConsentBeforeOptOut { .. } => Some("given_on"),
            Refusal::RevocationDate { .. } => Some("received_on"),
            Refusal::TooLateToConfirm { .. } => Some("confirm"),
            Refusal::ReasonTooShort | Refusal::ReferenceTooShort => Some("reason"),
            _ => None,
        }
    }
}
