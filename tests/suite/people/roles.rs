//! Every address of the server with who may use it, by role, by the scope of an API key, or by anyone. A handler that is
//! in no table fails the test, and so does a pattern without a handler.

use std::collections::BTreeSet;

use sms_opt_in::domain::role::Role;
use sms_opt_in::web::routes::patterns;

use super::browser::{Browser, hire, location, signed_in};
use crate::api::sources;
use crate::support::world;

/// Who may use an address of the administration.
#[derive(Clone, Copy, PartialEq)]
enum For {
    Everyone,
    Viewers,
    Inspectors,
    Editors,
    Administrators,
}
use For::*;

/// What every POST carries beside the token: readable by each form, good for none.
const BLANK: &[(&str, &str)] = &[
    ("name", ""),
    ("email", ""),
    ("password", ""),
    ("role", ""),
    ("phone", ""),
    ("body", ""),
    ("state", "on"),
];

/// Every address with who may use it, and what an allowed person is answered.
#[rustfmt::skip]
const ADDRESSES: &[(&str, &str, For, u16)] = &[
    ("get", patterns::DASHBOARD, Viewers, 200),
    ("get", patterns::SENDING_OFF, Administrators, 200),
    ("post", patterns::SENDING, Administrators, 303),
    ("post", patterns::PAUSED_REQUESTS, Editors, 400),
    ("get", patterns::CONTACTS, Viewers, 200),
    ("post", patterns::CONTACTS, Editors, 422),
    ("get", patterns::NEW_CONTACT, Editors, 200),
    ("get", patterns::CONTACT, Viewers, 404),
    ("get", patterns::CONTACT_LIVE, Viewers, 404),
    ("post", patterns::CONTACT, Editors, 404),
    ("get", patterns::EDIT_CONTACT, Editors, 404),
    ("post", patterns::CONTACT_MESSAGES, Editors, 404),
    ("get", patterns::NEW_CONSENT, Editors, 404),
    ("post", patterns::CONSENTS, Editors, 400),
    ("get", patterns::REINVITATION, Editors, 404),
    ("post", patterns::REINVITATION, Editors, 404),
    ("get", patterns::REACHABLE, Editors, 404),
    ("post", patterns::REACHABLE, Editors, 404),
    ("get", patterns::DOCUMENT, Viewers, 404),
    ("get", patterns::MESSAGES, Viewers, 200),
    ("get", patterns::MESSAGE, Viewers, 404),
    ("get", patterns::MESSAGE_LIVE, Viewers, 404),
    ("post", patterns::EXPIRED_HOLD, Editors, 400),
    ("post", patterns::NOTICE, Editors, 303),
    ("get", patterns::NUMBER, Viewers, 404),
    ("get", patterns::NUMBER_LIVE, Viewers, 404),
    ("post", patterns::NUMBER_MESSAGES, Editors, 404),
    ("get", patterns::NEW_NUMBER_CONSENT, Editors, 404),
    ("post", patterns::NUMBER_CONSENTS, Editors, 400),
    ("get", patterns::NUMBER_REINVITATION, Editors, 404),
    ("post", patterns::NUMBER_REINVITATION, Editors, 404),
    ("get", patterns::REVIEWS, Viewers, 200),
    ("get", patterns::REVIEW, Viewers, 404),
    ("post", patterns::REVIEW, Editors, 400),
    ("get", patterns::REVOCATIONS, Viewers, 200),
    ("post", patterns::REVOCATIONS, Editors, 422),
    ("get", patterns::NEW_REVOCATION, Editors, 200),
    ("get", patterns::REPLY_TESTER, Viewers, 200),
    ("get", patterns::TROUBLESHOOT, Viewers, 200),
    ("get", patterns::USERS, Administrators, 200),
    ("post", patterns::USERS, Administrators, 422),
    ("get", patterns::USER, Administrators, 404),
    ("post", patterns::USER_ROLE, Administrators, 404),
    ("post", patterns::USER_PASSWORD, Administrators, 404),
    ("get", patterns::USER_SECOND_FACTOR, Administrators, 404),
    ("post", patterns::USER_SECOND_FACTOR, Administrators, 404),
    ("post", patterns::END_USER_SESSIONS, Administrators, 404),
    ("get", patterns::DEACTIVATE_USER, Administrators, 404),
    ("post", patterns::DEACTIVATE_USER, Administrators, 404),
    ("get", patterns::REACTIVATE_USER, Administrators, 404),
    ("post", patterns::REACTIVATE_USER, Administrators, 404),
    ("get", patterns::ACCOUNT, Viewers, 200),
    ("post", patterns::ACCOUNT, Viewers, 422),
    ("post", patterns::ACCOUNT_TIME_ZONE, Viewers, 303),
    ("post", patterns::END_SESSION, Viewers, 303),
    ("post", patterns::END_OTHER_SESSIONS, Viewers, 303),
    ("get", patterns::SECOND_FACTOR, Viewers, 200),
    ("post", patterns::SECOND_FACTOR, Viewers, 303),
    ("post", patterns::SECOND_FACTOR_SETUP, Viewers, 422),
    ("post", patterns::RECOVERY_CODES, Viewers, 422),
    ("post", patterns::SECOND_FACTOR_OFF, Viewers, 422),
    ("get", patterns::SETTINGS, Administrators, 200),
    ("post", patterns::SETTINGS, Administrators, 422),
    ("post", patterns::SETTINGS_LIMITS, Administrators, 409),
    ("post", patterns::SETTINGS_FAILURE_LIMITS, Administrators, 409),
    ("post", patterns::SETTINGS_SIGN_IN, Administrators, 422),
    ("get", patterns::API_KEYS, Administrators, 200),
    ("post", patterns::API_KEYS, Administrators, 422),
    ("get", patterns::REVOKE_API_KEY, Administrators, 404),
    ("post", patterns::REVOKE_API_KEY, Administrators, 404),
    ("get", patterns::FORMS, Viewers, 200),
    ("get", patterns::FORM, Viewers, 404),
    ("post", patterns::FORM, Administrators, 404),
    ("get", patterns::PROGRAMS, Viewers, 200),
    ("get", patterns::PROGRAM, Viewers, 404),
    ("post", patterns::PROGRAM, Administrators, 404),
    ("post", patterns::PROGRAMS, Administrators, 422),
    ("get", patterns::NEW_PROGRAM, Administrators, 200),
    ("get", patterns::PROGRAM_SENDING, Viewers, 303),
    ("post", patterns::PROGRAM_SENDING, Administrators, 404),
    ("get", patterns::PROGRAM_REPLIES, Viewers, 303),
    ("post", patterns::PROGRAM_REPLIES, Administrators, 404),
    ("get", patterns::RULES, Viewers, 200),
    ("post", patterns::RULE_ROWS, Administrators, 422),
    ("get", patterns::NEW_RULE_ROW, Administrators, 404),
    ("get", patterns::RULE_ROW, Viewers, 404),
    ("get", patterns::RULES_REVIEW, Administrators, 200),
    ("post", patterns::RULES_REVIEW, Administrators, 422),
    ("post", patterns::RULES_REMINDER, Administrators, 422),
    ("get", patterns::RULES_HISTORY, Viewers, 200),
    ("get", patterns::RULES_VERSION, Administrators, 404),
    ("post", patterns::RULES_VERSION, Administrators, 404),
    ("get", patterns::JOBS, Administrators, 200),
    ("get", patterns::JOB, Administrators, 404),
    ("get", patterns::JOB_LIVE, Administrators, 404),
    ("post", patterns::CANCEL_JOB, Administrators, 404),
    ("post", patterns::RETRY_JOB, Administrators, 404),
    ("get", patterns::JOB_RESULT, Administrators, 404),
    ("get", patterns::LOG, Inspectors, 200),
    ("get", patterns::SIMULATOR, Viewers, 200),
    ("get", patterns::SIMULATOR_LIVE, Viewers, 200),
    ("post", patterns::SIMULATOR_HANDSETS, Editors, 422),
    ("post", patterns::SIMULATOR_MESSAGES, Editors, 422),
    ("post", patterns::SIMULATOR_DELIVERY, Editors, 303),
    ("post", patterns::SIMULATOR_TEXTS, Editors, 303),
    ("post", patterns::SIMULATOR_BEHAVIOR, Editors, 303),
    ("get", patterns::SIGN_IN, Everyone, 200),
    ("post", patterns::SIGN_IN, Everyone, 403),
    ("post", patterns::SIGN_IN_CODE, Everyone, 403),
    ("get", patterns::SETUP, Everyone, 303),
    ("post", patterns::SETUP, Everyone, 403),
    ("post", patterns::SIGN_OUT, Viewers, 303),
];

impl For {
    fn includes(self, role: Option<Role>) -> bool {
        match (self, role) {
            (Everyone, _) => true,
            (_, None) => false,
            (Viewers, _) | (_, Some(Role::Administrator)) => true,
            (Inspectors, Some(role)) => role == Role::Auditor,
            (Editors, Some(role)) => role == Role::Support,
            (Administrators, _) => false,
        }
    }
}

/// What anyone may open: no session, no key.
#[rustfmt::skip]
const PUBLIC: &[(&str, &str, u16)] = &[
    ("get", patterns::HEALTHZ, 200),
    ("get", patterns::READYZ, 200),
    ("get", patterns::METRICS, 404), // For programs on this machine, or with its token.
    ("get", patterns::ASSET, 404),
    ("get", patterns::PUBLIC_FORM, 404),
    ("post", patterns::PUBLIC_FORM, 404),
    ("get", patterns::PUBLIC_FORM_DONE, 404),
    ("get", patterns::PUBLIC_PROGRAM, 404),
    ("get", patterns::PUBLIC_REPLIES, 200),
    ("get", patterns::API_REFERENCE, 200),
    ("get", patterns::API_DOCUMENT, 200),
    // What calls these proves itself with a signature, or sits on this machine.
    ("post", patterns::TWILIO_INBOUND, 403),
    ("post", patterns::TWILIO_STATUS, 403),
    ("post", patterns::SIMULATOR_INBOUND, 403),
    ("post", patterns::SIMULATOR_STATUS, 403),
    ("post", patterns::SIMULATOR_HANDSET_TEXTS, 404),
];

/// Every call of the API with its scope, and what a key with the scope is answered.
#[rustfmt::skip]
const CALLS: &[(&str, &str, &str, u16)] = &[
    ("post", patterns::API_MESSAGES, "messages", 422),
    ("get", patterns::API_MESSAGE, "messages", 404),
    ("get", patterns::API_CONSENT, "consent", 422),
    ("get", patterns::API_EVENTS, "consent", 422),
    ("post", patterns::API_OPT_OUTS, "consent", 422),
    ("get", patterns::API_CONTACTS, "contacts", 200),
    ("get", patterns::API_NUMBERS, "consent", 200),
    ("post", patterns::API_CONTACTS, "contacts", 422),
];

#[test]
fn every_address_is_registered_and_in_one_of_the_tables() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let mut found = BTreeSet::new();
    for text in sources(&folder) {
        for route in text.split("patterns::").skip(1) {
            let name = route.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
            let Some(method) = route.split("routing::").nth(1) else { continue };
            let Some((_, path)) = patterns::ALL.iter().find(|(known, _)| *known == name) else { continue };
            found.insert(format!("{} {}", method.split('(').next().unwrap(), path));
        }
    }
    let admin = ADDRESSES.iter().map(|(method, path, ..)| format!("{method} {path}"));
    let public = PUBLIC.iter().map(|(method, path, _)| format!("{method} {path}"));
    let calls = CALLS.iter().map(|(method, path, ..)| format!("{method} {path}"));
    let known: BTreeSet<String> = admin.chain(public).chain(calls).collect();
    let missing: Vec<_> = found.symmetric_difference(&known).collect();
    assert!(missing.is_empty(), "say who may use these addresses: {missing:?}");
    let unused: Vec<_> = patterns::ALL
        .iter()
        .filter(|(_, path)| {
            !known.iter().any(|line| line.split_once(' ').is_some_and(|(_, known)| known == *path))
        })
        .collect();
    assert!(unused.is_empty(), "no handler is registered under {unused:?}");
}

/// The pattern with something that does not exist in place of each part.
fn sample(pattern: &str) -> String {
    let path = pattern.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057").replace("{name:.*}", "none");
    let path = path.replace("{slug}", "none").replace("{sha256}", "none").replace("{number}", "none");
    path.replace("{language}", "none").replace("{version}", "none").replace("{name}", "none")
}

#[actix_web::test]
async fn each_scope_may_do_what_it_may_and_nothing_else() {
    let (world, mut wrong) = (world().await, Vec::new());
    let stranger = Browser::new(&world, "192.0.2.1");
    for (method, path, expected) in PUBLIC {
        let answer = match *method {
            "get" => stranger.get(&sample(path)).await,
            _ => stranger.post(&sample(path), &[("body", "")]).await,
        };
        if answer.status() != *expected {
            wrong.push(format!("anyone: {method} {path} → {}", answer.status()));
        }
    }
    for has in ["messages", "contacts", "consent", "none"] {
        let key = format!("sk_{has}");
        world.key_with(&key, has).await;
        for (method, path, scope, expected) in CALLS {
            let request = stranger
                .client
                .request(method.to_uppercase().parse().unwrap(), world.url.clone() + &sample(path));
            let request = request.json(&serde_json::json!({}));
            let refused = request.try_clone().unwrap().send().await.unwrap();
            if refused.status() != 401 {
                wrong.push(format!("no key: {method} {path} → {}", refused.status()));
            }
            let answer = request.bearer_auth(&key).send().await.unwrap();
            let (status, words) = (answer.status(), answer.text().await.unwrap());
            let right = match has == *scope {
                true => status == *expected,
                false => status == 403 && words.contains("missing_scope"),
            };
            if !right {
                wrong.push(format!("{has}: {method} {path} → {status} {words}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[actix_web::test]
async fn each_role_may_do_what_it_may_and_nothing_else() {
    let (world, mut wrong) = (world().await, Vec::new());
    for role in [Some(Role::Administrator), Some(Role::Support), Some(Role::Auditor), None] {
        let email = format!("{}@example.com", role.map_or("nobody", Role::as_str));
        let (browser, token) = match role {
            Some(role) => {
                hire(&world, &email, role).await;
                let browser = signed_in(&world, &email).await;
                let token = browser.token().await;
                (browser, token)
            }
            None => (Browser::new(&world, "192.0.2.1"), String::new()),
        };
        for (method, path, whom, allowed) in ADDRESSES {
            let path = sample(path);
            let answer = match *method {
                "get" => browser.get(&path).await,
                _ => browser.post(&path, &[&[("csrf", &*token)], BLANK].concat()).await,
            };
            let (status, to) = (answer.status().as_u16(), location(&answer).to_owned());
            let words = answer.text().await.unwrap();
            let line = format!("{email}: {method} {path} → {status} {to}");
            let right = if whom.includes(role) {
                status == *allowed && !words.contains("It needs the role")
            } else if role.is_none() {
                status == 303 && to.starts_with("/sign-in?next=")
            } else {
                status == 403 && words.contains("It needs the role")
            };
            if !right {
                wrong.push(line);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A browser asks for such an address on a reload, after a refused form, or after a sign-in.
#[actix_web::test]
async fn an_address_that_only_takes_forms_leads_to_the_page_of_its_form() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    let ada = signed_in(&world, "ada@example.com").await;
    let pages: Vec<String> =
        ADDRESSES.iter().filter(|line| line.0 == "get").map(|line| sample(line.1)).collect();
    let forms = ADDRESSES.iter().filter(|line| line.0 == "post").map(|line| sample(line.1));
    let mut wrong = Vec::new();
    for form in forms.filter(|form| !pages.contains(form)) {
        let answer = ada.get(&form).await;
        if answer.status() != 303 || !pages.iter().any(|page| page == location(&answer)) {
            wrong.push(format!("{form} → {} {}", answer.status(), location(&answer)));
        }
    }
    assert!(wrong.is_empty(), "say in page_of_form where their forms stand:\n{}", wrong.join("\n"));
}
