//! Two instances on one PostgreSQL database: the STOP barrier holds across them, also when the lock of the one that sends
//! is lost, and what one of them does at a time is done by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use sms_opt_in::actions::switch_sending::switch_sending;
use sms_opt_in::clock::Clock;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::jobs::{JobContext, deliver_due, join_others, mark, seal_all};
use sms_opt_in::store::seal_file::SealFile;
use sms_opt_in::store::seals;
use sms_opt_in::store::{SingletonTask, Store, StoreError, Tx, events, numbers, sending, settings};
use tempfile::TempDir;

use crate::support::carrier::{OnStage, Slow};
use crate::support::{World, by, database, run_beside, world, world_in};
use crate::unconfirmed::break_commits;

/// A second instance on the same database, whose provider is slow.
fn beside(world: &World) -> (Arc<OnStage<Slow>>, JobContext) {
    let (slow, jobs) = world.carried_by(Slow::default());
    let store = Store::open(&world.database).unwrap();
    let seals = SealFile::at(world.directory.path().join("other.seals"));
    // The real time, because PostgreSQL is asked how long ago a hand-off began.
    (slow, JobContext { store, clock: Clock::System, seals, ..jobs })
}

/// Ends the sessions that hold the locks among instances.
fn end_locks(url: &str) {
    let (_, name) = url.rsplit_once('/').unwrap();
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database \
         WHERE locktype = 'advisory' AND datname = '{name}'"
    );
    database::run(url, &end).unwrap();
}

/// Ana's texts are handed over by the second instance while her STOP reaches the first.
async fn stop_at_the_other(loses_its_lock: bool) {
    let world = world().await;
    // The second instance reads the real time, whatever hour that is at the recipient.
    world.quiet_hours(false).await;
    let ana = world.lead(61);
    ana.texts("START").await;
    let (slow, jobs) = beside(&world);
    for n in 0..5 {
        world.send(ana.phone.as_str(), &format!("text {n}")).await;
    }
    let delivering = actix_web::rt::spawn(async move { deliver_due(&jobs).await });
    while slow.waiting.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if loses_its_lock {
        end_locks(&world.database);
    }
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    let status = simulator.lead_texts(&ana.phone, "+12065550199", "STOP").await.unwrap();
    let acknowledged = Instant::now();
    assert_eq!(status, 200);
    delivering.await.unwrap().unwrap();
    let began = slow.began.lock().unwrap().clone();
    assert!(!began.is_empty(), "a request was under way when the STOP came");
    assert!(began.iter().all(|at| *at < acknowledged), "a request began after the STOP was acknowledged");
    assert_eq!(ana.state().await, "opted_out");
}

#[actix_web::test]
async fn a_stop_at_one_instance_waits_for_what_another_hands_over() {
    stop_at_the_other(false).await;
}

#[actix_web::test]
async fn a_stop_waits_even_when_the_lock_was_lost() {
    stop_at_the_other(true).await;
}

/// As long as an instance is frozen it keeps the lock of the number that it was handing a text to.
#[actix_web::test]
async fn a_stop_is_confirmed_although_another_instance_keeps_the_lock() {
    let world = world().await;
    let ana = world.lead(62);
    ana.texts("START").await;
    let (_, sent) = world.send(ana.phone.as_str(), "Your order is ready.").await;
    let (_, other) = beside(&world);
    let phone = ana.phone.clone();
    let number = world.jobs.store.read(move |conn| numbers::find(conn, &phone)).await.unwrap().unwrap().id;
    let frozen = other.store.lock_number(number).await;
    deliver_due(&world.jobs).await.unwrap();
    assert_eq!(world.status(&sent["id"]).await, "queued", "a text waits for its turn");
    let before = ana.received().len();
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    assert_eq!(simulator.lead_texts(&ana.phone, "+12065550199", "STOP").await.unwrap(), 200);
    deliver_due(&world.jobs).await.unwrap();
    let received = ana.received();
    assert_eq!(received.len(), before + 1, "{received:?}");
    assert_eq!(world.status(&sent["id"]).await, "cancelled");
    drop(frozen);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_duty_is_done_by_one_instance_at_a_time() {
    let world = world().await;
    let (_, other) = beside(&world);
    let on_duty = world.jobs.store.try_lock_task(SingletonTask::Housekeeping).await.unwrap();
    assert!(on_duty.is_some());
    assert!(
        other.store.try_lock_task(SingletonTask::Housekeeping).await.unwrap().is_none(),
        "the first is at it"
    );
    assert!(
        other.store.try_lock_task(SingletonTask::Sealing).await.unwrap().is_some(),
        "each duty by itself"
    );
    drop(on_duty);
    while other.store.try_lock_task(SingletonTask::Housekeeping).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[actix_web::test]
async fn instances_that_seal_at_once_under_load_keep_the_same_seals() {
    let world = world().await;
    let (_, other) = beside(&world);
    let leads: Vec<_> = (0..40).map(|line| world.lead(line)).collect();
    let texting = join_all(leads.iter().map(|lead| lead.texts("START")));
    let sealing = async {
        for _ in 0..10 {
            let (one, two) = join(seal_all(&world.jobs), seal_all(&other)).await;
            one.unwrap();
            two.unwrap();
        }
    };
    let begun = Instant::now();
    join(texting, sealing).await;
    assert!(begun.elapsed().as_secs() < 20, "nobody waited for a deadlock to be found");
    seal_all(&world.jobs).await.unwrap();
    seal_all(&other).await.unwrap();
    let seals: Result<_, StoreError> =
        world.jobs.store.read(|conn| Ok((seals::all(conn)?, events::extent(conn)?))).await;
    let (seals, (count, _)) = seals.unwrap();
    assert_eq!(seals.iter().map(|seal| seal.events).sum::<i64>(), count, "every event is sealed once");
    assert_eq!(world.jobs.seals.all().unwrap().unwrap(), seals);
    assert_eq!(other.seals.all().unwrap().unwrap(), seals);
}

/// Writes a setting; `end` runs in the first run of the transaction. Returns what came back, the runs, and what is kept.
async fn written(
    world: &World,
    end: impl Fn(&str) + Send + 'static,
) -> (Result<(), StoreError>, usize, Option<String>) {
    let (runs, url) = (Arc::new(AtomicUsize::new(0)), world.database.clone());
    let counted = Arc::clone(&runs);
    let write = move |tx: &mut Tx<'_>| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            end(&url);
        }
        settings::set(tx, "test", "kept")
    };
    let result = world.jobs.store.write(write).await;
    let kept = world.jobs.store.read(|conn| settings::get(conn, "test")).await.unwrap();
    (result, runs.load(Ordering::SeqCst), kept)
}

#[actix_web::test]
async fn a_claim_that_saw_sending_on_is_not_committed_when_another_switched_it_off_meanwhile() {
    let world = world().await;
    let elsewhere = Store::open(&world.database).unwrap();
    let runs = AtomicUsize::new(0);
    let claims = move |tx: &mut Tx<'_>| {
        let seen = sending::is_on(tx)?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            let off =
                |tx: &mut Tx<'_>| switch_sending(tx, &by(&Actor::System, Clock::System.now()), false, None);
            elsewhere.write_now(off).unwrap();
        }
        Ok::<_, StoreError>(seen)
    };
    assert!(!world.jobs.store.write(claims).await.unwrap(), "it was acknowledged that sending is off");
}

#[actix_web::test]
async fn a_write_whose_connection_breaks_before_the_commit_is_run_again() {
    let world = world().await;
    let (result, runs, kept) = written(&world, database::end_sessions).await;
    result.unwrap();
    assert_eq!((runs, kept.as_deref()), (2, Some("kept")));
}

#[actix_web::test]
async fn a_commit_that_is_not_confirmed_is_neither_acknowledged_nor_repeated() {
    let world = world().await;
    break_commits(&world, "settings");
    let (result, runs, _) = written(&world, |_| ()).await;
    assert!(matches!(result, Err(StoreError::Commit(_))), "{result:?}");
    assert_eq!(runs, 1);
}

#[actix_web::test]
async fn instances_that_start_at_once_share_one_secret() {
    let world = world().await;
    let stores: Vec<Store> = (0..6).map(|_| Store::open(&world.database).unwrap()).collect();
    for round in 0..20 {
        let key = format!("secret {round}");
        let starts = stores.iter().enumerate().map(|(n, store)| {
            let (key, fresh) = (key.clone(), format!("made by {n}"));
            store.write(move |tx| settings::get_or_set(tx, &key, &fresh))
        });
        let shared: Result<Vec<String>, StoreError> = join_all(starts).await.into_iter().collect();
        let shared = shared.unwrap();
        assert!(shared.iter().all(|secret| *secret == shared[0]), "{shared:?}");
    }
}

#[actix_web::test]
async fn a_new_instance_with_an_empty_folder_joins_one_that_runs() {
    let first = world().await;
    first.lead(50).texts("START").await;
    seal_all(&first.jobs).await.unwrap();
    let second = world_in(TempDir::new().unwrap(), first.database.clone()).await;
    assert!(!second.jobs.gate.is_open());
    let joining = actix_web::rt::spawn({
        let jobs = second.jobs.clone();
        async move { join_others(&jobs).await.unwrap() }
    });
    // A heartbeat before the second one first looks would be no news to it: as in earnest, more follow.
    while !joining.is_finished() {
        first.clock.advance(chrono::Duration::seconds(10));
        assert!(mark(&first.jobs.store, &first.jobs.starts, &first.clock).await.unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    joining.await.unwrap();
    assert!(second.jobs.gate.is_open());
    let ana = second.lead(50);
    ana.is_sent("hello").await;
    assert!(ana.received().iter().any(|text| text == "hello"), "{:?}", ana.received());
}

#[actix_web::test]
async fn a_shared_database_becomes_nothing_else_while_a_server_runs_on_it() {
    let world = world().await;
    world.lead(40).texts("START").await;
    let running = actix_web::rt::spawn({
        let (store, starts) = (world.jobs.store.clone(), world.jobs.starts.clone());
        async move {
            loop {
                mark(&store, &starts, &Clock::System).await.unwrap();
                actix_web::rt::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        }
    });
    let (code, said) = run_beside(&world, &["become", "real", "--yes"]).await;
    running.abort();
    assert!(code == 2 && said.contains("A server runs on this database."), "{said}");
    assert_eq!(world.lead(40).state().await, "opted_in");
}
