//! The worker's two writes for each text, the claim and the carrier's answer. What is asked for while one write is under way is
//! written by the next one together: on PostgreSQL a dozen statements serve one text or thirty. Each caller holds its number's
//! lock meanwhile, so the barrier of STOP is as it is for a text alone.

use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use crate::actions::{ActionError, deliver};
use crate::domain::gate::ClearedText;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::SendOutcome;
use crate::jobs::JobContext;
use crate::store::{NumberGuard, StoreError, Tx, messages};

/// Written together at most: what a STOP in the same group waits for stays short.
const MOST: usize = 32;

/// A claimed text. The gate has let it through.
pub(super) struct ClaimedText {
    pub(super) text: ClearedText,
    /// The lease counts from the run that is committed, the wait for the commit included: a STOP that is committed later
    /// outlives it.
    pub(super) begun: Instant,
}

type ClaimAnswer = Result<Option<ClaimedText>, ActionError>;

/// A write that is asked for, with the lock under which it happens.
struct WriteRequest<T, Answer> {
    what: T,
    guard: NumberGuard,
    caller: oneshot::Sender<(NumberGuard, Answer)>,
}

type ClaimRequest = WriteRequest<(MessageId, NumberId), ClaimAnswer>;
type AcceptedRequest = WriteRequest<(MessageId, String), Result<(), ActionError>>;

/// Takes what is to be written.
#[derive(Clone)]
pub(super) struct WrittenTogether {
    jobs: JobContext,
    claims: mpsc::UnboundedSender<ClaimRequest>,
    accepted: mpsc::UnboundedSender<AcceptedRequest>,
}

impl WrittenTogether {
    /// Starts to write; it ends with the last clone.
    pub(super) fn start(jobs: &JobContext) -> Self {
        let (claims, asked) = mpsc::unbounded_channel();
        let (accepted, told) = mpsc::unbounded_channel();
        tokio::spawn(write_claims(jobs.clone(), asked));
        tokio::spawn(write_accepted(jobs.clone(), told));
        WrittenTogether { jobs: jobs.clone(), claims, accepted }
    }

    /// Claims a message. `None` when it is not handed over now; the lock is free then.
    pub(super) async fn claim(
        &self,
        id: MessageId,
        number: NumberId,
        guard: NumberGuard,
    ) -> Result<Option<(NumberGuard, ClaimedText)>, ActionError> {
        let (guard, claimed) = ask(&self.claims, (id, number), guard).await?;
        Ok(claimed?.map(|text| (guard, text)))
    }

    /// Writes down how the hand-off of a text ended, and lets go of the lock. Whatever may change more than the message locks
    /// its number, and is written alone.
    pub(super) async fn record(
        &self,
        text: &ClearedText,
        outcome: SendOutcome,
        guard: NumberGuard,
    ) -> Result<(), ActionError> {
        match outcome {
            SendOutcome::Accepted { provider_id } if !text.is_opt_in_request() => {
                ask(&self.accepted, (text.message(), provider_id), guard).await?.1
            }
            outcome => record_alone(&self.jobs, text.message(), outcome, &guard).await,
        }
    }
}

async fn ask<T, Answer>(
    queue: &mpsc::UnboundedSender<WriteRequest<T, Answer>>,
    what: T,
    guard: NumberGuard,
) -> Result<(NumberGuard, Answer), ActionError> {
    let (caller, answered) = oneshot::channel();
    queue.send(WriteRequest { what, guard, caller }).map_err(|_| StoreError::Closed)?;
    Ok(answered.await.map_err(|_| StoreError::Closed)?)
}

/// What waits, at most so much of it; `None` when nobody asks any more.
async fn next<T>(queue: &mut mpsc::UnboundedReceiver<T>) -> Option<Vec<T>> {
    let mut asked = Vec::new();
    (queue.recv_many(&mut asked, MOST).await > 0).then_some(asked)
}

async fn write_claims(jobs: JobContext, mut queue: mpsc::UnboundedReceiver<ClaimRequest>) {
    while let Some(asked) = next(&mut queue).await {
        match claim(&jobs, &asked).await {
            Ok((begun, texts)) => answer_claims(asked, begun, texts),
            // One of them may be the cause: each is written alone.
            Err(_) => {
                for request in asked {
                    let claimed = claim_alone(&jobs, &request).await;
                    let _ = request.caller.send((request.guard, claimed));
                }
            }
        }
    }
}

async fn claim(
    jobs: &JobContext,
    asked: &[ClaimRequest],
) -> Result<(Instant, Vec<ClearedText>), ActionError> {
    let (clock, ids) = (jobs.clock.clone(), asked.iter().map(|request| request.what).collect::<Vec<_>>());
    let write = move |tx: &mut Tx<'_>| {
        let begun = Instant::now();
        deliver::claim_all(tx, &ids, clock.now()).map(|texts| (begun, texts))
    };
    jobs.store.write_holding(asked.iter().map(|request| &request.guard), write).await
}

fn answer_claims(asked: Vec<ClaimRequest>, begun: Instant, mut texts: Vec<ClearedText>) {
    for request in asked {
        let place = texts.iter().position(|text| text.message() == request.what.0);
        let claimed = place.map(|place| ClaimedText { text: texts.swap_remove(place), begun });
        let _ = request.caller.send((request.guard, Ok(claimed)));
    }
}

async fn claim_alone(jobs: &JobContext, request: &ClaimRequest) -> ClaimAnswer {
    match claim(jobs, std::slice::from_ref(request)).await {
        Ok((begun, mut texts)) => Ok(texts.pop().map(|text| ClaimedText { text, begun })),
        Err(error) => {
            // Not at once again: what cannot be claimed must not keep the others waiting.
            let (id, later) = (request.what.0, jobs.clock.now().plus(chrono::Duration::seconds(30)));
            let put_off = move |tx: &mut Tx<'_>| messages::set_due(tx, id, later);
            jobs.store.write_holding([&request.guard], put_off).await?;
            Err(error)
        }
    }
}

async fn write_accepted(jobs: JobContext, mut queue: mpsc::UnboundedReceiver<AcceptedRequest>) {
    while let Some(asked) = next(&mut queue).await {
        let is_written = record_accepted(&jobs, &asked).await.is_ok();
        for WriteRequest { what: (id, provider_id), guard, caller } in asked {
            // One of them may be the cause: each is written alone.
            let recorded = match is_written {
                true => Ok(()),
                false => record_alone(&jobs, id, SendOutcome::Accepted { provider_id }, &guard).await,
            };
            let _ = caller.send((guard, recorded));
        }
    }
}

async fn record_accepted(jobs: &JobContext, asked: &[AcceptedRequest]) -> Result<(), ActionError> {
    let accepted: Vec<_> = asked.iter().map(|request| request.what.clone()).collect();
    let (provider, now) = (jobs.provider.name(), jobs.clock.now());
    let write = move |tx: &mut Tx<'_>| deliver::record_accepted(tx, &accepted, provider, now);
    jobs.store.write_holding(asked.iter().map(|request| &request.guard), write).await
}

async fn record_alone(
    jobs: &JobContext,
    id: MessageId,
    outcome: SendOutcome,
    guard: &NumberGuard,
) -> Result<(), ActionError> {
    let (provider, now) = (jobs.provider.name(), jobs.clock.now());
    let write = move |tx: &mut Tx<'_>| deliver::record_outcome(tx, id, &outcome, provider, now);
    jobs.store.write_holding([guard], write).await
}
