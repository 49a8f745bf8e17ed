//! Numbers that text us before we have a contact for them: they are in lists, in counts, and on pages of their own.

use reqwest::Method;
use serde_json::{Value, json};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::seed::seed;

use crate::live::shown;
use crate::programs::add_rates;
use crate::support::person::{Answer, Person};
use crate::support::{World, world};

/// A page of the API's list of numbers.
async fn numbers(world: &World, query: &str) -> Value {
    let (status, page) = world.call(Method::GET, &format!("/api/v1/numbers?{query}"), None).await;
    assert_eq!(status, 200, "{query} {page}");
    page
}

/// The numbers of all pages, by the places that lead on.
async fn all_numbers(world: &World, query: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    for _ in 0..20 {
        let page = numbers(world, &format!("{query}{after}")).await;
        let data = page["data"].as_array().unwrap();
        found.extend(data.iter().map(|line| line["number"].as_str().unwrap().to_owned()));
        match page["next_after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
    panic!("the list does not end");
}

fn phones(world: &World, lines: &[u8]) -> Vec<String> {
    lines.iter().map(|line| world.lead(*line).phone.as_str().to_owned()).collect()
}

#[actix_web::test]
async fn the_api_lists_numbers_with_and_without_a_contact() {
    let world = world().await;
    for (line, words) in [(1, "START"), (2, "START"), (3, "STOP"), (4, "When do you open?"), (5, "START")] {
        world.lead(line).texts(words).await;
    }
    world.lead(2).contact("Ben Baker").await;
    world.lead(2).contact("Bea Baker").await;
    world.lead(5).texts("hmm not sure I want these").await;
    assert_eq!(all_numbers(&world, "limit=2").await, phones(&world, &[1, 2, 3, 4, 5]));
    assert_eq!(all_numbers(&world, "state=opted_in&limit=1").await, phones(&world, &[5, 2, 1]));
    assert_eq!(all_numbers(&world, "state=opted_out&limit=200").await, phones(&world, &[3]));
    assert_eq!(all_numbers(&world, "state=not_asked").await, phones(&world, &[4]));
    assert!(all_numbers(&world, "state=invited&program=default").await.is_empty());
    let page = numbers(&world, "state=opted_in").await;
    assert_eq!((&page["preparing"], &page["next_after"]), (&json!(false), &Value::Null));
    let line = |n: usize| {
        ["number", "program", "do_not_text", "paused", "contact_count"]
            .map(|field| page["data"][n][field].clone())
    };
    let five = world.lead(5).phone;
    assert_eq!(line(0), [json!(five.as_str()), json!("default"), json!(false), json!(true), json!(0)]);
    assert_eq!(line(1)[4], json!(2), "{page}");
    assert!(page["data"][0]["since"].is_string());
    let (_, contacts) = world.call(Method::GET, "/api/v1/contacts?state=opted_in", None).await;
    assert_eq!(contacts["data"].as_array().unwrap().len(), 2, "contacts alone: {contacts}");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_list_of_numbers_refuses_what_it_does_not_know() {
    let world = world().await;
    for line in 1..=3 {
        world.lead(line).texts("START").await;
    }
    let contacts = world.call(Method::GET, "/api/v1/contacts?limit=1", None).await.1;
    assert_eq!(contacts["data"].as_array().unwrap().len(), 0);
    let by_state = numbers(&world, "state=opted_in&limit=1").await["next_after"].clone();
    let of_another_list = format!("after={}", by_state.as_str().unwrap());
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("state=out", "state"),
        ("after=x", "after"),
        (&of_another_list, "after"),
    ] {
        let (status, answer) = world.call(Method::GET, &format!("/api/v1/numbers?{query}"), None).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("invalid")), "{query} {answer}");
        assert!(answer["errors"].to_string().contains(field), "{query} {answer}");
    }
    for (query, status) in [("q=0142", 422), ("program=none", 404), ("state=", 200)] {
        let answer = world.call(Method::GET, &format!("/api/v1/numbers?{query}"), None).await;
        assert_eq!(answer.0, status, "{query} {}", answer.1);
    }
}

#[actix_web::test]
async fn lists_of_a_new_program_say_that_they_are_being_filled() {
    let world = world().await;
    world.lead(6).contact("Cy Castro").await;
    world.lead(6).texts("STOP").await;
    world.lead(7).texts("START").await;
    add_rates(&mut world.ada().await).await;
    for list in ["numbers", "contacts"] {
        let path = format!("/api/v1/{list}?state=opted_out&program=rates");
        assert_eq!(world.call(Method::GET, &path, None).await.1["preparing"], json!(true), "{list}");
        let path = format!("/api/v1/{list}?state=opted_out");
        assert_eq!(world.call(Method::GET, &path, None).await.1["preparing"], json!(false), "{list}");
    }
    let whole = numbers(&world, "program=rates").await;
    let states = [0, 1].map(|n| whole["data"][n]["state"].clone());
    assert_eq!(states, [json!("opted_out"), json!("not_asked")], "none is missing: {whole}");
    world.work().await;
    let out = numbers(&world, "state=opted_out&program=rates").await;
    assert_eq!((&out["preparing"], out["data"].as_array().unwrap().len()), (&json!(false), 1), "{out}");
}

/// The first link of each line of the list: its address and its words.
fn lines(page: &str) -> Vec<(String, String)> {
    let line = |row: &str| {
        let (_, link) = row.split_once("href=\"").unwrap();
        let (address, rest) = link.split_once('"').unwrap();
        let (_, words) = rest.split_once('>').unwrap();
        (address.to_owned(), words.split_once("</a>").unwrap().0.trim().to_owned())
    };
    page.split("<tr><th scope=\"row\">").skip(1).map(line).collect()
}

fn words(answer: &Answer) -> Vec<String> {
    lines(&answer.page).into_iter().map(|(_, words)| words).collect()
}

/// The count on a tab.
fn count(answer: &Answer, tab: &str) -> String {
    let (_, tabs) = answer.page.split_once("aria-label=\"Consent state\"").expect("the page has tabs");
    let (_, rest) = tabs.split_once(&format!(">{tab}")).expect("one of the tabs");
    let (_, count) = rest.split_once("class=\"count\">").unwrap();
    count.split('<').next().unwrap().to_owned()
}

#[actix_web::test]
async fn a_stranger_opts_in_is_listed_and_becomes_a_contact() {
    let world = world().await;
    let (mut sam, ana) = (world.sam().await, world.lead(1));
    ana.texts("START").await;
    let list = sam.open("/contacts?state=opted_in").await;
    list.says("No contact").says("1 of about 1");
    assert_eq!(
        (count(&list, "All"), count(&list, "Opted in"), count(&list, "Not asked")),
        ("1".into(), "1".into(), "0".into())
    );
    let (page, name) = lines(&list.page).remove(0);
    assert_eq!(name, "(206) 555-0101");
    sam.open("/").await.says("<strong>1</strong>");
    let shown = sam.open(&page).await;
    shown.says("Yes. Opted in").says("START").says("Record an opt-out").lacks("/edit\"").says("No contact");
    world.aud().await.open(&page).await.says("Yes. Opted in").lacks("Add contact");
    let form = sam.link(&page, "Record consent by hand").await;
    sam.open(&form).await.says("(206) 555-0101");
    let form = "/contacts/new?phone=%2B12065550101";
    shown.says(form);
    sam.open(form).await.says("value=\"+12065550101\"");
    let added = sam.post(form, "/contacts", &[("phone", "+12065550101"), ("name", "Ana Ames")]).await;
    sam.follow(&added).await.says("Ana Ames").says("Yes. Opted in");
    assert_eq!(sam.open(&page).await.location, added.location, "the number's page leads to its contact");
    let list = sam.open("/contacts?state=opted_in").await;
    list.lacks("No contact").says("1 of about 1");
    assert_eq!(words(&list), ["Ana Ames"]);
    ana.contact("Amy Ames").await;
    assert_eq!(words(&sam.open("/contacts?state=opted_in").await).len(), 2);
    assert_eq!(sam.open(&page).await.location, "/contacts?q=%2B12065550101", "two contacts are listed");
    assert_eq!(count(&sam.open("/contacts").await, "All"), "2");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_strangers_stop_and_question_are_in_the_lists() {
    let world = world().await;
    let mut sam = world.sam().await;
    world.lead(2).texts("STOP").await;
    world.lead(3).texts("When do you open?").await;
    world.lead(4).texts("START").await;
    world.lead(4).texts("not interested right now").await;
    let list = sam.open("/contacts?state=opted_out").await;
    assert_eq!(words(&list), ["(206) 555-0102"]);
    list.says("1 of about 1");
    let list = sam.open("/contacts?state=not_asked").await;
    assert_eq!(words(&list), ["(206) 555-0103"]);
    let list = sam.open("/contacts?state=needs_review").await;
    assert_eq!(words(&list), ["(206) 555-0104"]);
    assert_eq!((count(&list, "Needs review"), count(&list, "All")), ("1".into(), "3".into()));
    let question = lines(&list.page).remove(0).0;
    assert!(question.starts_with("/numbers/"), "{question}");
    world.lead(5).texts("START").await;
    world.lead(5).texts("When do you open?").await;
    let answered = sam.open("/contacts?q=%2B12065550105").await.location;
    sam.open("/").await.says(&format!("href=\"{answered}\""));
    sam.open(&question).await.says("not interested right now").says("Paused");
    world.is_intact().await;
}

#[actix_web::test]
async fn the_page_of_a_number_does_what_a_contacts_page_does() {
    let world = world().await;
    let (mut ada, ben) = (world.ada().await, world.lead(5));
    ben.texts("START").await;
    let page = ada.open("/contacts?q=%2B12065550105").await.location;
    let sent = ada.post(&page, &format!("{page}/messages"), &[("body", "Your order is ready.")]).await;
    assert_eq!(sent.location, page);
    world.deliver().await;
    assert!(ben.received().contains(&"Your order is ready.".to_owned()));
    let wrong = ada.post(&page, &format!("{page}/messages"), &[("body", "")]).await;
    assert_eq!(wrong.status, 422);
    let live = format!("{page}/live?since=");
    let since = shown(&ada.open(&page).await);
    assert_eq!(ada.open(&format!("{live}{since}")).await.status, 204);
    let form = format!("{page}/consents/new?update=do_not_text");
    let fields = [("update", "do_not_text"), ("reason", "their lawyer wrote to us")];
    let flagged = ada.upload(&form, &format!("{page}/consents"), &fields, None).await;
    assert_eq!(flagged.location, page, "{}", flagged.page);
    ada.open(&format!("{live}{since}")).await.says("Do Not Text").says("id=\"live-verdict\"");
    ada.follow(&flagged)
        .await
        .says("Remove Do Not Text")
        .says(&format!("{page}/consents/new?update=clear_do_not_text"));
    assert_eq!(ben.is_sent("hello").await.0, 422);
    let form = ada.link(&page, "Record an opt-out…").await;
    let fields = [
        ("phone", "+12065550105"),
        ("channel", "call"),
        ("reason", "Asked us on the phone to stop"),
        ("received_on", "2026-11-03"),
    ];
    assert_eq!(ada.post(&form, "/revocations", &fields).await.status, 303);
    ada.open(&page).await.says("Opted out");
    assert_eq!(ada.link("/revocations", "(206) 555-0105").await, page);
    for wrong in ["/numbers/x", "/numbers/018f2b3c-7d1e-7aaa-8bbb-0123456789ab", "/numbers/x/live"] {
        assert_eq!(ada.open(wrong).await.status, 404, "{wrong}");
    }
    world.is_intact().await;
}

#[actix_web::test]
async fn an_invited_number_without_a_contact_is_asked_once_more() {
    let world = world().await;
    let (mut sam, cy) = (world.sam().await, world.lead(6));
    cy.is_sent("Your quote is ready.").await;
    let list = sam.open("/contacts?state=invited").await;
    assert_eq!(words(&list), ["(206) 555-0106"]);
    let page = lines(&list.page).remove(0).0;
    world.clock.advance(chrono::Duration::days(31));
    let mut sam = world.ada().await;
    let form = sam.link(&page, "Send opt-in reminder…").await;
    assert_eq!(form, format!("{page}/reinvitation"));
    let asked = sam.post(&form, &form, &[]).await;
    assert_eq!(asked.location, page, "{}", asked.page);
    world.deliver().await;
    assert_eq!(cy.received().len(), 2, "{:?}", cy.received());
    world.is_intact().await;
}

#[actix_web::test]
async fn a_number_that_its_only_contact_left_is_a_line_again() {
    let world = world().await;
    let mut ada = world.ada().await;
    let page = world.lead(7).contact("Dee Dubois").await;
    world.lead(7).texts("START").await;
    let edit = format!("{page}/edit");
    let moved = ada.post(&edit, &page, &[("name", "Dee Dubois"), ("phone", "(206) 555-0108")]).await;
    assert_eq!(moved.status, 303);
    let list = ada.open("/contacts").await;
    assert_eq!(words(&list), ["Dee Dubois", "(206) 555-0107"]);
    assert_eq!(
        (count(&list, "All"), count(&list, "Opted in"), count(&list, "Not asked")),
        ("2".into(), "1".into(), "1".into())
    );
    assert_eq!(words(&ada.open("/contacts?state=opted_in").await), ["(206) 555-0107"]);
    world.is_intact().await;
}

/// All pages of the list, by the links that lead on; then back from the last one.
async fn walked(person: &mut Person, from: &str) -> (Vec<String>, Vec<String>) {
    let link = |answer: &Answer, rel: &str| {
        let tag = answer.page.split("<a ").find(|tag| tag.contains(&format!("rel=\"{rel}\"")))?;
        let (_, href) = tag.split_once("href=\"")?;
        Some(href.split('"').next()?.replace("&amp;", "&").replace("&#38;", "&"))
    };
    let (mut there, mut back, mut at) = (Vec::new(), Vec::new(), Some(from.to_owned()));
    let mut last = from.to_owned();
    while let Some(address) = at {
        let answer = person.open(&address).await;
        there.extend(words(&answer));
        at = link(&answer, "next");
        last = address;
        assert!(there.len() < 1000, "the list does not end");
    }
    at = Some(last);
    while let Some(address) = at {
        let answer = person.open(&address).await;
        back.splice(0..0, words(&answer));
        at = link(&answer, "prev");
        assert!(back.len() < 1000, "the list does not end");
    }
    (there, back)
}

#[actix_web::test]
async fn every_list_has_each_number_once_in_both_directions() {
    let world = world().await;
    let mut ada = world.ada().await;
    for line in 1..=48 {
        world.lead(line).texts(["START", "STOP", "Hello"][usize::from(line) % 3]).await;
    }
    let now = world.clock.now();
    let people = move |tx: &mut sms_opt_in::store::Tx<'_>| seed(tx, 0, 120, now);
    world.bound_app.store.write::<_, ActionError>(people).await.unwrap();
    for line in 49..=96 {
        world.lead(line).texts(["START", "STOP", "Hello"][usize::from(line) % 3]).await;
    }
    let alone = |found: &[String]| found.iter().filter(|words| words.starts_with("(206) 555-")).count();
    let (newest, back) = walked(&mut ada, "/contacts").await;
    assert_eq!((newest.len(), alone(&newest)), (216, 96));
    assert_eq!(newest, back);
    assert_eq!((newest[0].as_str(), newest[215].as_str()), ("(206) 555-0196", "(206) 555-0101"));
    assert!(alone(&newest[48..168]) == 0, "contacts stand between those who came before and after them");
    let (by_name, back) = walked(&mut ada, "/contacts?sort=name").await;
    assert_eq!(by_name, back);
    assert_eq!(
        (alone(&by_name[..120]), by_name[120].as_str(), by_name[215].as_str()),
        (0, "(206) 555-0101", "(206) 555-0196")
    );
    let mut all = 0;
    for (state, strangers) in [("opted_in", 32), ("opted_out", 32), ("not_asked", 32), ("invited", 0)] {
        let (found, back) = walked(&mut ada, &format!("/contacts?state={state}")).await;
        assert_eq!(found, back, "{state}");
        assert_eq!(alone(&found), strangers, "{state}");
        all += found.len();
    }
    assert_eq!(all, 216);
    world.is_intact().await;
}

#[actix_web::test]
async fn digits_find_numbers_without_a_contact() {
    let world = world().await;
    let mut sam = world.sam().await;
    for line in [41, 42, 51] {
        world.lead(line).texts("START").await;
    }
    world.lead(43).contact("Eve Evans").await;
    let all = ["Eve Evans", "(206) 555-0151", "(206) 555-0142", "(206) 555-0141"];
    for (words_, wanted) in [
        ("0142", &["(206) 555-0142"][..]),
        ("555-0142", &["(206) 555-0142"]),
        ("(206) 555-014", &[all[0], all[2], all[3]]),
        ("206", &all),
        ("+1206", &all),
        ("1206555", &all),
        ("0143", &["Eve Evans"]),
        ("0199", &[]),
        ("9142", &[]),
    ] {
        for (sort, state) in [("", ""), ("name", ""), ("", "opted_in")] {
            let query = [("q", words_), ("sort", sort), ("state", state)];
            let address = format!("/contacts?{}", serde_html_form::to_string(query).unwrap());
            let mut wanted: Vec<&str> = wanted.to_vec();
            if !state.is_empty() {
                wanted.retain(|words| *words != "Eve Evans");
            }
            if sort == "name" {
                wanted.sort_by_key(|words| (words.starts_with('('), (*words).to_owned()));
            }
            assert_eq!(words(&sam.open(&address).await), wanted, "{address}");
        }
    }
    let found = sam.open("/contacts?q=206-555-0141").await.location;
    assert!(found.starts_with("/numbers/"), "a whole number opens its page: {found}");
    let (status, page) = world.call(Method::GET, "/api/v1/contacts?q=0142", None).await;
    assert_eq!((status, page["data"].as_array().unwrap().len()), (200, 0), "contacts alone");
}

#[actix_web::test]
async fn figures_of_a_new_program_count_strangers_too() {
    let world = world().await;
    for (line, words) in [(8, "STOP"), (9, "START"), (10, "Hello")] {
        world.lead(line).texts(words).await;
    }
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    world.lead(11).texts("START").await;
    world.lead(8).contact("Fay Flagg").await;
    world.is_intact().await;
    world.work().await;
    world.is_intact().await;
    let list = ada.open("/contacts?program=rates").await;
    assert_eq!(
        (count(&list, "All"), count(&list, "Opted out"), count(&list, "Not asked")),
        ("4".into(), "1".into(), "3".into())
    );
}

#[actix_web::test]
async fn lists_of_one_state_are_narrowed_by_the_time_of_the_change() {
    let world = world().await;
    // On three days, at ten in the morning of Seattle.
    for line in 1..=3 {
        world.lead(line).texts("START").await;
        world.lead(line + 10).texts("STOP").await;
        world.clock.advance(chrono::Duration::days(1));
    }
    let two = "2026-11-04T00:00:00Z";
    for (query, wanted) in [
        (format!("since_from={two}"), &[3, 2][..]),
        (format!("since_to={two}"), &[1]),
        (format!("since_from={two}&since_to=2026-11-05T00:00:00Z"), &[2]),
        ("since_from=2026-12-01T00:00:00Z".to_owned(), &[]),
    ] {
        let found = all_numbers(&world, &format!("state=opted_in&limit=1&{query}")).await;
        assert_eq!(found, phones(&world, wanted), "{query}");
    }
    for query in [
        format!("since_from={two}"),
        format!("state=not_asked&since_to={two}"),
        "state=opted_in&since_to=x".into(),
    ] {
        let (status, answer) = world.call(Method::GET, &format!("/api/v1/numbers?{query}"), None).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("invalid")), "{query} {answer}");
    }
    let mut ada = world.ada().await;
    for (query, wanted) in [
        ("since_from=2026-11-04", &["(206) 555-0113", "(206) 555-0112"][..]),
        ("since_to=2026-11-04", &["(206) 555-0112", "(206) 555-0111"]),
        ("since_from=2026-11-04&since_to=2026-11-04", &["(206) 555-0112"]),
        ("since_from=x", &["(206) 555-0113", "(206) 555-0112", "(206) 555-0111"]),
    ] {
        let (found, back) = walked(&mut ada, &format!("/contacts?state=opted_out&{query}")).await;
        assert_eq!(
            (&found, &back),
            (&wanted.iter().map(|words| (*words).to_owned()).collect(), &found),
            "{query}"
        );
    }
    ada.open("/contacts?state=opted_out&since_from=2026-11-04")
        .await
        .says("Since Nov 4, 2026")
        .says("2 shown");
    ada.open("/contacts?state=opted_out&since_from=x").await.says("Unknown date: x (ignored)");
    ada.open("/contacts?since_from=2026-11-04")
        .await
        .says("(only in a list of one state)")
        .says("6 of about 6");
}
