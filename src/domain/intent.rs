//! What is wanted about consent, what follows from it, and why it may be refused: the types between the state machine and
//! its callers. Refusals are typed; `words` puts them into English.

use chrono::{Duration, NaiveDate};

use super::consent::{EventKind, Source};
use super::evidence::{ConsentDocument, ContactBasis, Evidence, FormRecord, HandsetText, RevocationChannel};
use super::id::{MessageId, ProgramId};
use super::import::{ImportedConsent, ImportedOptOut};
use super::past_opt_out::StartArrival;
use super::schedule::RevocationDeadlines;
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
            return Err(Refusal::TooLateToConfirm { minutes: deadlines.confirm_minutes });
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

/// What is wanted. The variants that can end in consent carry the evidence for it.
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
    /// A file from another system says so, with evidence of its own.
    ImportOptIn(ImportedConsent),
    /// A file from another system says that the number is not to be texted. It needs no evidence.
    ImportOptOut(ImportedOptOut),
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

/// Why an intent is refused, with the facts that the person who tried needs. Dates are those of the organization's calendar.
#[derive(Clone, PartialEq, Debug)]
pub enum Refusal {
    /// Only the handset brings back a number that opted out.
    OptedOut { on: NaiveDate },
    /// The consent's date is in the future.
    ConsentInFuture,
    /// The consent is older than any law that asks for one.
    ConsentTooOld { floor: NaiveDate },
    /// The consent is older than a revocation.
    ConsentBeforeOptOut { last_opt_out: NaiveDate },
    /// The revocation's date is in the future, or before there was a law to revoke under.
    RevocationDate { floor: NaiveDate },
    /// It is too late to confirm: the rules allow so many minutes.
    TooLateToConfirm { minutes: u32 },
    /// The words explain nothing.
    ReasonTooShort,
    /// The words do not say which document it is.
    ReferenceTooShort,
    /// An opt-in request has gone out already.
    AlreadyInvited { on: NaiveDate, after: NaiveDate },
    /// An opt-in request is scheduled or being sent.
    RequestOpen { since: NaiveDate },
    /// There is no request that could be repeated.
    NotInvited,
    /// The number is opted in: there is nothing to invite to.
    AlreadyOptedIn,
    /// The flag is set.
    DoNotText,
    /// An unclear reply awaits a person.
    Paused,
    /// The flag is as wanted.
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
