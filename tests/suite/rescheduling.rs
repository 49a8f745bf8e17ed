//! An edit asks the gate again about every message that waits for an allowed time: in pieces, so that nobody waits for the writer,
//! and to the end, whatever happens in between.

use chrono::Duration;
use sms_opt_in::actions::ActionError;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{Lane, Status};
use sms_opt_in::jobs::{JobRunner, deliver_due, run_background};
use sms_opt_in::store::messages::{self, Message};
use sms_opt_in::store::{Store, Tx, numbers, programs};

use crate::programs::add_rates;
use crate::support::{Lead, World, start, world};

/// So many messages of a program that wait for tomorrow.
async fn waiting(world: &World, lead: &Lead<'_>, program: Option<&'static str>, count: usize) {
    let (phone, now) = (lead.phone.clone(), world.clock.now());
    let wait = move |tx: &mut Tx<'_>| {
        let number = numbers::find_or_create(tx, &phone, now)?;
        let program = programs::find(tx, program)?.unwrap().id;
        for _ in 0..count {
            let id: MessageId = tx.new_id(now)?;
            let (to, actor) = (phone.as_str(), Actor::Operator);
            let message = Message::new(id, program, Lane::Gated, to, "Your rate is ready", &actor, now);
            let message = Message {
                number_id: Some(number.id),
                status: Status::Scheduled,
                due_at: now.plus(Duration::hours(10)),
                ..message
            };
            messages::insert(tx, &message, None)?;
        }
        Ok::<_, ActionError>(())
    };
    world.jobs.store.write(wait).await.unwrap();
}

/// How many scheduled messages the gate is asked about next.
async fn due(world: &World) -> usize {
    let now = world.clock.now();
    world.jobs.store.read(move |conn| messages::scheduled_until(conn, now, 10_000)).await.unwrap().len()
}

#[actix_web::test]
async fn scheduled_messages_are_looked_at_again_in_pieces_and_a_crash_loses_none() {
    let world = world().await;
    world.quiet_hours(true).await;
    let ana = world.lead(1);
    ana.texts("START").await;
    waiting(&world, &ana, None, 1200).await;
    world.quiet_hours(false).await;
    assert_eq!(due(&world).await, 0, "the edit itself holds the writer for a moment only");
    let mut runner = JobRunner::new(world.jobs.store.clone(), world.clock.clone()).unwrap();
    assert!(runner.step().await.unwrap());
    let first = due(&world).await;
    assert!((1..1200).contains(&first), "a piece: {first}");
    world.clock.advance(Duration::minutes(5));
    waiting(&world, &ana, None, 1).await;
    // The server ends here, and another one starts.
    drop(runner);
    let store = Store::open(&world.database).unwrap();
    assert!(run_background(&store, &world.clock).await.unwrap() > 0);
    assert_eq!(due(&world).await, 1200, "all of them, and not the one that was accepted later");
    assert_eq!(run_background(&store, &world.clock).await.unwrap(), 0, "once");
}

#[actix_web::test]
async fn nothing_goes_out_under_the_old_hours_while_the_job_waits() {
    let world = world().await;
    let ana = world.lead(1);
    ana.texts("START").await;
    let night = start().plus(Duration::hours(14));
    world.clock.advance(night.since(world.clock.now()));
    world.quiet_hours(false).await;
    world.work().await;
    let (_, sent) = world.send(ana.phone.as_str(), "Your rate is ready").await;
    assert_eq!(world.status(&sent["id"]).await, "queued", "the old rules allow it at midnight");
    world.quiet_hours(true).await;
    while deliver_due(&world.jobs).await.unwrap() > 0 {}
    assert_eq!(world.status(&sent["id"]).await, "scheduled", "the claim asked the gate, the job has not run");
    assert!(!ana.received().iter().any(|text| text.contains("Your rate")));
}

#[actix_web::test]
async fn an_edit_of_one_program_leaves_the_others_messages_alone() {
    let world = world().await;
    add_rates(&mut world.ada().await).await;
    world.quiet_hours(true).await;
    let ana = world.lead(1);
    waiting(&world, &ana, Some("rates"), 600).await;
    waiting(&world, &ana, None, 10).await;
    world.quiet_hours(false).await;
    assert_eq!(due(&world).await, 0, "those of the other program come first, and stay as they are");
    assert!(world.work().await > 1);
    assert_eq!(due(&world).await, 10);
}
