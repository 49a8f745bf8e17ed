//! Live parts of pages: nothing is sent while nothing has changed, and what has changed arrives by itself.

use sms_opt_in::web::routes;

use crate::support::person::{Answer, Person};
use crate::support::world;

/// What a page or a fragment says that it shows.
pub fn shown(answer: &Answer) -> String {
    let (_, rest) = answer.page.split_once("data-live-since=\"").expect("the page is live");
    rest.split('"').next().unwrap().to_owned()
}

/// Asks for what has changed since.
async fn asks(person: &mut Person, address: &str, since: &str) -> Answer {
    let sign = if address.contains('?') { '&' } else { '?' };
    person.open(&format!("{address}{sign}since={since}")).await
}

#[actix_web::test]
async fn a_contact_is_told_of_once_and_then_only_what_is_new() {
    let world = world().await;
    let (mut sam, ben) = (world.sam().await, world.lead(1));
    ben.texts("START").await;
    let fields = [("phone", "206 555 0101"), ("name", "Ben Brandt")];
    let page = sam.post("/contacts/new", "/contacts", &fields).await.location;
    let live = format!("{page}/live");
    let since = shown(&sam.open(&page).await);
    assert_eq!(asks(&mut sam, &live, &since).await.status, 204);
    world.lead(2).texts("Hello").await;
    assert_eq!(asks(&mut sam, &live, &since).await.status, 204, "another number's text is no news here");
    ben.texts("What is this about?").await;
    let fragment = asks(&mut sam, &live, &since).await;
    fragment.says("What is this about?").says("id=\"live-talk\"").lacks("<html").lacks("Record an opt-out");
    let since = shown(&fragment);
    assert_eq!(asks(&mut sam, &live, &since).await.status, 204);
    ben.texts("STOP").await;
    let fragment = asks(&mut sam, &live, &since).await;
    fragment.says("Opted out").says("id=\"live-verdict\"");
    assert_eq!(asks(&mut sam, &live, &shown(&fragment)).await.status, 204);
    assert_eq!(asks(&mut sam, &format!("{page}0/live"), "").await.status, 404);
}

#[actix_web::test]
async fn a_message_is_followed_to_its_end() {
    let world = world().await;
    let (mut sam, ben) = (world.sam().await, world.lead(1));
    ben.texts("START").await;
    let (_, sent) = world.send(ben.phone.as_str(), "Your order is ready.").await;
    let page = format!("/messages/{}", sent["id"].as_str().unwrap());
    let (live, since) = (format!("{page}/live"), shown(&sam.open(&page).await));
    assert_eq!(asks(&mut sam, &live, &since).await.status, 204);
    world.deliver().await;
    let fragment = asks(&mut sam, &live, &since).await;
    fragment.says("Sent</span>").says("id=\"live-life\"").lacks("<html");
    assert_eq!(asks(&mut sam, &live, &shown(&fragment)).await.status, 204);
}

#[actix_web::test]
async fn the_phones_show_what_arrives() {
    let world = world().await;
    let mut sam = world.sam().await;
    let since = shown(&sam.open("/simulator").await);
    assert_eq!(asks(&mut sam, "/simulator/live", &since).await.status, 204);
    world.lead(1).texts("START").await;
    let fragment = asks(&mut sam, "/simulator/live", &since).await;
    fragment.says("START").says("id=\"phones\"").lacks("<html");
    assert_eq!(asks(&mut sam, "/simulator/live", &shown(&fragment)).await.status, 204);
}

#[actix_web::test]
async fn who_is_signed_out_is_not_told_that_nothing_has_changed() {
    let world = world().await;
    let (mut sam, ben) = (world.sam().await, world.lead(1));
    ben.texts("START").await;
    let (_, sent) = ben.is_sent("Your order is ready.").await;
    let page = format!("/messages/{}", sent["id"].as_str().unwrap());
    let since = shown(&sam.open(&page).await);
    sam.post("/account", "/sign-out", &[]).await;
    assert_eq!(asks(&mut sam, &format!("{page}/live"), &since).await.status, 303);
}

#[actix_web::test]
async fn the_menu_counts_reviews_and_contacts() {
    let world = world().await;
    let mut sam = world.sam().await;
    let fields = [("phone", "206 555 0101"), ("name", "Ben Brandt")];
    sam.post("/contacts/new", "/contacts", &fields).await;
    sam.open("/account").await.says("Contacts <span class=\"count\">1</span>").says("Review desk</a>");
    world.lead(1).texts("way too many messages").await;
    world.clock.advance(chrono::Duration::seconds(11));
    sam.open("/account").await.says("Review desk <span class=\"count\">1</span>");
    sam.open("/contacts").await.says("<a href=\"/account\">Sam Sato</a>");
}

/// The name of a program is no part of a page: what was done shows, and the menu counts.
#[actix_web::test]
async fn a_program_by_the_name_of_a_live_part_is_a_page_like_any_other() {
    let world = world().await;
    let mut ada = world.ada().await;
    let fields = [
        ("name", "Live events"),
        ("brand", "Acme Lending"),
        ("slug", "live"),
        ("contact_route", "call (206) 555-0100"),
        ("sender", "(206) 555-0198"),
    ];
    let added = ada.post("/programs/new", "/programs", &fields).await;
    assert_eq!(added.location, "/programs/live", "{}", added.page);
    world.lead(1).texts("way too many messages").await;
    world.clock.advance(chrono::Duration::seconds(11));
    ada.follow(&added).await.says("The program is added").says("Review desk <span class=\"count\">1</span>");
    let parts = [routes::contact_live("1"), routes::message_live("1"), routes::simulator_live().to_owned()];
    for part in parts {
        assert!(routes::is_live(&part), "{part}");
    }
}
