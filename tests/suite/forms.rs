//! The hosted form, as a lead on a phone and a stranger would use it.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::publish_form::{FormChange, form_revision, publish_form};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::store::forms;

use crate::support::{World, by, database, world};

/// Posts the form as a browser does: it follows the redirect, and takes the cookie along.
async fn post(world: &World, fields: &[(&str, &str)]) -> (u16, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.post(format!("{}/f/opt-in", world.url)).form(fields);
    let mut answer = request.header("User-Agent", "a small phone").send().await.unwrap();
    if answer.status() == 303 {
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let (address, cookie) = (header("location"), header("set-cookie"));
        let next = client.get(format!("{}{address}", world.url));
        answer = next.header("Cookie", cookie.split(';').next().unwrap()).send().await.unwrap();
    }
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn submit(world: &World, phone: &str, consent: Option<&str>) -> (u16, String) {
    let mut fields = vec![("phone", phone), ("name", "Dee Dubois")];
    fields.extend(consent.map(|consent| ("consent", consent)));
    let answer = post(world, &fields).await;
    world.deliver().await;
    answer
}

#[actix_web::test]
async fn double_opt_in_invites_and_keeps_the_exact_wording() {
    let world = world().await;
    let dee = world.lead(70);
    assert_eq!(submit(&world, "(206) 555-0170", Some("yes")).await.0, 200);
    assert_eq!(dee.state().await, "invited");
    assert_eq!(dee.received().len(), 1);
    submit(&world, "(206) 555-0170", Some("yes")).await;
    assert_eq!(dee.received().len(), 1, "no second invitation");
    dee.texts("START").await;
    assert_eq!(dee.state().await, "opted_in");
    let evidence = &dee.history().await[0]["evidence"];
    let form =
        world.client.get(format!("{}/f/opt-in", world.url)).send().await.unwrap().text().await.unwrap();
    let wording = evidence["wording"].as_str().unwrap();
    assert!(wording.contains("STOP") && form.contains(wording), "the words that were shown: {wording}");
    assert_eq!(
        (evidence["version"].as_i64(), evidence["user_agent"].as_str()),
        (Some(1), Some("a small phone"))
    );
    assert_eq!(evidence["checkbox_ticked"], true);
}

#[actix_web::test]
async fn without_the_tick_nothing_is_recorded() {
    let world = world().await;
    let dee = world.lead(71);
    let (status, page) = submit(&world, "(206) 555-0171", None).await;
    assert_eq!(status, 422);
    assert!(
        page.contains("Error: ") && page.contains("(206) 555-0171"),
        "the title says so, the number is kept"
    );
    assert!(dee.history().await.is_empty());
}

#[actix_web::test]
async fn a_stranger_learns_nothing_and_cannot_bring_anyone_back() {
    let world = world().await;
    let ben = world.lead(72);
    ben.texts("START").await;
    ben.texts("STOP").await;
    let texts = ben.received().len();
    let (_, out) = submit(&world, "(206) 555-0172", Some("on")).await;
    let (_, new) = submit(&world, "(206) 555-0173", Some("on")).await;
    assert_eq!(out.replace("0172", "0173"), new, "the same page for every number");
    assert_eq!(ben.state().await, "opted_out");
    assert_eq!(ben.received().len(), texts, "nothing is sent to a number that opted out");
}

async fn make_single(world: &World) {
    let now = world.clock.now();
    let made = world.bound_app.store.write(move |tx| {
        let (form, _) = forms::find(tx, "opt-in")?.unwrap();
        let edited = FormChange {
            title: form.title.clone(),
            template: form.template.clone(),
            double_opt_in: false,
            revision: form_revision(&form),
        };
        publish_form(tx, &by(&Actor::Operator, now), "opt-in", &edited)
    });
    made.await.map_err(|error: ActionError| error).unwrap();
}

/// Reads the page like a person, and sends what it holds.
async fn read_and_submit(world: &World, phone: &str) -> String {
    let form = format!("{}/f/opt-in", world.url);
    let page = world.client.get(&form).send().await.unwrap().text().await.unwrap();
    let hidden = |name: &str| {
        let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        from.split('"').next().unwrap().to_owned()
    };
    world.clock.advance(chrono::Duration::seconds(5));
    let (version, stamp) = (hidden("version"), hidden("t"));
    let fields = [("phone", phone), ("consent", "yes"), ("version", &version), ("t", &stamp)];
    let (status, page) = post(world, &fields).await;
    assert_eq!(status, 200);
    world.deliver().await;
    page
}

#[actix_web::test]
async fn single_opt_in_takes_a_box_ticked_under_our_wording_and_no_other() {
    let world = world().await;
    make_single(&world).await;
    let (dee, cy) = (world.lead(74), world.lead(75));
    let page = read_and_submit(&world, "(206) 555-0174").await;
    assert_eq!(dee.state().await, "opted_in");
    assert!(!page.contains("START</strong> to finish"), "nothing is left to do");
    // A stranger may have caused the confirmation: it counts for the form.
    let counted = database::lines(&world.database, "SELECT form AS line FROM form_requests");
    assert_eq!(counted, ["opt-in"]);
    let (status, page) = submit(&world, "(206) 555-0175", Some("yes")).await;
    assert_eq!((status, cy.state().await.as_str()), (200, "invited"), "a bare POST is a wish");
    assert!(page.contains("START</strong> to finish"));
    let ben = world.lead(76);
    ben.texts("STOP").await;
    let out = read_and_submit(&world, "(206) 555-0176").await;
    let new = read_and_submit(&world, "(206) 555-0177").await;
    assert_eq!(out.replace("0176", "0177"), new, "the same page for every number");
    assert_eq!(ben.state().await, "opted_out");
}

#[actix_web::test]
async fn numbers_that_strangers_could_earn_by_are_refused() {
    let world = world().await;
    for (number, words) in [
        (
            "+44 20 7946 0000",
            "is a number in United Kingdom. This form takes mobile numbers in the United States",
        ),
        ("+371 6000 0000", "is a number in Latvia"),
        ("+1 900 234 5678", "premium-rate"),
    ] {
        let (status, page) = submit(&world, number, Some("yes")).await;
        assert_eq!(status, 422, "{number}");
        assert!(page.contains(words), "{number}: {page}");
    }
}

#[actix_web::test]
async fn nobody_learns_how_often_a_number_was_submitted() {
    let world = world().await;
    let (_, first) = submit(&world, "(206) 555-0178", Some("yes")).await;
    for _ in 0..5 {
        let (status, page) = submit(&world, "(206) 555-0178", Some("yes")).await;
        assert_eq!((status, page), (200, first.clone()));
    }
    assert_eq!(world.lead(78).received().len(), 1);
    assert_eq!(
        world.lead(78).history().await.len(),
        6,
        "scheduled, invited, four times recorded: the sixth did nothing"
    );
}

#[actix_web::test]
async fn the_form_of_a_program_that_cannot_text_is_closed_and_people_here_are_told() {
    let world = world().await;
    let mut ada = world.ada().await;
    ada.post("/", "/rules/reminders/fcc-26-67", &[("answer", "done")]).await;
    ada.open("/").await.says("all caught up");
    let mut fields = vec![
        ("name", "Rate alerts"),
        ("brand", "Acme Lending"),
        ("slug", "rates"),
        ("contact_route", "call (206) 555-0100"),
    ];
    assert_eq!(ada.post("/programs/new", "/programs", &fields).await.status, 303);
    let address = format!("{}/f/rates", world.url);
    let answers = [("phone", "(206) 555-0174"), ("consent", "yes")];
    for request in [world.client.get(&address), world.client.post(&address).form(&answers)] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 503);
        let page = response.text().await.unwrap();
        assert!(
            page.contains("This form is closed for now") && page.contains("call (206) 555-0100"),
            "{page}"
        );
    }
    ada.open("/contacts?q=0174").await.says("No contacts yet");
    assert!(world.lead(74).history().await.is_empty());
    ada.open("/programs/rates").await.says("This program has no sender number");
    ada.open("/").await.lacks("all caught up").says("Rate alerts</a> has no sender number");
    fields = vec![("sender", "(206) 555-0198")];
    assert_eq!(ada.post("/programs/rates", "/programs/rates/sending", &fields).await.status, 303);
    ada.open("/").await.says("all caught up").lacks("has no sender number");
    assert_eq!(world.client.get(&address).send().await.unwrap().status().as_u16(), 200);
}

/// A page as it was shown: the version and the stamp that are hidden in it.
async fn shown(world: &World) -> (String, String) {
    let page =
        world.client.get(format!("{}/f/opt-in", world.url)).send().await.unwrap().text().await.unwrap();
    (hidden_in(&page, "version"), hidden_in(&page, "t"))
}

fn hidden_in(page: &str, name: &str) -> String {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    from.split('"').next().unwrap().to_owned()
}

async fn submit_page(world: &World, phone: &str, (version, stamp): &(String, String)) -> (u16, String) {
    let fields = [("phone", phone), ("name", "Dee"), ("consent", "yes"), ("version", version), ("t", stamp)];
    post(world, &fields).await
}

#[actix_web::test]
async fn a_page_records_one_submission_and_comes_back_with_the_box_empty() {
    let world = world().await;
    make_single(&world).await;
    let page = shown(&world).await;
    world.clock.advance(chrono::Duration::seconds(5));
    assert_eq!(submit_page(&world, "(206) 555-0180", &page).await.0, 200);
    assert_eq!(world.lead(80).state().await, "opted_in");
    let (status, again) = submit_page(&world, "(206) 555-0181", &page).await;
    assert_eq!(status, 409);
    assert!(again.contains("(206) 555-0181") && again.contains("already submitted"), "the values are kept");
    assert!(!again.contains(" checked"), "the box is empty");
    assert!(world.lead(81).history().await.is_empty(), "nothing is recorded");
    let fresh = (hidden_in(&again, "version"), hidden_in(&again, "t"));
    assert_ne!(fresh.1, page.1, "it has a stamp of its own");
    world.clock.advance(chrono::Duration::seconds(5));
    assert_eq!(submit_page(&world, "(206) 555-0181", &fresh).await.0, 200);
    assert_eq!(world.lead(81).state().await, "opted_in");
}

#[actix_web::test]
async fn of_two_submissions_of_one_page_at_once_one_is_recorded() {
    let world = world().await;
    make_single(&world).await;
    let page = shown(&world).await;
    world.clock.advance(chrono::Duration::seconds(5));
    let phones = ["(206) 555-0182", "(206) 555-0183", "(206) 555-0184", "(206) 555-0185"];
    let answers = futures_util::future::join_all(phones.map(|phone| submit_page(&world, phone, &page))).await;
    let mut states: Vec<u16> = answers.into_iter().map(|(status, _)| status).collect();
    states.sort_unstable();
    assert_eq!(states, [200, 409, 409, 409]);
    let mut recorded = 0;
    for line in 82..86 {
        recorded += world.lead(line).history().await.len();
    }
    assert_eq!(recorded, 1);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_stamp_counts_for_the_wording_that_was_shown_and_no_other() {
    let world = world().await;
    make_single(&world).await;
    let (_, old_stamp) = shown(&world).await;
    make_single(&world).await;
    reword(&world).await;
    let (new_version, _) = shown(&world).await;
    world.clock.advance(chrono::Duration::seconds(5));
    let (status, page) = submit_page(&world, "(206) 555-0186", &(new_version, old_stamp)).await;
    assert_eq!(status, 422);
    assert!(page.contains("This page has expired") && !page.contains(" checked"), "{page}");
    assert!(world.lead(86).history().await.is_empty(), "it was made for other words");
}

async fn reword(world: &World) {
    let now = world.clock.now();
    let made = world.bound_app.store.write(move |tx| {
        let (form, _) = forms::find(tx, "opt-in")?.unwrap();
        let edited = FormChange {
            title: form.title.clone(),
            template: format!("{} New words.", form.template),
            double_opt_in: false,
            revision: form_revision(&form),
        };
        publish_form(tx, &by(&Actor::Operator, now), "opt-in", &edited)
    });
    made.await.map_err(|error: ActionError| error).unwrap();
}

#[actix_web::test]
async fn the_result_is_a_page_of_its_own_that_can_be_reloaded() {
    let world = world().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let fields = [("phone", "(206) 555-0187"), ("consent", "yes")];
    let answer = client.post(format!("{}/f/opt-in", world.url)).form(&fields).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 303);
    let address = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(address, "/f/opt-in/done");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("Secure") && !cookie.contains("0187"), "{cookie}");
    assert!(cookie.starts_with("__Host-opt-in-result="), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    for _ in 0..2 {
        let page =
            client.get(format!("{}{address}", world.url)).header("Cookie", cookie).send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200);
        assert!(page.text().await.unwrap().contains("(206) 555-0187"));
    }
    assert_eq!(world.lead(87).history().await.len(), 1, "a reload records nothing");
    let forged =
        client.get(format!("{}{address}", world.url)).header("Cookie", "__Host-opt-in-result=bm9uc2Vuc2U");
    let forged = forged.send().await.unwrap();
    assert!(forged.status().as_u16() == 200 && !forged.text().await.unwrap().contains("class=\"number"));
}

#[actix_web::test]
async fn head_answers_as_get_does() {
    let world = world().await;
    let mut ada = world.ada().await;
    let page = ada.open("/contacts").await;
    assert_eq!(page.status, 200);
    for path in [
        "/",
        "/f/opt-in",
        "/p/default",
        "/replies",
        "/healthz",
        "/readyz",
        "/api/v1/contacts",
        "/contacts",
        "/nothing",
    ] {
        let url = format!("{}{path}", world.url);
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let get = client.get(&url).bearer_auth(crate::support::KEY).send().await.unwrap();
        let head = client.head(&url).bearer_auth(crate::support::KEY).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.headers().get("content-type"), get.headers().get("content-type"), "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[actix_web::test]
async fn fields_that_the_api_does_not_know_are_named() {
    let world = world().await;
    let phone = "+12065550188";
    let opt_outs = format!("/api/v1/numbers/{phone}/opt-outs");
    for (path, body, unknown) in [
        (
            "/api/v1/contacts",
            serde_json::json!({"phone": phone, "emial": "a@example.com", "zipcode": "98101"}),
            serde_json::json!(["emial", "zipcode"]),
        ),
        (
            "/api/v1/messages",
            serde_json::json!({"to": phone, "body": "hi", "category": "alert", "programm": "x",
                "basis": {"kind": "event_sign_up", "words": "met at the fair in May", "when": 1}}),
            serde_json::json!(["programm", "basis.when"]),
        ),
        (
            opt_outs.as_str(),
            serde_json::json!({"channel": "call", "reason": "said stop", "confrim": true}),
            serde_json::json!(["confrim"]),
        ),
        (
            "/api/v1/messages",
            serde_json::json!({"phone": phone, "body": "hi", "category": "alert"}),
            serde_json::json!(["phone"]),
        ),
        ("/api/v1/contacts", serde_json::json!({"Phone": phone}), serde_json::json!(["Phone"])),
        (
            opt_outs.as_str(),
            serde_json::json!({"chanel": "call", "reason": "said stop"}),
            serde_json::json!(["chanel"]),
        ),
    ] {
        let (status, said) = world.call(reqwest::Method::POST, path, Some(body)).await;
        assert_eq!((status, &said["code"]), (422, &serde_json::json!("unknown_field")), "{said}");
        assert_eq!(said["fields"], unknown);
    }
    assert_eq!(world.lead(88).state().await, "not_asked");
    let (status, said) =
        world.call(reqwest::Method::POST, "/api/v1/messages", Some(serde_json::json!({"body": "hi"}))).await;
    assert_eq!((status, &said["code"]), (422, &serde_json::json!("invalid")), "{said}");
    let missing: Vec<_> =
        said["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(missing, ["to", "category"]);
    let path = "/api/v1/contacts?bogus=1&since_from=zz&limit=2";
    let (status, said) = world.call(reqwest::Method::GET, path, None).await;
    assert_eq!((status, &said["code"]), (422, &serde_json::json!("unknown_field")), "{said}");
    assert_eq!(said["fields"], serde_json::json!(["bogus", "since_from"]));
}
