//! What happens between a company and a lead, as the lead's handset sees it.

use crate::support::world;

#[actix_web::test]
async fn the_whole_story_of_one_lead() {
    let world = world().await;
    let cy = world.lead(10);
    let (status, held) = cy.is_sent("Your quote is ready.").await;
    assert_eq!((status, held["status"].as_str()), (202, Some("held")));
    assert_eq!(cy.received().len(), 1, "only the opt-in template: {:?}", cy.received());
    assert!(cy.received()[0].contains("Reply START"));
    assert_eq!(cy.state().await, "invited");

    cy.texts("START").await;
    let received = cy.received();
    assert_eq!(received.len(), 3, "confirmation and the held message: {received:?}");
    assert!(received.contains(&"Your quote is ready.".to_owned()));
    assert_eq!(world.status(&held["id"]).await, "delivered");

    cy.texts("STOP").await;
    assert_eq!(cy.received().len(), 4, "one confirmation");
    assert!(cy.received()[3].contains("opted out"));
    let (status, refused) = cy.is_sent("One more thing").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("opted_out")));
    assert_eq!(world.status(&refused["id"]).await, "blocked");
    assert_eq!(cy.received().len(), 4, "nothing after STOP");
    let headline = cy.consent().await["headline"].as_str().unwrap().to_owned();
    assert_eq!(headline, "No. Opted out on Nov 3, 2026 by STOP.");

    cy.texts("STOP").await;
    assert_eq!(cy.received().len(), 4, "no second confirmation");
    cy.texts("who is this?").await;
    assert_eq!(cy.state().await, "opted_out");
    cy.texts("START").await;
    assert_eq!(cy.state().await, "opted_in", "the handset's own START brings it back");
}

#[actix_web::test]
async fn three_messages_one_invitation_released_in_order() {
    let world = world().await;
    let dee = world.lead(11);
    for text in ["one", "two", "three"] {
        dee.is_sent(text).await;
    }
    assert_eq!(dee.received().len(), 1, "one invitation");
    dee.texts("yes").await;
    let received = dee.received();
    let content: Vec<_> = received.iter().filter(|text| text.len() < 6).map(String::as_str).collect();
    assert_eq!(content, ["one", "two", "three"]);
}

#[actix_web::test]
async fn yes_without_an_invitation_is_not_consent() {
    let world = world().await;
    let dee = world.lead(12);
    dee.texts("YES").await;
    assert_eq!(dee.state().await, "not_asked");
    assert!(dee.received().is_empty());
}

#[actix_web::test]
async fn stop_cancels_what_is_held() {
    let world = world().await;
    let ben = world.lead(13);
    let (_, held) = ben.is_sent("Never to be seen").await;
    ben.texts("opt-out").await;
    assert_eq!(world.status(&held["id"]).await, "cancelled");
    ben.texts("START").await;
    assert!(!ben.received().contains(&"Never to be seen".to_owned()));
}

#[actix_web::test]
async fn a_hold_expires_and_start_later_releases_nothing_stale() {
    let world = world().await;
    let cy = world.lead(14);
    let (_, held) = cy.is_sent("A week old").await;
    world.clock.advance(chrono::Duration::days(8));
    cy.texts("START").await;
    assert_eq!(world.status(&held["id"]).await, "expired");
    assert!(!cy.received().contains(&"A week old".to_owned()));
}

#[actix_web::test]
async fn a_confirmation_of_stop_goes_out_within_five_minutes_or_never() {
    let world = world().await;
    let ben = world.lead(15);
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    simulator.lead_texts(&ben.phone, "+12065550199", "STOP").await.unwrap();
    world.clock.advance(chrono::Duration::minutes(6));
    world.deliver().await;
    assert!(ben.received().is_empty());
    assert_eq!(ben.state().await, "opted_out");
}

#[actix_web::test]
async fn help_is_answered_even_to_someone_who_opted_out() {
    let world = world().await;
    let ben = world.lead(16);
    ben.texts("STOP").await;
    ben.texts("Help?").await;
    assert!(ben.received()[1].contains("For help"));
}

#[actix_web::test]
async fn a_block_at_the_provider_is_an_opt_out_and_a_landline_is_not() {
    let world = world().await;
    let (ana, hal) = (world.lead(17), world.lead(18));
    ana.texts("START").await;
    hal.texts("START").await;
    world.carrier_fails(Some("21610"));
    let (_, sent) = ana.is_sent("hello").await;
    assert_eq!(world.status(&sent["id"]).await, "failed");
    assert_eq!(ana.state().await, "opted_out");
    world.carrier_fails(Some("30006"));
    hal.is_sent("hello").await;
    assert_eq!(hal.state().await, "opted_in", "consent is kept");
    let (status, refused) = hal.is_sent("again").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("unreachable")));
    world.carrier_fails(None);
    hal.texts("who is this?").await;
    assert_eq!(hal.is_sent("who texts can be texted").await.0, 202);
}

#[actix_web::test]
async fn an_unknown_outcome_is_asked_about_and_never_repeated() {
    use sms_opt_in::jobs::reconcile;
    let world = world().await;
    let ana = world.lead(19);
    ana.texts("START").await;
    world.carrier_fails(Some("timeout"));
    let (_, sent) = ana.is_sent("only once").await;
    assert_eq!(world.status(&sent["id"]).await, "sending");
    world.carrier_fails(None);
    world.clock.advance(chrono::Duration::minutes(5));
    reconcile(&world.jobs).await.unwrap();
    world.deliver().await;
    assert_eq!(world.status(&sent["id"]).await, "sent");
    assert_eq!(ana.received().iter().filter(|text| *text == "only once").count(), 1);
}

#[actix_web::test]
async fn duplicated_and_reordered_webhooks_change_nothing() {
    use sms_opt_in::providers::simulator::CarrierBehavior;
    let world = world().await;
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    simulator.set_behaviour(CarrierBehavior { duplicate: true, reorder: true, ..CarrierBehavior::default() });
    let ana = world.lead(20);
    let (_, held) = ana.is_sent("hello").await;
    ana.texts("START").await;
    world.deliver().await;
    assert_eq!(ana.history().await.len(), 3, "scheduled, invited, opted in");
    assert_eq!(world.status(&held["id"]).await, "delivered");
    assert_eq!(ana.received().len(), 3);
}
