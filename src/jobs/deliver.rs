//! The delivery worker: for each number in turn it holds the number's lock, claims, hands over and writes down the answer.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::actions::{ActionError, deliver};
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::SendOutcome;
use crate::domain::phone::Phone;

use super::Jobs;

/// A hand-off never takes longer: a STOP waits for it.
const HAND_OFF: Duration = Duration::from_secs(5);
/// Messages looked at in one round.
const ROUND: i64 = 256;
/// Numbers served at once.
const AT_ONCE: usize = 32;

/// Hands over what is due now. Returns how many messages were looked at.
///
/// # Errors
/// When the database fails.
pub async fn deliver_due(jobs: &Jobs) -> Result<usize, ActionError> {
    let now = jobs.clock.now();
    let due = jobs.store.read(move |conn| crate::store::messages::due(conn, now, ROUND)).await?;
    let looked_at = due.len();
    let mut by_number: BTreeMap<NumberId, Vec<MessageId>> = BTreeMap::new();
    for (message, number) in due {
        if let Some(number) = number {
            by_number.entry(number).or_default().push(message);
        }
    }
    let mut under_way = tokio::task::JoinSet::new();
    for (number, messages) in by_number {
        if under_way.len() >= AT_ONCE {
            report(under_way.join_next().await);
        }
        let jobs = jobs.clone();
        under_way.spawn(async move { deliver_to(&jobs, number, messages).await });
    }
    while let Some(ended) = under_way.join_next().await {
        report(Some(ended));
    }
    Ok(looked_at)
}

fn report(ended: Option<Result<Result<(), ActionError>, tokio::task::JoinError>>) {
    match ended {
        Some(Ok(Err(error))) => log::error!("A message could not be handed over: {error}"),
        Some(Err(error)) => log::error!("A delivery task ended early: {error}"),
        Some(Ok(Ok(()))) | None => {}
    }
}

async fn deliver_to(jobs: &Jobs, number: NumberId, messages: Vec<MessageId>) -> Result<(), ActionError> {
    for id in messages {
        // The STOP barrier: from the gate's re-check to the provider's answer nobody else acts on this number.
        let guard = jobs.store.lock_number(number).await;
        let now = jobs.clock.now();
        let Some(text) = jobs.store.write_holding(&guard, move |tx| deliver::claim(tx, id, now)).await?
        else {
            continue;
        };
        let outcome = match tokio::time::timeout(HAND_OFF, jobs.provider.send(&text)).await {
            Ok(outcome) => outcome,
            Err(_) => SendOutcome::Unknown { why: "no answer within 5 seconds".to_owned() },
        };
        let (provider, now) = (jobs.provider.name(), jobs.clock.now());
        let record =
            move |tx: &mut crate::store::Tx<'_>| deliver::record_outcome(tx, id, &outcome, provider, now);
        jobs.store.write_holding(&guard, record).await?;
    }
    Ok(())
}

/// Asks the provider about messages whose outcome is unknown; nothing is repeated before it answered.
///
/// # Errors
/// When the database fails.
pub async fn reconcile(jobs: &Jobs) -> Result<(), ActionError> {
    let now = jobs.clock.now();
    let before = now.plus(chrono::Duration::seconds(-10));
    let unknown = jobs.store.read(move |conn| crate::store::messages::unanswered(conn, before, now)).await?;
    for message in unknown {
        let (Some(number), Some(since)) = (message.number_id, message.claimed_at) else { continue };
        let Some(to) = Phone::from_e164(&message.to_text) else { continue };
        let guard = jobs.store.lock_number(number).await;
        let from = message.sender.clone().unwrap_or_default();
        let answer = jobs.provider.look_up(message.id, &to, &from, &message.body, since).await;
        let (id, provider, now) = (message.id, jobs.provider.name(), jobs.clock.now());
        let record =
            move |tx: &mut crate::store::Tx<'_>| deliver::record_look_up(tx, id, &answer, provider, now);
        if let Err(error) = jobs.store.write_holding(&guard, record).await {
            log::error!("What the provider said about message {id} could not be recorded: {error}");
        }
    }
    Ok(())
}
