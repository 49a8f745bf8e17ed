//! Numbers that text us before we have a contact for them: they are in lists, in counts, and on pages of their own.

use reqwest::Method;
use serde_json::{Value, json};

use crate::programs::add_rates;
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
    lines.iter().map(|line| world.lead(*line).phone.to_string()).collect()
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
    let five = world.lead(5).phone.to_string();
    assert_eq!(line(0), [json!(five), json!("default"), json!(false), json!(true), json!(0)]);
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
