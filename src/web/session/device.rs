//! Where a person signs in, as they recognize it in the list of their sessions: the browser in plain words, and a part of the
//! network's address. Only `session` uses it; it writes nothing.

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;

use crate::web::AppState;
use crate::web::client_address::{client_ip, shortened};

/// Names of browsers by a part of what they send. The first that matches counts, because each claims to be others too.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// The browser and the network of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionDevice {
    pub(super) browser: String,
    pub(super) network: String,
}

impl SessionDevice {
    /// Of the browser that sent this.
    pub fn of(app: &AppState, request: &HttpRequest) -> Self {
        let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        let browser = browser_name(agent.unwrap_or_default());
        SessionDevice { browser, network: shortened(&client_ip(app, request)) }
    }
}

/// "Firefox on Windows"; as much of it as is known, else nothing.
fn browser_name(agent: &str) -> String {
    let of = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    match (of(&BROWSERS), of(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_in_plain_words() {
        let chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0";
        for (agent, expected) in [
            (
                &*format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Safari/537.36"),
                "Chrome on Windows",
            ),
            (&*format!("Mozilla/5.0 (Windows NT 10.0) {chrome} Safari/537.36 Edg/141.0"), "Edge on Windows"),
            (&*format!("Mozilla/5.0 (X11; CrOS x86_64 1) {chrome} Safari/537.36"), "Chrome on ChromeOS"),
            (
                &*format!("Mozilla/5.0 (Linux; Android 10; K) {chrome} Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15",
                "Safari on Mac",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/141.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            ("curl/8.5.0", ""),
            ("", ""),
        ] {
            assert_eq!(browser_name(agent), expected, "{agent}");
        }
    }
}
