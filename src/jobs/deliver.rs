//! The delivery worker: for each number in turn it holds the number's lock, claims, hands over and writes down the answer.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinError, JoinSet};

use crate::actions::{ActionError, deliver};
use crate::domain::gate::ClearedText;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::{SendOutcome, Status};
use crate::domain::phone::Phone;
use crate::providers::Wanted;
use crate::store::messages::{Due, Message};
use crate::store::{HAND_OFF, StoreError, Tx, messages, settings};

use super::Jobs;

/// Messages looked at in one round.
const ROUND: i64 = 256;
/// Numbers served at once.
const AT_ONCE: usize = 64;
/// Of these, places that only an answer to a lead takes: a STOP is confirmed in time however slow the rest is.
const KEPT_FOR_REPLIES: usize = 16;
/// With less time left no hand-off is begun: it would end in not knowing.
const LEAST: Duration = Duration::from_secs(1);
/// Messages a number is served before the others have their turn.
const AT_A_TIME: usize = 8;

/// The numbers that are being served. A slow one keeps its place, and holds up nobody else.
pub(super) struct Worker {
    jobs: Jobs,
    tasks: JoinSet<Result<(), ActionError>>,
    numbers: HashMap<Id, NumberId>,
}

impl Worker {
    pub(super) fn new(jobs: Jobs) -> Self {
        Worker { jobs, tasks: JoinSet::new(), numbers: HashMap::new() }
    }

    /// Begins to serve the numbers to which something is due, as far as there is room. Returns how many messages that is.
    pub(super) async fn begin_due(&mut self) -> Result<usize, ActionError> {
        wake_due(&self.jobs).await?;
        let busy: Vec<NumberId> = self.numbers.values().copied().collect();
        let now = self.jobs.clock.now();
        let read = move |conn: &mut crate::store::Conn<'_>| match settings::sending_on(conn)? {
            true => messages::due(conn, now, &busy, ROUND),
            false => Ok(Vec::new()),
        };
        let mut begun = 0;
        for (number, is_reply, messages) in by_number(self.jobs.store.read(read).await?) {
            let room = if is_reply { AT_ONCE } else { AT_ONCE - KEPT_FOR_REPLIES };
            if self.tasks.len() < room {
                begun += messages.len();
                let jobs = self.jobs.clone();
                let task = self.tasks.spawn(async move { deliver_to(&jobs, number, messages).await });
                self.numbers.insert(task.id(), number);
            }
        }
        Ok(begun)
    }

    /// True while another number can be served beside those under way.
    pub(super) fn has_room(&self) -> bool {
        self.tasks.len() < AT_ONCE - KEPT_FOR_REPLIES
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
        self.numbers.remove(&task);
    }
}

/// Queues what was scheduled for now or earlier.
async fn wake_due(jobs: &Jobs) -> Result<(), ActionError> {
    let now = jobs.clock.now();
    let read = move |conn: &mut crate::store::Conn<'_>| messages::scheduled_until(conn, now, ROUND);
    let ids: Vec<MessageId> = jobs.store.read::<_, StoreError>(read).await?;
    if !ids.is_empty() {
        jobs.store.write(move |tx: &mut Tx<'_>| deliver::wake(tx, &ids, now)).await?;
    }
    Ok(())
}

/// Hands over all that is due now and waits for the answers. Returns how many messages were looked at.
///
/// # Errors
/// When the database fails.
pub async fn deliver_due(jobs: &Jobs) -> Result<usize, ActionError> {
    let mut worker = Worker::new(jobs.clone());
    let begun = worker.begin_due().await?;
    while !worker.is_idle() {
        worker.one_served().await;
    }
    Ok(begun)
}

/// The due messages by number, in order; a number comes where its first message stands.
fn by_number(due: Vec<Due>) -> Vec<(NumberId, bool, Vec<MessageId>)> {
    let mut places: HashMap<NumberId, usize> = HashMap::new();
    let mut numbers: Vec<(NumberId, bool, Vec<MessageId>)> = Vec::new();
    for Due { message, number, is_reply } in due {
        let place = *places.entry(number).or_insert_with(|| {
            numbers.push((number, is_reply, Vec::new()));
            numbers.len() - 1
        });
        if let Some((_, _, messages)) = numbers.get_mut(place).filter(|(_, _, m)| m.len() < AT_A_TIME) {
            messages.push(message);
        }
    }
    numbers
}

async fn deliver_to(jobs: &Jobs, number: NumberId, messages: Vec<MessageId>) -> Result<(), ActionError> {
    for id in messages {
        // The STOP barrier: from the gate's re-check to the provider's answer nobody else acts on this number.
        let guard = jobs.store.lock_number(number).await;
        // From the run that is committed on the hand-off has its five seconds, the wait for the commit included: a STOP
        // that finds the claim waits no longer.
        let clock = jobs.clock.clone();
        let claim = move |tx: &mut Tx<'_>| {
            let begun = Instant::now();
            deliver::claim(tx, id, clock.now()).map(|text| (begun, text))
        };
        let (begun, text) = match jobs.store.write_holding(&guard, claim).await {
            Ok((begun, Some(text))) => (begun, text),
            Ok((_, None)) => continue,
            Err(error) => {
                // Not at once again: what cannot be claimed must not keep the others waiting.
                let later = jobs.clock.now().plus(chrono::Duration::seconds(30));
                let put_off = move |tx: &mut Tx<'_>| messages::set_due(tx, id, later);
                jobs.store.write_holding(&guard, put_off).await?;
                return Err(error);
            }
        };
        let outcome = hand_over(jobs, &text, HAND_OFF.saturating_sub(begun.elapsed())).await;
        let (provider, now) = (jobs.provider.name(), jobs.clock.now());
        let record = move |tx: &mut Tx<'_>| deliver::record_outcome(tx, id, &outcome, provider, now);
        jobs.store.write_holding(&guard, record).await?;
    }
    Ok(())
}

async fn hand_over(jobs: &Jobs, text: &ClearedText, left: Duration) -> SendOutcome {
    if left < LEAST {
        return SendOutcome::NotBegun;
    }
    match tokio::time::timeout(left, jobs.provider.send(text)).await {
        Ok(outcome) => outcome,
        Err(_) => SendOutcome::Unknown { why: "no answer in time".to_owned() },
    }
}

/// Asks the provider about messages whose outcome is unknown; nothing is repeated before it answered.
///
/// # Errors
/// When the database fails.
pub async fn reconcile(jobs: &Jobs) -> Result<(), ActionError> {
    let now = jobs.clock.now();
    let before = now.plus(chrono::Duration::seconds(-10));
    let unknown = jobs.store.read(move |conn| messages::unanswered(conn, before, now)).await?;
    for Message { id, number_id, .. } in unknown {
        let Some(number) = number_id else { continue };
        let guard = jobs.store.lock_number(number).await;
        // Read under the lock: it may have been answered, or handed over again, while the others were asked about.
        let read = move |conn: &mut crate::store::Conn<'_>| {
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
        let wanted = Wanted { message: id, to, from, body: &message.body, since, twin, taken };
        let answer = jobs.provider.look_up(&wanted).await;
        let (provider, now) = (jobs.provider.name(), jobs.clock.now());
        let record = move |tx: &mut Tx<'_>| deliver::record_look_up(tx, id, &answer, provider, now);
        if let Err(error) = jobs.store.write_holding(&guard, record).await {
            log::error!("What the provider said about message {id} could not be recorded: {error}");
        }
    }
    Ok(())
}
