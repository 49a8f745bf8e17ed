//! Sessions end after a time without activity.

use chrono::Duration;
use reqwest::Method;
use sms_opt_in::actions::ActionError;
use sms_opt_in::domain::role::Role;
use sms_opt_in::store::settings;

use super::browser::{Browser, PASSWORD, hire, location, signed_in};
use crate::support::{World, world};

/// A world with the times that a new installation has.
pub async fn strict_world() -> World {
    let world = world().await;
    let clear = world
        .bound_app
        .store
        .write(move |tx| Ok::<_, ActionError>(settings::clear(tx, settings::SIGN_IN_RULES)?));
    clear.await.unwrap();
    for (email, role) in [("ada@example.com", Role::Administrator), ("sam@example.com", Role::Support)] {
        hire(&world, email, role).await;
    }
    world
}

#[actix_web::test]
async fn an_administrator_is_signed_out_after_half_an_hour_and_others_after_eight_hours() {
    let world = strict_world().await;
    for (email, time, words) in [
        ("ada@example.com", Duration::minutes(30), "after 30 minutes without activity"),
        ("sam@example.com", Duration::hours(8), "after 8 hours without activity"),
    ] {
        let mut browser = signed_in(&world, email).await;
        world.clock.advance(Duration::minutes(10));
        assert!(browser.is_signed_in().await, "{email}: activity");
        world.clock.advance(time - Duration::seconds(1));
        assert_eq!(browser.get("/contacts/1/live").await.status(), 404, "{email}: a page asks by itself");
        world.clock.advance(Duration::seconds(1));
        let answer = browser.get("/contacts").await;
        assert_eq!(location(&answer), "/sign-in?next=%2Fcontacts");
        let page = browser.page(location(&answer)).await;
        assert!(page.contains(&format!("You were signed out {words}. Sign in to continue.")), "{page}");
        assert_eq!(browser.signs_in(email, PASSWORD).await.status(), 303);
        assert!(browser.is_signed_in().await);
    }
}

#[actix_web::test]
async fn a_form_after_the_end_changes_nothing_and_says_so() {
    let world = strict_world().await;
    let ada = signed_in(&world, "ada@example.com").await;
    let token = ada.token().await;
    world.clock.advance(Duration::minutes(31));
    let form = ada
        .request(Method::POST, "/account/time-zone")
        .form(&[("csrf", &*token), ("time_zone", "Europe/Paris")]);
    let answer = form.send().await.unwrap();
    assert!(location(&answer).ends_with("lost=form"));
    let page = ada.page(location(&answer)).await;
    assert!(page.contains("without activity") && page.contains("nothing was changed"), "{page}");
}

#[actix_web::test]
async fn an_administrator_chooses_the_times_and_they_count_at_once() {
    let world = strict_world().await;
    let (ada, sam) = (signed_in(&world, "ada@example.com").await, signed_in(&world, "sam@example.com").await);
    let settings = ada.page("/settings").await;
    assert!(settings.contains("<option value=\"480\" selected>8 hours</option>"), "{settings}");
    let choose = |idle: &'static str, admin: &'static str, revision: String| {
        let ada = &ada;
        async move {
            let fields = [("idle", idle), ("administrator_idle", admin), ("revision", &*revision)];
            ada.sends("/settings/sign-in", &fields).await
        }
    };
    let revision = super::browser::hidden(settings.split("/settings/sign-in").nth(1).unwrap(), "revision");
    let wrong = choose("7", "30", revision.clone()).await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().await.unwrap().contains("Choose a time from the list."));
    assert_eq!(choose("60", "15", revision.clone()).await.status(), 303);
    let late = choose("120", "15", revision).await;
    assert_eq!(late.status(), 409, "the page is out of date");
    assert!(
        ada.page("/log?action=settings.sign_in")
            .await
            .contains("Signed out after 1 hour (administrators: 15 minutes)")
    );
    world.clock.advance(Duration::minutes(60));
    let mut browser = Browser::new(&world, "192.0.2.1");
    browser.cookie = sam.cookie.clone();
    assert!(!browser.is_signed_in().await, "a session that was begun under the old rules");
}
