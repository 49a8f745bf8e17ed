//! The STOP barrier: after the webhook's 2xx for a STOP, no request to a provider begins for that number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sms_opt_in::domain::gate::ClearedText;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{LookUp, SendOutcome};
use sms_opt_in::jobs::{JobContext, deliver_due, reconcile};
use sms_opt_in::providers::{OutgoingText, ProviderFuture};
use sms_opt_in::store::{Tx, messages};

use crate::support::carrier::{Carrier, Slow};
use crate::support::{claim, world};

#[actix_web::test]
async fn no_request_begins_after_an_acknowledged_stop() {
    let world = world().await;
    let ana = world.lead(60);
    ana.texts("START").await;
    let (slow, jobs) = world.carried_by(Slow::default());
    for n in 0..5 {
        world.send(ana.phone.as_str(), &format!("text {n}")).await;
    }
    let delivering = actix_web::rt::spawn(async move { deliver_due(&jobs).await });
    while slow.waiting.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    let status = simulator.lead_texts(&ana.phone, "+12065550199", "STOP").await.unwrap();
    let acknowledged = Instant::now();
    assert_eq!(status, 200);
    delivering.await.unwrap().unwrap();
    let began = slow.began.lock().unwrap().clone();
    assert!(!began.is_empty(), "a request was under way when the STOP came");
    assert!(began.iter().all(|at| *at < acknowledged), "a request began after the STOP was acknowledged");
    assert!(began.len() < 5, "what had not been claimed was not sent");
    assert_eq!(ana.state().await, "opted_out");
}

/// A provider that takes a request and does not answer before its limit.
#[derive(Default)]
struct Silent {
    asked: AtomicUsize,
}

impl Carrier for Silent {
    fn send<'a>(&'a self, _: &'a ClearedText) -> ProviderFuture<'a, SendOutcome> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }
}

#[actix_web::test]
async fn a_stop_is_answered_in_five_seconds_though_the_provider_is_silent() {
    let world = world().await;
    let ana = world.lead(61);
    ana.texts("START").await;
    let (silent, jobs) = world.carried_by(Silent::default());
    world.send(ana.phone.as_str(), "hello").await;
    let delivering = actix_web::rt::spawn(async move { deliver_due(&jobs).await });
    while silent.asked.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begun = Instant::now();
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    assert_eq!(simulator.lead_texts(&ana.phone, "+12065550199", "STOP").await.unwrap(), 200);
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(5), "the carrier asks again after a while: {waited:?}");
    assert!(!delivering.is_finished(), "the hand-off began before the STOP, and still waits for its answer");
    delivering.await.unwrap().unwrap();
}

/// A provider that never says what became of a text.
#[derive(Default)]
struct Mute {
    asked: std::sync::Mutex<std::collections::HashSet<MessageId>>,
}

impl Carrier for Mute {
    fn send<'a>(&'a self, _: &'a ClearedText) -> ProviderFuture<'a, SendOutcome> {
        Box::pin(async { SendOutcome::Unknown { why: "it is mute".to_owned() } })
    }
    fn look_up<'a>(&'a self, text: &'a OutgoingText<'a>) -> ProviderFuture<'a, LookUp> {
        self.asked.lock().unwrap().insert(text.message);
        Box::pin(async { LookUp::Unavailable })
    }
}

#[actix_web::test]
async fn texts_about_which_nothing_is_heard_do_not_keep_others_from_being_asked_about() {
    let world = world().await;
    let (mute, jobs) = world.carried_by(Mute::default());
    const TEXTS: usize = 130; // More than one round asks about.
    for line in 0..TEXTS {
        let to = format!("+1206555{:04}", 100 + line);
        assert_eq!(world.send(&to, "hello").await.0, 202);
    }
    // A worker that has seen so many without an answer would rest; each of these begins afresh.
    while deliver_due(&JobContext { breaker: Arc::default(), ..jobs.clone() }).await.unwrap() > 0 {}
    // Twenty without an answer end a round.
    for _ in 0..TEXTS.div_ceil(20) {
        world.clock.advance(chrono::Duration::seconds(11));
        reconcile(&jobs).await.unwrap();
    }
    assert_eq!(mute.asked.lock().unwrap().len(), TEXTS, "each invitation was asked about");
}

#[actix_web::test]
async fn what_another_instance_put_off_meanwhile_is_not_handed_over_early() {
    let world = world().await;
    let ana = world.lead(62);
    ana.texts("START").await;
    let (_, message) = world.send(ana.phone.as_str(), "hello").await;
    let id: MessageId = message["id"].as_str().unwrap().parse().unwrap();
    let now = world.clock.now();
    let later = now.plus(chrono::Duration::seconds(8));
    let claimed = |at| world.jobs.store.write(move |tx: &mut Tx<'_>| claim(tx, id, at));
    world.jobs.store.write(move |tx: &mut Tx<'_>| messages::set_due(tx, id, later)).await.unwrap();
    assert!(claimed(now).await.unwrap().is_none());
    assert!(claimed(later).await.unwrap().is_some());
}
