//! Every address of the administration with who may use it. A new handler that is not in the table fails the test.

use std::collections::BTreeSet;

use sms_opt_in::domain::role::Role;

use super::browser::{Browser, hire, location, signed_in};
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
    ("get", "/", Viewers, 200),
    ("get", "/sending/off", Administrators, 200),
    ("post", "/sending", Administrators, 303),
    ("get", "/contacts", Viewers, 200),
    ("post", "/contacts", Editors, 422),
    ("get", "/contacts/new", Editors, 200),
    ("get", "/contacts/{id}", Viewers, 404),
    ("post", "/contacts/{id}", Editors, 404),
    ("get", "/contacts/{id}/edit", Editors, 404),
    ("post", "/contacts/{id}/messages", Editors, 404),
    ("get", "/contacts/{id}/consents/new", Editors, 404),
    ("post", "/contacts/{id}/consents", Editors, 400),
    ("get", "/contacts/{id}/reinvitation", Editors, 404),
    ("post", "/contacts/{id}/reinvitation", Editors, 404),
    ("get", "/numbers/{id}/reachable", Editors, 404),
    ("post", "/numbers/{id}/reachable", Editors, 404),
    ("get", "/documents/{sha256}", Viewers, 404),
    ("get", "/messages", Viewers, 200),
    ("get", "/messages/{id}", Viewers, 404),
    ("post", "/messages/{id}/stale", Editors, 400),
    ("post", "/notices/{id}", Editors, 303),
    ("get", "/reviews", Viewers, 200),
    ("get", "/reviews/{id}", Viewers, 404),
    ("post", "/reviews/{id}", Editors, 400),
    ("get", "/revocations", Viewers, 200),
    ("post", "/revocations", Editors, 422),
    ("get", "/revocations/new", Editors, 200),
    ("get", "/reply-tester", Viewers, 200),
    ("get", "/troubleshoot", Viewers, 200),
    ("get", "/users", Administrators, 200),
    ("post", "/users", Administrators, 422),
    ("get", "/users/{id}", Administrators, 404),
    ("post", "/users/{id}/role", Administrators, 404),
    ("post", "/users/{id}/password", Administrators, 404),
    ("get", "/users/{id}/deactivate", Administrators, 404),
    ("post", "/users/{id}/deactivate", Administrators, 404),
    ("get", "/users/{id}/reactivate", Administrators, 404),
    ("post", "/users/{id}/reactivate", Administrators, 404),
    ("get", "/account", Viewers, 200),
    ("post", "/account", Viewers, 422),
    ("get", "/api-keys", Administrators, 200),
    ("post", "/api-keys", Administrators, 422),
    ("get", "/api-keys/{id}/revoke", Administrators, 404),
    ("post", "/api-keys/{id}/revoke", Administrators, 404),
    ("get", "/forms", Viewers, 200),
    ("get", "/forms/{slug}", Viewers, 404),
    ("post", "/forms/{slug}", Administrators, 404),
    ("get", "/programs", Viewers, 200),
    ("get", "/programs/{slug}", Viewers, 404),
    ("post", "/programs/{slug}", Administrators, 404),
    ("post", "/programs", Administrators, 422),
    ("get", "/programs/new", Administrators, 200),
    ("get", "/programs/{slug}/sending", Viewers, 303),
    ("post", "/programs/{slug}/sending", Administrators, 404),
    ("get", "/programs/{slug}/replies/{language}", Viewers, 303),
    ("post", "/programs/{slug}/replies/{language}", Administrators, 404),
    ("get", "/rules", Viewers, 200),
    ("post", "/rules/rows", Administrators, 422),
    ("get", "/rules/rows/new", Administrators, 404),
    ("get", "/rules/rows/{id}", Viewers, 404),
    ("get", "/rules/review", Administrators, 200),
    ("post", "/rules/review", Administrators, 422),
    ("post", "/rules/reminders/{name}", Administrators, 422),
    ("get", "/rules/history", Viewers, 200),
    ("get", "/rules/history/{version}", Administrators, 404),
    ("post", "/rules/history/{version}", Administrators, 404),
    ("get", "/log", Inspectors, 200),
    ("get", "/simulator", Viewers, 200),
    ("post", "/simulator/handsets", Editors, 422),
    ("post", "/simulator/messages", Editors, 422),
    ("post", "/simulator/messages/{id}/delivery", Editors, 303),
    ("post", "/simulator/texts", Editors, 303),
    ("post", "/simulator/behaviour", Editors, 303),
    ("get", "/sign-in", Everyone, 200),
    ("post", "/sign-in", Everyone, 403),
    ("get", "/setup", Everyone, 303),
    ("post", "/setup", Everyone, 403),
    ("post", "/sign-out", Viewers, 303),
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

#[test]
fn every_address_of_the_administration_is_in_the_table() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let (mut folders, mut found) = (vec![root.join("admin")], BTreeSet::new());
    let mut sources = vec![std::fs::read_to_string(root.join("simulator.rs")).unwrap()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => sources.push(std::fs::read_to_string(path).unwrap()),
            }
        }
    }
    for source in &sources {
        for route in source.split(".route(").skip(1) {
            let path = route.split('"').nth(1).unwrap();
            let method = route.split("web::").nth(1).unwrap().split('(').next().unwrap();
            found.insert(format!("{method} {path}"));
        }
    }
    let known: BTreeSet<String> =
        ADDRESSES.iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    let missing: Vec<_> = found.symmetric_difference(&known).collect();
    assert!(missing.is_empty(), "say who may use these addresses: {missing:?}");
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
            let path = path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057");
            let path = path.replace("{slug}", "none").replace("{sha256}", "none");
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
