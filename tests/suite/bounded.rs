//! Pages and answers stay small however much a number, a list or a queue holds: older rows come in pages of their own, and no row
//! is lost between two of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::api_keys::create_api_key;
use sms_opt_in::actions::create_program::{NewProgram, create_program};
use sms_opt_in::actions::record_consent::{NewConsentRecord, record_consent};
use sms_opt_in::actions::users::{NewUser, create_user};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::Source;
use sms_opt_in::domain::message::{Lane, Status};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::role::Role;
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::store::forms::{self, FormVersion};
use sms_opt_in::store::inbound::{self, InboundRow};
use sms_opt_in::store::messages::{self, Message};
use sms_opt_in::store::{ReadConn, StoreError, Tx, numbers, programs, settings};

use crate::live::shown;
use crate::support::person::Person;
use crate::support::{World, api, by, database, is_problem, world};

/// No page and no answer about one number is larger, in bytes.
const LARGEST: usize = 200_000;
/// Texts of each direction.
const TEXTS: i64 = 1_000;
/// Flags that are set and lifted again.
const FLAGS: usize = 500;

/// Texts in both directions, in turn, each with its place and these words.
fn texts(tx: &mut Tx<'_>, phone: &Phone, count: i64, words: &str) -> Result<(), ActionError> {
    let program = programs::find(tx, None)?.unwrap().id;
    let number = numbers::find(tx, phone)?.unwrap().id;
    for n in 0..count {
        let at = crate::support::start().plus(chrono::Duration::seconds(n * 60));
        let body = format!("text number {}. {words}", 2 * n);
        let mut sent =
            Message::new(tx.new_id(at)?, program, Lane::Gated, phone.as_str(), &body, &Actor::Operator, at);
        (sent.number_id, sent.status) = (Some(number), Status::Delivered);
        messages::insert(tx, &sent, None)?;
        let at = at.plus(chrono::Duration::seconds(30));
        let received = InboundRow {
            id: tx.new_id(at)?,
            provider: "test".to_owned(),
            provider_id: format!("{phone}-{n}", phone = phone.as_str()),
            number_id: Some(number),
            program_id: Some(program),
            from_text: phone.as_str().to_owned(),
            to_text: "+12065550199".to_owned(),
            body: format!("text number {}. {words}", 2 * n + 1),
            class: "other".to_owned(),
            matched: None,
            sent_at: None,
            received_at: at,
        };
        inbound::insert(tx, &received)?;
    }
    Ok(())
}

/// From then on a flag is set and lifted so often, each for a reason with its place.
fn flags(tx: &mut Tx<'_>, phone: &Phone, from: Timestamp, count: usize) -> Result<(), ActionError> {
    let number = numbers::find(tx, phone)?.unwrap().id;
    for n in 0..count {
        let at = from.plus(chrono::Duration::seconds(i64::try_from(n).unwrap()));
        for record in [
            NewConsentRecord::SetDoNotText(format!("reason number {} to set it", 2 * n)),
            NewConsentRecord::ClearDoNotText {
                reason: format!("reason number {} to clear it", 2 * n + 1),
                set_at: at,
            },
        ] {
            record_consent(tx, &by(&Actor::Operator, at), number, None, record, Source::Manual)?;
        }
    }
    Ok(())
}

/// A lead with a long conversation and a long history. Returns the address of the contact's page.
async fn long_record(world: &World, line: u8) -> String {
    let lead = world.lead(line);
    lead.texts("START").await;
    let page = lead.contact("Lou Long").await;
    let (phone, now) = (lead.phone.clone(), world.clock.now());
    let fill = move |tx: &mut Tx<'_>| {
        texts(tx, &phone, TEXTS, "See you then.")?;
        flags(tx, &phone, now, FLAGS)
    };
    world.bound_app.store.write::<_, ActionError>(fill).await.unwrap();
    world.clock.advance(chrono::Duration::days(2));
    page
}

/// The places that stand on a page behind these words.
fn places(page: &str, words: &str) -> Vec<usize> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    page.split(words).skip(1).filter_map(|rest| digits(rest).parse().ok()).collect()
}

/// Where the link leads to that older ones of a part stand behind.
fn older(page: &str, of: &str) -> Option<String> {
    let (before, _) = page
        .split_once(&format!("\">Load older<span class=\"hide\">{of}</span>"))
        .or_else(|| page.split_once(&format!("\">Load older<span class=\"hide\"> {of}</span>")))?;
    let (_, href) = before.rsplit_once("href=\"")?;
    let href = href.replace("&amp;", "&").replace("&#38;", "&");
    Some(href.split('#').next()?.to_owned())
}

/// What every page of a part shows behind these words, from the newest page on. No page is too large.
async fn walked(person: &mut Person, from: &str, of: &str, words: &str) -> Vec<Vec<usize>> {
    let (mut pages, mut at) = (Vec::new(), Some(from.to_owned()));
    while let Some(address) = at {
        let answer = person.open(&address).await;
        assert_eq!(answer.status, 200, "{address}");
        let weight = person.weight(&address).await;
        println!("{address} weighs {weight}");
        assert!(weight < LARGEST, "{address} weighs {weight}");
        pages.push(places(&answer.page, words));
        at = older(&answer.page, of);
        assert!(pages.len() < 200, "it does not end");
    }
    pages
}

/// Every place below `count` once.
fn is_whole(pages: &[Vec<usize>], count: usize) {
    let all: Vec<usize> = pages.concat();
    let distinct: BTreeSet<usize> = all.iter().copied().collect();
    assert_eq!((all.len(), distinct.len()), (count, count));
    assert_eq!(distinct.last(), Some(&(count - 1)));
}

#[actix_web::test]
async fn a_long_conversation_and_a_long_history_come_in_pages() {
    let world = world().await;
    let page = long_record(&world, 1).await;
    let mut sam = world.sam().await;
    let talk = walked(&mut sam, &page, "texts", "text number ").await;
    assert_eq!(talk[0].len(), 50, "the newest fifty are in view");
    assert_eq!(talk[0].last(), Some(&1_999), "and the newest is the last of them");
    is_whole(&talk, 2 * usize::try_from(TEXTS).unwrap());
    let history = walked(&mut sam, &page, "history", "reason number ").await;
    assert!(history[0].len() >= 30 && history[0][0] == 999, "{:?}", history[0]);
    is_whole(&history, 2 * FLAGS);
    let number = format!("/troubleshoot?number={}", world.lead(1).phone.as_str().replace('+', "%2B"));
    is_whole(&walked(&mut sam, &number, "history", "reason number ").await, 2 * FLAGS);
    sam.open(&number).await.says("Only the newest are shown");
}

/// The state is that of the whole history, although a page reads none of it.
#[actix_web::test]
async fn each_page_of_a_history_knows_the_state_it_began_in() {
    let world = world().await;
    let ana = world.lead(2);
    ana.texts("START").await;
    let page = ana.contact("Ana Ames").await;
    let (phone, now) = (ana.phone.clone(), world.clock.now());
    let some = move |tx: &mut Tx<'_>| flags(tx, &phone, now, 40);
    world.bound_app.store.write::<_, ActionError>(some).await.unwrap();
    world.clock.advance(chrono::Duration::hours(1));
    ana.texts("STOP").await;
    world.clock.advance(chrono::Duration::hours(1));
    let (phone, now) = (ana.phone.clone(), world.clock.now());
    let more = move |tx: &mut Tx<'_>| flags(tx, &phone, now, 40);
    world.bound_app.store.write::<_, ActionError>(more).await.unwrap();
    let mut sam = world.sam().await;
    let (mut states, mut at) = (Vec::new(), Some(page));
    while let Some(address) = at {
        let answer = sam.open(&address).await;
        let state = |rest: &str| rest.split("</dd>").next().unwrap().to_owned();
        states.push(answer.page.split("<dt>State</dt><dd>").skip(1).map(state).collect::<Vec<_>>());
        at = older(&answer.page, "history");
    }
    assert!(states.len() >= 3, "{} pages", states.len());
    let all = states.concat();
    assert_eq!(all.len(), 162);
    assert!(all[..80].iter().all(|state| state == "Opted out"), "{:?}", &all[..80]);
    assert_eq!(all[80], "Opted in → Opted out");
    assert!(all[81..161].iter().all(|state| state == "Opted in"), "{:?}", &all[81..161]);
    assert_eq!(all[161], "Not asked → Opted in");
    world.is_intact().await;
}

/// The longest texts there are, in letters that take most room on a page.
#[actix_web::test]
async fn the_longest_texts_make_no_page_large() {
    let world = world().await;
    let ben = world.lead(3);
    ben.texts("START").await;
    let page = ben.contact(&"<&>".repeat(60)).await;
    let (phone, now) = (ben.phone.clone(), world.clock.now());
    let fill = move |tx: &mut Tx<'_>| {
        texts(tx, &phone, 60, &"&".repeat(1_500))?;
        flags(tx, &phone, now, 30)
    };
    world.bound_app.store.write::<_, ActionError>(fill).await.unwrap();
    let mut sam = world.sam().await;
    is_whole(&walked(&mut sam, &page, "texts", "text number ").await, 120);
}

#[actix_web::test]
async fn the_newest_page_is_live_and_an_older_one_stays_where_it_is() {
    let world = world().await;
    let page = long_record(&world, 4).await;
    let mut sam = world.sam().await;
    let newest = sam.open(&page).await;
    let past = older(&newest.page, "texts").unwrap();
    let there = sam.open(&past).await;
    there.says("text number 1949.").lacks("text number 1950.").says("Newest<span class=\"hide\">");
    world.lead(4).texts("A new word from the lead").await;
    let (live, query) = (format!("{page}/live"), past.split_once('?').unwrap().1);
    let fragment = sam.open(&format!("{live}?since={}", shown(&newest))).await;
    fragment.says("A new word from the lead").says("text number 1999.");
    let fragment = sam.open(&format!("{live}?{query}&since={}", shown(&there))).await;
    fragment.says("text number 1949.").lacks("A new word from the lead");
    for wrong in ["older=x", "history=x", "history=7.x", "older=%00"] {
        assert_eq!(sam.open(&format!("{page}?{wrong}")).await.status, 200, "{wrong}");
    }
}

#[actix_web::test]
async fn the_history_of_a_number_is_answered_in_pages_oldest_first() {
    let world = world().await;
    long_record(&world, 5).await;
    let path = "/api/v1/numbers/+12065550105/events";
    let (mut all, mut at, mut pages): (Vec<Value>, Option<String>, usize) =
        (Vec::new(), Some(path.to_owned()), 0);
    while let Some(address) = at {
        let answer = api(&world, Method::GET, &address, None, None).await;
        assert_eq!(answer.status(), 200, "{address}");
        let next = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        assert!(text.len() < LARGEST, "{address} weighs {}", text.len());
        let events: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert!(events.len() <= 200);
        all.extend(events);
        at = next.map(|link| {
            let (address, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
            assert_eq!(rest, "; rel=\"next\"");
            address.to_owned()
        });
        pages += 1;
    }
    let seqs: Vec<i64> = all.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=1001).collect::<Vec<i64>>());
    assert_eq!(pages, 6);
    let (status, some) = world.call(Method::GET, &format!("{path}?after=3&limit=2"), None).await;
    assert_eq!((status, some.as_array().unwrap().len(), &some[0]["seq"]), (200, 2, &json!(4)));
    let (status, none) = world.call(Method::GET, &format!("{path}?after=1001"), None).await;
    assert_eq!((status, none), (200, json!([])));
    for wrong in ["limit=0", "limit=201", "limit=x", "after=x", "before=3"] {
        let (status, problem) = world.call(Method::GET, &format!("{path}?{wrong}"), None).await;
        assert!((400..=422).contains(&status), "{wrong}: {status} {problem}");
    }
}

/// The rows of every page of a list, by the links that lead on. No page has more than `most`.
async fn listed(person: &mut Person, from: &str, row: &str, most: usize) -> Vec<String> {
    let (mut all, mut at) = (Vec::new(), Some(from.to_owned()));
    while let Some(address) = at {
        let answer = person.open(&address).await;
        assert_eq!(answer.status, 200, "{address}");
        let name = |rest: &str| rest.split("</").next().unwrap().rsplit('>').next().unwrap().to_owned();
        let rows: Vec<String> = answer.page.split(row).skip(1).map(name).collect();
        assert!(rows.len() <= most, "{address} has {} rows", rows.len());
        assert_eq!(address != from, answer.page.contains(">First page</a>"), "{address}");
        all.extend(rows);
        let next = answer.page.split("<a ").find(|tag| tag.contains("rel=\"next\""));
        at = next.map(|tag| {
            let (_, href) = tag.split_once("href=\"").unwrap();
            href.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&")
        });
        assert!(all.len() < 1_000, "it does not end");
    }
    all
}

#[actix_web::test]
async fn users_keys_programs_forms_and_versions_are_listed_in_pages() {
    const MORE: usize = 120;
    let world = world().await;
    let mut ada = world.ada().await;
    let now = world.clock.now();
    let fill = move |tx: &mut Tx<'_>| {
        for n in 0..MORE {
            let (email, password_hash) = (format!("u{n}@example.com"), String::new());
            // Two have each name: the order is that of the names, and then of those who have one.
            let new = NewUser { email, name: format!("User {}", n / 2), role: Role::Auditor, password_hash };
            create_user(tx, &by(&Actor::Operator, now), new)?;
            create_api_key(tx, &by(&Actor::Operator, now), &format!("Key {n}"), &["messages".to_owned()])?;
        }
        for n in 0..MORE {
            let new = NewProgram {
                slug: format!("program-{n}"),
                name: format!("Program {n}"),
                brand: "Acme Lending".to_owned(),
                contact_route: "call (206) 555-0100".to_owned(),
                sender: String::new(),
            };
            create_program(tx, &by(&Actor::Operator, now), &new)?;
        }
        let (form, shown) = forms::find_locked(tx, "opt-in")?.unwrap();
        for version in 2..=45 {
            forms::publish(tx, &form, &FormVersion { version, ..shown.clone() })?;
        }
        Ok::<_, ActionError>(())
    };
    world.bound_app.store.write(fill).await.unwrap();
    let row = "<tr><th scope=\"row\">";
    for (list, count) in
        [("/users", MORE + 1), ("/api-keys", MORE + 1), ("/programs", MORE + 1), ("/forms", MORE + 1)]
    {
        let all = listed(&mut ada, list, row, 50).await;
        assert_eq!(all.len(), count, "{list}: {all:?}");
    }
    let users = listed(&mut ada, "/users", "<a href=\"/users/", 50).await;
    assert!(users.windows(2).all(|pair| pair[0] <= pair[1]), "{users:?}");
    let versions = listed(&mut ada, "/forms/opt-in", "<article class=\"panel\"><h3>", 20).await;
    assert_eq!(versions.len(), 45);
    for list in ["/users", "/api-keys", "/programs", "/forms", "/forms/opt-in"] {
        for wrong in ["x", "%00", "9"] {
            assert_eq!(ada.open(&format!("{list}?after={wrong}")).await.status, 200, "{list} {wrong}");
        }
    }
    ada.open("/log?action=user.created").await.says("/users/");
    assert!(ada.weight("/p/default").await < LARGEST);
}

/// Holds every connection that reads until it is dropped.
struct ReadersTaken(Arc<AtomicBool>);

impl ReadersTaken {
    fn of(world: &World) -> ReadersTaken {
        let is_over = Arc::new(AtomicBool::new(false));
        for _ in 0..if database::is_postgres() { 16 } else { 8 } {
            let (store, over) = (world.bound_app.store.clone(), Arc::clone(&is_over));
            let hold = move |_: &mut ReadConn<'_>| {
                while !over.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok::<_, StoreError>(())
            };
            actix_web::rt::spawn(async move { store.read_blocking(hold).await });
        }
        ReadersTaken(is_over)
    }
}

impl Drop for ReadersTaken {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[actix_web::test]
async fn while_every_reader_is_busy_what_needs_none_is_answered_and_the_rest_waits() {
    let world = world().await;
    let taken = ReadersTaken::of(&world);
    tokio::time::sleep(Duration::from_millis(200)).await;
    // More than the server has threads: none of them may wait.
    let asks = || {
        let request = world.client.get(format!("{}/api/v1/contacts", world.url)).bearer_auth("sk_test");
        actix_web::rt::spawn(request.send())
    };
    let waiting = [asks(), asks(), asks(), asks(), asks(), asks(), asks(), asks()];
    tokio::time::sleep(Duration::from_millis(200)).await;
    let alive = world.client.get(format!("{}/healthz", world.url)).timeout(Duration::from_secs(4));
    assert_eq!(alive.send().await.expect("it answers although nothing can be read").status(), 200);
    drop(taken);
    for answer in waiting {
        assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    }
}

#[actix_web::test]
async fn a_full_queue_answers_503_at_once_and_nothing_acknowledged_is_lost() {
    let world = world().await;
    let ana = world.lead(7);
    ana.texts("START").await;
    let store = world.bound_app.store.clone();
    let is_over = Arc::new(AtomicBool::new(false));
    // Every writer is busy; what they take along with it waits behind it.
    for _ in 0..2 {
        let (store, over) = (store.clone(), Arc::clone(&is_over));
        let hold = move |_: &mut Tx<'_>| {
            while !over.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok::<_, StoreError>(())
        };
        actix_web::rt::spawn(async move { store.write(hold).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut writes = Vec::new();
    for n in 0..4_400 {
        let (store, key) = (store.clone(), format!("probe-{n}"));
        let write = async move { store.write(move |tx| settings::set(tx, &key, "kept")).await };
        writes.push(actix_web::rt::spawn(write));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let path = format!("/api/v1/numbers/{}/opt-outs", ana.phone.as_str());
    let body = json!({"channel": "call", "reason": "said stop"});
    let stop = || api(&world, Method::POST, &path, Some(body.clone()), None);
    let answer = tokio::time::timeout(Duration::from_secs(3), stop()).await.expect("at once");
    is_problem(answer, "busy").await;
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    let hook = simulator.lead_texts(&ana.phone, "+12065550199", "STOP").await.unwrap();
    assert_eq!(hook, 503, "the carrier repeats it");
    is_over.store(true, Ordering::SeqCst);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for (n, write) in writes.into_iter().enumerate() {
        match write.await.unwrap() {
            Ok(()) => acknowledged.push(format!("probe-{n}")),
            Err(StoreError::Unavailable(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 0 && acknowledged.len() > 4_000, "{} and {refused}", acknowledged.len());
    let kept = move |conn: &mut ReadConn<'_>| {
        let mut lost = Vec::new();
        for key in acknowledged {
            if settings::get(conn, &key)?.is_none() {
                lost.push(key);
            }
        }
        Ok::<_, StoreError>(lost)
    };
    assert_eq!(store.read(kept).await.unwrap(), Vec::<String>::new());
    assert_eq!(stop().await.status(), 201, "the server is back");
    assert_eq!(ana.state().await, "opted_out");
}
