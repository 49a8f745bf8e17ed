//! The delivery worker. For each number in turn it locks the number, claims a message, sends it and records the
//! answer. `jobs::mod` starts it; it writes messages and their steps through the actions.

mod together;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinError, JoinSet};

use crate::actions::{ActionError, deliver};
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::{LookUp, SendOutcome, Status};
use crate::domain::phone::Phone;
use crate::providers::breaker::HandOffs;
use crate::providers::{HandOffLease, OutgoingText};
use crate::store::messages::{Message, QueuePart};
use crate::store::{LEASE, StoreError, Tx, messages, sending};

use super::JobContext;
use super::backlog::{Backlog, NumberTurn, READ};
use together::{ClaimedText, WrittenTogether};

/// Scheduled messages woken at once.
const ROUND: i64 = 256;
/// Numbers served at once.
const AT_ONCE: usize = 64;
/// Of these, places that only an answer to a lead takes: a STOP is confirmed in time however slow the rest is.
const KEPT_FOR_REPLIES: usize = 16;
/// A hand-off never takes longer, from the claim on: then nobody knows how it ended, and the provider is asked.
const HAND_OFF: Duration = Duration::from_secs(5);
/// A hand-off that ends so long after its time was held up here.
const HELD_UP: Duration = Duration::from_secs(1);
/// A text waits so long for an instance that has its number's lock, and is looked at again later.
const FOR_OTHERS: Duration = Duration::from_millis(250);
/// What was passed by in the queue is looked at again this often.
const ANEW: Duration = Duration::from_secs(1);
/// Look-ups without an answer in a row after which the rest waits for the next round.
const UNANSWERED: usize = 20;

/// The numbers that are being served. A slow one keeps its place, and holds up nobody else.
pub(super) struct DeliveryWorker {
    jobs: JobContext,
    tasks: JoinSet<Result<(), ActionError>>,
    turns: HashMap<Id, NumberService>,
    backlog: Backlog,
    together: WrittenTogether,
    began_anew: Instant,
}

/// A number's turn that is under way.
struct NumberService {
    turn: NumberTurn,
    is_probe: bool,
}

impl DeliveryWorker {
    pub(super) fn new(jobs: JobContext) -> Self {
        DeliveryWorker {
            together: WrittenTogether::start(&jobs),
            jobs,
            tasks: JoinSet::new(),
            turns: HashMap::new(),
            backlog: Backlog::default(),
            began_anew: Instant::now(),
        }
    }

    /// Looks into the queue, as far as too little of it is in memory.
    pub(super) async fn look(&mut self) -> Result<(), ActionError> {
        let is_anew = self.began_anew.elapsed() >= ANEW;
        if is_anew {
            self.began_anew = Instant::now();
        }
        self.backlog.look_again(is_anew);
        if !self.jobs.gate.is_open() {
            self.backlog.forget();
            return Ok(());
        }
        if self.backlog.texts.next_read().is_some() {
            wake_due(&self.jobs).await?;
        }
        let parts = [
            (QueuePart::Replies, self.backlog.replies.next_read()),
            (QueuePart::Texts, self.backlog.texts.next_read()),
        ];
        let now = self.jobs.clock.now();
        let read = move |conn: &mut crate::store::ReadConn<'_>| {
            if !sending::is_on(conn)? {
                return Ok::<_, StoreError>(None);
            }
            let mut found = Vec::new();
            for (part, after) in parts {
                if let Some(after) = after {
                    found.push((part, messages::due(conn, part, after, now, READ)?));
                }
            }
            Ok(Some(found))
        };
        match self.jobs.store.read(read).await? {
            Some(found) => found.iter().for_each(|(part, due)| self.backlog.keep(*part, due)),
            None => self.backlog.forget(),
        }
        Ok(())
    }

    /// Begins to serve numbers, as far as there is room and the carrier takes texts. Returns how many messages that is.
    pub(super) fn begin(&mut self) -> usize {
        let mut begun = 0;
        while self.tasks.len() < AT_ONCE {
            let allowed = self.jobs.breaker.hand_offs(self.jobs.clock.now());
            let is_probe = allowed == HandOffs::Probe;
            let turn = match allowed {
                HandOffs::All => self.backlog.next(self.tasks.len() < AT_ONCE - KEPT_FOR_REPLIES),
                HandOffs::Probe => self.backlog.next_probe(),
                HandOffs::None => None,
            };
            let Some(turn) = turn else {
                if is_probe {
                    self.jobs.breaker.probe_unused();
                }
                break;
            };
            begun += turn.messages.len();
            let (jobs, together) = (self.jobs.clone(), self.together.clone());
            let part = turn.part;
            let (number, messages) = (turn.number, turn.messages.clone());
            let serve = async move { deliver_to(&jobs, &together, (number, part), messages, is_probe).await };
            let task = self.tasks.spawn(serve);
            self.turns.insert(task.id(), NumberService { turn, is_probe });
        }
        begun
    }

    /// True when there is more in the queue and too little of it is in memory.
    pub(super) fn runs_low(&self) -> bool {
        self.backlog.replies.next_read().is_some() || self.backlog.texts.next_read().is_some()
    }

    /// Waits until one of the numbers under way is served; at once when there is none.
    pub(super) async fn one_served(&mut self) {
        let mut next = self.tasks.join_next_with_id().await;
        while let Some(ended) = next {
            self.ended(ended);
            next = self.tasks.try_join_next_with_id();
        }
    }

    /// True when nobody is being served.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    fn ended(&mut self, ended: Result<(Id, Result<(), ActionError>), JoinError>) {
        let task = match ended {
            Ok((task, Ok(()))) => task,
            Ok((task, Err(error))) => {
                log::error!("A message could not be handed over: {error}");
                task
            }
            Err(error) => {
                log::error!("A delivery task ended early: {error}");
                error.id()
            }
        };
        let Some(NumberService { turn, is_probe }) = self.turns.remove(&task) else { return };
        self.backlog.served(&turn);
        if is_probe {
            self.jobs.breaker.probe_unused();
        }
    }
}

/// Queues what was scheduled for now or earlier.
async fn wake_due(jobs: &JobContext) -> Result<(), ActionError> {
    let now = jobs.clock.now();
    let read = move |conn: &mut crate::store::ReadConn<'_>| messages::scheduled_until(conn, now, ROUND);
    let ids: Vec<MessageId> = jobs.store.read::<_, StoreError>(read).await?;
    if !ids.is_empty() {
        jobs.store.write(move |tx: &mut Tx<'_>| deliver::wake(tx, &ids, now)).await?;
    }
    Ok(())
}

/// Hands over what is due now and waits for the answers. Returns how many messages were looked at.
///
/// # Errors
/// When the database fails.
pub async fn deliver_due(jobs: &JobContext) -> Result<usize, ActionError> {
    let mut worker = DeliveryWorker::new(jobs.clone());
    worker.look().await?;
    let mut begun = worker.begin();
    while !worker.is_idle() {
        worker.one_served().await;
        begun += worker.begin();
    }
    Ok(begun)
}

async fn deliver_to(
    jobs: &JobContext,
    together: &WrittenTogether,
    (number, part): (NumberId, QueuePart),
    messages: Vec<MessageId>,
    is_probe: bool,
) -> Result<(), ActionError> {
    for id in messages {
        if !is_probe && jobs.breaker.outage().is_some() {
            return Ok(());
        }
        // The STOP barrier: from the gate's re-check to the provider's answer nobody else acts on this number.
        // Another instance may have it, one that waits for a slow carrier or that froze. A text comes again later, because an answer
        // to the lead may come meanwhile. Before such an answer no text can begin any more that was claimed before the lease.
        let patience = if part == QueuePart::Replies { LEASE } else { FOR_OTHERS };
        let (guard, is_free) = jobs.store.lock_number_within(number, patience).await;
        if !is_free && part == QueuePart::Texts {
            return Ok(());
        }
        let Some((guard, claim)) = together.claim(id, number, guard).await? else { continue };
        let outcome = hand_over(jobs, &claim).await;
        if is_carriers_doing(&outcome, claim.begun.elapsed()) {
            jobs.breaker.report(number, is_probe, &outcome, jobs.clock.now());
        }
        together.record(&claim.text, outcome, guard).await?;
    }
    Ok(())
}

/// False for a hand-off without an answer that ended long after its time: this process itself stood still, which says nothing
/// about the carrier.
fn is_carriers_doing(outcome: &SendOutcome, took: Duration) -> bool {
    !matches!(outcome, SendOutcome::Unknown { .. }) || took < HAND_OFF + HELD_UP
}

async fn hand_over(jobs: &JobContext, claim: &ClaimedText) -> SendOutcome {
    let lease = HandOffLease::until(claim.begun + LEASE);
    if lease.has_ended() {
        return SendOutcome::NotBegun;
    }
    let left = HAND_OFF.saturating_sub(claim.begun.elapsed());
    match tokio::time::timeout(left, jobs.provider.send(&claim.text, lease)).await {
        Ok(outcome) => outcome,
        Err(_) => SendOutcome::Unknown { why: "no answer in time".to_owned() },
    }
}

/// Asks the provider about messages whose outcome is unknown; nothing is repeated before it answered.
///
/// # Errors
/// When the database fails.
pub async fn reconcile(jobs: &JobContext) -> Result<(), ActionError> {
    let now = jobs.clock.now();
    let before = now.plus(chrono::Duration::seconds(-10));
    let unknown = jobs.store.read(move |conn| messages::unanswered(conn, before, now)).await?;
    let mut silent = 0;
    for Message { id, number_id, .. } in unknown {
        let Some(number) = number_id else { continue };
        let guard = jobs.store.lock_number(number).await;
        // Read under the lock: it may have been answered, or handed over again, while the others were asked about.
        let read = move |conn: &mut crate::store::ReadConn<'_>| {
            let message = messages::get(conn, id)?.filter(|message| message.status == Status::Sending);
            let twin =
                message.as_ref().map(|message| messages::twin_after(conn, message)).transpose()?.flatten();
            let mut taken = messages::provider_ids(conn, number, id)?;
            taken.extend(messages::failed_ids(conn, number)?);
            Ok::<_, StoreError>((message, taken, twin))
        };
        let (Some(message), taken, twin) = jobs.store.read(read).await? else { continue };
        let Some(since) = message.claimed_at.filter(|at| *at < before) else { continue };
        let Some(to) = Phone::from_e164(&message.to_text) else { continue };
        let (to, from, taken) = (&to, message.sender.as_deref().unwrap_or_default(), taken.as_slice());
        let wanted = OutgoingText { message: id, to, from, body: &message.body, since, twin, taken };
        let answer = jobs.provider.look_up(&wanted).await;
        silent = if answer == LookUp::Unavailable { silent + 1 } else { 0 };
        let (provider, now) = (jobs.provider.name(), jobs.clock.now());
        let record = move |tx: &mut Tx<'_>| deliver::record_look_up(tx, id, &answer, provider, now);
        if let Err(error) = jobs.store.write_holding([&guard], record).await {
            log::error!("The provider's answer about message {id} could not be recorded: {error}");
        }
        if silent == UNANSWERED {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_stood_still_blames_no_carrier() {
        let unknown = SendOutcome::Unknown { why: "no answer in time".to_owned() };
        let accepted = SendOutcome::Accepted { provider_id: "SM1".to_owned() };
        let late = Duration::from_secs(11);
        assert!(is_carriers_doing(&unknown, HAND_OFF), "no answer in its time");
        assert!(!is_carriers_doing(&unknown, late), "frozen for seconds");
        assert!(is_carriers_doing(&accepted, late), "an answer is an answer");
    }
}
