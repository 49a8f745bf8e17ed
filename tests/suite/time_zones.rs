//! Times and days on the organization's calendar: what a person types as today is today, and pages show times in the zone
//! of their reader. Evidence and the API keep UTC.

use chrono::{DateTime, Duration};
use sms_opt_in::clock::Clock;
use sms_opt_in::domain::time::Timestamp;
use tempfile::TempDir;

use crate::support::person::Person;
use crate::support::{World, database, world, world_at};

const NEW: &str = "/revocations/new";

/// An installation in a zone, at a moment.
async fn world_in_zone(zone: &str, at: &str) -> World {
    let directory = TempDir::new().unwrap();
    let database = database::fresh(&directory);
    let at = Timestamp::from(DateTime::parse_from_rfc3339(at).unwrap().to_utc());
    let world = world_at(directory, database, Clock::fixed(at)).await;
    choose(&mut world.ada().await, zone).await;
    world
}

async fn choose(ada: &mut Person, zone: &str) {
    assert_eq!(ada.post("/settings", "/settings", &[("time_zone", zone)]).await.status, 303);
}

fn document(given_on: &str) -> [(&'static str, &str); 5] {
    [
        ("update", "opt_in"),
        ("document", "signed_form"),
        ("given_on", given_on),
        ("reason", "Signed card from the spring fair"),
        ("seen", "yes"),
    ]
}

fn call<'a>(phone: &'a str, received_on: &'a str, confirm: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("phone", phone),
        ("channel", "call"),
        ("reason", "No more texts"),
        ("received_on", received_on),
        ("confirm", confirm),
    ]
}

#[actix_web::test]
async fn an_administrator_chooses_the_zone_and_a_user_may_have_another() {
    let world = world().await;
    let mut ada = world.ada().await;
    ada.open("/settings").await.says("Eastern (New York)").says("It is now Nov 3, 2026, 1:00 PM EST");
    let unknown = ada.post("/settings", "/settings", &[("time_zone", "Mars/Olympus")]).await;
    assert_eq!(unknown.status, 422);
    unknown.says("Choose a time zone from the list.");
    choose(&mut ada, "Pacific/Auckland").await;
    ada.open("/settings").await.says("It is now Nov 4, 2026, 7:00 AM NZDT");
    // What someone else changed meanwhile is not written over.
    let stale = [("time_zone", "UTC"), ("revision", "America/New_York")];
    assert_eq!(ada.post("/settings", "/settings", &stale).await.status, 409);
    ada.open("/log").await.says("America/New_York to Pacific/Auckland");

    let mut sam = world.sam().await;
    assert_eq!(sam.open("/settings").await.status, 403);
    let wrong = sam.post("/account", "/account/time-zone", &[("time_zone", "nowhere")]).await;
    assert_eq!(wrong.status, 422);
    let own = [("time_zone", "America/Los_Angeles")];
    assert_eq!(sam.post("/account", "/account/time-zone", &own).await.status, 303);
    let ana = world.lead(1);
    ana.texts("START").await;
    let page = "/troubleshoot?number=%2B12065550101";
    sam.open(page).await.says("Nov 3, 2026, 10:00 AM PST").says("Opted in on Nov 3, 2026");
    ada.open(page).await.says("Nov 4, 2026, 7:00 AM NZDT").says("Opted in on Nov 4, 2026");
    let told = ana.consent().await;
    assert!(told.to_string().contains("2026-11-03T18:00:00.000000Z"), "{told}");
}

#[actix_web::test]
async fn today_typed_east_of_utc_is_today() {
    // The morning of November 4 in Auckland, and November 3 in UTC.
    let world = world_in_zone("Pacific/Auckland", "2026-11-03T20:00:00Z").await;
    let (ana, ben) = (world.lead(1), world.lead(2));
    ana.texts("START").await;
    let mut sam = world.sam().await;
    sam.open(NEW).await.says("value=\"2026-11-04\"");
    assert_eq!(sam.post(NEW, "/revocations", &call("+12065550101", "2026-11-04", "yes")).await.status, 303);
    world.deliver().await;
    assert_eq!(ana.received().len(), 2, "START and STOP are confirmed: {:?}", ana.received());
    sam.open("/revocations").await.says("Same business day (due Nov 18, 2026)");

    let at = ben.contact("Ana Abbott").await;
    let form = format!("{at}/consents/new?update=opt_in");
    let tomorrow = sam.upload(&form, &format!("{at}/consents"), &document("2026-11-05"), None).await;
    assert_eq!(tomorrow.status, 422);
    tomorrow.says("in the future");
    let today = sam.upload(&form, &format!("{at}/consents"), &document("2026-11-04"), None).await;
    assert_eq!(today.status, 303);
    assert_eq!(ben.state().await, "opted_in");
    sam.open(&at).await.says("Opted in on Nov 4, 2026").lacks("Nov 3, 2026");
    let last = ben.history().await.pop().unwrap();
    assert_eq!(last["occurred_at"], last["recorded_at"], "never later than it was recorded");
    world.is_intact().await;
}

#[actix_web::test]
async fn in_a_us_evening_today_is_not_tomorrow() {
    // 8 PM on November 3 in Los Angeles, and November 4 in UTC.
    let world = world_in_zone("America/Los_Angeles", "2026-11-04T04:00:00Z").await;
    let ana = world.lead(1);
    ana.texts("START").await;
    let mut sam = world.sam().await;
    sam.open(NEW).await.says("value=\"2026-11-03\"");
    let tomorrow = sam.post(NEW, "/revocations", &call("+12065550101", "2026-11-04", "no")).await;
    assert_eq!(tomorrow.status, 422);
    tomorrow.says("not in the future");
    assert_eq!(sam.post(NEW, "/revocations", &call("+12065550101", "2026-11-02", "no")).await.status, 303);
    // A day without a time stays that day, and the ten days run from it.
    let list = sam.open("/revocations").await;
    list.says("1 business day later (due Nov 16, 2026)").says("Nov 2, 2026").lacks("Nov 1, 2026");
    sam.open("/troubleshoot?number=%2B12065550101").await.says("Opted out on Nov 2, 2026");
}

#[actix_web::test]
async fn a_document_of_the_day_of_an_opt_out_is_accepted() {
    // 5 PM on November 3 in Los Angeles, and November 4 in UTC.
    let world = world_in_zone("America/Los_Angeles", "2026-11-04T01:00:00Z").await;
    let ana = world.lead(1);
    ana.texts("START").await;
    let at = ana.contact("Ana Abbott").await;
    let mut sam = world.sam().await;
    let form = format!("{at}/consents/new");
    let fields = [("update", "reassigned"), ("reason", "Her sister has the number now")];
    assert_eq!(sam.upload(&form, &format!("{at}/consents"), &fields, None).await.status, 303);
    assert_eq!(ana.state().await, "not_asked");
    let form = format!("{form}?update=opt_in");
    let before = sam.upload(&form, &format!("{at}/consents"), &document("2026-11-02"), None).await;
    assert_eq!(before.status, 422);
    before.says("change of owner on Nov 3, 2026");
    let same_day = sam.upload(&form, &format!("{at}/consents"), &document("2026-11-03"), None).await;
    assert_eq!(same_day.status, 303);
    assert_eq!(ana.state().await, "opted_in");
}

#[actix_web::test]
async fn a_reader_elsewhere_who_types_their_own_today_means_today() {
    let world = world_in_zone("America/New_York", "2026-11-04T04:30:00Z").await;
    let ana = world.lead(1);
    ana.texts("START").await;
    let mut sam = world.sam().await;
    let own = [("time_zone", "Pacific/Auckland")];
    assert_eq!(sam.post("/account", "/account/time-zone", &own).await.status, 303);
    assert_eq!(sam.post(NEW, "/revocations", &call("+12065550101", "2026-11-04", "yes")).await.status, 303);
    let last = ana.history().await.pop().unwrap();
    assert_eq!(last["occurred_at"], last["recorded_at"]);
}

#[actix_web::test]
async fn the_timeline_groups_by_the_days_of_its_reader() {
    let world = world_in_zone("America/Los_Angeles", "2026-11-04T01:00:00Z").await;
    let ana = world.lead(1);
    ana.texts("START").await;
    world.clock.advance(Duration::hours(5));
    ana.texts("STOP").await;
    world.clock.advance(Duration::hours(12));
    let mut sam = world.sam().await;
    let page = sam.open("/troubleshoot?number=%2B12065550101").await;
    page.says("<h3>Nov 3, 2026</h3>").lacks("<h3>Nov 4, 2026</h3>");
}

/// Midnight is that of the reader: a new day begins in New York while it is still evening in Los Angeles.
#[actix_web::test]
async fn a_conversation_stands_under_the_days_of_its_reader() {
    let world = world_in_zone("America/New_York", "2026-11-28T01:00:00Z").await;
    let ana = world.lead(31);
    let page = ana.contact("Ana Abbott").await;
    ana.texts("Is Tuesday possible?").await;
    world.clock.advance(Duration::hours(28));
    let (mut aud, mut sam) = (world.aud().await, world.sam().await);
    let own = [("time_zone", "America/Los_Angeles")];
    assert_eq!(sam.post("/account", "/account/time-zone", &own).await.status, 303);
    aud.open(&page).await.says("<h3 class=\"day\">Nov 27, 2026</h3>");
    sam.open(&page).await.says("<h3 class=\"day\">Yesterday</h3>");
    ana.texts("Or Wednesday?").await;
    world.clock.advance(Duration::hours(4));
    aud.open(&page).await.says("<h3 class=\"day\">Today</h3>").lacks("Yesterday</h3>");
    sam.open(&page).await.says("<h3 class=\"day\">Yesterday</h3>").lacks("Today</h3>");
}
