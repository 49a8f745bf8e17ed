//! A browser with its cookie, and the people who sit before it.

use std::sync::OnceLock;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use sms_opt_in::actions::users::{NewUser, create_user};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::role::Role;

use crate::support::html::squeezed;
use crate::support::person::{kept_cookies, revision_of};
use crate::support::{World, by};

pub const PASSWORD: &str = "correct horse battery";

/// A browser: cookies by hand, because the cookie is for https only.
pub struct Browser<'a> {
    world: &'a World,
    pub client: Client,
    pub cookie: String,
    pub address: String,
}

impl<'a> Browser<'a> {
    pub fn new(world: &'a World, address: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Browser { world, client, cookie: String::new(), address: address.to_owned() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.world.url));
        request.header("Cookie", &self.cookie).header("X-Forwarded-For", &self.address)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn page(&self, path: &str) -> String {
        squeezed(&self.get(path).await.text().await.unwrap())
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.request(Method::POST, path).form(fields).send().await.unwrap()
    }

    /// The token of this browser's session, as every page with a form carries it.
    pub async fn token(&self) -> String {
        hidden(&self.page("/account").await, "csrf")
    }

    pub async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = self.token().await;
        let mut all = vec![("csrf", token.as_str())];
        all.extend(fields);
        // The form stands on the page of the same address, or on the user's.
        let page = path.strip_suffix("/role").or_else(|| path.strip_suffix("/password")).unwrap_or(path);
        let page = if path.starts_with("/users/") || path.starts_with("/programs/") {
            self.page(page).await
        } else {
            String::new()
        };
        if let Some(revision) = revision_of(&page, path) {
            all.push(("revision", revision));
        }
        self.post(path, &all).await
    }

    pub async fn signs_in(&mut self, email: &str, password: &str) -> Response {
        // Someone who is signed in is shown no form.
        let is_session = |cookie: &&str| cookie.starts_with("__Host-sms-opt-in=");
        self.cookie =
            self.cookie.split("; ").filter(|cookie| !is_session(cookie)).collect::<Vec<_>>().join("; ");
        let token = hidden(&self.page("/sign-in").await, "csrf");
        let fields = [("csrf", token.as_str()), ("email", email), ("password", password)];
        let answer = self.post("/sign-in", &fields).await;
        self.take_cookies(&answer);
        answer
    }

    /// Keeps what an answer says of cookies, as browsers do.
    pub fn take_cookies(&mut self, answer: &Response) {
        self.cookie = kept_cookies(&self.cookie, answer);
    }

    pub async fn is_signed_in(&self) -> bool {
        self.get("/account").await.status() == 200
    }
}

pub fn hidden(page: &str, name: &str) -> String {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    from.split('"').next().unwrap().to_owned()
}

pub fn set_cookie(answer: &Response) -> Option<String> {
    answer.headers().get("set-cookie").map(|value| value.to_str().unwrap().to_owned())
}

pub fn location(answer: &Response) -> &str {
    answer.headers().get("location").map_or("", |value| value.to_str().unwrap())
}

/// Makes somebody with the password that all have; returns the identifier.
pub async fn hire(world: &World, email: &str, role: Role) -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    let password_hash = HASH.get_or_init(|| sms_opt_in::password::hash(PASSWORD).unwrap()).clone();
    let new = NewUser { email: email.to_owned(), name: email.to_owned(), role, password_hash };
    let now = world.clock.now();
    let made = world
        .bound_app
        .store
        .write(move |tx| create_user(tx, &by(&Actor::Operator, now), new.clone()))
        .await
        .unwrap();
    made.id.to_string()
}

pub async fn signed_in<'a>(world: &'a World, email: &str) -> Browser<'a> {
    let mut browser = Browser::new(world, "192.0.2.200");
    assert_eq!(browser.signs_in(email, PASSWORD).await.status(), 303);
    browser
}

pub async fn ada(world: &World) -> Browser<'_> {
    hire(world, "ada@example.com", Role::Administrator).await;
    signed_in(world, "ada@example.com").await
}
