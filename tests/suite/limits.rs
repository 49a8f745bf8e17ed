//! Bombing: one number gets one unasked text a day and five in all, through however many programs, forms and failures.

use chrono::Duration;
use reqwest::Method;
use serde_json::Value;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::create_program::{NewProgram, create_program};
use sms_opt_in::actions::drop_old_requests::drop_old_requests;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::message::Status;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::jobs::{deliver_due, reconcile};
use sms_opt_in::store::messages::Message;
use sms_opt_in::store::{ReadConn, messages};

use crate::support::{Lead, World, by, database, run_beside, world};

/// Programs beside the default one, each with a number and a form of its own.
async fn programs(world: &World, slugs: &[&str]) {
    for (n, slug) in slugs.iter().enumerate() {
        let sender = format!("+12065550{}", 190 + n);
        let (name, brand) = (format!("Program {slug}"), "Harbor Lending".to_owned());
        let contact_route = "call +1 206 555 0123".to_owned();
        let new = NewProgram { slug: (*slug).to_owned(), name, brand, contact_route, sender };
        let now = world.clock.now();
        let made =
            move |tx: &mut sms_opt_in::store::Tx<'_>| create_program(tx, &by(&Actor::Operator, now), &new);
        world.jobs.store.write(made).await.map_err(|error: ActionError| error.to_string()).unwrap();
    }
}

/// A stranger enters the number; the page that follows.
async fn submits(world: &World, form: &str, phone: &str) -> (u16, String) {
    let fields = [("phone", phone), ("consent", "yes")];
    let answer = world.client.post(format!("{}/f/{form}", world.url)).form(&fields).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn requests(lead: &Lead<'_>) -> usize {
    lead.received().iter().filter(|text| text.contains("Reply START")).count()
}

/// How often the requests to a number were handed to the carrier.
fn hand_offs(world: &World, lead: &Lead<'_>) -> Vec<String> {
    let of = format!(
        "SELECT CAST(attempts AS TEXT) AS line FROM messages WHERE lane = 'invitation' AND to_text = '{}' \
         AND attempts > 0 ORDER BY id",
        lead.phone.as_str()
    );
    database::lines(&world.database, &of)
}

/// How often a limit held a text back, as `/metrics` says it.
async fn hits(world: &World, limit: &str) -> u64 {
    let metrics =
        world.client.get(format!("{}/metrics", world.url)).send().await.unwrap().text().await.unwrap();
    let name = format!("sms_opt_in_limit_hits_total{{limit=\"{limit}\"}} ");
    let found = metrics.lines().find_map(|line| line.strip_prefix(&name));
    found.unwrap_or_else(|| panic!("{limit}: {metrics}")).parse().unwrap()
}

fn check<'a>(verdict: &'a Value, name: &str) -> &'a Value {
    let checks = verdict["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

#[actix_web::test]
async fn four_forms_in_two_seconds_cause_one_request_and_one_more_the_next_day() {
    let world = world().await;
    programs(&world, &["rates", "jobs", "events"]).await;
    let cy = world.lead(1);
    let phone = cy.phone.as_str().to_owned();
    for form in ["opt-in", "rates", "jobs", "events"] {
        assert_eq!(submits(&world, form, &phone).await.0, 200);
        world.deliver().await;
    }
    assert_eq!(requests(&cy), 1);
    // The stranger sees the same page for a number that was never entered.
    let (known, new) =
        (submits(&world, "jobs", &phone).await.1, submits(&world, "jobs", "+12065550102").await.1);
    assert_eq!(known, new);
    let path = format!("/api/v1/numbers/{phone}/consent?program=jobs");
    let consent = world.call(Method::GET, &path, None).await.1;
    let found = check(&consent, "unasked_texts");
    assert_eq!((found["outcome"].as_str(), consent["request"].as_str()), (Some("fail"), Some("scheduled")));
    assert_eq!(found["facts"], "This number got 1 opt-in request in the last 24 hours.");
    assert!(found["next_step"].as_str().unwrap().contains("the next day"), "{found}");
    world.clock.advance(Duration::hours(23));
    world.deliver().await;
    assert_eq!(requests(&cy), 1);
    world.clock.advance(Duration::hours(1) + Duration::seconds(5));
    world.deliver().await;
    assert_eq!(requests(&cy), 2, "one more the next day");
    // The others have waited too long by the day after: they are blocked, and nothing comes later.
    for _ in 0..9 {
        world.clock.advance(Duration::hours(24) + Duration::seconds(5));
        world.deliver().await;
    }
    assert_eq!(requests(&cy), 2);
    let mut sam = world.sam().await;
    sam.open("/messages?status=blocked").await.says("1 opt-in request in the last 24 hours");
    world.is_intact().await;
}

#[actix_web::test]
async fn failures_told_by_callback_count() {
    let world = world().await;
    let cy = world.lead(2);
    world.carrier_fails(Some("30007"));
    for _ in 0..5 {
        cy.is_sent("Your rate is ready").await;
        world.deliver().await;
        world.clock.advance(Duration::minutes(1));
    }
    assert_eq!(hand_offs(&world, &cy), ["1"]);
    world.is_intact().await;
}

#[actix_web::test]
async fn an_unknown_outcome_counts_also_when_the_carrier_denies_it_later() {
    let world = world().await;
    let cy = world.lead(3);
    world.carrier_fails(Some("500"));
    cy.is_sent("Your rate is ready").await;
    for _ in 0..10 {
        world.clock.advance(Duration::minutes(5));
        reconcile(&world.jobs).await.unwrap();
        world.deliver().await;
    }
    assert_eq!(hand_offs(&world, &cy), ["1"], "it may have left");
    world.carrier_fails(None);
    world.clock.advance(Duration::hours(24));
    world.deliver().await;
    assert_eq!((hand_offs(&world, &cy), requests(&cy)), (vec!["2".to_owned()], 1));
    world.is_intact().await;
}

#[actix_web::test]
async fn what_the_carrier_refused_before_it_took_it_is_given_back() {
    let world = world().await;
    let cy = world.lead(4);
    for code in ["429", "21408"] {
        world.carrier_fails(Some(code));
        cy.is_sent("Your rate is ready").await;
        world.carrier_fails(None);
        world.clock.advance(Duration::minutes(1));
        while deliver_due(&world.jobs).await.unwrap() > 0 {}
    }
    world.deliver().await;
    assert_eq!(requests(&cy), 1);
    world.is_intact().await;
}

#[actix_web::test]
async fn after_five_nothing_more_goes_until_the_person_texts_start() {
    let world = world().await;
    let cy = world.lead(5);
    let page = cy.contact("Cy Cole").await;
    world.carrier_fails(Some("30007"));
    for _ in 0..5 {
        cy.is_sent("Your rate is ready").await;
        world.deliver().await;
        world.clock.advance(Duration::hours(24));
    }
    assert_eq!(hand_offs(&world, &cy).len(), 5);
    world.carrier_fails(None);
    let (status, refused) = cy.is_sent("Your rate is ready").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("unasked_limit")), "{refused}");
    let found = check(&refused["verdict"], "unasked_texts");
    assert_eq!(found["facts"], "This number got 5 opt-in requests and never replied START.");
    let mut sam = world.sam().await;
    sam.open(&page).await.says("This message will be blocked").says("5 opt-in requests without a reply");
    // A form thanks as always, and the number still gets nothing.
    assert_eq!(submits(&world, "opt-in", cy.phone.as_str()).await.0, 200);
    world.deliver().await;
    assert_eq!(hand_offs(&world, &cy).len(), 5);
    let before = cy.received().len();
    cy.texts("START").await;
    let (status, _) = cy.is_sent("Your rate is ready").await;
    assert_eq!((status, cy.received().len()), (202, before + 2), "the confirmation and the message");
    world.is_intact().await;
}

#[actix_web::test]
async fn an_administrator_changes_the_limits() {
    let world = world().await;
    programs(&world, &["rates"]).await;
    let mut ada = world.ada().await;
    let wrong = [
        ("unasked_a_day", "0"),
        ("unasked_by_hand_a_day", "1"),
        ("unasked_ever", "many"),
        ("pause_after", "20"),
        ("least_answers_percent", "5"),
        ("replies_a_day", "20"),
    ];
    let answer = ada.post("/settings", "/settings/limits", &wrong).await;
    assert_eq!(answer.status, 422);
    answer.says("Enter a number from 1 to 1000.");
    for (field, value, said) in [
        ("least_answers_percent", "101", "Enter a number from 1 to 100."),
        ("pause_after", "101", "Enter a number from 1 to 100."),
        ("replies_a_day", "-1", "Enter a number from 1 to 1000."),
        ("unasked_ever", "99999999999999999999", "Enter a number from 1 to 1000."),
    ] {
        let fields = [
            "unasked_a_day",
            "unasked_by_hand_a_day",
            "unasked_ever",
            "pause_after",
            "least_answers_percent",
            "replies_a_day",
        ];
        let typed = fields.map(|name| (name, if name == field { value } else { "1" }));
        let answer = ada.post("/settings", "/settings/limits", &typed).await;
        assert_eq!(answer.status, 422, "{field} {value}");
        answer.says(said);
    }
    let right = [
        ("unasked_a_day", "2"),
        ("unasked_by_hand_a_day", "1"),
        ("unasked_ever", "2"),
        ("pause_after", "20"),
        ("least_answers_percent", "5"),
        ("replies_a_day", "20"),
    ];
    let answer = ada.post("/settings", "/settings/limits", &right).await;
    ada.follow(&answer).await.says("Limits saved");
    ada.open("/log").await.says("Opt-in requests to one number in 24 hours");
    let cy = world.lead(6);
    for form in ["opt-in", "rates"] {
        submits(&world, form, cy.phone.as_str()).await;
    }
    world.deliver().await;
    world.clock.advance(Duration::seconds(3));
    world.deliver().await;
    assert_eq!(requests(&cy), 2);
    let mut sam = world.sam().await;
    let token = sam.token("/contacts").await;
    assert_eq!(sam.post_with(&token, "/settings/limits", &right).await.status, 403);
    let path = format!("/api/v1/numbers/{}/consent", cy.phone.as_str());
    assert_eq!(world.call(Method::GET, &path, None).await.0, 200);
}

#[actix_web::test]
async fn a_form_takes_numbers_of_the_programs_regions_only() {
    let world = world().await;
    for (number, said) in [
        (
            "+18765550142",
            "(876) 555-0142 is a number in Jamaica. This form takes mobile numbers in the United States",
        ),
        ("+14165550142", "(416) 555-0142 is a number in Canada."),
        ("+447400123456", "is a number in United Kingdom."),
        ("+18002345678", "(800) 234-5678 is a toll-free, premium-rate or personal number"),
        ("+15002345678", "(500) 234-5678 is a toll-free, premium-rate or personal number"),
    ] {
        let (status, page) = submits(&world, "opt-in", number).await;
        assert!(status == 422 && page.contains(said), "{number}: {status} {page}");
        assert!(
            page.contains("Enter one, or text START") || page.contains("Enter a mobile number."),
            "the way out"
        );
    }
    assert_eq!(hits(&world, "region").await, 5, "each is counted and logged");
    for number in ["+17875550142", "+13405550142", "+16715550142"] {
        assert_eq!(submits(&world, "opt-in", number).await.0, 200, "{number}");
    }
    let (status, said) = run_beside(&world, &["program", "--regions", "US,JM"]).await;
    assert!(status == 0 && said.contains("regions US, JM"), "{said}");
    let (status, said) = run_beside(&world, &["program", "--regions", "US,Utopia"]).await;
    assert!(status != 0 && said.contains("“Utopia” is not a country code"), "{said}");
    assert_eq!(submits(&world, "opt-in", "+18765550142").await.0, 200);
    assert_eq!(submits(&world, "opt-in", "+17875550142").await.0, 422);
    let mut ada = world.ada().await;
    let answer = ada.post("/programs/default", "/programs/default/sending", &[("regions", "US, XX")]).await;
    answer.says("“XX” is not a country code");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_refusal_says_what_its_code_says_whatever_else_stands_in_the_way() {
    let world = world().await;
    let mut ada = world.ada().await;
    assert_eq!(ada.post("/sending/off", "/sending", &[("state", "off")]).await.status, 303);
    let (status, refused) = world.send("+18765550142", "Your rate is ready").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("region_not_allowed")), "{refused}");
    assert_eq!(refused["detail"], "No. The program doesn't text Jamaica.");
}

#[actix_web::test]
async fn outside_the_regions_only_who_texted_first_is_texted_and_stop_always_counts() {
    let world = world().await;
    world.quiet_hours(false).await;
    let phone = Phone::from_e164("+18765550142").unwrap();
    let (status, refused) = world.send(phone.as_str(), "Your rate is ready").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("region_not_allowed")), "{refused}");
    let found = check(&refused["verdict"], "region");
    assert_eq!(found["facts"], "Account updates doesn't text numbers in Jamaica.");
    assert!(found["next_step"].as_str().unwrap().contains("text START"), "{found}");
    let (_, special) = world.send("+18002345678", "Your rate is ready").await;
    assert_eq!(check(&special["verdict"], "region")["outcome"], "fail");
    let pat = Lead::with(&world, phone);
    pat.texts("STOP").await;
    assert_eq!(pat.state().await, "opted_out");
    pat.texts("START").await;
    assert_eq!((pat.state().await.as_str(), pat.received().len()), ("opted_in", 2));
    assert_eq!(pat.is_sent("Your rate is ready").await.0, 202);
    pat.texts("STOP").await;
    assert_eq!((pat.state().await.as_str(), pat.received().len()), ("opted_out", 4));
    world.is_intact().await;
}

#[actix_web::test]
async fn an_upgrade_keeps_the_regions_that_were_texted() {
    let world = world().await;
    run_beside(&world, &["program", "--regions", "US,MX"]).await;
    let ana = Lead::with(&world, Phone::from_e164("+525562000000").unwrap());
    world.quiet_hours(false).await;
    ana.is_sent("Hola").await;
    assert_eq!(requests(&ana), 1);
    database::run(&world.database, "UPDATE programs SET regions = ''").unwrap();
    database::run(&world.database, "UPDATE settings SET value = 'other' WHERE key = 'catalog'").unwrap();
    let (status, said) = run_beside(&world, &["program"]).await;
    assert!(status == 0 && said.contains("regions US, PR, VI, GU, AS, MP, MX"), "{said}");
}

#[actix_web::test]
async fn a_loop_of_start_and_stop_ends_and_the_trace_says_so() {
    let world = world().await;
    let ana = world.lead(8);
    let page = ana.contact("Ana Ames").await;
    for _ in 0..15 {
        ana.texts("START").await;
        ana.texts("STOP").await;
        world.clock.advance(Duration::seconds(90));
    }
    assert_eq!((ana.received().len(), ana.state().await.as_str()), (20, "opted_out"), "each STOP counts");
    let mut sam = world.sam().await;
    sam.open(&page).await.says("Blocked</span> automatic");
    sam.open("/messages?status=blocked").await.says("as many automatic replies as are allowed");
    assert_eq!(hits(&world, "replies").await, 10);
    // The count is the installation's: another server and a restart go on with it.
    let store = sms_opt_in::store::Store::open(&world.database).unwrap();
    let counted = store.read(sms_opt_in::store::limit_hits::all).await.unwrap();
    assert!(counted.iter().any(|(hit, n)| hit.as_str() == "replies" && *n == 10), "{counted:?}");
    world.clock.advance(Duration::hours(24));
    ana.texts("START").await;
    assert_eq!(ana.received().len(), 21, "the next day has its own");
    world.is_intact().await;
}

#[actix_web::test]
async fn the_first_confirmation_of_an_opt_out_goes_over_any_limit() {
    let world = world().await;
    let mut ada = world.ada().await;
    let few = [
        ("unasked_a_day", "1"),
        ("unasked_by_hand_a_day", "1"),
        ("unasked_ever", "5"),
        ("pause_after", "20"),
        ("least_answers_percent", "5"),
        ("replies_a_day", "2"),
    ];
    let answer = ada.post("/settings", "/settings/limits", &few).await;
    assert_eq!(answer.status, 303);
    let ana = world.lead(9);
    ana.texts("START").await;
    ana.texts("HELP").await;
    ana.texts("HELP").await;
    assert_eq!(ana.received().len(), 2);
    ana.texts("STOP").await;
    assert_eq!((ana.received().len(), ana.state().await.as_str()), (3, "opted_out"));
    world.clock.advance(Duration::seconds(90));
    ana.texts("START").await;
    ana.texts("STOP").await;
    assert_eq!((ana.received().len(), ana.state().await.as_str()), (3, "opted_out"));
    world.is_intact().await;
}

/// Strangers enter these lines of one exchange, each from another address.
async fn a_wave(world: &World, lines: std::ops::Range<u8>) {
    for line in lines {
        let phone = world.lead(line).phone.as_str().to_owned();
        let fields = [("phone", phone.as_str()), ("consent", "yes")];
        let request = world.client.post(format!("{}/f/opt-in", world.url)).form(&fields);
        let answer = request.header("X-Forwarded-For", format!("203.0.113.{line}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{line}");
    }
    world.deliver().await;
}

fn asked(world: &World, lines: std::ops::Range<u8>) -> usize {
    lines.filter(|line| requests(&world.lead(*line)) > 0).count()
}

#[actix_web::test]
async fn a_form_that_no_one_answers_pauses_and_a_person_resumes_it() {
    let world = world().await;
    a_wave(&world, 10..40).await;
    assert_eq!(asked(&world, 10..40), 20, "the rest waits");
    let waiting = |conn: &mut ReadConn<'_>| messages::page(conn, Some(Status::Queued), None, None, 50);
    let waiting = world.jobs.store.read(waiting).await.unwrap();
    let look_again = world.clock.now().plus(Duration::minutes(10));
    assert_eq!(waiting.iter().filter(|message| message.due_at == look_again).count(), 10);
    let told = |message: &&Message| message.error_code.as_deref() == Some("requests_paused");
    assert_eq!(waiting.iter().filter(told).count(), 10, "the page of each says why it waits");
    assert_eq!(world.lead(39).history().await[0]["evidence"]["type"], "web_form", "nothing is lost");
    let mut sam = world.sam().await;
    let dashboard = sam.open("/").await;
    dashboard.says("Opt-in requests from the form “opt-in” are paused").lacks("all caught up");
    dashboard.says("Opt-in requests to numbers that begin with +1206555 are paused");
    let metrics =
        world.client.get(format!("{}/metrics", world.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("sms_opt_in_request_pauses 2"), "{metrics}");
    world.clock.advance(Duration::hours(3));
    world.deliver().await;
    assert_eq!(asked(&world, 10..40), 20, "time alone ends no pause");
    let token = sam.token("/").await;
    for (kind, name) in [("form", "opt-in"), ("prefix", "+1206555")] {
        let answer = sam.post_with(&token, "/paused-requests", &[("kind", kind), ("name", name)]).await;
        sam.follow(&answer).await.says("Resumed.");
    }
    world.clock.advance(Duration::minutes(10));
    world.deliver().await;
    assert_eq!(asked(&world, 10..40), 30);
    let mut ada = world.ada().await;
    ada.open("/log").await.says("requests.resumed");
    world.is_intact().await;
}

#[actix_web::test]
async fn answers_end_a_pause_and_what_waits_too_long_is_dropped() {
    let world = world().await;
    a_wave(&world, 40..65).await;
    assert_eq!(asked(&world, 40..65), 20);
    let early = world.lead(40);
    early.texts("START").await;
    world.clock.advance(Duration::minutes(10));
    world.deliver().await;
    assert_eq!(asked(&world, 40..65), 21, "one in twenty, then fewer than five percent of twenty-one");
    world.lead(41).texts("YES").await;
    world.clock.advance(Duration::minutes(10));
    world.deliver().await;
    assert_eq!(asked(&world, 40..65), 25);
    a_wave(&world, 65..95).await;
    let sent = asked(&world, 65..95);
    assert!(sent < 30, "{sent}");
    world.clock.advance(Duration::hours(49));
    world.deliver().await;
    assert_eq!(asked(&world, 65..95), sent);
    let mut sam = world.sam().await;
    sam.open("/messages?status=blocked").await.says("almost no one replied START");
    world.is_intact().await;
}

#[actix_web::test]
async fn requests_that_no_sample_needs_are_dropped() {
    let world = world().await;
    let kept = |world: &World| {
        database::lines(&world.database, "SELECT CAST(count(*) AS TEXT) AS line FROM form_requests").concat()
    };
    let tidy = |world: &World| {
        let (store, now) = (world.jobs.store.clone(), world.clock.now());
        async move {
            store.write(move |tx| drop_old_requests(tx, now)).await.map_err(|e: ActionError| e.to_string())
        }
    };
    a_wave(&world, 10..40).await;
    assert_eq!(kept(&world), "20");
    world.clock.advance(Duration::days(30));
    assert_eq!(tidy(&world).await, Ok(true));
    assert_eq!(kept(&world), "20", "they led to a pause that is still open");
    world.deliver().await;
    assert_eq!(asked(&world, 10..40), 20, "time alone ends no pause");
    let mut sam = world.sam().await;
    let token = sam.token("/").await;
    for (kind, name) in [("form", "opt-in"), ("prefix", "+1206555")] {
        sam.post_with(&token, "/paused-requests", &[("kind", kind), ("name", name)]).await;
    }
    assert_eq!(tidy(&world).await, Ok(true));
    assert_eq!(kept(&world), "0");
    world.clock.advance(Duration::days(2));
    assert_eq!(tidy(&world).await, Ok(true));
    let pauses = database::lines(&world.database, "SELECT name AS line FROM request_pauses");
    assert!(pauses.is_empty(), "{pauses:?}");
    world.is_intact().await;
}
