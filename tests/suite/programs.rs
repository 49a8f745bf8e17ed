//! Several programs in one installation: consent belongs to a program, a STOP to all of them, and each has its own number,
//! words and hours.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use sms_opt_in::actions::edit_program::keep_rules;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::store::{ReadConn, StoreError, Tx, programs};

use crate::reviews::decide;
use crate::support::person::Person;
use crate::support::{Lead, World, by, world};

pub const RATES: &str = "+12065550198";
const SENDING: [(&str, &str); 7] = [
    ("sender", ""),
    ("hours", ""),
    ("code", "rates"),
    ("revoke_words", "norates"),
    ("help_words", ""),
    ("opt_in_words", "RATES"),
    ("kind", "informational"),
];

/// Adds the program "Rate alerts" beside the default one.
pub async fn add_rates(ada: &mut Person) {
    let fields = [
        ("name", "Rate alerts"),
        ("brand", "Acme Lending"),
        ("slug", "rates"),
        ("contact_route", "call (206) 555-0100"),
        ("sender", "(206) 555-0198"),
    ];
    let added = ada.post("/programs/new", "/programs", &fields).await;
    assert_eq!(added.location, "/programs/rates", "{}", added.page);
}

async fn with_rates(world: &World) -> Person {
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let saved = ada.post("/programs/rates", "/programs/rates/sending", &SENDING).await;
    assert_eq!(saved.status, 303, "{}", saved.page);
    ada
}

async fn state(lead: &Lead<'_>, world: &World, program: &str) -> String {
    let path = format!("/api/v1/numbers/{}/consent?program={program}", lead.phone.as_str());
    world.call(Method::GET, &path, None).await.1["state"].as_str().unwrap().to_owned()
}

async fn states(lead: &Lead<'_>, world: &World) -> (String, String) {
    (state(lead, world, "default").await, state(lead, world, "rates").await)
}

fn pair(account: &str, rates: &str) -> (String, String) {
    (account.to_owned(), rates.to_owned())
}

async fn send(world: &World, lead: &Lead<'_>, body: &str) -> Value {
    let message = json!({"to": lead.phone.as_str(), "body": body, "category": "alert", "program": "rates"});
    let answer = world.call(Method::POST, "/api/v1/messages", Some(message)).await.1;
    world.deliver().await;
    answer
}

#[actix_web::test]
async fn a_start_says_yes_to_the_program_whose_number_it_was_sent_to() {
    let world = world().await;
    with_rates(&world).await;
    let ana = world.lead(1);
    ana.texts("START").await;
    assert_eq!(states(&ana, &world).await, pair("opted_in", "not_asked"));
    assert_eq!(send(&world, &ana, "Rates fell").await["status"], "held");
    let invitation = ana.received_from(RATES);
    assert!(
        invitation[0].contains("Acme Lending: Reply START to get texts from Rate alerts"),
        "{invitation:?}"
    );
    ana.texts_to(RATES, "START").await;
    assert_eq!(states(&ana, &world).await, pair("opted_in", "opted_in"));
    assert_eq!(ana.received_from(RATES).last().map(String::as_str), Some("Rates fell"));
    ana.texts("STOP").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_out"));
    let confirmations = ana.received().iter().filter(|text| text.contains("You are opted out")).count();
    assert_eq!(confirmations, 1, "a STOP for all programs is confirmed once");
    assert_eq!(send(&world, &ana, "Rates fell again").await["code"], "opted_out");
    ana.texts_to(RATES, "START").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_in"), "the START says yes to one");
}

#[actix_web::test]
async fn a_code_narrows_a_stop_until_the_revoke_all_rule_holds() {
    let world = world().await;
    with_rates(&world).await;
    let ana = world.lead(2);
    let ben = world.lead(3);
    for lead in [&ana, &ben] {
        lead.texts("START").await;
        lead.texts_to(RATES, "START").await;
    }
    ana.texts("Stop rates").await;
    assert_eq!(states(&ana, &world).await, pair("opted_in", "opted_out"));
    let confirmation = ana.received_from(RATES).pop().unwrap();
    assert!(confirmation.contains("Rate alerts: You are opted out"), "{confirmation}");
    assert_eq!(ana.is_sent("Your statement is ready").await.1["status"], "queued");
    assert_eq!(send(&world, &ana, "Rates fell").await["code"], "opted_out");
    // 31 January 2027, the day on which the waiver ends.
    world.clock.advance(Duration::days(89));
    ben.texts("STOP RATES").await;
    assert_eq!(states(&ben, &world).await, pair("opted_out", "opted_out"));
}

#[actix_web::test]
async fn words_of_a_program_count_at_its_number_alone() {
    let world = world().await;
    let mut ada = with_rates(&world).await;
    let ana = world.lead(4);
    ana.texts("RATES").await;
    assert_eq!(states(&ana, &world).await, pair("not_asked", "not_asked"));
    ana.texts_to(RATES, "rates!").await;
    assert_eq!(states(&ana, &world).await, pair("not_asked", "opted_in"));
    ana.texts_to(RATES, "No-rates").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_out"));
    ada.open("/reply-tester?text=rates").await.says("Nothing in it asks for a change");
    ada.open("/reply-tester?text=rates&program=rates").await.says("Consent begins");
    ada.open("/reply-tester?text=stop+rates").await.says("for the program with this code");
}

#[actix_web::test]
async fn a_program_keeps_hours_of_its_own() {
    let world = world().await;
    let mut ada = with_rates(&world).await;
    let mut sending = SENDING;
    sending[1].1 = "Mon-Fri 09:00-12:00";
    assert_eq!(ada.post("/programs/rates", "/programs/rates/sending", &sending).await.status, 303);
    let ana = world.lead(5);
    ana.texts("START").await;
    ana.texts_to(RATES, "START").await;
    assert_eq!(send(&world, &ana, "In the morning").await["status"], "queued");
    world.clock.advance(Duration::hours(3));
    let waits = send(&world, &ana, "In the afternoon").await;
    assert_eq!(waits["status"], "scheduled", "{waits}");
    assert!(
        waits["verdict"].to_string().contains("the program allows 9:00 AM to 12:00 PM, Monday to Friday"),
        "{waits}"
    );
    assert_eq!(ana.is_sent("Another program").await.1["status"], "queued");
    world.clock.advance(Duration::hours(20));
    world.deliver().await;
    assert_eq!(ana.received_from(RATES).last().map(String::as_str), Some("In the afternoon"));
}

#[actix_web::test]
async fn a_new_program_knows_who_stopped_everything_and_the_record_is_intact() {
    let world = world().await;
    for (line, words) in [(6, "STOP"), (7, "START"), (8, "STOP")] {
        let phone = json!({"phone": world.lead(line).phone.as_str(), "name": format!("Lead {line}")});
        world.call(Method::POST, "/api/v1/contacts", Some(phone)).await;
        world.lead(line).texts(words).await;
    }
    world.lead(8).texts("START").await;
    let quiet = json!({"phone": world.lead(9).phone.as_str(), "name": "Lead 9"});
    world.call(Method::POST, "/api/v1/contacts", Some(quiet)).await;
    let mut ada = with_rates(&world).await;
    assert_eq!(states(&world.lead(6), &world).await, pair("opted_out", "opted_out"));
    assert_eq!(
        states(&world.lead(8), &world).await,
        pair("opted_in", "opted_out"),
        "the START said yes to one"
    );
    world.work().await;
    let out = ada.open("/contacts?state=opted_out&program=rates").await;
    out.says("Lead 6").says("Lead 8").lacks("Lead 7").lacks("Lead 9").says("2 of about 2");
    let fresh = ada.open("/contacts?state=not_asked&program=rates").await;
    fresh.says("Lead 7").says("Lead 9").says("2 of about 2");
    ada.open("/contacts?state=opted_in").await.says("Lead 7").says("Lead 8");
    let path = "/api/v1/contacts?state=opted_out&program=rates";
    assert_eq!(world.call(Method::GET, path, None).await.1["data"].as_array().unwrap().len(), 2);
    world.lead(9).texts_to(RATES, "START").await;
    ada.open("/contacts?state=opted_in&program=rates").await.says("1 of about 1");
    world.is_intact().await;
}

#[actix_web::test]
async fn the_pages_show_the_state_in_each_program_and_act_on_the_one_that_is_open() {
    let world = world().await;
    with_rates(&world).await;
    let ana = world.lead(10);
    let page = ana.contact("Ana Ames").await;
    ana.texts("START").await;
    let mut sam = world.sam().await;
    sam.open("/").await.says("Consent in Account updates");
    let other = format!("{page}?program=rates");
    sam.open(&page).await.says("Yes. Opted in").says(&other).says("Not asked");
    sam.open(&other).await.says("This message will be held. We send an opt-in request first").says(RATES);
    let sent = sam.post(&other, &format!("{page}/messages?program=rates"), &[("body", "Hello")]).await;
    assert_eq!(sent.location, other);
    world.deliver().await;
    assert!(ana.received_from(RATES)[0].contains("Rate alerts"));
    let asked = format!("/troubleshoot?number={}&program=rates", ana.phone.national());
    sam.open(&asked).await.says("Invited").says("name=\"program\" value=\"rates\"");
    assert_eq!(sam.link(&asked, "Write a message").await, format!("{other}#body"));
    assert_eq!(sam.link(&asked, "Ana Ames").await, other);
    let found = sam.open("/contacts?program=rates&q=2065550110").await;
    assert_eq!(found.location, other, "the whole number jumps to the contact in the same program");
    let consents = format!("{page}/consents?program=rates");
    let document = [
        ("update", "opt_in"),
        ("document", "signed_form"),
        ("given_on", "2026-11-03"),
        ("reason", "contract no. 4711, page 2"),
        ("seen", "yes"),
    ];
    let new = format!("{page}/consents/new?program=rates");
    let recorded = sam.upload(&new, &consents, &document, None).await;
    assert_eq!(recorded.location, other, "{}", recorded.page);
    world.clock.advance(Duration::seconds(1));
    world.deliver().await;
    assert_eq!(
        ana.received_from(RATES).last().map(String::as_str),
        Some("Hello"),
        "what was held is released"
    );
    sam.open(&format!("{page}?program=nonsense")).await.says("Page not found");
}

#[actix_web::test]
async fn what_a_program_may_not_be_is_said_field_by_field_and_nothing_typed_is_lost() {
    let world = world().await;
    let mut ada = with_rates(&world).await;
    let fields = [
        ("name", "Third"),
        ("brand", ""),
        ("slug", "Not A Slug"),
        ("contact_route", "call us"),
        ("sender", RATES),
    ];
    let refused = ada.post("/programs/new", "/programs", &fields).await;
    assert_eq!(refused.status, 422);
    refused.says("small letters").says("Another program texts from this number").says("value=\"Not A Slug\"");
    let sending = [
        ("sender", "+12065550199"),
        ("hours", "whenever"),
        ("code", "ALL"),
        ("revoke_words", "START"),
        ("help_words", "askrates"),
        ("opt_in_words", "askrates"),
    ];
    let refused = ada.post("/programs/rates", "/programs/rates/sending", &sending).await;
    assert_eq!(refused.status, 422);
    for words in [
        "Another program texts from this number",
        "for example: Mon-Fri 09:00-18:00",
        "“STOP ALL” already means stop everything",
        "“START” already opts a contact in",
        "stands in another list too",
        "value=\"whenever\"",
    ] {
        refused.says(words);
    }
    let store = &world.bound_app.store;
    let now = world.clock.now();
    let taken = store.write(move |tx| {
        let rates = programs::find_locked(tx, Some("rates"))?.unwrap();
        let (others, own) = ("+12065550199", "+12065550197");
        Ok::<_, StoreError>((
            programs::text_from(tx, &rates, others, now)?,
            programs::text_from(tx, &rates, own, now)?,
            programs::sender(tx, rates.id)?,
        ))
    });
    assert_eq!(taken.await.unwrap(), (false, true, Some("+12065550197".to_owned())));
    let mut sam = world.sam().await;
    assert_eq!(sam.open("/programs/new").await.status, 403);
    ada.open("/log").await.says("program.added").says("Extra START keywords");
}

#[actix_web::test]
async fn every_edit_of_a_program_is_dated_and_one_that_changes_nothing_is_none() {
    let world = world().await;
    let mut ada = with_rates(&world).await;
    let store = &world.bound_app.store;
    let changed = async || {
        let find = |conn: &mut ReadConn<'_>| programs::find(conn, Some("rates"));
        store.read::<_, StoreError>(find).await.unwrap().unwrap().updated_at
    };
    let replies = [
        ("opt_in_reply_fr", "{brand}: HELP, STOP."),
        ("opt_out_reply_fr", "{brand}: fini."),
        ("help_reply_fr", "{brand}: {contact}. STOP."),
    ];
    let mut sending = SENDING;
    sending[1].1 = "Mon-Fri 09:00-12:00";
    for (path, fields) in
        [("/programs/rates/replies/fr", &replies[..]), ("/programs/rates/sending", &sending[..])]
    {
        world.clock.advance(Duration::seconds(1));
        assert_eq!(ada.post("/programs/rates", path, fields).await.status, 303);
        let at = world.clock.now();
        assert_eq!(changed().await, at, "{path}");
        world.clock.advance(Duration::seconds(1));
        assert_eq!(ada.post("/programs/rates", path, fields).await.status, 303);
        assert_eq!(changed().await, at, "{path} again");
    }
    let now = world.clock.now();
    let kept =
        move |tx: &mut Tx<'_>| keep_rules(tx, &by(&Actor::Operator, now), Some("rates"), Some(false), None);
    assert_eq!(store.write(kept).await.unwrap().updated_at, now);
    assert_eq!(changed().await, now);
}

#[actix_web::test]
async fn a_decision_in_the_review_desk_releases_what_each_program_holds() {
    let world = world().await;
    with_rates(&world).await;
    let ana = world.lead(11);
    let page = ana.contact("Ana Ames").await;
    assert_eq!(send(&world, &ana, "Rates fell").await["status"], "held");
    ana.texts("not interested").await;
    ana.texts_to(RATES, "START").await;
    assert_eq!(states(&ana, &world).await, pair("not_asked", "opted_in"));
    assert!(!ana.received_from(RATES).contains(&"Rates fell".to_owned()), "paused: nothing leaves");
    let mut sam = world.sam().await;
    sam.open(&format!("{page}/consents/new")).await.says("Read the reply and decide").lacks("Resume texting");
    let desk = sam.link(&page, "Review the reply").await;
    let resume = [("decision", "resume"), ("reason", "She meant the other offer, she says on the phone")];
    let resumed = decide(&mut sam, &desk, &resume).await;
    assert_eq!(resumed.status, 303, "{}", resumed.page);
    world.clock.advance(Duration::seconds(1));
    world.deliver().await;
    assert!(ana.received_from(RATES).contains(&"Rates fell".to_owned()), "{:?}", ana.received());
}

fn confirmations(lead: &Lead<'_>) -> usize {
    lead.received().iter().filter(|text| text.contains("You are opted out")).count()
}

#[actix_web::test]
async fn a_code_of_a_program_the_lead_was_never_in_ends_everything() {
    let world = world().await;
    with_rates(&world).await;
    let ana = world.lead(12);
    ana.texts("START").await;
    ana.texts("STOP RATES").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_out"));
    assert_eq!(confirmations(&ana), 1);
}

#[actix_web::test]
async fn a_stop_that_ends_another_program_is_confirmed_and_one_that_ends_nothing_is_not() {
    let world = world().await;
    with_rates(&world).await;
    let ana = world.lead(13);
    ana.texts("START").await;
    ana.texts_to(RATES, "START").await;
    ana.texts_to(RATES, "STOP RATES").await;
    ana.texts_to(RATES, "STOP").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_out"));
    assert_eq!(confirmations(&ana), 2);
    ana.texts("STOP").await;
    assert_eq!(confirmations(&ana), 2);
}

#[actix_web::test]
async fn a_block_at_the_provider_reaches_all_programs() {
    let world = world().await;
    with_rates(&world).await;
    let ana = world.lead(14);
    ana.texts("START").await;
    ana.texts_to(RATES, "START").await;
    world.carrier_fails(Some("21610"));
    send(&world, &ana, "Rates fell").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_out"));
}

#[actix_web::test]
async fn only_start_itself_brings_back_who_said_stop() {
    let world = world().await;
    let mut ada = with_rates(&world).await;
    let ana = world.lead(15);
    ana.texts_to(RATES, "RATES").await;
    ana.texts_to(RATES, "STOP").await;
    // The program's own word, right after the opt-out and long after it: nothing is asked about it either.
    ana.texts_to(RATES, "RATES").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_out"));
    assert_eq!(sms_opt_in::jobs::ask_carrier(&world.jobs).await.unwrap(), 0);
    world.clock.advance(Duration::minutes(2));
    ana.texts_to(RATES, "RATES").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_out"));
    ana.texts_to(RATES, "START").await;
    assert_eq!(states(&ana, &world).await, pair("opted_out", "opted_in"));
    let mut sending = SENDING;
    for ordinary in ["thanks", "great", "list", "Tonight"] {
        sending[5].1 = ordinary;
        let refused = ada.post("/programs/rates", "/programs/rates/sending", &sending).await;
        refused.says("is an ordinary word").says("Choose another word.");
    }
    sending[5].1 = "call me";
    let refused = ada.post("/programs/rates", "/programs/rates/sending", &sending).await;
    refused.says("use one word of 3 to 20 letters or digits");
}

#[actix_web::test]
async fn help_is_answered_and_two_machines_do_not_answer_each_other_for_ever() {
    let world = world().await;
    let ana = world.lead(16);
    for _ in 0..12 {
        ana.texts("HELP").await;
    }
    assert_eq!(ana.received().len(), 5);
    world.clock.advance(Duration::hours(1));
    ana.texts("HELP").await;
    assert_eq!(ana.received().len(), 6);
}

#[actix_web::test]
async fn a_contact_opens_on_the_program_in_which_something_is_known() {
    let world = world().await;
    let mut ada = with_rates(&world).await;
    let ana = world.lead(21);
    let page = ana.contact("Ana Ames").await;
    ada.open(&page).await.says("in Account updates</span>").says("This message will be held");
    ana.texts_to(RATES, "START").await;
    ada.open(&page).await.says("Yes. Opted in").says("in Rate alerts</span>");
    let found = ada.open("/contacts?q=(206)+555-0121").await;
    ada.follow(&found).await.says("Yes. Opted in").says("in Rate alerts</span>");
    let account = format!("{page}?program=default");
    ada.open(&page).await.says(&format!("<a href=\"{account}\">Account updates"));
    ada.open(&account).await.says("in Account updates</span>").says("This message will be held");
    let sent = ada.post(&account, &format!("{page}/messages?program=default"), &[("body", "Hello")]).await;
    assert_eq!(sent.location, account, "the program that was open stays open");
    let phones = ada.open("/simulator").await;
    let (_, after) =
        phones.page.split_once("<p class=\"small\">Account updates <span class=\"badge").unwrap();
    let (account, rates) = after.split_once("<p class=\"small\">Rate alerts <span class=\"badge").unwrap();
    assert!(account.contains("Not asked</span>") && rates.contains("Opted in</span>"), "{after}");
}

#[actix_web::test]
async fn the_form_of_a_program_added_later_bears_its_name() {
    let world = world().await;
    let mut ada = with_rates(&world).await;
    let forms = ada.open("/forms").await;
    forms.says(
        "<a href=\"/forms/opt-in\">Sign up for texts</a></th><td data-label=\"Program\">Account updates",
    );
    forms.says(
        "<a href=\"/forms/rates\">Sign up for Rate alerts</a></th><td data-label=\"Program\">Rate alerts",
    );
    ada.open("/f/rates").await.says("<h1>Sign up for Rate alerts</h1>");
}

#[actix_web::test]
async fn the_confirmation_of_a_narrowed_stop_says_that_another_program_goes_on() {
    const ALONE: &str = "Acme Lending Rate alerts: You are opted out and will get no more texts. Reply START to opt in \
        again. This ends Rate alerts alone; reply STOP to end all.";
    let world = world().await;
    with_rates(&world).await;
    let (ana, ben, cy) = (world.lead(22), world.lead(23), world.lead(24));
    for lead in [&ana, &ben] {
        lead.texts("START").await;
    }
    for lead in [&ana, &ben, &cy] {
        lead.texts_to(RATES, "START").await;
    }
    let before = ana.received().len();
    ana.texts_to(RATES, "STOP RATES").await;
    assert_eq!(ana.received()[before..], [ALONE], "one text");
    ana.texts("STOP").await;
    assert!(!ana.received().pop().unwrap().contains("alone"), "nothing goes on");
    ben.texts_to(RATES, "Ayuda").await;
    ben.texts_to(RATES, "STOP RATES").await;
    let alone = "Esto cancela solo Rate alerts; responda STOP para cancelar todos los mensajes.";
    assert!(ben.received_from(RATES).pop().unwrap().ends_with(alone), "{:?}", ben.received());
    cy.texts_to(RATES, "STOP RATES").await;
    let ended = cy.received_from(RATES).pop().unwrap();
    assert!(ended.ends_with("Reply START to opt in again."), "no other program: {ended}");
    world.is_intact().await;
}
