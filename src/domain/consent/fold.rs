//! The fold of a history: what each event makes of what is known of a number. Used by every write and by `verify`.

use super::{
    ConsentEvent, ConsentState, EventKind, NumberConsent, NumberFlag, OptInRequest, StateName, StateSince,
};
use crate::domain::evidence::Evidence;
use crate::domain::id::{MessageId, ProgramId};

/// Rebuilds what is known of a number from its whole history.
pub fn fold<'a>(history: impl IntoIterator<Item = &'a ConsentEvent>) -> NumberConsent {
    let mut record = NumberConsent::default();
    for event in history {
        record.apply(event);
    }
    record
}

impl NumberConsent {
    /// The state in one program; a STOP for all covers programs without a state of their own.
    pub fn state_in(&self, program: ProgramId) -> ConsentState {
        match (self.programs.get(&program), self.stopped_everywhere) {
            (Some(state), _) => *state,
            (None, Some(since)) => ConsentState::OptedOut(since),
            (None, None) => ConsentState::NotAsked,
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
    pub fn apply(&mut self, event: &ConsentEvent) {
        self.seq = event.seq;
        let since = StateSince {
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
            seq: event.seq,
            source: event.source,
        };
        let flag = || NumberFlag { since: event.recorded_at, reason: reason_of(&event.evidence) };
        match event.kind {
            EventKind::Recorded => {}
            EventKind::OptOutRepeated => {
                self.last_opt_out = self.last_opt_out.max(Some(since.occurred_at));
                self.settle(event.program);
            }
            EventKind::RequestScheduled => self.schedule(event),
            EventKind::Invited => {
                self.set(event.program, ConsentState::Invited(since));
                let request = event.program.and_then(|program| self.requests.get_mut(&program));
                request.into_iter().for_each(|request| request.accepted = true);
            }
            EventKind::OptedIn => {
                self.set(event.program, ConsentState::OptedIn(since));
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

    fn set(&mut self, program: Option<ProgramId>, state: ConsentState) {
        if let Some(program) = program {
            self.programs.insert(program, state);
        }
    }

    fn schedule(&mut self, event: &ConsentEvent) {
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

    fn opt_out(&mut self, program: Option<ProgramId>, since: StateSince) {
        self.forget_request(program);
        self.last_opt_out = self.last_opt_out.max(Some(since.occurred_at));
        self.settle(program);
        match program {
            Some(program) => {
                self.programs.insert(program, ConsentState::OptedOut(since));
            }
            None => {
                self.stopped_everywhere = Some(since);
                for state in self.programs.values_mut().filter(|s| s.name() != StateName::OptedOut) {
                    *state = ConsentState::OptedOut(since);
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
                *state = ConsentState::NotAsked;
            }
        }
    }
}

impl ConsentState {
    /// The kinds of events that begin a state.
    pub const BEGINNINGS: [EventKind; 3] = [EventKind::Invited, EventKind::OptedIn, EventKind::OptedOut];

    /// The state that an event of such a kind begins.
    pub fn begun_by(kind: EventKind, since: StateSince) -> ConsentState {
        match kind {
            EventKind::Invited => ConsentState::Invited(since),
            EventKind::OptedIn => ConsentState::OptedIn(since),
            EventKind::OptedOut => ConsentState::OptedOut(since),
            _ => ConsentState::NotAsked,
        }
    }

    /// The kinds of events that end this state and begin no other one.
    pub fn endings(&self) -> &'static [EventKind] {
        match self {
            ConsentState::NotAsked | ConsentState::OptedOut(_) => &[],
            ConsentState::Invited(_) => {
                &[EventKind::InvitationFailed, EventKind::ConsentEnded, EventKind::SimulationEnded]
            }
            ConsentState::OptedIn(_) => &[EventKind::ConsentEnded, EventKind::SimulationEnded],
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
