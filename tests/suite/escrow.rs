//! The escrow from the first message to a new lead on: one invitation, what waits and in which order, what runs out, what a
//! person decides once it is stale, and when somebody may be asked again.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use sms_opt_in::actions::expire::expire;
use sms_opt_in::actions::verify::verify;

use crate::support::{Lead, World, world};

const RAN_OUT: &str = "ran out while waiting for START; the lead has opted in since";

/// A lead who has a contact, and the page of it.
async fn known<'a>(world: &'a World, line: u8, name: &str) -> (Lead<'a>, String) {
    let lead = world.lead(line);
    let contact = json!({"phone": lead.phone.as_str(), "name": name});
    let (status, made) = world.call(Method::POST, "/api/v1/contacts", Some(contact)).await;
    assert_eq!(status, 201);
    let page = format!("/contacts/{}", made["id"].as_str().unwrap());
    (lead, page)
}

/// Time goes by, and the loop that looks after what waits has its turn.
async fn days_later(world: &World, days: i64) {
    world.clock.advance(Duration::days(days));
    let now = world.clock.now();
    world.jobs.store.write(move |tx| expire(tx, now)).await.unwrap();
    world.deliver().await;
}

/// The address of the question about a message.
fn stale(message: &Value) -> String {
    format!("/messages/{}/stale", message["id"].as_str().unwrap())
}

fn times(lead: &Lead<'_>, body: &str) -> usize {
    lead.received().iter().filter(|text| *text == body).count()
}

async fn sound(world: &World) {
    let found = world.jobs.store.read(|conn| verify(conn, &[], None)).await.unwrap();
    let problems: Vec<_> = found.problems.iter().filter(|problem| !problem.contains("seal")).collect();
    assert!(problems.is_empty(), "{problems:?}");
}

#[actix_web::test]
async fn what_ran_out_is_decided_on_by_a_person_once_the_lead_opted_in() {
    let world = world().await;
    let (cy, page) = known(&world, 1, "Cy Cole").await;
    let (_, quote) = cy.is_sent("Your quote is ready").await;
    let (_, rate) = cy.is_sent("Your rate ends on Friday").await;
    days_later(&world, 9).await;
    assert_eq!(
        (world.status(&quote["id"]).await, world.status(&rate["id"]).await),
        ("expired".into(), "expired".into())
    );
    let mut sam = world.sam().await;
    sam.open("/").await.lacks(RAN_OUT);
    cy.texts("START").await;
    assert_eq!(cy.state().await, "opted_in");
    assert_eq!(cy.received().len(), 2, "the invitation and the confirmation: {:?}", cy.received());
    for at in ["/", &page] {
        sam.open(at)
            .await
            .says(&format!("2 messages {RAN_OUT}"))
            .says("Your quote is ready")
            .says("Send now");
    }
    let left = sam.post(&page, &stale(&rate), &[("decision", "leave"), ("back", &page)]).await;
    sam.follow(&left).await.says("the message stays expired").says(&format!("1 message {RAN_OUT}"));
    let sent = sam.post("/", &stale(&quote), &[("decision", "send"), ("back", "/")]).await;
    sam.follow(&sent).await.says("Sent anew").lacks(RAN_OUT);
    world.deliver().await;
    assert_eq!((times(&cy, "Your quote is ready"), times(&cy, "Your rate ends on Friday")), (1, 0));
    assert_eq!(world.status(&quote["id"]).await, "expired", "the old one stays as it was");
    let old = format!("/messages/{}", quote["id"].as_str().unwrap());
    let told = sam.open(&old).await;
    told.says("Sent anew by Sam Sato").says("a person had it sent anew as message");
    let (_, new) = told.page.split_once("class=\"mono\" href=\"/messages/").unwrap();
    sam.open(&format!("/messages/{}", new.split_once('"').unwrap().0)).await.says("In place of").says(&old);
    let again = sam.post("/contacts/new", &stale(&quote), &[("decision", "send")]).await;
    sam.follow(&again).await.says("Somebody has decided on this message already");
    world.deliver().await;
    assert_eq!(times(&cy, "Your quote is ready"), 1);
    sound(&world).await;
}

#[actix_web::test]
async fn two_people_who_press_send_at_once_send_one() {
    let world = world().await;
    let (cy, page) = known(&world, 2, "Cy Cole").await;
    let (_, quote) = cy.is_sent("Your quote is ready").await;
    days_later(&world, 8).await;
    cy.texts("START").await;
    let (mut sam, mut ada) = (world.sam().await, world.ada().await);
    let (of_sam, of_ada) = (sam.token(&page).await, ada.token(&page).await);
    let (at, send) = (stale(&quote), [("decision", "send")]);
    let (one, other) = tokio::join!(sam.post_with(&of_sam, &at, &send), ada.post_with(&of_ada, &at, &send));
    assert_eq!((one.status, other.status), (303, 303));
    let told = [sam.follow(&one).await.page, ada.follow(&other).await.page];
    let late =
        told.iter().filter(|page| page.contains("Somebody has decided on this message already")).count();
    assert_eq!(late, 1, "one of them was faster");
    world.deliver().await;
    assert_eq!(times(&cy, "Your quote is ready"), 1);
    sound(&world).await;
}

#[actix_web::test]
async fn after_a_stop_nothing_stale_goes_out_and_no_later_start_revives_it() {
    let world = world().await;
    let (cy, page) = known(&world, 3, "Cy Cole").await;
    let (_, quote) = cy.is_sent("Your quote is ready").await;
    days_later(&world, 8).await;
    cy.texts("START").await;
    let mut sam = world.sam().await;
    let token = sam.token(&page).await;
    cy.texts("STOP").await;
    let send = [("decision", "send")];
    let refused = sam.post_with(&token, &stale(&quote), &send).await;
    sam.follow(&refused).await.says("the attempt is kept on record").says("opted out");
    sam.open("/").await.lacks(RAN_OUT);
    world.clock.advance(Duration::seconds(5));
    cy.texts("START").await;
    sam.open("/").await.lacks(RAN_OUT);
    let late = sam.post_with(&token, &stale(&quote), &send).await;
    sam.follow(&late).await.says("a later START does not revive it");
    world.deliver().await;
    assert_eq!(times(&cy, "Your quote is ready"), 0);
    // What ran out before a STOP is not asked about after it either.
    let (dee, _) = known(&world, 4, "Dee Dorn").await;
    dee.is_sent("From before the stop").await;
    days_later(&world, 8).await;
    dee.texts("STOP").await;
    world.clock.advance(Duration::seconds(5));
    dee.texts("START").await;
    assert_eq!(dee.state().await, "opted_in");
    world.ada().await.open("/").await.lacks(RAN_OUT);
    sound(&world).await;
}

#[actix_web::test]
async fn what_ran_out_long_ago_is_not_asked_about() {
    let world = world().await;
    let (cy, _) = known(&world, 5, "Cy Cole").await;
    cy.is_sent("An old quote").await;
    days_later(&world, 60).await;
    cy.is_sent("A newer quote").await;
    days_later(&world, 38).await;
    cy.texts("START").await;
    world
        .sam()
        .await
        .open("/")
        .await
        .says(&format!("1 message {RAN_OUT}"))
        .says("A newer quote")
        .lacks("An old quote");
    sound(&world).await;
}
