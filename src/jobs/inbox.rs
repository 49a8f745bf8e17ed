//! Reads the carrier's own list of received texts at every start and every five minutes, so that a text whose webhook
//! was lost is still received. One instance runs it at a time; it writes texts through `actions::receive_text`.

use std::sync::Arc;
use std::time::Duration;

use chrono::Duration as Span;

use crate::actions::fetched_texts::CarrierTimes;
use crate::actions::order::starts_without_time;
use crate::actions::receive_text::{ReceivedResult, receive_listed_text};
use crate::actions::{ActionContext, ActionError, restore};
use crate::domain::actor::Actor;
use crate::domain::message::InboundText;
use crate::domain::time::Timestamp;
use crate::providers::InboxAnswer;
use crate::store::{ReadConn, SingletonTask, StoreError, Tx, inbox, programs, settings};

use super::JobContext;
use super::questions::fetch_patiently;

/// How often the list is read.
const EVERY: Duration = Duration::from_secs(300);
/// While something waits for it, it is tried again this often.
const AGAIN: Duration = Duration::from_secs(15);
/// Texts may be listed this much later than they were sent; those that are known change nothing.
const MARGIN: Span = Span::days(1);
/// A younger text is left to its webhook.
const YOUNG: Span = Span::minutes(2);
/// A text taken in within this time is answered; later the lead waits for no answer any more.
const ANSWERED_WITHIN: Span = Span::minutes(5);

/// What came of a reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InboxReading {
    /// Another instance is at it.
    Elsewhere,
    /// The carrier has no list.
    NoList,
    /// The carrier did not answer.
    Silent,
    /// The whole list was read; so many texts were missing here.
    Complete {
        /// How many.
        missing: usize,
    },
}

/// Reads the list at once and then every five minutes; more often while something waits for it.
pub(super) async fn inbox_loop(jobs: &JobContext) {
    loop {
        if let Err(error) = read_inbox(jobs).await {
            log::error!("The carrier's list of received texts could not be read: {error}");
        }
        let pause = if jobs.gate.reads_first() { AGAIN } else { EVERY };
        tokio::time::sleep(pause).await;
    }
}

/// Reads what the carrier received since the last complete reading, and takes in what is missing here.
///
/// # Errors
/// When the database fails.
pub async fn read_inbox(jobs: &JobContext) -> Result<InboxReading, ActionError> {
    let began = jobs.clock.now();
    let Some(_on_duty) = jobs.store.try_lock_task(SingletonTask::Inbox).await? else {
        return Ok(InboxReading::Elsewhere);
    };
    let (since, senders) = jobs.store.read::<_, StoreError>(move |conn| what_to_ask(conn, began)).await?;
    let texts = match jobs.provider.received(&senders, since.plus(-MARGIN)).await {
        InboxAnswer::NoList => {
            jobs.gate.set_reads_first(false);
            return Ok(InboxReading::NoList);
        }
        InboxAnswer::NoAnswer(why) => {
            warn(jobs, &why).await?;
            return Ok(InboxReading::Silent);
        }
        InboxAnswer::Texts(texts) => texts,
    };
    let missing = take_in(jobs, texts).await?;
    jobs.store.write::<_, ActionError>(move |tx| Ok(inbox::set_complete(tx, began)?)).await?;
    if missing > 0 {
        log::warn!(
            "{missing} received texts were missing because webhooks were lost. They were read from the carrier's list."
        );
    }
    jobs.gate.set_reads_first(false);
    Ok(InboxReading::Complete { missing })
}

/// Since when, and for which of our numbers.
fn what_to_ask(conn: &mut ReadConn<'_>, now: Timestamp) -> Result<(Timestamp, Vec<String>), StoreError> {
    let since = inbox::complete_until(conn)?.or(last_recorded(conn)?).unwrap_or(now);
    let mut senders = programs::senders(conn)?;
    senders.extend(settings::get(conn, settings::SENDER)?.filter(|ours| !senders.contains(ours)));
    Ok((since, senders))
}

/// A database that was never read for is complete until its last seal.
fn last_recorded(conn: &mut ReadConn<'_>) -> Result<Option<Timestamp>, StoreError> {
    let sealed_at = restore::complete_until(conn)?;
    Ok(Some(sealed_at).filter(|at| *at > Timestamp::default()))
}

async fn warn(jobs: &JobContext, why: &str) -> Result<(), ActionError> {
    let (now, words) = (jobs.clock.now(), why.to_owned());
    let is_new =
        jobs.store.write::<_, ActionError>(move |tx| Ok(inbox::set_silent(tx, &words, now)?)).await?;
    // Each start tells it, and then each change does.
    let is_first = jobs.gate.tells_silence_first();
    if is_new || is_first {
        let waits = if jobs.gate.reads_first() { " Nothing is sent until it answers." } else { "" };
        log::warn!("The carrier's list of received texts could not be read: {why}.{waits}");
    }
    Ok(())
}

async fn take_in(jobs: &JobContext, texts: Vec<InboundText>) -> Result<usize, ActionError> {
    let (provider, now) = (jobs.provider.name(), jobs.clock.now());
    let mut missing = 0;
    let mut times = Arc::new(CarrierTimes::listed(provider, &texts));
    let is_old = |text: &InboundText| text.sent_at.is_none_or(|at| now.since(at) >= YOUNG);
    let texts: Vec<InboundText> = texts.into_iter().filter(is_old).collect();
    for some in texts.chunks(inbox::TOGETHER) {
        let ids: Vec<String> = some.iter().map(|text| text.provider_id.clone()).collect();
        let known = jobs.store.read(move |conn| inbox::known(conn, provider, &ids)).await?;
        for text in some.iter().filter(|text| !known.contains(&text.provider_id)) {
            let (mut text, region, now) = (text.clone(), jobs.region.clone(), jobs.clock.now());
            let is_late = |at| now.since(at) > ANSWERED_WITHIN;
            text.answered_by_provider = text.sent_at.is_none_or(is_late);
            ask_for_starts(jobs, &text, &mut times).await?;
            let times = Arc::clone(&times);
            let write = move |tx: &mut Tx<'_>| {
                let context = ActionContext::new(&Actor::Lead, now, &region);
                receive_listed_text(tx, &context, provider, &text, &times)
            };
            missing += usize::from(matches!(jobs.store.write(write).await?, ReceivedResult::New(_)));
        }
    }
    Ok(missing)
}

/// A STOP that comes late may be older than a START whose webhook told no time. Where the list does not have it, the carrier is
/// asked for it; without an answer the STOP counts.
async fn ask_for_starts(
    jobs: &JobContext,
    text: &InboundText,
    times: &mut Arc<CarrierTimes>,
) -> Result<(), ActionError> {
    let (provider, region, now) = (jobs.provider.name(), jobs.region.clone(), jobs.clock.now());
    let (text, known) = (text.clone(), Arc::clone(times));
    let read =
        move |conn: &mut ReadConn<'_>| starts_without_time(conn, provider, &text, &known, &region, now);
    for id in jobs.store.read(read).await? {
        let answer = fetch_patiently(jobs, &id).await;
        Arc::make_mut(times).insert(id, &answer);
    }
    Ok(())
}
