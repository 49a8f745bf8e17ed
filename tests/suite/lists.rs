//! The list of contacts, walked from end to end and back as people do: nobody is missing, nobody comes twice.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use sms_opt_in::actions::record_consent::{Update, record_consent};
use sms_opt_in::actions::{ActionError, seed::seed};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::Source;
use sms_opt_in::store::{Tx, numbers};

use crate::support::person::Person;
use crate::support::{World, world};

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
    let few = states.values().min().unwrap();
    let many = states.values().max().unwrap();
    assert!(
        few * few < CONTACTS * 50 && many * many > CONTACTS * 50,
        "both ways of finding them: {states:?}"
    );
    for state in [""].into_iter().chain(states.keys().copied()) {
        for (sort, q) in [("", ""), ("name", ""), ("", "Evans"), ("name", "Evans")] {
            let address = format!("/contacts?state={state}&sort={sort}&q={q}");
            let wanted = |line: &&Shown| (state.is_empty() || line.state == state) && line.name.contains(q);
            let mut wanted: Vec<Shown> = all.iter().filter(wanted).cloned().collect();
            if sort == "name" {
                wanted.sort();
            }
            let forwards = walk(&mut ada, address.clone(), "next").await.concat();
            assert_eq!(forwards, wanted, "{address}");
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
    let (fay, now) = (world.lead(1).phone.clone(), world.clock.now());
    let flag = move |tx: &mut Tx<'_>| {
        let number = numbers::find(tx, &fay)?.unwrap().id;
        let update = Update::SetDoNotText("the lawyer wrote to us about it".to_owned());
        record_consent(tx, number, None, update, Source::Manual, &Actor::Operator, now)
    };
    world.bound_app.store.write(flag).await.unwrap();
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
