//! The people who administer: who gets in, who may do what, and what is written down of it.

mod browser;
mod idle;
mod roles;
mod second_factor;
mod sessions;
mod sign_in;

use data_encoding::HEXLOWER;
use reqwest::{Method, StatusCode};
use sms_opt_in::actions::ActionError;
use sms_opt_in::domain::role::Role;
use sms_opt_in::store::settings;
use sms_opt_in::web::api::secret_hash;

use self::browser::{Browser, PASSWORD, ada, hidden, hire, location, set_cookie, signed_in};
use crate::support::{database, world};

#[actix_web::test]
async fn the_setup_link_works_once() {
    let world = world().await;
    let hash = HEXLOWER.encode(&secret_hash("a token"));
    let set = world
        .bound_app
        .store
        .write(move |tx| settings::set(tx, settings::SETUP_TOKEN, &hash).map_err(ActionError::from));
    set.await.unwrap();
    let browser = Browser::new(&world, "192.0.2.1");
    assert_eq!(browser.get("/setup?token=wrong").await.status(), 422);
    let page = browser.get("/setup?token=a+token").await;
    assert!(set_cookie(&page).is_none(), "a visitor costs no session");
    let csrf = hidden(&page.text().await.unwrap(), "csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", "a token"),
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let first = browser.post("/setup", &fields).await;
    assert_eq!((first.status(), location(&first)), (StatusCode::SEE_OTHER, "/"));
    assert!(set_cookie(&first).is_some());
    assert_eq!(browser.post("/setup", &fields).await.status(), 422);
    assert_eq!(location(&browser.get("/setup?token=a+token").await), "/sign-in");
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_account_sound_the_same() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    let mut browser = Browser::new(&world, "192.0.2.1");
    assert!(set_cookie(&browser.get("/sign-in").await).is_none(), "a visitor costs no session");
    let wrong = browser.signs_in("ada@example.com", "something else").await;
    let unknown = browser.signs_in("eve@example.com", "something else").await;
    assert_eq!((wrong.status(), unknown.status()), (StatusCode::UNPROCESSABLE_ENTITY, wrong.status()));
    let wrong = wrong.text().await.unwrap().replace("ada@", "eve@");
    assert_eq!(wrong, unknown.text().await.unwrap());
    let right = browser.signs_in("ada@example.com", PASSWORD).await;
    let cookies: Vec<&str> =
        right.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 2, "the session, and that this browser is known: {cookies:?}");
    for cookie in cookies {
        for part in ["__Host-sms-opt-in", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
            assert!(cookie.contains(part), "{part} is missing in {cookie}");
        }
        assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
    }
    assert!(browser.page("/sign-in").await.contains("Open the dashboard"));
}

#[actix_web::test]
async fn sessions_end_with_sign_out_and_with_every_change_of_the_account() {
    let world = world().await;
    let ada = ada(&world).await;
    let sam = hire(&world, "sam@example.com", Role::Support).await;
    let password = [("current", PASSWORD), ("password", "a new long password")];
    let of_sam = |what: &str| format!("/users/{sam}/{what}");
    for (what, fields) in [
        ("role", &[("role", "auditor")][..]),
        ("deactivate", &[]),
        ("reactivate", &[]),
        ("password", &password[1..]),
    ] {
        let mut before = Browser::new(&world, "192.0.2.3");
        before.signs_in("sam@example.com", PASSWORD).await;
        assert_eq!(before.is_signed_in().await, what != "reactivate", "before {what}");
        assert_eq!(ada.sends(&of_sam(what), fields).await.status(), 303, "{what}");
        assert!(!before.is_signed_in().await, "after {what}");
        world.clock.advance(chrono::Duration::minutes(1));
    }
    let other = signed_in(&world, "ada@example.com").await;
    let answer = ada.sends("/account", &password).await;
    assert_eq!(answer.status(), 303);
    assert!(!other.is_signed_in().await, "another browser of the same person");
    let mut again = Browser::new(&world, "192.0.2.4");
    assert_eq!(again.signs_in("ada@example.com", PASSWORD).await.status(), 422);
    assert_eq!(again.signs_in("ada@example.com", "a new long password").await.status(), 303);
    let old_cookie = again.cookie.clone();
    let left = again.sends("/sign-out", &[]).await;
    assert_eq!(location(&left), "/sign-in");
    assert_eq!(left.headers()["clear-site-data"], "\"cache\", \"storage\"");
    again.take_cookies(&left);
    assert!(
        !again.cookie.contains("__Host-sms-opt-in=") && again.cookie.contains("-device-"),
        "{}",
        again.cookie
    );
    again.cookie = old_cookie;
    assert!(!again.is_signed_in().await, "the cookie alone is worth nothing");
}

#[actix_web::test]
async fn the_last_administrator_stays_and_the_deactivated_stay_out() {
    let world = world().await;
    let id = hire(&world, "ada@example.com", Role::Administrator).await;
    let ada = signed_in(&world, "ada@example.com").await;
    let answer = ada.sends(&format!("/users/{id}/deactivate"), &[]).await;
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("last administrator"));
    let sam = hire(&world, "sam@example.com", Role::Support).await;
    assert!(ada.page(&format!("/users/{sam}/deactivate")).await.contains("can no longer sign in"));
    ada.sends(&format!("/users/{sam}/deactivate"), &[]).await;
    assert!(ada.page("/users").await.contains("deactivated"));
    let mut browser = Browser::new(&world, "192.0.2.1");
    assert_eq!(browser.signs_in("sam@example.com", PASSWORD).await.status(), 422);
    assert!(ada.page("/log?action=user.deactivated").await.contains("sam@example.com"));
}

#[actix_web::test]
async fn guesses_from_elsewhere_do_not_lock_the_owner_out() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    let mut guesser = Browser::new(&world, "192.0.2.66");
    for _ in 0..5 {
        assert_eq!(guesser.signs_in("ada@example.com", "a guess").await.status(), 422);
    }
    assert_eq!(guesser.signs_in("ada@example.com", PASSWORD).await.status(), 429);
    // A forged line before the proxy's own changes nothing.
    let token = hidden(&guesser.page("/sign-in").await, "csrf");
    let request = guesser.client.post(format!("{}/sign-in", world.url));
    let request = request
        .header("X-Forwarded-For", "198.51.100.1")
        .header("X-Forwarded-For", "192.0.2.66")
        .form(&[("csrf", token.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)]);
    assert_eq!(request.send().await.unwrap().status(), 429);
    let mut owner = Browser::new(&world, "192.0.2.7");
    assert_eq!(owner.signs_in("ada@example.com", PASSWORD).await.status(), 303);
}

#[actix_web::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let world = world().await;
    let ada = ada(&world).await;
    hire(&world, "sam@example.com", Role::Support).await;
    let sams = signed_in(&world, "sam@example.com").await.token().await;
    let own = ada.token().await;
    let anonymous = hidden(&Browser::new(&world, "192.0.2.1").page("/sign-in").await, "csrf");
    let post = |token: &str, header: (&'static str, &'static str)| {
        let request = ada.request(Method::POST, "/api-keys").header(header.0, header.1);
        request.form(&[("csrf", token), ("name", "CRM"), ("scopes", "messages")]).send()
    };
    let same = ("Sec-Fetch-Site", "same-origin");
    for (token, header) in [
        ("", same),
        (sams.as_str(), same),
        (anonymous.as_str(), same),
        (own.as_str(), ("Sec-Fetch-Site", "cross-site")),
        (own.as_str(), ("Sec-Fetch-Site", "same-site")),
        (own.as_str(), ("Origin", "https://evil.example")),
        (own.as_str(), ("Origin", "null")),
    ] {
        assert_eq!(post(token, header).await.unwrap().status(), 403, "{token} {header:?}");
    }
    assert!(ada.page("/api-keys").await.matches("<tr>").count() <= 2, "the key of the harness only");
    assert_eq!(post(&own, same).await.unwrap().status(), 200);
    let mut stranger = Browser::new(&world, "192.0.2.8");
    stranger.cookie.clear();
    let fields = [("csrf", anonymous.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)];
    let cross = stranger.request(Method::POST, "/sign-in").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(
        cross.form(&fields).send().await.unwrap().status(),
        403,
        "nobody is signed in by another site"
    );
}

#[actix_web::test]
async fn a_form_sent_after_the_session_ended_comes_back_to_its_page() {
    let world = world().await;
    let browser = Browser::new(&world, "192.0.2.1");
    let referer = format!("{}/programs/default", world.url);
    let request = browser.request(Method::POST, "/programs/default").header("Referer", referer);
    let answer = request.form(&[("csrf", "old")]).send().await.unwrap();
    assert_eq!(location(&answer), "/sign-in?next=%2Fprograms%2Fdefault&lost=form");
    assert!(browser.page(location(&answer)).await.contains("Your session had ended"));
    let away = browser.request(Method::POST, "/programs/default").header("Referer", "https://evil.example/x");
    assert_eq!(location(&away.send().await.unwrap()), "/sign-in?next=%2F&lost=form");
    assert_eq!(location(&browser.get("/contacts/7/consents").await), "/contacts/7");
    assert_eq!(location(&browser.get("/simulator/messages").await), "/simulator");
}

#[actix_web::test]
async fn a_stale_tab_overwrites_no_published_wording() {
    let world = world().await;
    let ada = ada(&world).await;
    let (first, second) = (ada.page("/forms/opt-in").await, ada.page("/forms/opt-in").await);
    let publish = |page: &str, wording: &'static str| {
        let revision = hidden(page, "revision");
        let ada = &ada;
        async move {
            let fields =
                [("title", "Sign up"), ("wording", wording), ("opt_in", "double"), ("revision", &*revision)];
            ada.sends("/forms/opt-in", &fields).await
        }
    };
    let mine = "{brand} texts you. Rates may apply. HELP and STOP. Mine.";
    let theirs = "{brand} texts you. Rates may apply. HELP and STOP. Theirs.";
    assert_eq!(publish(&first, theirs).await.status(), 303);
    let refused = publish(&second, mine).await;
    assert_eq!(refused.status(), 409);
    let page = refused.text().await.unwrap();
    assert!(page.contains(mine) && page.contains(theirs) && page.contains("Error: "));
    assert!(!ada.page("/f/opt-in").await.contains("Mine."));
    assert_eq!(publish(&page, mine).await.status(), 303, "after both were read");
    assert!(ada.page("/f/opt-in").await.contains("Example Company texts you. Rates may apply."));
    let log = ada.page("/log?action=form.changed").await;
    assert!(log.contains("Theirs.") && log.contains("→") && log.contains("/forms/opt-in"), "{log}");
}

#[actix_web::test]
async fn a_changed_program_publishes_its_forms_wording_anew() {
    let world = world().await;
    let ada = ada(&world).await;
    let page = ada.page("/programs/default").await;
    let area = |name: &str| {
        let from = page.split(&format!("id=\"{name}\" name=\"{name}\"")).nth(1).unwrap();
        let text = from.split('>').nth(1).unwrap().split('<').next().unwrap().trim().to_owned();
        text.replace("&#38;", "&").replace("&amp;", "&")
    };
    let texts = ["opt_in_template", "opt_in_reply", "opt_out_reply", "help_reply"];
    let texts: Vec<(&str, String)> = texts.into_iter().map(|name| (name, area(name))).collect();
    let mut fields = vec![
        ("name", "Account updates"),
        ("brand", "Acme Lending"),
        ("frequency", "up to 9 msgs/month"),
        ("contact_route", "call us"),
        ("keeps_frequency", "yes"),
        ("hold_days", "7"),
        ("privacy_url", "http://acme.example/privacy"),
        ("terms_url", "https://acme.example/terms"),
    ];
    fields.extend(texts.iter().map(|(name, text)| (*name, text.as_str())));
    let refused = ada.sends("/programs/default", &fields).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("begins with https://"));
    fields[6].1 = "https://acme.example/privacy";
    assert_eq!(ada.sends("/programs/default", &fields).await.status(), 303);
    let told = ada.page("/programs/default").await;
    assert!(told.contains("has a new version: “Sign up for texts”"), "the page says so");
    assert!(told.contains("read as at most 9 texts in any 30 days"));
    let public = ada.page("/f/opt-in").await;
    assert!(public.contains("Acme Lending") && public.contains("up to 9 msgs/month"));
    assert!(public.contains("https://acme.example/privacy") && public.contains("https://acme.example/terms"));
    assert_eq!(hidden(&public, "version"), "2");
    let forms = ada.page("/forms/opt-in").await;
    assert!(forms.contains("msg frequency varies"), "the version before is kept");
    let log = ada.page("/log").await;
    assert!(log.contains("Example Company") && log.contains("Acme Lending") && log.contains("form.changed"));
}

#[actix_web::test]
async fn a_new_key_is_shown_once() {
    let world = world().await;
    let ada = ada(&world).await;
    let made = ada.sends("/api-keys", &[("name", "CRM"), ("scopes", "contacts")]).await;
    assert_eq!(
        (made.status().as_u16(), made.headers()["cache-control"].to_str().unwrap()),
        (200, "no-store")
    );
    let page = made.text().await.unwrap();
    let secret = page.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap();
    let list = ada.page("/api-keys").await;
    assert!(list.contains(&secret[..8]) && !list.contains(secret) && list.contains("user:ada@example.com"));
    let used = world.client.get(format!("{}/api/v1/contacts", world.url)).bearer_auth(secret).send().await;
    assert_eq!(used.unwrap().status(), 200);
    assert!(ada.page("/api-keys").await.contains("</time></td><td data-label=\"State\">"), "the day of use");
    assert!(!list.contains("openapi"));
}

#[actix_web::test]
async fn every_kind_of_answer_has_the_strict_headers() {
    let world = world().await;
    let browser = Browser::new(&world, "192.0.2.1");
    for (method, path, status) in [
        (Method::GET, "/sign-in", 200),
        (Method::GET, "/contacts", 303),
        (Method::GET, "/f/opt-in", 200),
        (Method::GET, "/f/nothing", 404),
        (Method::GET, "/assets/css/base.css", 200),
        (Method::GET, "/nothing", 404),
        (Method::GET, "/api/v1/contacts", 401),
        (Method::GET, "/api/v1/nothing", 404),
        (Method::POST, "/hooks/twilio/inbound", 403),
        (Method::GET, "/healthz", 200),
    ] {
        let answer = browser.request(method, path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
        assert!(header("content-security-policy").starts_with("default-src 'self'"), "{path}");
        assert!(!header("content-security-policy").contains("unsafe"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(header("strict-transport-security").starts_with("max-age="), "{path}");
    }
}

/// A sign-in that was verified just before the password changed may write its session after all of them were ended.
#[actix_web::test]
async fn a_session_that_is_written_after_the_password_has_changed_is_of_no_use() {
    let world = world().await;
    let ada = ada(&world).await;
    let sam = hire(&world, "sam@example.com", Role::Support).await;
    for (what, fields) in
        [("password", [("password", "a new long password")]), ("role", [("role", "auditor")])]
    {
        let mut late = Browser::new(&world, "192.0.2.5");
        let password = if what == "password" { PASSWORD } else { "a new long password" };
        assert_eq!(late.signs_in("sam@example.com", password).await.status(), 303);
        let run = |sql: &str| database::run(&world.database, sql).unwrap();
        run(&format!("CREATE TABLE late_{what} AS SELECT * FROM sessions"));
        assert_eq!(ada.sends(&format!("/users/{sam}/{what}"), &fields).await.status(), 303);
        run(&format!(
            "DELETE FROM sessions; INSERT INTO sessions SELECT * FROM late_{what}; DROP TABLE late_{what}"
        ));
        assert!(ada.is_signed_in().await);
        assert!(!late.is_signed_in().await, "{what}");
    }
}

/// What a page showed is what is decided upon: two administrators do not undo each other unseen.
#[actix_web::test]
async fn a_decision_from_an_old_page_is_refused() {
    let world = world().await;
    let ada = ada(&world).await;
    let sam = hire(&world, "sam@example.com", Role::Support).await;
    let of_sam = |what: &str| format!("/users/{sam}/{what}");
    assert_eq!(ada.sends(&of_sam("deactivate"), &[]).await.status(), 303);
    let (page, csrf) = (ada.page(&of_sam("reactivate")).await, ada.token().await);
    let old = hidden(&page, "revision");
    // Meanwhile: active again, and out again for another reason.
    assert_eq!(ada.sends(&of_sam("reactivate"), &[]).await.status(), 303);
    world.clock.advance(chrono::Duration::minutes(1));
    assert_eq!(ada.sends(&of_sam("deactivate"), &[]).await.status(), 303);
    let fields = [("csrf", csrf.as_str()), ("revision", old.as_str())];
    let refused = ada.post(&of_sam("reactivate"), &fields).await;
    assert_eq!(refused.status(), 409);
    assert!(refused.text().await.unwrap().contains("Someone else changed this while the page was open."));
    assert!(ada.page("/users").await.contains("deactivated"));
    // The page comes back with what stands now, and goes on from it.
    assert_eq!(ada.sends(&of_sam("reactivate"), &[]).await.status(), 303);

    let page = ada.page(&format!("/users/{sam}")).await;
    let old = hidden(&page, "revision");
    assert_eq!(ada.sends(&of_sam("role"), &[("role", "auditor")]).await.status(), 303);
    let fields = [("csrf", csrf.as_str()), ("revision", old.as_str()), ("role", "administrator")];
    let refused = ada.post(&of_sam("role"), &fields).await;
    assert_eq!(refused.status(), 409);
    let words = refused.text().await.unwrap();
    assert!(words.contains("Saved now, and yours") && words.contains("Auditor"), "{words}");
    assert!(words.contains("value=\"administrator\" checked"), "what was chosen stays chosen");

    let csrf = [("csrf", csrf.as_str())];
    let off = [csrf[0], ("state", "off")];
    assert_eq!(ada.post("/sending", &off).await.status(), 303);
    let old = hidden(&ada.page("/").await, "revision");
    let on = [csrf[0], ("state", "on"), ("revision", old.as_str())];
    assert_eq!(ada.post("/sending", &on).await.status(), 303);
    assert_eq!(ada.post("/sending", &off).await.status(), 303, "a stop is never refused");
    assert_eq!(ada.post("/sending", &on).await.status(), 409, "sending was stopped anew");
    assert!(ada.page("/").await.contains("Sending is off"));
}
