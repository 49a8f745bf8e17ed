//! The state machine of consent: what is known of a number, what somebody wants, and what follows from it. Pure: it
//! must not know where histories are stored, what time it is, or how a text is sent. RULES §1 is its table.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::id::{MessageId, ProgramId};
use super::time::Timestamp;
use super::words::words;

pub use super::decide::{
    Arrival, OptOutText, PastOptOut, StartOrder, check_given_at, check_reason, check_reinvite, decide,
    inherit, may_ask_again_from, opt_outs_in_force, share_opt_out, start_order,
};
pub use super::intent::{Asked, Decision, Draft, Effect, Intent, Refusal, Revocation, Scope};

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

impl StateName {
    /// The label people read.
    pub fn label(self) -> &'static str {
        match self {
            StateName::NotAsked => "Not asked",
            StateName::Invited => "Invited",
            StateName::OptedIn => "Opted in",
            StateName::OptedOut => "Opted out",
        }
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
    pub fn ends_consent(self) -> bool {
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

    /// The verb people read in a timeline.
    pub fn label(self) -> &'static str {
        match self {
            EventKind::RequestScheduled => "Opt-in request scheduled",
            EventKind::Invited => "Invited to opt in",
            EventKind::InvitationFailed => "Opt-in request could not be delivered",
            EventKind::RequestFailed => "Repeated opt-in request could not be delivered",
            EventKind::OptedIn => "Opted in",
            EventKind::OptedOut => "Opted out",
            EventKind::Recorded => "Recorded, no change",
            EventKind::OptOutRepeated => "Opted out again, no change",
            EventKind::ConsentEnded => "Consent ended",
            EventKind::SimulationEnded => "Simulated consent ended",
            EventKind::DoNotTextSet => "Do not text set",
            EventKind::DoNotTextCleared => "Do not text cleared",
            EventKind::Paused => "Paused for review",
            EventKind::Resumed => "Resumed",
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
        /// The texting provider.
        Provider = "provider",
        /// The system itself.
        System = "system",
    }
}

impl Source {
    /// The words people read after "by".
    pub fn label(self) -> &'static str {
        match self {
            Source::Handset => "text from the handset",
            Source::WebForm => "web form",
            Source::Manual => "manual update",
            Source::Api => "API",
            Source::Provider => "the provider",
            Source::System => "the system",
        }
    }
}

/// When and by which event a state began.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Since {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The event's place in the number's history.
    pub seq: i32,
    /// Where the event came from.
    pub source: Source,
}

impl Since {
    /// True when the provider said when it happened; otherwise `occurred_at` is only the time of arrival.
    pub fn is_timed(&self) -> bool {
        self.occurred_at != self.recorded_at
    }
}

/// The state of a (number, program), with its own facts.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// No consent on record, no invitation out.
    #[default]
    NotAsked,
    /// The opt-in template went out.
    Invited(Since),
    /// Explicit, documented consent.
    OptedIn(Since),
    /// The person said stop.
    OptedOut(Since),
}

impl State {
    /// The state's name without its facts.
    pub fn name(&self) -> StateName {
        match self {
            State::NotAsked => StateName::NotAsked,
            State::Invited(_) => StateName::Invited,
            State::OptedIn(_) => StateName::OptedIn,
            State::OptedOut(_) => StateName::OptedOut,
        }
    }

    /// True while a text, or the invitation, may be under way.
    pub fn may_be_texted(&self) -> bool {
        matches!(self, State::Invited(_) | State::OptedIn(_))
    }

    /// Since when, if anything ever happened.
    pub fn since(&self) -> Option<Since> {
        match self {
            State::NotAsked => None,
            State::Invited(since) | State::OptedIn(since) | State::OptedOut(since) => Some(*since),
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
pub struct Flag {
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
    pub programs: BTreeMap<ProgramId, State>,
    /// A STOP for all programs: it also covers programs that have no state of their own yet.
    pub stopped_everywhere: Option<Since>,
    /// The administrator's flag.
    pub do_not_text: Option<Flag>,
    /// An unclear reply waits for a person.
    pub paused: Option<Flag>,
    /// The opt-in request of each program that has one out or on its way. Left out of older projections.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<ProgramId, OptInRequest>,
    /// When the number last opted out of anything, or changed hands: no documented consent may be older.
    pub last_opt_out: Option<Timestamp>,
}

/// One event of a number's history, as the fold needs it.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
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

/// Rebuilds what is known of a number from its whole history.
pub fn fold<'a>(history: impl IntoIterator<Item = &'a Event>) -> NumberConsent {
    let mut record = NumberConsent::default();
    for event in history {
        record.apply(event);
    }
    record
}

impl NumberConsent {
    /// The state in one program; a STOP for all covers programs without a state of their own.
    pub fn state_in(&self, program: ProgramId) -> State {
        match (self.programs.get(&program), self.stopped_everywhere) {
            (Some(state), _) => *state,
            (None, Some(since)) => State::OptedOut(since),
            (None, None) => State::NotAsked,
        }
    }

    /// The program's opt-in request that the carrier has not taken yet.
    pub fn open_request(&self, program: ProgramId) -> Option<OptInRequest> {
        self.requests.get(&program).copied().filter(|request| !request.accepted)
    }

    /// True while a text of the program, or its opt-in request, may be under way.
    pub fn may_be_texted_in(&self, program: ProgramId) -> bool {
        self.state_in(program).may_be_texted() || self.open_request(program).is_some()
    }

    /// The same, of any program.
    pub fn may_be_texted(&self) -> bool {
        self.known_programs().any(|id| self.may_be_texted_in(id))
    }

    /// The same, of the programs beside this one.
    pub fn may_be_texted_beside(&self, program: ProgramId) -> bool {
        self.known_programs().any(|id| id != program && self.may_be_texted_in(id))
    }

    fn known_programs(&self) -> impl Iterator<Item = ProgramId> {
        self.programs.keys().chain(self.requests.keys()).copied()
    }

    /// True when a STOP for all programs would change nothing.
    pub fn is_out_everywhere(&self) -> bool {
        self.stopped_everywhere.is_some()
            && self.programs.values().all(|state| state.name() == StateName::OptedOut)
    }

    /// Takes in the next event of the history.
    pub fn apply(&mut self, event: &Event) {
        self.seq = event.seq;
        let since = Since {
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
            seq: event.seq,
            source: event.source,
        };
        let flag = || Flag { since: event.recorded_at, reason: reason_of(&event.evidence) };
        match event.kind {
            EventKind::Recorded => {}
            EventKind::OptOutRepeated => {
                self.last_opt_out = self.last_opt_out.max(Some(since.occurred_at));
                self.settle(event.program);
            }
            EventKind::RequestScheduled => self.schedule(event),
            EventKind::Invited => {
                self.set(event.program, State::Invited(since));
                let request = event.program.and_then(|program| self.requests.get_mut(&program));
                request.into_iter().for_each(|request| request.accepted = true);
            }
            EventKind::OptedIn => {
                self.set(event.program, State::OptedIn(since));
                self.forget_request(event.program);
            }
            EventKind::OptedOut => self.opt_out(event.program, since),
            EventKind::InvitationFailed => self.end(event.program, &[StateName::Invited]),
            EventKind::RequestFailed => self.forget_request(event.program),
            EventKind::ConsentEnded => {
                // A document of the owner before proves nothing for the next one.
                self.last_opt_out = self.last_opt_out.max(Some(since.recorded_at));
                self.end(event.program, &[StateName::Invited, StateName::OptedIn]);
            }
            // Nobody revoked anything, and the number has no other owner: an older document still counts.
            EventKind::SimulationEnded => self.end(event.program, &[StateName::Invited, StateName::OptedIn]),
            EventKind::DoNotTextSet => self.do_not_text = Some(flag()),
            EventKind::DoNotTextCleared => self.do_not_text = None,
            EventKind::Paused => self.paused = Some(flag()),
            EventKind::Resumed => self.paused = None,
        }
    }

    fn set(&mut self, program: Option<ProgramId>, state: State) {
        if let Some(program) = program {
            self.programs.insert(program, state);
        }
    }

    fn schedule(&mut self, event: &Event) {
        let Some(program) = event.program else { return };
        let (seq, scheduled_at, source) = (event.seq, event.recorded_at, event.source);
        self.requests.insert(program, OptInRequest { seq, scheduled_at, source, accepted: false });
    }

    fn forget_request(&mut self, program: Option<ProgramId>) {
        match program {
            Some(program) => drop(self.requests.remove(&program)),
            None => self.requests.clear(),
        }
    }

    fn opt_out(&mut self, program: Option<ProgramId>, since: Since) {
        self.forget_request(program);
        self.last_opt_out = self.last_opt_out.max(Some(since.occurred_at));
        self.settle(program);
        match program {
            Some(program) => {
                self.programs.insert(program, State::OptedOut(since));
            }
            None => {
                self.stopped_everywhere = Some(since);
                for state in self.programs.values_mut().filter(|s| s.name() != StateName::OptedOut) {
                    *state = State::OptedOut(since);
                }
            }
        }
    }

    /// A revocation for all programs leaves nothing to decide about an unclear reply.
    fn settle(&mut self, program: Option<ProgramId>) {
        if program.is_none() {
            self.paused = None;
        }
    }

    fn end(&mut self, program: Option<ProgramId>, ends: &[StateName]) {
        self.forget_request(program);
        for (id, state) in &mut self.programs {
            if program.is_none_or(|program| program == *id) && ends.contains(&state.name()) {
                *state = State::NotAsked;
            }
        }
    }
}

/// The failed opt-in request and why it failed, of an event of this kind. Older histories kept the reason where the text is.
pub fn failed_request(kind: EventKind, evidence: &Evidence) -> Option<(MessageId, &str)> {
    match evidence {
        Evidence::RequestFailed { message, reason } => Some((*message, reason)),
        Evidence::Invitation { message, text, .. }
            if matches!(kind, EventKind::InvitationFailed | EventKind::Recorded) =>
        {
            Some((*message, text))
        }
        _ => None,
    }
}

fn reason_of(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Note { reason } | Evidence::Revocation { reason, .. } => reason.clone(),
        Evidence::HandsetText(text) => format!("reply read as {}", text.matched),
        Evidence::OtherSpelling(link) => link.reason.clone(),
        _ => String::new(),
    }
}
