//! Reads what the gate needs and asks it. Used by whoever sends or shows a verdict; it writes nothing and decides nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::ConsentState;
use crate::domain::gate::{
    FailedRequest, GateQuestion, MessagePurpose, PendingRequest, RequestProgress, UsedCap, Verdict, ask, caps,
};
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::message::{Category, Lane, Status};
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::restore_hold::RestoreHold;
use crate::domain::schedule::{
    FrequencyCap, Location, OwnZone, Rulebook, Subject, anywhere, place_in, place_of,
};
use crate::domain::texting_limits::TextingLimits;
use crate::domain::time::Timestamp;
use crate::store::contacts::ContactLocation;
use crate::store::messages::Message;
use crate::store::numbers::Number;
use crate::store::{
    ReadConn, StoreError, contacts, events, messages, organization, programs, rulebooks, sending,
};

/// Places of one number that are looked at. Thousands of contacts may share it, and each place is compared with the others and
/// asked about its hours.
const MOST_PLACES: usize = 100;

/// A program's means of sending, as they stand now.
#[derive(Debug)]
pub struct SendingContext {
    /// Its sender number.
    pub sender: Option<String>,
    /// False when an administrator switched all sending off.
    pub sending_on: bool,
    /// Why the installation itself switched it off, if it did.
    pub standstill: Option<RestoreHold>,
    /// The dated rules.
    pub rulebook: Arc<Rulebook>,
    /// The limits of the installation.
    limits: TextingLimits,
    /// Where the recipients may be, as far as it was read for many numbers at once.
    places: Arc<HashMap<NumberId, Vec<ContactLocation>>>,
    /// The calendar of those who read the verdict: the organization's, unless a page puts its reader's there.
    pub calendar: LocalCalendar,
}

/// How a program stands: its sender, the switch of the installation, and the rules.
///
/// # Errors
/// When the database fails.
pub fn sending_context(conn: &mut ReadConn<'_>, program: &Program) -> Result<SendingContext, StoreError> {
    let (sender, sending_on) = (programs::sender(conn, program.id)?, sending::is_on(conn)?);
    let standstill = if sending_on { None } else { sending::standstill(conn)? };
    Ok(SendingContext {
        sender,
        sending_on,
        standstill,
        rulebook: rulebooks::current(conn)?,
        calendar: organization::calendar(conn)?,
        limits: organization::limits(conn)?,
        places: Arc::default(),
    })
}

/// Which text the gate is asked about.
struct GateQuery {
    purpose: MessagePurpose,
    /// A person wants to repeat the opt-in request.
    is_by_hand: bool,
    /// It is not arranged yet: what is arranged for later comes before it.
    is_new: bool,
    /// A simulated phone asked to have it now.
    skips_hours: bool,
}

impl SendingContext {
    /// The same for a reader with a calendar of their own.
    #[must_use]
    pub fn read_by(self, calendar: LocalCalendar) -> SendingContext {
        SendingContext { calendar, ..self }
    }

    /// Reads where the recipients of these messages may be, for those programs whose texts depend on it: one query for all.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read_places(
        conn: &mut ReadConn<'_>,
        contexts: &mut HashMap<ProgramId, (Arc<Program>, SendingContext)>,
        messages: &[Message],
    ) -> Result<(), StoreError> {
        let mut asked = HashSet::new();
        for message in messages {
            let Some((program, context)) = contexts.get(&message.program_id) else { continue };
            if !MessagePurpose::of(message.lane, message.category).is_reply() && context.asks_places(program)
            {
                asked.extend(message.number_id);
            }
        }
        let numbers: Vec<NumberId> = asked.into_iter().collect();
        let mut found = contacts::places_on(conn, &numbers)?;
        // Who has no contact is not asked about again.
        for number in numbers {
            found.entry(number).or_default();
        }
        let found = Arc::new(found);
        for (_, context) in contexts.values_mut() {
            context.places = Arc::clone(&found);
        }
        Ok(())
    }

    /// True when it matters where the recipient of a program's text is.
    fn asks_places(&self, program: &Program) -> bool {
        program.keeps_hours() || self.rulebook.has_closures()
    }

    fn places(&self, conn: &mut ReadConn<'_>, number: &Number) -> Result<Vec<Location>, StoreError> {
        Ok(match self.places.get(&number.id) {
            Some(told) => recipient_places(told, &number.phone),
            None => recipient_places(&contacts::places_of(conn, number.id)?, &number.phone),
        })
    }

    /// The gate's verdict on a number, for a new text of this category: what is arranged for later counts as well.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verdict(
        &self,
        conn: &mut ReadConn<'_>,
        number: &Number,
        program: &Program,
        category: Category,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let asked = GateQuery {
            purpose: MessagePurpose::of(Lane::Gated, category),
            is_by_hand: false,
            is_new: true,
            skips_hours: false,
        };
        self.ask_gate(conn, number, program, asked, now)
    }

    /// The verdict on an opt-in request that a person wants to repeat.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verdict_on_repeat(
        &self,
        conn: &mut ReadConn<'_>,
        number: &Number,
        program: &Program,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let purpose = MessagePurpose::Invitation;
        let asked = GateQuery { purpose, is_by_hand: true, is_new: true, skips_hours: false };
        self.ask_gate(conn, number, program, asked, now)
    }

    /// The verdict on a message that is to be handed over now. What is arranged for later comes after it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verdict_on(
        &self,
        conn: &mut ReadConn<'_>,
        message: &Message,
        number: &Number,
        program: &Program,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let (purpose, skips_hours) =
            (MessagePurpose::of(message.lane, message.category), message.skips_quiet_hours);
        let asked = GateQuery { purpose, is_by_hand: false, is_new: false, skips_hours };
        self.ask_gate(conn, number, program, asked, now)
    }

    fn ask_gate(
        &self,
        conn: &mut ReadConn<'_>,
        number: &Number,
        program: &Program,
        GateQuery { purpose, is_by_hand, is_new, skips_hours }: GateQuery,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let caps = match purpose {
            MessagePurpose::Counted => caps(program, &promised_wordings(conn, number, program)?),
            _ => Vec::new(),
        };
        let asks_places = !purpose.is_reply() && self.asks_places(program);
        let places = if asks_places { self.places(conn, number)? } else { Vec::new() };
        // Caps by law are about solicitation, as hours by law are: one switch says that a program's texts are none.
        let is_bound = !purpose.is_reply() && program.keeps_quiet_hours;
        let binding = if is_bound { self.rulebook.caps(&places, now) } else { Vec::new() };
        let is_capped = !caps.is_empty() || !binding.is_empty();
        let arranged =
            if is_new && is_capped { messages::scheduled_for(conn, number.id)? } else { Vec::new() };
        let promised = arranged.iter().filter(|text| text.counts && text.program == program.id);
        let mut sent = sent(conn, number, program, &caps, now)?;
        sent.extend(promised.map(|text| text.at));
        let mut legal_caps = Vec::new();
        for cap in binding {
            let of = (cap.subject == Subject::Program).then_some(program.id);
            let mut sent =
                messages::attempts_since(conn, number.id, of, now.plus(-cap.cap().window()), cap.n)?;
            let counted = arranged.iter().filter(|text| of.is_none_or(|of| of == text.program));
            sent.extend(counted.map(|text| text.at));
            legal_caps.push(UsedCap { cap, sent });
        }
        Ok(ask(&GateQuestion {
            consent: &number.consent,
            request: pending_request(conn, number, program, now)?,
            failed_request: failed_request(conn, number, program)?,
            phone: &number.phone,
            unreachable: number.unreachable.as_deref(),
            program,
            sender: self.sender.as_deref(),
            sending_on: self.sending_on,
            standstill: self.standstill,
            places: if skips_hours { &[] } else { &places },
            rulebook: &self.rulebook,
            caps: &caps,
            sent: &sent,
            legal_caps: &legal_caps,
            purpose,
            is_by_hand,
            unasked: &number.unasked,
            limits: &self.limits,
            now,
            calendar: self.calendar,
        }))
    }
}

/// The opt-in request on its way; only a number that has one is asked about.
fn pending_request(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
    now: Timestamp,
) -> Result<Option<PendingRequest>, StoreError> {
    let Some(open) = number.consent.open_request(program.id) else { return Ok(None) };
    let message = messages::request(conn, number.id, open.seq)?;
    let progress = match &message {
        Some(message) if message.status == Status::Sending && message.is_unanswered() => {
            RequestProgress::Unknown
        }
        Some(message) if message.status == Status::Sending => RequestProgress::Sending,
        _ => RequestProgress::Scheduled,
    };
    Ok(Some(PendingRequest {
        progress,
        due_at: message.map(|message| message.due_at).filter(|at| *at > now),
    }))
}

/// The latest opt-in request that did not arrive, of a number without another request.
fn failed_request(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
) -> Result<Option<FailedRequest>, StoreError> {
    let is_unasked = number.consent.state_in(program.id) == ConsentState::NotAsked;
    if !is_unasked || number.consent.seq == 0 || number.consent.open_request(program.id).is_some() {
        return Ok(None);
    }
    let failed = messages::failed_request(conn, number.id, program.id)?;
    Ok(failed.map(|(sent_at, code)| FailedRequest { sent_at, code }))
}

/// Where the recipient may be: as each contact on the number says, else as the number does. Of too many places none is looked at.
pub(super) fn recipient_places(told: &[ContactLocation], phone: &Phone) -> Vec<Location> {
    if told.len() > MOST_PLACES {
        return vec![anywhere(phone)];
    }
    let mut places = Vec::new();
    for (time_zone, confirmed, zip) in told {
        let own = time_zone.as_deref().map(|name| OwnZone { name, confirmed: *confirmed });
        let place = place_in(own, zip.as_deref(), phone);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        places.push(place_of(None, None, phone));
    }
    places
}

/// What an opted-in lead was promised: by the wording of the form and of the opt-in request before the START, and by the
/// confirmation after it.
fn promised_wordings(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
) -> Result<Vec<String>, StoreError> {
    match number.consent.state_in(program.id) {
        ConsentState::OptedIn(since) if program.keeps_frequency && program.has_promised => {
            let mut read = events::wordings(conn, number.id, program.id, since.seq)?;
            read.extend(messages::confirmed_with(conn, number.id, program.id)?);
            Ok(read)
        }
        _ => Ok(Vec::new()),
    }
}

/// When texts that count towards what was promised were handed over, as far back as the promise reaches.
fn sent(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
    caps: &[FrequencyCap],
    now: Timestamp,
) -> Result<Vec<Timestamp>, StoreError> {
    let (Some(window), Some(most)) =
        (caps.iter().map(FrequencyCap::window).max(), caps.iter().map(|cap| cap.n).max())
    else {
        return Ok(Vec::new());
    };
    messages::counted_since(conn, number.id, program.id, now.plus(-window), most)
}
