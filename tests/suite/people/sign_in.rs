//! Failed attempts to sign in: what they are counted against, and who is kept out by them.

use chrono::Duration;
use reqwest::StatusCode;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::sign_in_limits::{AttemptBuckets, count_attempt, forget_old_failures};
use sms_opt_in::domain::role::Role;
use sms_opt_in::domain::sign_in::FailureScope;

use super::browser::{Browser, PASSWORD, hire};
use crate::support::{World, database, world};

/// Strangers fail so often on an account, each from a network of their own.
async fn strangers_fail(world: &World, email: &str, times: u32) {
    let bucket = world.bound_app.signer.keyed_hash(FailureScope::Account.as_str(), email);
    let (attempt, now) = (AttemptBuckets::new(vec![(FailureScope::Account, bucket)]), world.clock.now());
    for _ in 0..times {
        let attempt = attempt.clone();
        let counted = world.bound_app.store.write(move |tx| count_attempt(tx, &attempt, now)).await;
        counted.map_err(|error: ActionError| error.to_string()).unwrap().unwrap();
    }
}

fn rows(world: &World) -> usize {
    let count = "SELECT CAST(count(*) AS TEXT) AS line FROM sign_in_failures";
    database::lines(&world.database, count).concat().parse().unwrap()
}

#[actix_web::test]
async fn strangers_with_wrong_passwords_do_not_lock_the_owner_out() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    let mut usual = Browser::new(&world, "192.0.2.7");
    assert_eq!(usual.signs_in("ada@example.com", PASSWORD).await.status(), 303);
    let mut refused = 0;
    for n in 0..70 {
        let mut stranger = Browser::new(&world, &format!("198.51.100.{n}"));
        let status = stranger.signs_in("ada@example.com", "a guess").await.status();
        refused += usize::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 20, "50 were tried and failed");
    let mut elsewhere = Browser::new(&world, "192.0.2.8");
    let answer = elsewhere.signs_in("ada@example.com", PASSWORD).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "61"));
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("Use a browser where you have signed in before, or try again in 60 seconds."),
        "{page}"
    );
    assert_eq!(
        usual.signs_in("ada@example.com", PASSWORD).await.status(),
        303,
        "the usual browser still works"
    );
    world.clock.advance(Duration::minutes(1));
    assert_eq!(elsewhere.signs_in("ada@example.com", PASSWORD).await.status(), 303);
    let metrics = world.metrics().await;
    assert!(metrics.contains("sign_ins_refused_total{counted_by=\"account\"} 21"), "{metrics}");
}

#[actix_web::test]
async fn right_passwords_are_no_failures() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    for n in 0..25 {
        let mut browser = Browser::new(&world, "192.0.2.7");
        assert_eq!(browser.signs_in("ada@example.com", PASSWORD).await.status(), 303, "sign-in {n}");
    }
}

#[actix_web::test]
async fn an_unknown_account_is_refused_in_the_same_words() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    let mut pages = Vec::new();
    for email in ["ada@example.com", "eve@example.com"] {
        let mut guesser = Browser::new(&world, "192.0.2.66");
        for _ in 0..5 {
            assert_eq!(guesser.signs_in(email, "a guess").await.status(), 422);
        }
        let answer = guesser.signs_in(email, PASSWORD).await;
        assert_eq!(answer.status(), 429);
        pages.push(answer.text().await.unwrap().replace(email, "someone"));
    }
    let without_token = |page: &str| page.split("name=\"csrf\"").next().unwrap().to_owned();
    assert_eq!(without_token(&pages[0]), without_token(&pages[1]));
    assert!(pages[0].contains("Too many failed attempts. Try again in 60 seconds."), "{}", pages[0]);
}

#[actix_web::test]
async fn a_network_has_twenty_failures_on_whatever_accounts() {
    let world = world().await;
    let mut guesser = Browser::new(&world, "2001:db8:1:2::7");
    for n in 0..20 {
        guesser.address = format!("2001:db8:1:2::{n}");
        assert_eq!(guesser.signs_in(&format!("u{n}@example.com"), "a guess").await.status(), 422);
    }
    let answer = guesser.signs_in("another@example.com", "a guess").await;
    assert_eq!(answer.status(), 429);
    assert!(answer.text().await.unwrap().contains("Too many failed sign-ins from your network."));
    guesser.address = "2001:db8:1:3::1".to_owned();
    assert_eq!(guesser.signs_in("another@example.com", "a guess").await.status(), 422);
}

#[actix_web::test]
async fn a_browser_that_is_known_counts_for_itself_until_the_password_changes() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    let (mut usual, mut other) = (Browser::new(&world, "192.0.2.7"), Browser::new(&world, "192.0.2.7"));
    for browser in [&mut usual, &mut other] {
        assert_eq!(browser.signs_in("ada@example.com", PASSWORD).await.status(), 303);
    }
    for _ in 0..10 {
        assert_eq!(usual.signs_in("ada@example.com", "a slip").await.status(), 422);
    }
    assert_eq!(usual.signs_in("ada@example.com", PASSWORD).await.status(), 429);
    assert_eq!(other.signs_in("ada@example.com", PASSWORD).await.status(), 303, "another browser");
    strangers_fail(&world, "ada@example.com", 50).await;
    assert_eq!(other.signs_in("ada@example.com", PASSWORD).await.status(), 303, "it is known");
    let new = "a new long password";
    let changed = other.sends("/account", &[("current", PASSWORD), ("password", new)]).await;
    assert_eq!(changed.status(), 303);
    other.take_cookies(&changed);
    assert_eq!(other.signs_in("ada@example.com", new).await.status(), 303, "it proved the old password");
    let refused = usual.signs_in("ada@example.com", new).await.text().await.unwrap();
    assert!(
        refused.contains("Use a browser where you have signed in before"),
        "it is a stranger now: {refused}"
    );
}

#[actix_web::test]
async fn a_thief_of_a_session_has_ten_guesses_at_the_password() {
    let world = world().await;
    let ada = super::browser::ada(&world).await;
    let new = "a new long password";
    for _ in 0..10 {
        let answer = ada.sends("/account", &[("current", "a guess"), ("password", new)]).await;
        assert!(answer.text().await.unwrap().contains("This is not your current password."));
    }
    let answer = ada.sends("/account", &[("current", PASSWORD), ("password", new)]).await;
    assert_eq!(answer.status(), 422);
    assert!(answer.text().await.unwrap().contains("Too many failed attempts. Try again in 60 seconds."));
}

#[actix_web::test]
async fn counts_that_came_to_nothing_are_forgotten() {
    let world = world().await;
    let mut guesser = Browser::new(&world, "192.0.2.66");
    guesser.signs_in("eve@example.com", "a guess").await;
    assert_eq!(rows(&world), 3, "a network, an account, and both");
    for (seconds, left) in [(2, 3), (4, 2), (61, 0)] {
        let now = world.clock.now().plus(Duration::seconds(seconds));
        let forgotten = world.bound_app.store.write(move |tx| forget_old_failures(tx, now)).await;
        forgotten.map_err(|error: ActionError| error.to_string()).unwrap();
        assert_eq!(rows(&world), left, "after {seconds} seconds");
    }
}

#[actix_web::test]
async fn an_administrator_changes_how_many_failures_are_allowed_and_can_lock_no_one_out() {
    let world = world().await;
    let ada = super::browser::ada(&world).await;
    let path = "/settings/failed-sign-ins";
    let saves = |changed: &'static str, value: &'static str| {
        let ada = &ada;
        async move {
            let page = ada.page("/settings").await;
            let revision = super::browser::hidden(page.split(path).nth(1).unwrap(), "revision");
            let standing = [
                ("account_from_network", "5"),
                ("account", "50"),
                ("network", "20"),
                ("device", "10"),
                ("confirmation", "10"),
            ];
            let mut fields = vec![("revision", revision.as_str())];
            fields.extend(standing.map(|(name, was)| (name, if name == changed { value } else { was })));
            let answer = ada.sends(path, &fields).await;
            (answer.status().as_u16(), answer.text().await.unwrap())
        }
    };
    for (field, value) in
        [("account", "2"), ("network", "0"), ("device", "-5"), ("confirmation", "1001"), ("account", "many")]
    {
        let (status, page) = saves(field, value).await;
        assert!(
            status == 422 && page.contains("Enter a number from 3 to 1000."),
            "{field} {value}: {status}"
        );
    }
    assert_eq!(saves("account_from_network", "3").await.0, 303);
    let log = ada.page("/log?action=settings.failed_sign_ins").await;
    assert!(log.contains("Failed sign-ins to one account from one network"), "{log}");
    let mut guesser = Browser::new(&world, "192.0.2.66");
    for _ in 0..3 {
        assert_eq!(guesser.signs_in("eve@example.com", "a guess").await.status(), 422);
    }
    assert_eq!(guesser.signs_in("eve@example.com", "a guess").await.status(), 429, "from now on");
}
