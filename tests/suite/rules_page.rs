//! The page of the dated rules: what holds where, and an administrator who changes one of them. What is published counts for
//! the next text, stays in the history with its reason, and overwrites no other administrator's rules.

use chrono::Duration;
use reqwest::Method;
use serde_json::json;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::publish_rules::{RuleChange, RulesDraft, publish_rules};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::role::Role;
use sms_opt_in::domain::schedule::ScheduleRule;
use sms_opt_in::jobs::expire_reviews;
use sms_opt_in::store::rulebooks::{self, RulebookVersion};
use sms_opt_in::store::{StoreError, Tx};

use crate::support::person::{Answer, Person};
use crate::support::{World, by, world};

const WASHINGTON: &str = "hours,WA,Mon-Sun,08:00-20:00,2000-01-01,,Q,RCW 19.158.110(4): 8 to 20";
const REASON: &str = "Counsel's letter of 2 November 2026";

type Fields = Vec<(&'static str, String)>;

/// The fields of new hours for every day of the week.
fn hours(place: &str, opens: &str, closes: &str, from: &str, source: &str) -> Fields {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(|day| ("day", day.to_owned()));
    let rest = [
        ("kind", "hours"),
        ("place", place),
        ("opens", opens),
        ("closes", closes),
        ("from", from),
        ("certainty", "P"),
        ("source", source),
        ("reason", REASON),
    ];
    rest.map(|(name, value)| (name, value.to_owned())).into_iter().chain(days).collect()
}

fn afternoons() -> Fields {
    hours("WA", "13:00", "20:00", "2026-10-01", "Washington HB 1 of 2026: from one o'clock")
}

/// A hidden field that the page carries.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the page has the field");
    rest.split('"').next().unwrap().to_owned()
}

/// Posts the fields as the opened page would.
async fn post(person: &mut Person, opened: &Answer, fields: &Fields, step: &str) -> Answer {
    let (version, rule) = (hidden(&opened.page, "version"), hidden(&opened.page, "rule"));
    let mut sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent.extend([("version", version.as_str()), ("rule", rule.as_str()), ("step", step)]);
    person.post("/rules/rows/new?kind=hours", "/rules/rows", &sent).await
}

/// Opens a page, previews and publishes.
async fn publishes(person: &mut Person, path: &str, fields: &Fields) -> Answer {
    let opened = person.open(path).await;
    assert_eq!(post(person, &opened, fields, "preview").await.status, 200);
    let published = post(person, &opened, fields, "publish").await;
    assert_eq!(published.status, 303, "{}", published.page);
    person.follow(&published).await
}

fn row(line: &str) -> String {
    format!("/rules/rows/{}", line.parse::<ScheduleRule>().unwrap().id())
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
    publishes(&mut ada, "/rules/rows/new?kind=hours", &afternoons())
        .await
        .says("Version 1 of the rules is published")
        .says("Washington");
    ada.open("/rules")
        .await
        .says("1:00 PM to 8:00 PM")
        .says("Washington HB 1 of 2026")
        .lacks("RCW 19.158.110");
    assert_eq!(next_text(&world, 1).await, "scheduled");
    assert_eq!(world.lead(1).received().len(), 2, "the confirmation, and the text from before");
    world.clock.advance(Duration::hours(3));
    world.deliver().await;
    assert_eq!(world.lead(1).received().len(), 3, "it is one o'clock");
    ada.open("/log?action=rules.published").await.says("rules added: 1; rules removed: 0; reason: Counsel");
}

#[actix_web::test]
async fn a_preview_says_how_many_messages_move_and_publishes_nothing() {
    let world = world().await;
    let mut ada = world.ada().await;
    for line in 1..=3 {
        world.lead(line).texts("START").await;
    }
    // Ben lives in Georgia, where Washington's hours do not matter.
    let ben = json!({"phone": world.lead(3).phone.as_str(), "name": "Ben", "zip": "30301"});
    assert_eq!(world.call(Method::POST, "/api/v1/contacts", Some(ben)).await.0, 201);
    world.clock.advance(Duration::hours(11));
    for line in 1..=3 {
        assert_eq!(next_text(&world, line).await, "scheduled");
    }
    let opened = ada.open(&row(WASHINGTON)).await;
    opened.says("Washington: hours").says("value=\"08:00\"").says("RCW 19.158.110(4)");
    let later = hours("WA", "10:00", "20:00", "2000-01-01", "RCW 19.158.110(4): 10 to 20");
    let preview = post(&mut ada, &opened, &later, "preview").await;
    assert_eq!(preview.status, 200, "{}", preview.page);
    preview
        .says("1 of 110 rules changes. 2 scheduled messages move.")
        .says("8:00 AM to 8:00 PM")
        .says("10:00 AM to 8:00 PM");
    ada.open("/rules/history").await.says("Version 0: built in (in effect)");
    let edited = post(&mut ada, &preview, &later, "edit").await;
    edited.says("value=\"10:00\"").says(&REASON.replace('\'', "&#39;"));
    assert_eq!(post(&mut ada, &preview, &later, "publish").await.status, 303);
    ada.open("/rules").await.says("10:00 AM to 8:00 PM").lacks("10:00 AM to 8:00 PM, Monday");
    world.clock.advance(Duration::hours(11));
    world.deliver().await;
    assert_eq!(world.lead(1).received().len(), 1, "it is eight in the morning");
    world.clock.advance(Duration::hours(2));
    world.deliver().await;
    assert_eq!(world.lead(1).received().len(), 2);
}

#[actix_web::test]
async fn the_page_says_which_rules_hold_on_a_date_and_what_changes_next() {
    let world = world().await;
    let (mut ada, mut sam) = (world.ada().await, world.sam().await);
    sam.open("/rules")
        .await
        .says("Hours in effect today, <time datetime=\"2026-11-03\">Nov 3, 2026</time>")
        .says("9:00 AM to 7:00 PM, Monday to Saturday")
        .says("Act 47 of 2026")
        .says("no texts on Sunday")
        .says("Good Friday")
        .says("at most 3 texts in any 24 hours")
        .says("American Samoa")
        .says("federal hours apply")
        .says("STOP with a program code ends that program only")
        .says("5 minutes")
        .says("10 business days")
        .lacks("/rules/rows/new");
    sam.open(&row(WASHINGTON))
        .await
        .says("RCW 19.158.110(4)")
        .says("Quoted in a source")
        .lacks("name=\"opens\"");
    let later = hours("FL", "10:00", "12:00", "2027-01-01", "Florida SB 2");
    publishes(&mut ada, "/rules/rows/new?kind=hours", &later).await;
    sam.open("/rules")
        .await
        .says(">Jan 1, 2027</time>, then:")
        .says("10:00 AM to 12:00 PM")
        .lacks("Florida SB 2");
    sam.open("/rules?on=2027-01-01").await.says("Hours in effect on").says("Florida SB 2");
    sam.open("/rules?on=1990-01-01").await.says("No rule yet");
    let wrong = sam.open("/rules?on=31.1.2027").await;
    assert_eq!(wrong.status, 422);
    wrong.says("Error: ").says("Enter a date.");
    assert_eq!(sam.open("/rules/rows/0000000000000000").await.status, 404);
    assert_eq!(ada.open("/rules/rows/new?kind=wish").await.status, 404);
}

#[actix_web::test]
async fn everything_wrong_is_named_at_once_and_nothing_typed_is_lost() {
    let world = world().await;
    let mut ada = world.ada().await;
    let opened = ada.open("/rules/rows/new?kind=hours").await;
    let wrong = [
        ("kind", "hours"),
        ("opens", "20:00"),
        ("closes", "<b>"),
        ("from", "soon"),
        ("until", "2026-02-30"),
        ("source", " "),
        ("reason", "short"),
    ];
    let wrong: Fields = wrong.map(|(name, value)| (name, value.to_owned())).into();
    for step in ["preview", "publish"] {
        let refused = post(&mut ada, &opened, &wrong, step).await;
        assert_eq!(refused.status, 422);
        refused
            .says("<title>Error: ")
            .says("Choose a place.")
            .says("Choose at least one day.")
            .says("Enter hours like 08:00-20:00")
            .says("Enter a date.")
            .says("Enter a last date that is not before the first one")
            .says("Enter the source, in one line.")
            .says("Choose how sure the source is.")
            .says("href=\"#reason\"")
            .says("value=\"20:00\"")
            .says("\nshort</textarea>")
            .lacks("<b>");
    }
    // Federal hours may be narrowed, and never end.
    let federal = "hours,federal,Mon-Sun,08:00-21:00,1992-12-20,,Q,47 CFR 64.1200(c)(1): no solicitation before 8 or after 21 at the recipient's location";
    let opened = ada.open(&row(federal)).await;
    let mut ended = hours("federal", "08:00", "21:00", "1992-12-20", "47 CFR 64.1200(c)(1)");
    ended.push(("until", "2026-10-01".to_owned()));
    let refused = post(&mut ada, &opened, &ended, "preview").await;
    assert_eq!(refused.status, 422);
    refused.says("No hours would be in effect for federal law");
    ada.open("/rules/history").await.lacks("Version 1</h2>").says("Version 0: built in (in effect)");
}

#[actix_web::test]
async fn only_an_administrator_changes_the_rules() {
    let world = world().await;
    let mut sam = world.sam().await;
    for path in ["/rules/rows/new?kind=hours", "/rules/review"] {
        assert_eq!(sam.open(path).await.status, 403, "{path}");
    }
    let token = sam.token("/rules").await;
    let fields = afternoons();
    let mut sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent.extend([("version", "0"), ("step", "publish")]);
    assert_eq!(sam.post_with(&token, "/rules/rows", &sent).await.status, 403);
    assert_eq!(sam.post_with(&token, "/rules/reminders/fcc-26-67", &[("answer", "done")]).await.status, 403);
    sam.open("/rules").await.lacks("1:00 PM to 8:00 PM").says("These are the built-in rules.");
}

#[actix_web::test]
async fn a_stale_page_overwrites_no_published_rules() {
    let world = world().await;
    let mut ada = world.ada().await;
    let path = "/rules/rows/new?kind=hours";
    let (first, second) = (ada.open(path).await, ada.open(path).await);
    assert_eq!(post(&mut ada, &first, &afternoons(), "publish").await.status, 303);
    let mine = hours("FL", "10:00", "12:00", "2027-01-01", "Florida SB 2");
    let refused = post(&mut ada, &second, &mine, "publish").await;
    assert_eq!(refused.status, 409);
    refused
        .says("Another administrator published rules while you were editing.")
        .says("value=\"Florida SB 2\"");
    refused.says("<h3>Version 1</h3>").says("Counsel").says("Washington HB 1 of 2026");
    ada.open("/rules?on=2027-01-01").await.lacks("Florida SB 2");
    let again = post(&mut ada, &refused, &mine, "publish").await;
    ada.follow(&again).await.says("Version 2 of the rules is published");
}

#[actix_web::test]
async fn two_administrators_who_publish_at_once_get_one_version_and_one_conflict() {
    let world = world().await;
    let now = world.clock.now();
    let publish = |line: &str| {
        let change = RuleChange::Add(line.parse().unwrap());
        let draft = RulesDraft { change, reason: REASON.to_owned(), version: Some(0) };
        world.jobs.store.write(move |tx| publish_rules(tx, &by(&Actor::Operator, now), &draft))
    };
    let first = publish("hours,WA,Mon-Sun,13:00-20:00,2026-10-01,,P,x");
    let second = publish("hours,FL,Mon-Sun,10:00-12:00,2027-01-01,,P,x");
    let (first, second) = tokio::join!(first, second);
    let is_refused = |result: &Result<i32, ActionError>| matches!(result, Err(ActionError::Conflict(_)));
    assert!(
        first.is_ok() && is_refused(&second) || second.is_ok() && is_refused(&first),
        "{first:?} {second:?}"
    );
    world.ada().await.open("/rules/history").await.says("Version 1 (in effect)").lacks("Version 2");
}

#[actix_web::test]
async fn a_state_is_closed_and_opened_again_by_a_person() {
    let world = world().await;
    let mut ada = world.ada().await;
    let ana = world.lead(4);
    let contact = json!({"phone": ana.phone.as_str(), "name": "Ana Ames", "zip": "70112"});
    assert_eq!(world.call(Method::POST, "/api/v1/contacts", Some(contact)).await.0, 201);
    ana.texts("START").await;
    assert_eq!(next_text(&world, 4).await, "queued");
    let closure: Fields = [
        ("kind", "closure"),
        ("place", "LA"),
        ("from", "2026-11-03"),
        ("certainty", "Q"),
        ("source", "Governor's proclamation 1 of 2026"),
        ("reason", "A hurricane; declared emergency"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    publishes(&mut ada, "/rules/rows/new?kind=closure", &closure).await.says("no texts at all");
    let waits = world.lead(4).is_sent("Your rate is ready").await.1;
    assert_eq!(waits["status"], "scheduled");
    assert!(waits["verdict"].to_string().contains("Louisiana is closed to texts"), "{waits}");
    world.quiet_hours(false).await;
    assert_eq!(next_text(&world, 4).await, "scheduled", "it is closed for programs without quiet hours, too");
    let line = "closure,LA,2026-11-03,,Q,Governor's proclamation 1 of 2026";
    let opened = ada.open(&row(line)).await;
    // The preview asks as the gate does.
    post(&mut ada, &opened, &closure, "remove").await.says("2 scheduled messages move.");
    world.quiet_hours(true).await;
    ana.texts("HELP").await;
    assert!(ana.received().last().unwrap().contains("For help"), "an answer still goes out");
    let opened = ada.open(&row(line)).await;
    let removal = post(&mut ada, &opened, &closure, "remove").await;
    removal.says("This rule is removed.").says("2 scheduled messages move.");
    let mut confirmed = closure.clone();
    confirmed.push(("removes", "yes".to_owned()));
    assert_eq!(post(&mut ada, &removal, &confirmed, "publish").await.status, 303);
    world.clock.advance(Duration::seconds(1));
    world.deliver().await;
    assert_eq!(ana.received().last().map(String::as_str), Some("Your rate is ready"));
}

/// Publishes rules as the release before this one did: lines of the first edition, which it answers.
async fn published_by_the_release_before(world: &World) {
    let now = world.clock.now();
    let lines = "federal,Mon-Sun,08:00-21:00,1992-12-20,x\nWA,Mon-Sun,07:00-20:00,2000-01-01,counsel\n\
         NJ,Mon-Sun,08:00-20:00,2000-01-01,x\nrevoke_all,off,on,2027-01-31,47 CFR 64.1200(a)(10)";
    let write = move |tx: &mut Tx<'_>| {
        let edition = RulebookVersion {
            version: 1,
            lines: lines.to_owned(),
            published_at: now,
            published_by: "user:ada@example.com".to_owned(),
            reason: "Rules of the release before".to_owned(),
            answers: 1,
        };
        let latest = rulebooks::latest_locked(tx)?;
        rulebooks::publish(tx, &latest, &edition)
    };
    world.jobs.store.write::<_, StoreError>(write).await.unwrap();
}

#[actix_web::test]
async fn new_built_in_rules_hold_where_stricter_until_an_administrator_decides() {
    let world = world().await;
    published_by_the_release_before(&world).await;
    let mut ada = world.ada().await;
    let ana = world.lead(5);
    let contact = json!({"phone": ana.phone.as_str(), "name": "Ana Ames", "zip": "19104"});
    assert_eq!(world.call(Method::POST, "/api/v1/contacts", Some(contact)).await.0, 201);
    ana.texts("START").await;
    // Election Day in Pennsylvania: no rule of the published ones.
    let waits = ana.is_sent("Your rate is ready").await.1;
    assert_eq!(waits["status"], "scheduled", "{waits}");
    assert!(waits["verdict"].to_string().contains("Pennsylvania allows no texts on Election Day"), "{waits}");
    ada.open("/").await.says("new built-in rules</a>");
    ada.open("/rules").await.says("They are in effect where they are stricter than yours.");
    let review = ada.open("/rules/review").await;
    review
        .says("Pennsylvania: holiday")
        .says("New Jersey: hours")
        .says("Election Day")
        .says("<span class=\"badge\">New</span> <strong>Pennsylvania</strong>")
        .says("<span class=\"badge\">Looser</span> <strong>New Jersey</strong>")
        .says("<span class=\"badge\">Looser without it</span> <strong>New Jersey</strong>")
        .says("N.J.S.A. 56:8-128(c)")
        .lacks("Florida: hours");
    let adopted = |page: &str| -> Vec<String> {
        let boxes = page.split("name=\"adopt\" value=\"").skip(1);
        boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let all = adopted(&review.page);
    assert!(all.len() > 10, "{all:?}");
    let version = hidden(&review.page, "version");
    let keep = ["hours NJ", "holiday PA"];
    let mut fields = vec![("version", version.as_str()), ("reason", "no")];
    fields.extend(
        all.iter().filter(|topic| !keep.contains(&topic.as_str())).map(|topic| ("adopt", topic.as_str())),
    );
    let refused = ada.post("/rules/review", "/rules/review", &fields).await;
    assert_eq!(refused.status, 422);
    fields[1].1 = REASON;
    let preview = ada.post("/rules/review", "/rules/review", &fields).await;
    assert_eq!(preview.status, 200, "{}", preview.page);
    // Ours was kept: no holidays in Pennsylvania.
    preview.says(" added. 1 scheduled message moves.").says("Act 47 of 2026").lacks("Election Day");
    ada.open("/rules/history").await.says("Version 1 (in effect)");
    let edited =
        ada.post("/rules/review", "/rules/review", &[&fields[..], &[("step", "edit")]].concat()).await;
    edited
        .says("value=\"hours PA\" checked")
        .lacks("value=\"hours NJ\" checked")
        .says(&REASON.replace('\'', "&#39;"));
    let decided =
        ada.post("/rules/review", "/rules/review", &[&fields[..], &[("step", "publish")]].concat()).await;
    assert_eq!(decided.status, 303, "{}", decided.page);
    ada.follow(&decided).await.says("Version 2 of the rules is published").lacks("new built-in rule");
    ada.open("/rules")
        .await
        .says("9:00 AM to 7:00 PM, Monday to Saturday")
        .says("7:00 AM to 8:00 PM")
        .lacks("Election Day");
    world.clock.advance(Duration::seconds(1));
    world.deliver().await;
    assert_eq!(
        ana.received().last().map(String::as_str),
        Some("Your rate is ready"),
        "ours was kept: no holidays"
    );
    ada.open("/rules/history").await.says("Version 2 (in effect)").says("Rules of the release before");
}

#[actix_web::test]
async fn an_earlier_version_is_published_again_as_a_new_one() {
    let world = world().await;
    let (mut ada, mut sam) = (world.ada().await, world.sam().await);
    world.lead(1).texts("START").await;
    publishes(&mut ada, "/rules/rows/new?kind=hours", &afternoons()).await;
    let florida = hours("FL", "10:00", "12:00", "2027-01-01", "Florida SB 2");
    publishes(&mut ada, "/rules/rows/new?kind=hours", &florida).await;
    assert_eq!(next_text(&world, 1).await, "scheduled", "it is ten in the morning in Seattle");
    ada.open("/rules/history")
        .await
        .says("/rules/history/1\"")
        .says("/rules/history/0\"")
        .lacks("/rules/history/2\"");
    let built_in = ada.open("/rules/history/0").await;
    built_in
        .says("2 of 112 rules are removed. 1 scheduled message moves.")
        .says("Washington HB 1")
        .says("Florida SB 2");
    let first = ada.open("/rules/history/1").await;
    first
        .says("1 of 112 rules is removed. No scheduled messages move.")
        .says("Florida SB 2")
        .lacks("Washington HB 1");
    let version = hidden(&first.page, "version");
    let post = async |person: &mut Person, reason: &str| {
        let fields = [("version", version.as_str()), ("reason", reason)];
        person.post("/rules/history/1", "/rules/history/1", &fields).await
    };
    assert_eq!(post(&mut ada, "no").await.status, 422);
    let restored = post(&mut ada, REASON).await;
    assert_eq!(restored.status, 303, "{}", restored.page);
    ada.follow(&restored).await.says("Version 3 of the rules is published");
    ada.open("/rules").await.says("Washington HB 1");
    ada.open("/rules?on=2027-01-01").await.lacks("Florida SB 2");
    ada.open("/rules/history")
        .await
        .says("Version 1 again. Counsel")
        .says("Version 2</h2>")
        .says("Version 1</h2>");
    // Another administrator published meanwhile, it is in effect already, or there is no such version.
    assert_eq!(post(&mut ada, REASON).await.status, 409);
    ada.open("/rules/history/3").await.says("These rules are in effect already.");
    assert_eq!(ada.open("/rules/history/9").await.status, 404);
    assert_eq!(sam.open("/rules/history/1").await.status, 403);
}

#[actix_web::test]
async fn a_rule_that_is_not_in_force_yet_is_a_reminder() {
    let world = world().await;
    let (mut ada, mut sam) = (world.ada().await, world.sam().await);
    sam.open("/").await.says("FCC 26-67").says("Check whether it was published").lacks("value=\"postpone\"");
    let answer = async |ada: &mut Person, word: &str| {
        let path = "/rules/reminders/fcc-26-67";
        let answered = ada.post("/", path, &[("answer", word)]).await;
        assert_eq!(answered.status, 303);
        ada.follow(&answered).await
    };
    answer(&mut ada, "postpone").await.says("reminded again in 14 days").lacks("FCC 26-67");
    world.clock.advance(Duration::days(14));
    let mut ada = world.person("eve", "Eve Evans", Role::Administrator).await;
    ada.open("/").await.says("FCC 26-67");
    answer(&mut ada, "done").await.lacks("FCC 26-67");
    ada.open("/log?action=rule.reminder").await.says("postponed until 2026-11-17").says("done");
    assert_eq!(ada.post("/", "/rules/reminders/none", &[("answer", "done")]).await.status, 404);
}

#[actix_web::test]
async fn the_history_says_who_changed_what_when_and_why() {
    let world = world().await;
    let mut ada = world.ada().await;
    let mut fields = afternoons();
    fields.iter_mut().find(|field| field.0 == "reason").unwrap().1 =
        "<script>alert(1)</script> of counsel".to_owned();
    publishes(&mut ada, "/rules/rows/new?kind=hours", &fields).await;
    let history = ada.open("/rules/history").await;
    history
        .says("Ada Abbott")
        .says("&#60;script&#62;alert(1)")
        .says("Nov 3, 2026, 1:00 PM EST")
        .says("Version 1 (in effect)")
        .says("Rules added")
        .says("Washington HB 1 of 2026")
        .lacks("Rules removed")
        .lacks("<script>alert");
    world.aud().await.open("/rules/history").await.says("Washington HB 1").lacks("name=\"reason\"");
}

#[actix_web::test]
async fn long_histories_have_pages() {
    let world = world().await;
    let mut ada = world.ada().await;
    for n in 1..=21 {
        let later = hours("FL", "10:00", "12:00", &format!("2027-01-{n:02}"), &format!("Florida SB {n}"));
        let opened = ada.open("/rules/rows/new?kind=hours").await;
        assert_eq!(post(&mut ada, &opened, &later, "publish").await.status, 303);
    }
    let first = ada.open("/rules/history").await;
    first.says("Version 21 (in effect)").says("Version 2</h2>").lacks("id=\"version-1\"").lacks("Version 0");
    first.says("/rules/history?up_to=1\"");
    let last = ada.open("/rules/history?up_to=1").await;
    last.says("id=\"version-1\"").says("Version 0: built in").lacks("id=\"version-2\"").lacks("in effect");
}

/// Five minutes, ten and three business days are rules like the others.
#[actix_web::test]
async fn deadlines_are_rules() {
    let world = world().await;
    let mut ada = world.ada().await;
    let set = |name: &str, amount: &str| -> Fields {
        let fields = [
            ("kind", "deadline"),
            ("deadline", name),
            ("amount", amount),
            ("from", "2026-11-01"),
            ("certainty", "-"),
            ("source", "House rule"),
            ("reason", REASON),
        ];
        fields.map(|(name, value)| (name, value.to_owned())).into()
    };
    let path = "/rules/rows/new?kind=deadline";
    publishes(&mut ada, path, &set("review", "1")).await.says("1 business day");
    publishes(&mut ada, path, &set("confirm", "2")).await.says("2 minutes");
    publishes(&mut ada, path, &set("honor", "4")).await.says("4 business days");
    ada.open("/revocations").await.says("The deadline is 4 business days after you receive it");
    ada.open("/revocations/new")
        .await
        .says("The deadline is 4 business days later.")
        .says("Sent within 2 minutes or not at all.");
    let letter = [
        ("phone", "206 555 0107"),
        ("channel", "letter"),
        ("received_on", "2026-11-02"),
        ("reason", "Leave me out of it"),
    ];
    let late =
        ada.post("/revocations/new", "/revocations", &[&letter[..], &[("confirm", "yes")]].concat()).await;
    late.says("must be sent within 2 minutes of the opt-out");
    assert_eq!(ada.post("/revocations/new", "/revocations", &letter).await.status, 303);
    ada.open("/revocations").await.says("1 business day later (due ");
    // The rule is from November 1 on: four business days from the second.
    ada.open("/troubleshoot?number=2065550107").await.says("1 business day later (due Nov 6, 2026)");
    let opened = ada.open(path).await;
    let refused = post(&mut ada, &opened, &set("confirm", "61"), "preview").await;
    refused.says("60 minutes or 30 business days at most");
    let ana = world.lead(6);
    ana.texts("START").await;
    ana.texts("not interested").await;
    assert_eq!(ana.consent().await["paused"].as_bool(), Some(true), "{}", ana.consent().await);
    world.clock.advance(Duration::days(1));
    let now = world.clock.now();
    assert_eq!(expire_reviews(&world.jobs.store, now).await.unwrap(), 1);
    assert_eq!(ana.consent().await["state"], "opted_out");
    let last = ana.history().await.pop().unwrap();
    assert!(last["evidence"].to_string().contains("Undecided for one business day,"), "{last}");
}
