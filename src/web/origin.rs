//! Where a request came from, as the browser tells it: forms from elsewhere are refused, and a form that was not taken leads
//! back to where it stood. Used by forms and sessions. Writes nothing.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN, REFERER};

use super::routes;

/// What the browser says of the sender, where it says anything (Fetch Metadata, else `Origin`).
pub(super) fn is_same_origin(request: &HttpRequest) -> bool {
    if let Some(site) = header(request, "sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (header(request, ORIGIN.as_str()), header(request, HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, at)| at == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// The page the form stood on, if it is ours; else the start page.
pub(super) fn way_back(request: &HttpRequest) -> String {
    let ours = || {
        let (_, rest) = header(request, REFERER.as_str())?.split_once("://")?;
        let path = rest.strip_prefix(header(request, HOST.as_str())?)?;
        is_local(path).then(|| path.to_owned())
    };
    ours().unwrap_or_else(|| routes::dashboard().to_owned())
}

/// True for an address on this server, never one that leads away.
pub fn is_local(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next() == Some('/')
        && !matches!(letters.next(), Some('/' | '\\'))
        && !path.chars().any(|letter| letter.is_control() || letter == '\\')
}

pub(super) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_addresses_are_followed() {
        assert!(is_local("/") && is_local("/contacts?state=opted_in"));
        for away in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "evil"] {
            assert!(!is_local(away), "{away:?}");
        }
    }
}
