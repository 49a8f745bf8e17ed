//! Asks the carrier about texts that leave a question open, never while a webhook waits. `jobs::mod` runs it; it
//! writes the answers through `actions::questions`.

use tokio::task::JoinSet;

use crate::actions::ActionError;
use crate::actions::fetched_texts::FetchedTexts;
use crate::actions::questions;
use crate::domain::message::FetchedText;
use crate::store::inbound_questions::{self, InboundQuestion};

use super::{JobContext, TICK};

/// Questions looked at in one round.
const ROUND: i64 = 64;
/// Questions that are asked at once.
const AT_ONCE: usize = 8;
/// The carrier's answer about one text is waited for this long.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Asks at once after a commit that opened a question, and when the time to ask again has come.
pub(super) async fn question_loop(jobs: &JobContext) {
    let alarms = jobs.store.alarms();
    loop {
        match ask_carrier(jobs).await {
            Ok(asked) if asked > 0 => continue,
            Ok(_) => {}
            Err(error) => log::error!("Open questions about texts could not be read: {error}"),
        }
        tokio::select! {
            () = alarms.questions.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Asks about everything that is due now. Returns how many questions that were.
///
/// # Errors
/// When the database fails.
pub async fn ask_carrier(jobs: &JobContext) -> Result<usize, ActionError> {
    let now = jobs.clock.now();
    let due = jobs.store.read(move |conn| inbound_questions::due(conn, now, ROUND)).await?;
    let count = due.len();
    let mut tasks = JoinSet::new();
    for question in due {
        if tasks.len() >= AT_ONCE {
            tasks.join_next().await;
        }
        let jobs = jobs.clone();
        tasks.spawn(async move {
            if let Err(error) = ask(&jobs, question).await {
                log::error!("A question about a text could not be answered and will be retried: {error}");
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    Ok(count)
}

async fn ask(jobs: &JobContext, question: InboundQuestion) -> Result<(), ActionError> {
    let (inbound, kind, provider, now) =
        (question.inbound_id, question.kind, jobs.provider.name(), jobs.clock.now());
    let take = move |tx: &mut crate::store::Tx<'_>| questions::take(tx, &question, provider, now);
    let Some(ids) = jobs.store.write(take).await? else { return Ok(()) };
    let mut texts = FetchedTexts::default();
    for id in ids {
        let answer = fetch_patiently(jobs, &id).await;
        texts.insert(id, answer);
    }
    let now = jobs.clock.now();
    jobs.store.write(move |tx| questions::settle(tx, inbound, kind, &texts, now)).await
}

/// What the carrier answers about one text; late is no answer.
pub(super) async fn fetch_patiently(jobs: &JobContext, provider_id: &str) -> FetchedText {
    let answer = tokio::time::timeout(PATIENCE, jobs.provider.fetch_text(provider_id)).await;
    answer.unwrap_or(FetchedText::NoAnswer)
}
