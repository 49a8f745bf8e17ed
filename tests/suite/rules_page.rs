//! The page of the dated rules: what holds where, and an administrator who changes it. What is published counts for the
//! next text, stays in the history with its reason, and overwrites nobody.

use chrono::Duration;

use crate::support::person::{Answer, Person};
use crate::support::{World, world};

const WASHINGTON: &str = "hours,WA,Mon-Sun,08:00-20:00,2000-01-01,,Q,RCW 19.158.110(4): 8 to 20";
const AFTERNOONS: &str =
    "hours,WA,Mon-Sun,13:00-20:00,2026-10-01,,P,Washington HB 1 of 2026: from one o'clock";
const REASON: &str = "Counsel's letter of 2 November 2026";

/// The text in the editor, as it stands in the page.
fn lines(page: &str) -> String {
    let (_, rest) = page.split_once("id=\"lines\"").expect("the page has the editor");
    let (_, rest) = rest.split_once('>').unwrap();
    let text = rest.split("</textarea>").next().unwrap().trim_start_matches('\n');
    text.replace("&#39;", "'").replace("&#38;", "&").replace("&#60;", "<")
}

/// A version that the page carries.
fn version(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the page has its version");
    rest.split('"').next().unwrap().to_owned()
}

/// Publishes upon an opened page what `change` makes of its text.
async fn publish(
    person: &mut Person,
    opened: &Answer,
    reason: &str,
    change: impl Fn(String) -> String,
) -> Answer {
    let text = change(lines(&opened.page));
    let (upon, begun) = (version(&opened.page, "version"), version(&opened.page, "begun"));
    let fields =
        [("lines", text.as_str()), ("reason", reason), ("version", upon.as_str()), ("begun", begun.as_str())];
    person.post("/rules/edit", "/rules", &fields).await
}

async fn publishes(person: &mut Person, reason: &str, change: impl Fn(String) -> String) -> Answer {
    let opened = person.open("/rules/edit").await;
    let published = publish(person, &opened, reason, change).await;
    person.follow(&published).await
}

fn afternoons(text: String) -> String {
    assert!(text.contains(WASHINGTON), "{text}");
    text.replace(WASHINGTON, AFTERNOONS)
}

async fn next_text(world: &World, line: u8) -> String {
    let (_, accepted) = world.lead(line).is_sent("Your rate is ready").await;
    accepted["status"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn what_an_administrator_publishes_counts_for_the_next_text() {
    let world = world().await;
    let mut ada = world.ada().await;
    world.lead(1).texts("START").await;
    assert_eq!(next_text(&world, 1).await, "queued", "it is ten in the morning in Seattle");
    publishes(&mut ada, REASON, afternoons)
        .await
        .says("Version 1 of the rules is published")
        .says("Washington");
    ada.open("/rules").await.says("13:00 to 20:00").says("Washington HB 1 of 2026").lacks("RCW 19.158.110");
    assert_eq!(next_text(&world, 1).await, "scheduled");
    assert_eq!(world.lead(1).received().len(), 2, "the confirmation, and the text from before");
    world.clock.advance(Duration::hours(3));
    world.deliver().await;
    assert_eq!(world.lead(1).received().len(), 3, "it is one o'clock");
    ada.open("/log?action=rules.published")
        .await
        .says("lines added: 1; lines removed: 1; reason: Counsel")
        .says("/rules/history?up_to=1");
}

#[actix_web::test]
async fn the_page_says_which_rules_hold_on_a_date_and_what_changes_next() {
    let world = world().await;
    let (mut ada, mut sam) = (world.ada().await, world.sam().await);
    sam.open("/rules")
        .await
        .says("Hours that hold today, <time datetime=\"2026-11-03\">3 Nov 2026</time>")
        .says("8:00 to 21:00")
        .says("47 CFR 64.1200(c)(1)")
        .says("no texts on Sunday")
        .says("American Samoa, ")
        .lacks("/rules/edit");
    let later = "FL,Sun,closed,2027-01-01,Florida SB 2";
    publishes(&mut ada, REASON, |text| format!("{text}\n{later}")).await;
    let today = sam.open("/rules").await;
    today
        .says(">1 Jan 2027</time>, then:")
        .says("<li>8:00 to 20:00, Monday to Saturday</li>")
        .lacks("Florida SB 2");
    sam.open("/rules?on=2027-01-01").await.says("Hours that hold on").says("Florida SB 2");
    sam.open("/rules?on=1990-01-01").await.says("No rule yet");
    let wrong = sam.open("/rules?on=31.1.2027").await;
    assert_eq!(wrong.status, 422);
    wrong.says("Error: ").says("Date: “31.1.2027” is none. Enter year, month and day");
}

#[actix_web::test]
async fn what_a_stop_reaches_changes_on_its_date() {
    let world = world().await;
    let mut aud = world.aud().await;
    let before = aud.open("/rules").await;
    before
        .says("STOP with a program code ends that program only")
        .says("DA 26-12")
        .says("No program has a code.");
    aud.open("/rules?on=2027-01-31").await.says("when the waiver of DA 26-12 has ended");
}

#[actix_web::test]
async fn a_wrong_line_is_named_and_nothing_typed_is_lost() {
    let world = world().await;
    let mut ada = world.ada().await;
    let opened = ada.open("/rules/edit").await;
    let first = opened.page.matches("House rule: caution").count();
    let bad = |text: String| {
        format!("FL,Mon-Sun,20:00-08:00,2027-01-01,<b>mine</b>\n{text}\nXX,Sun,closed,2027-01-01,x")
    };
    let refused = publish(&mut ada, &opened, "short", bad).await;
    assert_eq!(refused.status, 422);
    let last = lines(&opened.page).lines().count() + 2;
    refused
        .says("<title>Error: ")
        .says("Line 1: Enter hours like 08:00-20:00")
        .says(&format!("Line {last}: Choose a place."))
        .says("Give a reason in words")
        .says("\nshort</textarea>")
        .lacks("<b>mine");
    assert!(refused.page.matches("House rule: caution").count() >= first, "the text is kept");
    let none = |text: String| text.replace("hours,federal,Mon-Sun", "hours,federal,Mon-Fri");
    let refused = publish(&mut ada, &opened, REASON, none).await;
    refused.says("No rule for federal holds on Saturday and Sunday");
    let same = publish(&mut ada, &opened, REASON, |text| text.replace('\n', "\r\n\r\n")).await;
    assert_eq!(same.status, 422);
    same.says("These rules are in effect already.");
    ada.open("/rules/history").await.lacks("Version 1</h2>").says("Version 0: built in (holds now)");
}

#[actix_web::test]
async fn only_an_administrator_changes_the_rules() {
    let world = world().await;
    let (mut sam, mut ada) = (world.sam().await, world.ada().await);
    let opened = ada.open("/rules/edit").await;
    assert_eq!(sam.open("/rules/edit").await.status, 403);
    let token = sam.token("/rules").await;
    let text = afternoons(lines(&opened.page));
    let fields = [("lines", text.as_str()), ("reason", REASON), ("version", "0")];
    let refused = sam.post_with(&token, "/rules", &fields).await;
    assert_eq!(refused.status, 403);
    ada.open("/rules").await.lacks("13:00 to 20:00").says("built into this application");
}

#[actix_web::test]
async fn a_stale_page_overwrites_no_published_rules() {
    let world = world().await;
    let mut ada = world.ada().await;
    let (first, second) = (ada.open("/rules/edit").await, ada.open("/rules/edit").await);
    assert_eq!(publish(&mut ada, &first, REASON, afternoons).await.status, 303);
    let mine = |text: String| format!("{text}\nFL,Sun,closed,2027-01-01,mine");
    let refused = publish(&mut ada, &second, "Florida has closed its Sundays", mine).await;
    assert_eq!(refused.status, 409);
    refused
        .says("Somebody else published rules while you were editing.")
        .says("FL,Sun,closed,2027-01-01,mine");
    refused.says("<h3>Version 1</h3>").says("Counsel").says("Washington HB 1 of 2026");
    ada.open("/rules").await.lacks("closed its Sundays");
    let wrong = publish(&mut ada, &refused, "short", |text| format!("{text}\nXX,Sun")).await;
    assert_eq!(wrong.status, 422);
    wrong.says("Published meanwhile").says("<h3>Version 1</h3>").says("Washington HB 1 of 2026");
    let again = publish(&mut ada, &refused, "Florida has closed its Sundays", |text| text).await;
    ada.follow(&again).await.says("Version 2 of the rules is published");
}

#[actix_web::test]
async fn the_history_says_who_changed_what_when_and_why() {
    let world = world().await;
    let mut ada = world.ada().await;
    publishes(&mut ada, "<script>alert(1)</script> of counsel", afternoons).await;
    world.clock.advance(Duration::hours(1));
    let back = ada.open("/rules/edit?from=0").await;
    back.says("The text below is that of the built-in rules.").says(WASHINGTON);
    let published = publish(&mut ada, &back, "The bill was withdrawn", |text| text).await;
    assert_eq!(published.status, 303);
    let history = ada.open("/rules/history").await;
    history
        .says("Ada Abbott")
        .says("&#60;script&#62;alert(1)")
        .says("3 Nov 2026, 19:00 UTC")
        .says("Version 2 (holds now)")
        .lacks("<script>alert");
    let (second, first) = history.page.split_once("id=\"version-1\"").unwrap();
    let order =
        |text: &str, earlier: &str, later: &str| text.find(earlier).unwrap() < text.find(later).unwrap();
    assert!(
        order(second, "RCW 19.158.110", "Lines removed") && order(second, "Lines removed", "HB 1 of 2026")
    );
    assert!(order(first, "HB 1 of 2026", "Lines removed") && order(first, "Lines removed", "RCW 19.158.110"));
    let mut aud = world.aud().await;
    aud.open("/rules/history").await.says("The bill was withdrawn").lacks("/rules/edit");
    ada.open("/rules/edit?from=1").await.says("The text below is that of version 1.").says("Washington HB 1");
    assert_eq!(ada.open("/rules/edit?from=9").await.status, 404);
    assert_eq!(ada.open("/rules/edit?from=x").await.status, 404);
}

#[actix_web::test]
async fn long_histories_have_pages() {
    let world = world().await;
    let mut ada = world.ada().await;
    for n in 1..=21 {
        let line = format!("FL,Sun,closed,2027-01-{n:02},Florida SB {n}");
        publishes(&mut ada, &format!("Change number {n}"), |text| format!("{text}\n{line}")).await;
    }
    let first = ada.open("/rules/history").await;
    first.says("Version 21 (holds now)").says("Version 2</h2>").lacks("id=\"version-1\"").lacks("Version 0");
    first.says("/rules/history?up_to=1\"");
    let last = ada.open("/rules/history?up_to=1").await;
    last.says("id=\"version-1\"").says("Version 0: built in").lacks("id=\"version-2\"").lacks("holds now");
}
