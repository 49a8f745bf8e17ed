//! A STOP whose webhook was lost is read from the carrier's list after a START whose webhook carried no time: the later one of
//! the two counts, and in doubt the number is out.

use std::sync::atomic::Ordering;

use chrono::Duration;
use sms_opt_in::domain::message::{IdCertainty, InboundText};
use sms_opt_in::jobs::{InboxReading, read_inbox};

use crate::archive::{SENDER, Scene, scene};
use crate::hooks::{INBOUND, post, signature};
use crate::support::Lead;

impl Scene {
    /// As the carrier has it: sent so many seconds ago.
    fn text(&self, lead: &Lead<'_>, sid: &str, body: &str, ago: i64) -> InboundText {
        InboundText {
            provider_id: sid.to_owned(),
            from: lead.phone.as_str().to_owned(),
            to: SENDER.to_owned(),
            body: body.to_owned(),
            sent_at: self.at(-ago),
            answered_by_provider: false,
            opted_out_at_provider: false,
            opted_in_at_provider: false,
            id_certainty: IdCertainty::Certain,
        }
    }

    fn lists(&self, text: InboundText) {
        self.carrier.listed.lock().unwrap().push(text);
    }

    async fn reads(&self, missing: usize) {
        assert_eq!(read_inbox(&self.jobs).await.unwrap(), InboxReading::Complete { missing });
    }

    fn minutes_pass(&self, minutes: i64) {
        self.world.clock.advance(Duration::minutes(minutes));
    }
}

#[actix_web::test]
async fn a_stop_from_the_list_that_is_clearly_older_than_the_start_changes_nothing() {
    let scene = scene().await;
    let (ana, ben, cy) = (scene.world.lead(1), scene.world.lead(2), scene.world.lead(3));
    // Sent 61, 60 and 59 seconds before the START, of which no webhook tells the time.
    for (lead, n, before) in [(&ana, 1, 61), (&ben, 2, 60), (&cy, 3, 59)] {
        scene.lists(scene.text(lead, &format!("SM{n}1"), "STOP", before));
        scene.lists(scene.text(lead, &format!("SM{n}0"), "START", 0));
        scene.hook(lead, &format!("SM{n}0"), "START").await;
    }
    scene.world.deliver().await;
    let heard = ana.received().len();
    scene.minutes_pass(30);
    scene.reads(3).await;
    assert_eq!(ana.state().await, "opted_in", "the START was sent over a minute later");
    assert_eq!(ben.state().await, "opted_out", "within a minute the STOP wins");
    assert_eq!(cy.state().await, "opted_out");
    assert_eq!(scene.carrier.asked.load(Ordering::SeqCst), 0, "the list has it");
    scene.reads(0).await;
    scene.world.deliver().await;
    assert_eq!(ana.received().len(), heard, "nothing is confirmed to Ana");
    assert_eq!(ana.is_sent("hello").await.0, 202);
    assert_eq!(ben.is_sent("hello").await.0, 422);
    scene.world.is_intact().await;
}

/// The lead was in, said STOP, which was lost, and START again: that START is in the history and changed nothing then.
#[actix_web::test]
async fn a_start_to_a_number_that_was_in_counts_against_the_lost_stop_before_it() {
    let scene = scene().await;
    let (ana, ben, cy) = (scene.world.lead(1), scene.world.lead(2), scene.world.lead(3));
    for (lead, n) in [(&ana, 1), (&ben, 2), (&cy, 3)] {
        scene.hook(lead, &format!("SM{n}0"), "START").await;
    }
    scene.minutes_pass(60);
    scene.hook(&ana, "SM12", "START").await;
    // Neither of these is a START of the handset's.
    scene.hook(&ben, "SM22", "YES").await;
    let from = format!("whatsapp:{}", cy.phone.as_str());
    let fields = [("MessageSid", "SM32"), ("From", from.as_str()), ("To", SENDER), ("Body", "START")];
    assert_eq!(post(&scene.world, INBOUND, &fields, &signature(INBOUND, &fields)).await, 200);
    scene.minutes_pass(10);
    for (lead, n, again) in [(&ana, 1, "START"), (&ben, 2, "YES"), (&cy, 3, "START")] {
        scene.lists(scene.text(lead, &format!("SM{n}0"), "START", 70 * 60));
        scene.lists(scene.text(lead, &format!("SM{n}1"), "STOP", 20 * 60));
        scene.lists(scene.text(lead, &format!("SM{n}2"), again, 10 * 60));
    }
    scene.reads(3).await;
    assert_eq!(ana.state().await, "opted_in");
    assert_eq!(ben.state().await, "opted_out", "YES is no START");
    assert_eq!(cy.state().await, "opted_out", "another channel brings nobody back");
    scene.world.is_intact().await;
}

#[actix_web::test]
async fn the_carrier_is_asked_for_a_start_that_its_list_does_not_have() {
    let scene = scene().await;
    let (ana, ben) = (scene.world.lead(1), scene.world.lead(2));
    scene.hook(&ana, "SM10", "START").await;
    scene.hook(&ben, "SM20", "START").await;
    scene.minutes_pass(30);
    scene.lists(scene.text(&ana, "SM11", "STOP", 40 * 60));
    scene.lists(scene.text(&ben, "SM21", "STOP", 40 * 60));
    scene.has(&ana, "SM10", "START", scene.at(-30 * 60));
    scene.reads(2).await;
    assert_eq!(scene.carrier.asked.load(Ordering::SeqCst), 2);
    assert_eq!(ana.state().await, "opted_in");
    assert_eq!(ben.state().await, "opted_out", "no answer: the STOP counts");
    scene.hook(&ben, "SM22", "START").await;
    scene.minutes_pass(2);
    scene.hook(&ben, "SM23", "START").await;
    assert_eq!(ben.state().await, "opted_in", "the next START after a minute counts at once");
    scene.world.is_intact().await;
}
