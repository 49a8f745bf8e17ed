//! The state machine of consent: what is known of a number, what somebody wants, and what follows from it. Pure: it
//! must not know where histories are stored, what time it is, or how a text is sent. RULES §1 is its table.

mod fold;

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::calendar::{LocalCalendar, date_words};
use super::evidence::Evidence;
use super::id::ProgramId;
use super::message::Lane;
use super::time::Timestamp;
use super::words::words;

pub use fold::{failed_request, fold};

words! {
    /// A consent state's name, as stored and as the API speaks it.
    StateName {
        /// No consent on record, and no opt-in request has gone out.
        NotAsked = "not_asked",
        /// The opt-in template went out; waiting for START.
        Invited = "invited",
        /// Explicit, documented consent.
        OptedIn = "opted_in",
        /// The person said stop, or declined.
        OptedOut = "opted_out",
    }
}

words! {
    /// What an event did.
    EventKind {
        /// An opt-in request was accepted for sending; nothing has gone out yet.
        RequestScheduled = "request_scheduled",
        /// The carrier took the opt-in request. (Before requests were scheduled: it was queued.)
        Invited = "invited",
        /// The opt-in request reached nobody; the number is as if never asked.
        InvitationFailed = "invitation_failed",
        /// A repeated opt-in request reached nobody; the number stays invited by the first one.
        RequestFailed = "request_failed",
        /// Consent began.
        OptedIn = "opted_in",
        /// Consent ended, or was refused.
        OptedOut = "opted_out",
        /// Kept for the record; changed nothing.
        Recorded = "recorded",
        /// A further revocation of a number that is out: only a START after it counts.
        OptOutRepeated = "opt_out_repeated",
        /// The number has another owner: consent ended, nothing was revoked.
        ConsentEnded = "consent_ended",
        /// The database became real: a consent of a simulated phone or of demo data ended.
        SimulationEnded = "simulation_ended",
        /// An administrator forbade texting.
        DoNotTextSet = "do_not_text_set",
        /// An administrator lifted it.
        DoNotTextCleared = "do_not_text_cleared",
        /// An unclear reply awaits a person.
        Paused = "paused",
        /// A person decided that texting may go on.
        Resumed = "resumed",
    }
}

impl EventKind {
    /// True for events after which less may be sent than before: they pass the STOP barrier.
    pub fn tightens(self) -> bool {
        matches!(
            self,
            EventKind::OptedOut
                | EventKind::OptOutRepeated
                | EventKind::ConsentEnded
                | EventKind::SimulationEnded
                | EventKind::DoNotTextSet
                | EventKind::Paused
        )
    }

    /// True for events after which a text that was wanted before them must not go out, whatever comes later.
    fn ends_consent(self) -> bool {
        matches!(
            self,
            EventKind::OptedOut
                | EventKind::OptOutRepeated
                | EventKind::ConsentEnded
                | EventKind::SimulationEnded
                | EventKind::DoNotTextSet
                | EventKind::InvitationFailed
        )
    }

    /// True for events that end a text of this lane that was wanted before them. Nothing ends the one confirmation of a STOP,
    /// and an answer to HELP is not about an opt-in request.
    pub fn ends(self, lane: Lane) -> bool {
        match lane {
            Lane::OptOutConfirmation => false,
            Lane::Help => self.ends_consent() && self != EventKind::InvitationFailed,
            Lane::Gated | Lane::Invitation | Lane::OptInConfirmation => self.ends_consent(),
        }
    }
}

words! {
    /// Where an event came from.
    Source {
        /// A text from the handset.
        Handset = "handset",
        /// The hosted form.
        WebForm = "web_form",
        /// A person in the administration.
        Manual = "manual",
        /// The JSON API.
        Api = "api",
        /// A file from another system.
        Import = "import",
        /// The texting provider.
        Provider = "provider",
        /// The system itself.
        System = "system",
    }
}

/// When and by which event a state began.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct StateSince {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The event's place in the number's history.
    pub seq: i32,
    /// Where the event came from.
    pub source: Source,
}

impl StateSince {
    /// True when the provider said when it happened; otherwise `occurred_at` is only the time of arrival.
    pub fn is_timed(&self) -> bool {
        self.occurred_at != self.recorded_at
    }

    /// The date on which it happened. What a person records may be a day without a time.
    pub fn date(&self, calendar: LocalCalendar) -> NaiveDate {
        match self.source {
            Source::Manual | Source::Import => calendar.record_date(self.occurred_at),
            _ => calendar.date(self.occurred_at),
        }
    }

    /// The same in words: "Nov 29, 2026".
    pub fn day(&self, calendar: LocalCalendar) -> String {
        date_words(self.date(calendar))
    }
}

/// The state of a (number, program), with its own facts.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConsentState {
    /// No consent on record, no invitation out.
    #[default]
    NotAsked,
    /// The opt-in template went out.
    Invited(StateSince),
    /// Explicit, documented consent.
    OptedIn(StateSince),
    /// The person said stop.
    OptedOut(StateSince),
}

impl ConsentState {
    /// The state's name without its facts.
    pub fn name(&self) -> StateName {
        match self {
            ConsentState::NotAsked => StateName::NotAsked,
            ConsentState::Invited(_) => StateName::Invited,
            ConsentState::OptedIn(_) => StateName::OptedIn,
            ConsentState::OptedOut(_) => StateName::OptedOut,
        }
    }

    /// True while a text, or the invitation, may be under way.
    pub fn may_be_texted(&self) -> bool {
        matches!(self, ConsentState::Invited(_) | ConsentState::OptedIn(_))
    }

    /// Since when, if anything ever happened.
    pub fn since(&self) -> Option<StateSince> {
        match self {
            ConsentState::NotAsked => None,
            ConsentState::Invited(since) | ConsentState::OptedIn(since) | ConsentState::OptedOut(since) => {
                Some(*since)
            }
        }
    }
}

/// The newest opt-in request to a number in a program. One at a time: it blocks a second one until it failed or was taken.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct OptInRequest {
    /// The event that scheduled it.
    pub seq: i32,
    /// When.
    pub scheduled_at: Timestamp,
    /// By whom: a person repeats a request, everything else asks for the first time.
    pub source: Source,
    /// The carrier took it.
    pub accepted: bool,
}

/// A flag over the states, with its reason.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NumberFlag {
    /// When it was set.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
}

/// Everything the rules know of one number: the fold of its history.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct NumberConsent {
    /// How many events the history has.
    pub seq: i32,
    /// The state in each program that ever had one.
    pub programs: BTreeMap<ProgramId, ConsentState>,
    /// A STOP for all programs: it also covers programs that have no state of their own yet.
    pub stopped_everywhere: Option<StateSince>,
    /// The administrator's flag.
    pub do_not_text: Option<NumberFlag>,
    /// An unclear reply needs review.
    pub paused: Option<NumberFlag>,
    /// The opt-in request of each program that has one out or on its way. Left out of older projections.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<ProgramId, OptInRequest>,
    /// When the number last opted out of anything, or changed hands: no documented consent may be older.
    pub last_opt_out: Option<Timestamp>,
}

/// One event of a number's history, as the fold needs it.
#[derive(Clone, PartialEq, Debug)]
pub struct ConsentEvent {
    /// Its place in the number's history, from 1.
    pub seq: i32,
    /// The program it is about; `None` means all.
    pub program: Option<ProgramId>,
    /// What it did.
    pub kind: EventKind,
    /// Where it came from.
    pub source: Source,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it rests on.
    pub evidence: Evidence,
}
