//! Somebody who is signed in: Ada the administrator, Sam of support, Aud the auditor. Keeps the cookie by hand, because the
//! public address of the tests is https and the server here is not.

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::users::{NewUser, create_user};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::role::Role;
use sms_opt_in::password;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::html::squeezed;
use super::{World, by};

pub const PASSWORD: &str = "correct horse battery";
const BOUNDARY: &str = "the-end-of-a-part";

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub disposition: String,
    pub cache: String,
    pub page: String,
}

impl Answer {
    async fn read(response: Response) -> Answer {
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (location, disposition) = (header(LOCATION.as_str()), header("content-disposition"));
        let (status, cache) = (response.status().as_u16(), header("cache-control"));
        let is_page = header("content-type").starts_with("text/html");
        let page = response.text().await.unwrap_or_default();
        let page = if is_page { squeezed(&page) } else { page };
        Answer { status, location, disposition, cache, page }
    }

    fn shows(&self, words: &str) -> bool {
        self.page.contains(words) || self.page.contains(&squeezed(words))
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.shows(words), "expected {words:?} ({}) in:\n{}", self.status, self.page);
        self
    }

    #[track_caller]
    pub fn lacks(&self, words: &str) -> &Self {
        assert!(!self.shows(words), "did not expect {words:?} in:\n{}", self.page);
        self
    }
}

/// A browser with its cookie.
pub struct Person {
    client: Client,
    url: String,
    cookie: String,
}

impl World {
    pub async fn ada(&self) -> Person {
        self.person("ada", "Ada Abbott", Role::Administrator).await
    }

    pub async fn sam(&self) -> Person {
        self.person("sam", "Sam Sato", Role::Support).await
    }

    pub async fn aud(&self) -> Person {
        self.person("aud", "Aud Auer", Role::Auditor).await
    }

    pub async fn person(&self, name: &str, full: &str, role: Role) -> Person {
        let hashing = actix_web::rt::task::spawn_blocking(|| password::hash(PASSWORD).unwrap());
        let (email, name, now) = (format!("{name}@example.com"), full.to_owned(), self.clock.now());
        let password_hash = hashing.await.unwrap();
        let new = NewUser { email: email.clone(), name, role, password_hash };
        let made =
            self.bound_app.store.write(move |tx| create_user(tx, &by(&Actor::Operator, now), new.clone()));
        made.await.map_err(|error: ActionError| error.to_string()).unwrap();
        // A connection that was idle while a story was busy may be closed by the time it is used again.
        let client = Client::builder().redirect(Policy::none()).pool_max_idle_per_host(0).build().unwrap();
        let mut person = Person { client, url: self.url.clone(), cookie: String::new() };
        let answer = person.post("/sign-in", "/sign-in", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/"), "{email} is signed in");
        person
    }
}

impl Person {
    /// A request of this person's browser.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).header(COOKIE, &self.cookie)
    }

    async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        self.cookie = kept_cookies(&self.cookie, &response);
        Answer::read(response).await
    }

    pub async fn open(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("Accept", "text/html");
        self.send(request).await
    }

    /// How many bytes a page has, as it is sent.
    pub async fn weight(&mut self, path: &str) -> usize {
        self.request(Method::GET, path).send().await.unwrap().bytes().await.unwrap().len()
    }

    /// The page that an answer leads to.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.page);
        self.open(&answer.location.clone()).await
    }

    /// Where the link with these words leads to.
    pub async fn link(&mut self, page: &str, words: &str) -> String {
        let html = self.open(page).await.page;
        let (before, _) = html.split_once(&format!("\">{words}</a>")).expect("the page has the link");
        let (_, href) = before.rsplit_once("href=\"").expect("it is a link");
        href.replace("&amp;", "&").replace("&#38;", "&")
    }

    /// The token in the forms of a page.
    pub async fn token(&mut self, page: &str) -> String {
        let html = self.open(page).await.page;
        let (_, rest) = html.split_once("name=\"csrf\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Posts a form as it stands on `page`, with its token and the revision that its fields were filled from.
    pub async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let html = self.open(page).await.page;
        let (_, rest) = html.split_once("name=\"csrf\" value=\"").expect("the page has a form");
        let token = rest.split('"').next().unwrap_or_default();
        let revision = revision_of(&html, path).map(|revision| ("revision", revision));
        let is_given = fields.iter().any(|(name, _)| *name == "revision");
        let revision = revision.filter(|_| !is_given);
        let all: Vec<(&str, &str)> = fields.iter().copied().chain(revision).collect();
        self.post_with(token, path, &all).await
    }

    pub async fn post_with(&mut self, token: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", token)];
        all.extend(fields);
        let request = self.request(Method::POST, path).form(&all);
        self.send(request).await
    }

    /// Posts a form with a file (name and content), with the token of `page`.
    pub async fn upload(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &[u8])>,
    ) -> Answer {
        let token = self.token(page).await;
        let body = multipart(&token, fields, file.unwrap_or_default());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = self.request(Method::POST, path).header("Content-Type", kind).body(body);
        self.send(request).await
    }

    /// Begins to post the same form on a connection of its own: so many bytes of the body, and not the
    /// rest.
    pub async fn begin_upload(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &[u8]),
        bytes: usize,
    ) -> TcpStream {
        let token = self.token(page).await;
        let body = multipart(&token, fields, file);
        let (host, cookie, length) = (self.url.trim_start_matches("http://"), &self.cookie, body.len());
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nContent-Length: {length}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        );
        let mut connection = TcpStream::connect(host).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&body[..bytes]).await.unwrap();
        connection
    }
}

/// The body of a form with a file.
fn multipart(token: &str, fields: &[(&str, &str)], (name, content): (&str, &[u8])) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in [("csrf", token)].iter().chain(fields) {
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// The cookies of a browser after an answer: what it sets takes the place of what was there, what is empty goes.
pub fn kept_cookies(before: &str, answer: &Response) -> String {
    let set = answer.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    let set: Vec<&str> = set.filter_map(|cookie| cookie.split(';').next()).collect();
    let name = |cookie: &str| cookie.split('=').next().unwrap_or_default().to_owned();
    let is_set = |cookie: &&str| set.iter().any(|new| name(new) == name(cookie));
    let kept = before.split("; ").filter(|cookie| !cookie.is_empty() && !is_set(cookie));
    let all = kept.chain(set.iter().copied().filter(|cookie| !cookie.ends_with('=')));
    all.collect::<Vec<_>>().join("; ")
}

/// What the fields of the page's form for `path` were filled from, if the form says so.
pub fn revision_of<'a>(html: &'a str, path: &str) -> Option<&'a str> {
    let (_, form) = html.split_once(&format!("action=\"{path}\""))?;
    let (form, _) = form.split_once("</form>")?;
    let (_, value) = form.split_once("name=\"revision\" value=\"")?;
    value.split('"').next()
}
