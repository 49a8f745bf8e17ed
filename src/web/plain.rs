//! The frame of the pages before sign-in and of errors, and the redirect to another page. The public pages and error
//! pages use it; it writes nothing.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

use super::assets;

/// What `layouts/plain.html` asks.
#[derive(Clone, Copy, Debug)]
pub struct PlainPage;

impl PlainPage {
    /// The address of a static file.
    pub fn asset(&self, path: &str) -> String {
        assets::url(path)
    }
}

/// The answer after a change: look there.
pub fn see_other(to: impl AsRef<str>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to.as_ref())).finish()
}

/// A figure as people read it: "1,234,567".
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = if n < 0 { "-".to_owned() } else { String::new() };
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
