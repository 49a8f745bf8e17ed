//! The list of contacts, walked from end to end and back as people do: nobody is missing, nobody comes twice.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use sms_opt_in::actions::record_consent::NewConsentRecord;
use sms_opt_in::actions::{ActionError, seed::seed};

use crate::support::person::Person;
use crate::support::{World, database, world};

const CONTACTS: usize = 340;

async fn seeded() -> World {
    let world = world().await;
    let now = world.clock.now();
    world
        .bound_app
        .store
        .write(move |tx| seed(tx, 0, CONTACTS, now))
        .await
        .map_err(|e: ActionError| e)
        .unwrap();
    world
}

/// A line of the list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Shown {
    name: String,
    id: String,
    state: String,
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The words of the first badge.
fn badge(row: &str) -> &str {
    let (_, badge) = row.split_once("<span class=\"badge").unwrap();
    let (badge, _) = badge.split_once("</span>").unwrap();
    badge.rsplit_once('>').unwrap().1
}

fn lines(page: &str) -> Vec<Shown> {
    let row = |row: &str| Shown {
        name: between(row, "<a href=\"/contacts/", "</a>").unwrap().split_once('>').unwrap().1.to_owned(),
        id: between(row, "<span class=\"mono\">", "</span>").unwrap().to_owned(),
        state: badge(row).to_lowercase().replace(' ', "_"),
    };
    page.split("<tr><th scope=\"row\">").skip(1).map(row).collect()
}

/// The address behind a link to the page before or after.
fn link(page: &str, rel: &str) -> Option<String> {
    let tag = page.split("<a ").find(|tag| tag.contains(&format!("rel=\"{rel}\"")))?;
    Some(between(tag, "href=\"", "\"")?.replace("&amp;", "&").replace("&#38;", "&"))
}

/// All pages from `from` on, by the links that lead on.
async fn walk(person: &mut Person, from: String, rel: &str) -> Vec<Vec<Shown>> {
    let (mut pages, mut at) = (Vec::new(), Some(from));
    while let Some(address) = at {
        let answer = person.open(&address).await;
        assert_eq!(answer.status, 200, "{address}");
        pages.push(lines(&answer.page));
        at = link(&answer.page, rel);
        assert!(pages.len() < 20, "the list does not end");
    }
    pages
}

async fn last_address(person: &mut Person, from: &str) -> String {
    let mut at = from.to_owned();
    while let Some(next) = link(&person.open(&at).await.page, "next") {
        at = next;
    }
    at
}

#[actix_web::test]
async fn every_list_is_whole_in_both_orders_and_both_directions() {
    let world = seeded().await;
    let mut ada = world.ada().await;
    let all: Vec<Shown> = walk(&mut ada, "/contacts".to_owned(), "next").await.concat();
    assert_eq!(all.len(), CONTACTS);
    assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "the newest come first");
    let mut states = BTreeMap::<&str, usize>::new();
    all.iter().for_each(|line| *states.entry(&line.state).or_default() += 1);
    assert!(states.len() >= 3, "{states:?}");
    for state in [""].into_iter().chain(states.keys().copied()) {
        for (sort, q) in [("", ""), ("name", ""), ("", "Evans"), ("name", "Evans")] {
            let address = format!("/contacts?state={state}&sort={sort}&q={q}");
            let wanted = |line: &&Shown| (state.is_empty() || line.state == state) && line.name.contains(q);
            let mut wanted: Vec<Shown> = all.iter().filter(wanted).cloned().collect();
            let forwards = walk(&mut ada, address.clone(), "next").await.concat();
            let is_by_time = !state.is_empty() && q.is_empty();
            if sort == "name" || is_by_time {
                wanted.sort();
            }
            if is_by_time {
                // The latest change comes first, whatever the names: each once, and the same backwards.
                let mut found = forwards.clone();
                found.sort();
                assert_eq!(found, wanted, "{address}");
                wanted = forwards;
            } else {
                assert_eq!(forwards, wanted, "{address}");
            }
            let end = last_address(&mut ada, &address).await;
            let mut back = walk(&mut ada, end, "prev").await;
            back.reverse();
            assert_eq!(back.concat(), wanted, "{address}, backwards");
        }
    }
}

#[actix_web::test]
async fn who_was_only_flagged_is_on_the_list_of_those_not_asked() {
    let world = world().await;
    for (line, name) in [(1, "Fay Flagged"), (2, "Una Untouched"), (3, "Ana Asked")] {
        let contact = json!({"phone": world.lead(line).phone.as_str(), "name": name});
        assert_eq!(world.call(Method::POST, "/api/v1/contacts", Some(contact)).await.0, 201);
    }
    let flag = NewConsentRecord::SetDoNotText("the lawyer wrote to us about it".to_owned());
    world.lead(1).is_recorded(flag, world.clock.now()).await.unwrap();
    world.lead(3).is_sent("hello").await;
    let mut ada = world.ada().await;
    for sort in ["", "name"] {
        let page = ada.open(&format!("/contacts?state=not_asked&sort={sort}")).await;
        page.says("Fay Flagged").says("Una Untouched").lacks("Ana Asked");
    }
}

#[actix_web::test]
async fn a_place_in_the_list_that_nobody_was_given_is_no_failure() {
    let world = world().await;
    let mut ada = world.ada().await;
    // ["a\u0000",5], which PostgreSQL would refuse, and nothing at all.
    for place in ["WyJhXHUwMDAwIiw1XQ", "%00", "x"] {
        assert_eq!(ada.open(&format!("/contacts?sort=name&after={place}")).await.status, 200, "{place}");
    }
}

/// Adds contacts: name, e-mail address, identifier, number.
async fn added(world: &World, people: &[[&str; 4]]) {
    for [name, email, external_id, phone] in people {
        let body = json!({"name": name, "email": email, "external_id": external_id, "phone": phone});
        let (status, answer) = world.call(Method::POST, "/api/v1/contacts", Some(body)).await;
        assert_eq!(status, 201, "{name}: {answer}");
    }
}

/// Who is found, in the order of the list: the first page of them.
async fn found(person: &mut Person, words: &str) -> Vec<String> {
    let address = format!("/contacts?{}", serde_html_form::to_string([("q", words)]).unwrap());
    lines(&person.open(&address).await.page).into_iter().map(|line| line.name).collect()
}

#[actix_web::test]
async fn a_search_finds_the_right_people_newest_first() {
    let world = world().await;
    let mut sam = world.sam().await;
    added(
        &world,
        &[
            ["Ann Low", "Ann@Example.com", "crm-1", "+12065550141"],
            ["Jo Ann", "jo-ann@example.com", "crm-2", "+12065550142"],
            ["Ann Mail", "ann@example.com.au", "crm-3", "+14165550141"],
            ["Ben 100%", "ben_50@example.com", "crm-4", "+14165550143"],
            ["Ann Two", "ann@EXAMPLE.com", "crm-51", "+12065550144"],
            ["Ben_Five", "benx50@example.com", "crm-5", "+14165550145"],
        ],
    )
    .await;
    for (words, wanted) in [
        // A whole address, in whatever capitals: those who have it, and nobody whose own only contains it.
        ("ann@example.com", &["Ann Two", "Ann Low"][..]),
        ("  ANN@EXAMPLE.COM ", &["Ann Two", "Ann Low"]),
        ("jo-ann@example.com", &["Jo Ann"]),
        // Nobody has these, and they are a part of what somebody has.
        ("nn@example.com", &["Ann Two", "Ann Mail", "Jo Ann", "Ann Low"]),
        ("Ann@Example.com.A", &["Ann Mail"]),
        ("nobody@example.com", &[]),
        ("@example.com.", &["Ann Mail"]),
        ("ann@example", &["Ann Two", "Ann Mail", "Jo Ann", "Ann Low"]),
        ("ann low", &["Ann Low"]),
        ("0141", &["Ann Mail", "Ann Low"]),
        ("(206) 555-014", &["Ann Two", "Jo Ann", "Ann Low"]),
        ("crm-5", &["Ben_Five", "Ann Two"]),
        ("crm-51", &["Ann Two"]),
        // What stands for other letters in LIKE stands for itself.
        ("n_5", &["Ben 100%"]),
        ("00%", &["Ben 100%"]),
        ("ben_50@example.com", &["Ben 100%"]),
        ("en_50@example.com", &["Ben 100%"]),
        ("an", &["Ann Two", "Ann Mail", "Ann Low"]),
        ("be", &["Ben_Five", "Ben 100%"]),
        ("%a", &[]),
        ("...", &[]),
    ] {
        assert_eq!(found(&mut sam, words).await, wanted, "{words:?}");
    }
}

/// More than PostgreSQL collects and sorts before it looks for the newest alone.
#[actix_web::test]
async fn words_of_very_many_find_the_newest_of_them() {
    let world = world().await;
    let mut sam = world.sam().await;
    added(&world, &[["Ann Low", "ann@example.com", "crm-1", "+12065550141"]]).await;
    // Identifiers are in the order of adding, as those that are minted.
    let id = match database::is_postgres() {
        true => "decode(lpad(to_hex(n), 32, '0'), 'hex')",
        false => "CAST(printf('%016d', n) AS BLOB)",
    };
    // Of the 10,000 newest only every tenth is of the crowd, so that a look at the newest does not do.
    let crowd = format!(
        "INSERT INTO contacts (row_id, id, number_id, external_id, name, name_key, created_at, updated_at)
        WITH RECURSIVE nth (n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM nth WHERE n < 70010)
        SELECT n, {id}, number_id, 'crm-' || n, who || n, lower(who) || n, created_at, updated_at
        FROM (SELECT n, CASE WHEN n < 60010 OR n % 10 = 0 THEN 'Crowd ' ELSE 'Other ' END AS who FROM nth) AS them,
        (SELECT number_id, created_at, updated_at FROM contacts) AS low"
    );
    database::run(&world.database, &crowd).unwrap();
    for words in ["crowd", "cr"] {
        let newest = found(&mut sam, words).await;
        let wanted: Vec<String> = (0..50).map(|n| format!("Crowd {}", 70_010 - 10 * n)).collect();
        assert_eq!(newest, wanted, "{words}");
    }
}
