//! The review desk: a reply that may mean "stop" pauses its number at once, and a person decides, or time does.

use chrono::Duration;
use sms_opt_in::domain::gate::ClearedText;
use sms_opt_in::domain::message::{LookUp, SendOutcome};
use sms_opt_in::jobs::{deliver_due, expire_reviews};
use sms_opt_in::providers::{OutgoingText, ProviderFuture};

use crate::support::carrier::Carrier;
use crate::support::person::{Answer, Person};
use crate::support::{Lead, World, world};

/// Ana has opted in, has a contact, and writes something that is unclear.
async fn unclear<'a>(world: &'a World, line: u8, name: &str) -> Lead<'a> {
    let ana = world.lead(line);
    ana.contact(name).await;
    ana.texts("START").await;
    ana.texts("not interested right now").await;
    ana
}

/// The form that decides about the only one in the queue.
async fn path_of_first(person: &mut Person) -> String {
    let desk = person.open("/reviews").await;
    let (_, rest) = desk.page.split_once("href=\"/reviews/").unwrap();
    format!("/reviews/{}", rest.split_once('"').unwrap().0)
}

/// Posts a decision with what its page says was shown.
pub async fn decide(person: &mut Person, at: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = fields_of(&person.open(at).await.page);
    person.post(at, at, &[fields, &as_given(&shown)].concat()).await
}

/// What the form of a decision says was shown.
fn fields_of(page: &str) -> [String; 2] {
    ["since", "texts"].map(|name| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    })
}

fn as_given([since, texts]: &[String; 2]) -> [(&str, &str); 2] {
    [("since", since), ("texts", texts)]
}

#[actix_web::test]
async fn an_unclear_reply_stops_sending_until_somebody_decides_that_it_was_no_stop() {
    let world = world().await;
    let ana = unclear(&world, 1, "Ana Ames").await;
    assert_eq!(ana.state().await, "opted_in");
    let (status, refused) = ana.is_sent("Your rate is ready").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("paused")));
    assert_eq!(ana.received().len(), 1, "the confirmation of START alone");
    let mut sam = world.sam().await;
    sam.open("/").await.says("Unclear replies: 1");
    sam.open("/reviews").await.says("not interested right now").says("Ana Ames").says("Nov 6, 2026");
    let at = path_of_first(&mut sam).await;
    sam.open(&at).await.says("not interested right now").says("Opted in").says("Opt out");
    let blank = decide(&mut sam, &at, &[("decision", "resume"), ("reason", "ok")]).await;
    assert_eq!(blank.status, 422);
    blank.says("Give a reason in words").lacks("document");
    let reason = [("decision", "resume"), ("reason", "She only asked for another day, see the call note")];
    assert_eq!(decide(&mut sam, &at, &reason).await.status, 303);
    ana.is_sent("Your rate is ready").await;
    assert_eq!(ana.received().last().map(String::as_str), Some("Your rate is ready"));
    sam.open("/reviews").await.says("No replies to review");
    let kinds: Vec<String> = ana.history().await.iter().map(|e| e["kind"].as_str().unwrap().into()).collect();
    assert_eq!(kinds, ["opted_in", "paused", "resumed"]);
}

#[actix_web::test]
async fn a_reply_that_is_read_as_a_revocation_is_one_for_all_programs() {
    let world = world().await;
    let ana = unclear(&world, 2, "Ana Ames").await;
    let mut sam = world.sam().await;
    let at = path_of_first(&mut sam).await;
    assert_eq!(decide(&mut sam, &at, &[("decision", "revoke")]).await.status, 303);
    world.deliver().await;
    assert_eq!(ana.state().await, "opted_out");
    assert_eq!(ana.consent().await["paused"], false, "there is nothing left to decide");
    assert_eq!(ana.received().len(), 1, "it is too late to confirm");
    let last = ana.history().await.pop().unwrap();
    assert_eq!((last["kind"].as_str(), last["source"].as_str()), (Some("opted_out"), Some("manual")));
    assert!(last["evidence"].to_string().contains("not interested right now"), "{last}");
    world.clock.advance(Duration::seconds(5));
    ana.texts("START").await;
    assert_eq!(ana.state().await, "opted_in", "the lead's own START still brings it back");
}

#[actix_web::test]
async fn two_people_do_not_decide_on_one_reply_and_a_clear_stop_settles_it() {
    let world = world().await;
    let ana = unclear(&world, 3, "Ana Ames").await;
    let (mut sam, mut ada) = (world.sam().await, world.ada().await);
    let at = path_of_first(&mut sam).await;
    let shown = fields_of(&ada.open(&at).await.page);
    ana.texts("STOP").await;
    assert_eq!(ana.state().await, "opted_out");
    let late = [("decision", "resume"), ("reason", "It is only a question")];
    let token = ada.token("/contacts/new").await;
    let late = ada.post_with(&token, &at, &[&late[..], &as_given(&shown)].concat()).await;
    ada.follow(&late).await.says("Ana Ames: This reply was already decided").says("No replies to review");
    assert_eq!(sam.open(&at).await.status, 303, "an old link leads to the queue");
    assert_eq!(ana.state().await, "opted_out");
}

#[actix_web::test]
async fn what_nobody_decides_on_within_three_business_days_is_revoked() {
    let world = world().await;
    let ana = unclear(&world, 4, "Ana Ames").await;
    let expire = |at| expire_reviews(&world.jobs.store, at);
    // It is Tuesday.
    world.clock.advance(Duration::days(3) - Duration::minutes(1));
    assert_eq!(expire(world.clock.now()).await.unwrap(), 0);
    let mut aud = world.aud().await;
    let at = path_of_first(&mut aud).await;
    aud.open(&at).await.says("in less than a minute").lacks("Opt out");
    world.clock.advance(Duration::minutes(2));
    assert_eq!(expire(world.clock.now()).await.unwrap(), 1);
    assert_eq!(ana.state().await, "opted_out");
    let last = ana.history().await.pop().unwrap();
    assert_eq!(last["source"], "system");
    assert!(last["evidence"].to_string().contains("Undecided for three business days"), "{last}");
    let page = aud.link("/contacts", "Ana Ames").await;
    aud.open(&page)
        .await
        .says("by the system: an unclear reply was not reviewed in time.")
        .says("by the system: no decision within three business days on “not interested right now”");
    // A second one over the weekend: Friday to Wednesday.
    let ben = unclear(&world, 5, "Ben Bell").await;
    world.clock.advance(Duration::days(4));
    assert_eq!(expire(world.clock.now()).await.unwrap(), 0, "a weekend does not count");
    world.clock.advance(Duration::days(1));
    assert_eq!(expire(world.clock.now()).await.unwrap(), 1);
    assert_eq!(ben.state().await, "opted_out");
    world.is_intact().await;
}

#[actix_web::test]
async fn who_is_out_of_everything_is_not_reviewed() {
    let world = world().await;
    let ben = world.lead(6);
    ben.texts("STOP").await;
    ben.texts("not interested").await;
    assert_eq!(ben.consent().await["paused"], false);
    world.sam().await.open("/reviews").await.says("No replies to review");
}

#[actix_web::test]
async fn nobody_resumes_over_a_reply_that_was_never_shown_but_whoever_revokes_may() {
    let world = world().await;
    let ana = unclear(&world, 7, "Ana Ames").await;
    let ben = unclear(&world, 8, "").await;
    let mut sam = world.sam().await;
    let at = path_of_first(&mut sam).await;
    let shown = fields_of(&sam.open(&at).await.page);
    let token = sam.token("/contacts/new").await;
    ana.texts("please no more for now, maybe later").await;
    let resume = [("decision", "resume"), ("reason", "She only asks for another day")];
    let refused = sam.post_with(&token, &at, &[&resume[..], &as_given(&shown)].concat()).await;
    assert_eq!(refused.status, 409);
    refused
        .says("Not saved")
        .says("The contact has written again. Read the new message first")
        .says("please no more for now, maybe later")
        .says("She only asks for another day");
    assert_eq!(ana.consent().await["paused"], true);
    let read =
        sam.post_with(&token, &at, &[&resume[..], &as_given(&fields_of(&refused.page))].concat()).await;
    sam.follow(&read).await.says("Texting Ana Ames is resumed.").says("(206) 555-0108");
    let at = path_of_first(&mut sam).await;
    let shown = fields_of(&sam.open(&at).await.page);
    ben.texts("please no more for now, maybe later").await;
    let revoked =
        sam.post_with(&token, &at, &[&[("decision", "revoke")][..], &as_given(&shown)].concat()).await;
    sam.follow(&revoked).await.says("(206) 555-0108 is opted out of all programs");
    assert_eq!((ana.state().await, ben.state().await), ("opted_in".to_owned(), "opted_out".to_owned()));
}

#[actix_web::test]
async fn a_number_without_a_contact_is_found_decided_on_and_revoked() {
    let world = world().await;
    let eve = world.lead(9);
    let mut sam = world.sam().await;
    sam.open("/contacts?q=206+555+0109").await.says("No contacts yet");
    eve.texts("START").await;
    eve.texts("not interested right now").await;
    let known = sam.open("/contacts?q=206+555+0109").await.location;
    assert!(known.starts_with("/numbers/"), "{known}");
    assert_eq!(sam.link("/reviews", "(206) 555-0109").await, known);
    let desk = sam.link(&known, "Review the reply").await;
    assert_eq!(desk, path_of_first(&mut sam).await);
    assert_eq!(sam.link(&desk, "Open the number").await, known);
    let revoke = sam.link(&known, "Record an opt-out…").await;
    assert_eq!(sam.link(&desk, "Record an opt-out…").await, revoke);
    sam.open(&revoke).await.says("value=\"+12065550109\"");
    assert_eq!(decide(&mut sam, &desk, &[("decision", "revoke")]).await.status, 303);
    assert_eq!(sam.link("/revocations", "(206) 555-0109").await, known);
    world.aud().await.open(&known).await.lacks("Record an opt-out…").says("No contact has this number");
}

/// It takes texts, does not say so, and never answers a question.
struct Hanging;

impl Carrier for Hanging {
    fn send<'a>(&'a self, _: &'a ClearedText) -> ProviderFuture<'a, SendOutcome> {
        Box::pin(async { SendOutcome::Unknown { why: "no answer".to_owned() } })
    }

    fn look_up<'a>(&'a self, _: &'a OutgoingText<'a>) -> ProviderFuture<'a, LookUp> {
        Box::pin(std::future::pending())
    }
}

#[actix_web::test]
async fn a_carrier_that_hangs_holds_up_no_deadline() {
    let world = world().await;
    let ana = unclear(&world, 31, "Ana Ames").await;
    let (ben, cy) = (world.lead(32), world.lead(33));
    ben.texts("START").await;
    let (_, held) = cy.is_sent("Your quote is ready.").await;
    assert_eq!(world.status(&held["id"]).await, "held");
    let (_, jobs) = world.carried_by(Hanging);
    let (_, sent) = world.send(ben.phone.as_str(), "hello").await;
    deliver_due(&jobs).await.unwrap();
    assert_eq!(world.status(&sent["id"]).await, "sending", "nobody knows what became of it");
    world.clock.advance(Duration::days(8));
    jobs.start();
    let mut waited = 0;
    while ana.state().await != "opted_out" || world.status(&held["id"]).await != "expired" {
        waited += 1;
        assert!(waited < 400, "{} and {}", ana.state().await, world.status(&held["id"]).await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(world.status(&sent["id"]).await, "sending", "and that is still asked about");
}
