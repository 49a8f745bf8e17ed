//! The second factor: a code of an app after the password, recovery codes, and the ways back for those who lost both.

use chrono::Duration;
use reqwest::Response;
use sms_opt_in::domain::role::Role;
use sms_opt_in::password::totp::SharedSecret;

use super::browser::{Browser, PASSWORD, ada, hidden, hire, location, signed_in};
use crate::support::{World, database, run_beside, world};

/// The code that the app shows.
fn code(world: &World, secret: &SharedSecret) -> String {
    secret.code_at(world.clock.now().utc().timestamp()).unwrap()
}

/// The next code of the app.
fn next_code(world: &World, secret: &SharedSecret) -> String {
    world.clock.advance(Duration::seconds(30));
    code(world, secret)
}

/// Sends a form with the token of the page for second factors.
async fn sends(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Response {
    let token = hidden(&browser.page("/account/second-factor").await, "csrf");
    browser.post(path, &[&[("csrf", &*token)], fields].concat()).await
}

/// Sets a second factor up; the secret in the app, and the recovery codes.
async fn sets_up(world: &World, browser: &Browser<'_>) -> (SharedSecret, Vec<String>) {
    let answer = sends(browser, "/account/second-factor/setup", &[("current", PASSWORD)]).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()),
        (200, "no-store")
    );
    let page = answer.text().await.unwrap();
    assert!(page.contains("<path d=\"M"), "the picture is drawn: {page}");
    let typed = page.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let (secret, sealed) = (SharedSecret::from_base32(&typed).unwrap(), hidden(&page, "sealed"));
    let wrong = sends(browser, "/account/second-factor", &[("sealed", &sealed), ("code", "000000")]).await;
    assert_eq!(wrong.status(), 422);
    let fields = [("sealed", sealed.as_str()), ("code", &code(world, &secret))];
    let page = sends(browser, "/account/second-factor", &fields).await.text().await.unwrap();
    let list = page.split("id=\"recovery-codes\">").nth(1).expect("it is on").split("</ul>").next().unwrap();
    let codes: Vec<String> =
        list.split("<li>").skip(1).map(|item| item.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

/// The password, and then the code.
async fn signs_in(browser: &mut Browser<'_>, email: &str, code: &str) -> Response {
    let page = browser.signs_in(email, PASSWORD).await.text().await.unwrap();
    assert!(page.contains("Enter your code"), "{page}");
    assert!(!browser.is_signed_in().await, "the password alone is not enough");
    enters(browser, &page, code).await
}

async fn enters(browser: &mut Browser<'_>, page: &str, code: &str) -> Response {
    let (token, proof) = (hidden(page, "csrf"), hidden(page, "proof"));
    let fields = [("csrf", token.as_str()), ("proof", &proof), ("code", code), ("next", "/contacts")];
    let answer = browser.post("/sign-in/code", &fields).await;
    browser.take_cookies(&answer);
    answer
}

#[actix_web::test]
async fn a_code_signs_in_once_and_so_does_a_recovery_code() {
    let world = world().await;
    let browser = ada(&world).await;
    let (secret, codes) = sets_up(&world, &browser).await;
    let mut other = Browser::new(&world, "192.0.2.1");
    let used = code(&world, &secret);
    assert_eq!(
        signs_in(&mut other, "ada@example.com", &used).await.status(),
        422,
        "it was used to set it up"
    );
    let fresh = next_code(&world, &secret);
    let answer = signs_in(&mut other, "ada@example.com", &fresh).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/contacts"));
    assert!(other.is_signed_in().await);
    let mut third = Browser::new(&world, "192.0.2.2");
    let again = signs_in(&mut third, "ada@example.com", &fresh).await;
    assert_eq!(again.status(), 422);
    assert!(again.text().await.unwrap().contains("This code is wrong or was used already."));
    world.clock.advance(Duration::seconds(60));
    let late = secret.code_at(world.clock.now().utc().timestamp() - 30).unwrap();
    assert_eq!(signs_in(&mut third, "ada@example.com", &late).await.status(), 303, "one step late");
    let older = secret.code_at(world.clock.now().utc().timestamp() - 60).unwrap();
    let mut fourth = Browser::new(&world, "192.0.2.3");
    assert_eq!(signs_in(&mut fourth, "ada@example.com", &older).await.status(), 422, "two steps late");
    let recovery = codes[3].to_uppercase();
    assert_eq!(signs_in(&mut fourth, "ada@example.com", &recovery).await.status(), 303);
    let mut fifth = Browser::new(&world, "192.0.2.4");
    assert_eq!(signs_in(&mut fifth, "ada@example.com", &codes[3]).await.status(), 422, "it is used up");
    assert!(fourth.page("/account/second-factor").await.contains("You have 9 recovery codes left."));
    let log = fourth.page("/log?action=sign-in").await;
    assert!(log.contains("With a recovery code.") && log.contains("With a code of the app."), "{log}");
    let rows = database::lines(&world.database, "SELECT sealed_secret AS line FROM second_factors");
    assert!(rows.len() == 1 && !rows[0].contains(&secret.base32()), "it is encrypted: {rows:?}");
}

#[actix_web::test]
async fn new_recovery_codes_end_the_old_ones_and_the_factor_can_be_turned_off() {
    let world = world().await;
    let browser = ada(&world).await;
    let (_, codes) = sets_up(&world, &browser).await;
    let wrong = sends(&browser, "/account/second-factor/recovery-codes", &[("current", "a guess")]).await;
    assert_eq!(wrong.status(), 422);
    let page = sends(&browser, "/account/second-factor/recovery-codes", &[("current", PASSWORD)]).await;
    let page = page.text().await.unwrap();
    assert!(page.contains("id=\"recovery-codes\"") && !page.contains(&codes[0]), "{page}");
    let mut other = Browser::new(&world, "192.0.2.1");
    assert_eq!(signs_in(&mut other, "ada@example.com", &codes[0]).await.status(), 422, "an old one");
    assert_eq!(sends(&browser, "/account/second-factor/off", &[("current", "a guess")]).await.status(), 422);
    assert_eq!(sends(&browser, "/account/second-factor/off", &[("current", PASSWORD)]).await.status(), 303);
    assert_eq!(other.signs_in("ada@example.com", PASSWORD).await.status(), 303, "the password alone");
    let log = browser.page("/log").await;
    for action in ["second-factor.on", "second-factor.recovery-codes", "second-factor.off"] {
        assert!(log.contains(action), "{action}: {log}");
    }
}

#[actix_web::test]
async fn wrong_codes_count_as_wrong_passwords_do() {
    let world = world().await;
    let browser = ada(&world).await;
    let (secret, _) = sets_up(&world, &browser).await;
    let mut thief = Browser::new(&world, "192.0.2.66");
    for _ in 0..5 {
        assert_eq!(signs_in(&mut thief, "ada@example.com", "000000").await.status(), 422);
    }
    let refused = thief.signs_in("ada@example.com", PASSWORD).await;
    assert_eq!(refused.status(), 429, "the right password opens nothing more");
    let mut usual = Browser::new(&world, "192.0.2.200");
    usual.cookie = browser.cookie.clone();
    let fresh = next_code(&world, &secret);
    let signed_out = browser.sends("/sign-out", &[]).await;
    usual.take_cookies(&signed_out);
    assert_eq!(signs_in(&mut usual, "ada@example.com", &fresh).await.status(), 303, "a known browser");
}

#[actix_web::test]
async fn a_right_password_waits_ten_minutes_for_its_code() {
    let world = world().await;
    let browser = ada(&world).await;
    let (secret, _) = sets_up(&world, &browser).await;
    let mut other = Browser::new(&world, "192.0.2.1");
    let page = other.signs_in("ada@example.com", PASSWORD).await.text().await.unwrap();
    world.clock.advance(Duration::minutes(10));
    let answer = enters(&mut other, &page, &code(&world, &secret)).await;
    assert_eq!(location(&answer), "/sign-in?next=%2Fcontacts");
    let forged = page.replace("name=\"proof\" value=\"", "name=\"proof\" value=\"0");
    assert_eq!(
        location(&enters(&mut other, &forged, &code(&world, &secret)).await),
        "/sign-in?next=%2Fcontacts"
    );
}

#[actix_web::test]
async fn a_role_that_needs_a_second_factor_sets_it_up_before_anything_else() {
    let world = world().await;
    let ada = ada(&world).await;
    hire(&world, "sam@example.com", Role::Support).await;
    let sam = signed_in(&world, "sam@example.com").await;
    let settings = ada.page("/settings").await;
    let revision = hidden(settings.split("/settings/sign-in").nth(1).unwrap(), "revision");
    let fields = [
        ("idle", "480"),
        ("administrator_idle", "30"),
        ("second_factor", "support"),
        ("revision", &*revision),
    ];
    assert_eq!(ada.sends("/settings/sign-in", &fields).await.status(), 303);
    assert!(ada.page("/log?action=settings.sign_in").await.contains("second factor required for Support"));
    for path in ["/", "/contacts", "/account", "/messages", "/contacts/1/live"] {
        assert_eq!(location(&sam.get(path).await), "/account/second-factor", "{path}");
    }
    let page = sam.page("/account/second-factor").await;
    assert!(page.contains("Your role needs a second factor. Set it up to continue."), "{page}");
    sets_up(&world, &sam).await;
    assert!(sam.is_signed_in().await, "and then everything is open");
    let off = sends(&sam, "/account/second-factor/off", &[("current", PASSWORD)]).await;
    assert_eq!(off.status(), 409);
    assert!(off.text().await.unwrap().contains("Your role needs a second factor."));
    assert!(ada.is_signed_in().await, "other roles do not need one");
}

#[actix_web::test]
async fn an_administrator_removes_the_factor_of_someone_who_lost_theirs_and_they_are_told() {
    let world = world().await;
    let ada = ada(&world).await;
    let id = hire(&world, "sam@example.com", Role::Support).await;
    let sam = signed_in(&world, "sam@example.com").await;
    sets_up(&world, &sam).await;
    assert!(ada.page("/users").await.contains("<td data-label=\"Second factor\">On</td>"));
    assert!(ada.page(&format!("/users/{id}")).await.contains("Remove…"));
    let path = format!("/users/{id}/second-factor");
    assert!(ada.page(&path).await.contains("Remove the second factor of sam@example.com?"));
    assert_eq!(location(&ada.sends(&path, &[]).await), format!("/users/{id}"));
    assert_eq!(ada.sends(&path, &[]).await.status(), 409, "once");
    assert!(!sam.is_signed_in().await, "their sessions have ended");
    assert!(ada.page("/log?action=second-factor.removed").await.contains("user:sam@example.com"));
    let mut again = Browser::new(&world, "192.0.2.1");
    assert_eq!(again.signs_in("sam@example.com", PASSWORD).await.status(), 303, "the password alone");
    let page = again.page("/").await;
    assert!(page.contains("ada@example.com removed your second factor."), "{page}");
    let mut later = Browser::new(&world, "192.0.2.1");
    later.signs_in("sam@example.com", PASSWORD).await;
    assert!(!later.page("/").await.contains("removed your second factor"), "they were told once");
}

#[actix_web::test]
async fn the_operator_removes_a_second_factor_on_the_command_line() {
    let world = world().await;
    let browser = ada(&world).await;
    sets_up(&world, &browser).await;
    async fn removes(world: &World, email: &str) -> (i32, String) {
        run_beside(world, &["remove-second-factor", "--email", email]).await
    }
    let (code, said) = removes(&world, "Ada@Example.com").await;
    assert!(code == 0 && said.contains("ada@example.com signs in with the password alone now."), "{said}");
    let (code, said) = removes(&world, "ada@example.com").await;
    assert!(code != 0 && said.contains("This person has no second factor."), "{said}");
    let (code, said) = removes(&world, "eve@example.com").await;
    assert!(code != 0 && said.contains("No account has this email address."), "{said}");
    let mut again = Browser::new(&world, "192.0.2.1");
    assert_eq!(again.signs_in("ada@example.com", PASSWORD).await.status(), 303);
    assert!(again.page("/").await.contains("The operator of this server removed your second factor."));
}
