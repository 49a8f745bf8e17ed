//! The carrier takes no texts: what waits is left alone but for a probe, people are told, and all goes out when it is back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use sms_opt_in::domain::gate::ClearedText;
use sms_opt_in::domain::message::{SendOutcome, Status};
use sms_opt_in::jobs::deliver_due;
use sms_opt_in::providers::ProviderFuture;
use sms_opt_in::store::{ReadConn, messages};

use crate::support::carrier::Carrier;
use crate::support::{World, world};

/// A carrier that can be away.
#[derive(Default)]
struct Away {
    is_back: AtomicBool,
    asked: AtomicUsize,
}

impl Carrier for Away {
    fn send<'a>(&'a self, text: &'a ClearedText) -> ProviderFuture<'a, SendOutcome> {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match self.is_back.load(Ordering::SeqCst) {
                true => SendOutcome::Accepted { provider_id: format!("away-{nth}-{}", text.message()) },
                false => {
                    let after = Some(Duration::from_secs(20)).filter(|_| nth > 60);
                    SendOutcome::RetryLater { after, code: "unreachable".to_owned() }
                }
            }
        })
    }
}

async fn waiting(world: &World, status: Status) -> Vec<messages::Message> {
    let read = move |conn: &mut ReadConn<'_>| messages::page(conn, Some(status), None, None, 500);
    world.jobs.store.read(read).await.unwrap()
}

const LEADS: u16 = 90;

#[actix_web::test]
async fn a_long_queue_rests_while_the_carrier_is_away_and_goes_out_when_it_is_back() {
    let world = world().await;
    let mut ada = world.ada().await;
    for line in 100..100 + LEADS {
        assert_eq!(world.send(&format!("+1206555{line:04}"), "hello").await.0, 202);
    }
    let (away, jobs) = world.carried_by(Away::default());
    deliver_due(&jobs).await.unwrap();
    let tried = away.asked.load(Ordering::SeqCst);
    assert!((5..=64).contains(&tried), "{tried}: those that were begun before it was known");
    assert_eq!(deliver_due(&jobs).await.unwrap(), 0, "the rest is left alone");
    let untouched =
        waiting(&world, Status::Queued).await.iter().filter(|message| message.attempts == 0).count();
    assert_eq!(untouched, usize::from(LEADS) - tried);

    ada.open("/").await.says("The carrier is not taking messages").says("unreachable");
    ada.open("/readyz").await.says("ready; the carrier takes no messages since 2026-11-03T18:00:00");
    world.clock.advance(chrono::Duration::seconds(1));
    ada.open("/metrics").await.says("sms_opt_in_carrier_up 0").says("sms_opt_in_carrier_down_seconds 1");

    // One probe at a time, at growing intervals; a longer rest that the carrier asks for is kept.
    let mut probes = Vec::new();
    for second in 2..60 {
        world.clock.advance(chrono::Duration::seconds(1));
        let before = away.asked.load(Ordering::SeqCst);
        while deliver_due(&jobs).await.unwrap() > 0 {}
        match away.asked.load(Ordering::SeqCst) - before {
            0 => {}
            1 => probes.push(second),
            n => panic!("{n} texts were tried at once in second {second}"),
        }
    }
    assert_eq!(probes.first(), Some(&2));
    assert!((3..=6).contains(&probes.len()), "{probes:?}");

    away.is_back.store(true, Ordering::SeqCst);
    world.clock.advance(chrono::Duration::minutes(2));
    while deliver_due(&jobs).await.unwrap() > 0 {}
    assert_eq!(waiting(&world, Status::Queued).await.len(), 0);
    assert_eq!(waiting(&world, Status::Sent).await.len(), usize::from(LEADS));
    ada.open("/").await.lacks("The carrier is not taking messages");
    ada.open("/metrics").await.says("sms_opt_in_carrier_up 1").says("sms_opt_in_carrier_down_seconds 0");
    world.is_intact().await;
}
