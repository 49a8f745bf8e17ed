//! What a provider posts to us: signatures over the raw bytes, and reading fields. It must not know what a text means.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use subtle::ConstantTimeEq;

use crate::domain::id::MessageId;

/// A webhook as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct WebhookRequest<'a> {
    /// The configured public URL that was called, with path and query; never what the request claims.
    pub url: &'a str,
    /// The raw body.
    pub body: &'a [u8],
    /// The provider's signature header, where there is one.
    pub signature: Option<&'a str>,
}

/// The webhook is not the provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook's signature is missing or does not match")]
pub struct BadSignature;

/// The webhook is the provider's but cannot be understood: a sentence that names the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WebhookError(pub String);

/// The fields of a form body, in order, repeated names kept.
#[derive(Debug)]
pub(super) struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// Decodes `application/x-www-form-urlencoded`.
    pub(super) fn read(body: &[u8]) -> Result<FormFields, WebhookError> {
        serde_html_form::from_bytes(body)
            .map(FormFields)
            .map_err(|_| WebhookError("The webhook's body is not a form.".to_owned()))
    }

    /// The first value under a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value under a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What Twilio signs behind the address: name ‖ value …, names sorted, the values of a repeated name sorted and each
    /// once, and nothing between them.
    pub(super) fn signed(&self) -> String {
        self.fields().flat_map(|(name, value)| [name, value]).collect()
    }

    /// The fields as Twilio signs them: sorted, each once.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields: std::collections::BTreeSet<_> = self.0.iter().collect();
        fields.into_iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value that is not empty under one of several names.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().filter_map(|name| self.get(name)).find(|value| !value.is_empty())
    }

    /// As [`Form::first`]; the name is told where there is none.
    pub(super) fn need(&self, names: &[&str]) -> Result<String, WebhookError> {
        self.first(names).map(str::to_owned).ok_or_else(|| {
            WebhookError(format!("The webhook has no {}.", names.first().copied().unwrap_or("field")))
        })
    }
}

/// Our own message id, where the called URL carries `message=`.
pub(super) fn message_in(url: &str) -> Option<MessageId> {
    let query = url.split_once('?')?.1.split('#').next()?;
    FormFields::read(query.as_bytes()).ok()?.get("message")?.parse().ok()
}

/// Checks Twilio's signature as its official client does: with and without the port in the URL, because Twilio itself
/// signs either. An empty token signs for everybody, so nothing is believed with one. What fields the signed characters
/// were cut into is not part of the signature.
pub(super) fn verify_twilio(token: &str, hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
    let given = hook.signature.filter(|_| !token.is_empty()).ok_or(BadSignature)?;
    let form = FormFields::read(hook.body).map_err(|_| BadSignature)?;
    let matches = url_spellings(hook.url)
        .iter()
        .filter_map(|url| sign_twilio(token, url, &form))
        .any(|right| same(&right, given));
    if matches { Ok(()) } else { Err(BadSignature) }
}

/// base64(HMAC-SHA1(token, url ‖ name ‖ value …)).
pub(super) fn sign_twilio(token: &str, url: &str, form: &FormFields) -> Option<String> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(url.as_bytes());
    mac.update(form.signed().as_bytes());
    Some(base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes()))
}

/// The URL without and with a port. A port that is not written is the scheme's own.
fn url_spellings(url: &str) -> [String; 2] {
    let Some((scheme, rest)) = url.split_once("://") else { return [url.to_owned(), url.to_owned()] };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let port = authority
        .rsplit_once(':')
        .filter(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    match port {
        Some((host, _)) => [format!("{scheme}://{host}{path}"), url.to_owned()],
        None => {
            let port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
            [url.to_owned(), format!("{scheme}://{authority}:{port}{path}")]
        }
    }
}

/// hex(HMAC-SHA256(secret, url ‖ "\n" ‖ body)): how the simulator signs.
pub(super) fn sign_simulator(secret: &[u8], url: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).ok()?;
    mac.update(url.as_bytes());
    mac.update(b"\n");
    mac.update(body);
    Some(data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
}

/// Checks the simulator's signature.
pub(super) fn verify_simulator(secret: &[u8], hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
    let given = hook.signature.ok_or(BadSignature)?;
    let right = sign_simulator(secret, hook.url, hook.body).ok_or(BadSignature)?;
    if same(&right, given) { Ok(()) } else { Err(BadSignature) }
}

/// Equality in constant time.
fn same(right: &str, given: &str) -> bool {
    right.as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors made with Twilio's own Python client, `RequestValidator("12345").compute_signature`.
    const UNICODE: &[u8] =
        "Body=Gr%C3%BC%C3%9Fe+%F0%9F%91%8B+%26+%3D%2B%25&From=%2B12065550100&a=1&Z=2".as_bytes();
    const INBOUND: &str = "https://example.com/hooks/twilio/inbound";
    const STATUS: &str =
        "https://example.com/hooks/twilio/status?message=0190a5b4-0000-7000-8000-000000000001";

    fn check(url: &str, body: &[u8], signature: &str) -> Result<(), BadSignature> {
        verify_twilio("12345", &WebhookRequest { url, body, signature: Some(signature) })
    }

    #[test]
    fn twilio_signatures_are_those_of_the_official_client() {
        let stop = b"MessageSid=SM1&From=%2B12065550100&To=%2B12065550199&Body=STOP";
        assert_eq!(check(INBOUND, stop, "P7WnHkPYdsLe9Drp+n5dUdF1T7o="), Ok(()));
        let repeated = b"MessageSid=SM2&MediaUrl=b&MediaUrl=a&MediaUrl=b&Body=";
        assert_eq!(check(STATUS, repeated, "sYRAbLPcrykznrM1ZLNELUZiItw="), Ok(()));
        // Signed with the port and without it: both are Twilio's, whichever way the public URL is written.
        for url in [INBOUND, "https://example.com:443/hooks/twilio/inbound"] {
            assert_eq!(check(url, UNICODE, "CJzYFbU0Ci+djsxb7bk3bPBfHaI="), Ok(()));
            assert_eq!(check(url, UNICODE, "72QTnzsKFy3SHcayuXkXoIHIcYA="), Ok(()));
        }
        assert_eq!(check("http://example.com:8443/hook", b"A=1", "HmJYqzUzVCkhMo/Wc5PCx0B6wKY="), Ok(()));
    }

    #[test]
    fn a_changed_text_or_another_key_is_refused() {
        let changed = b"MessageSid=SM1&From=%2B12065550100&To=%2B12065550199&Body=START";
        assert_eq!(check(INBOUND, changed, "P7WnHkPYdsLe9Drp+n5dUdF1T7o="), Err(BadSignature));
        assert_eq!(check(INBOUND, b"", ""), Err(BadSignature));
        let unsigned = WebhookRequest { url: INBOUND, body: b"", signature: None };
        assert_eq!(verify_twilio("12345", &unsigned), Err(BadSignature));
        let form = FormFields::read(b"").unwrap();
        let signature = sign_twilio("", INBOUND, &form).unwrap();
        let hook = WebhookRequest { url: INBOUND, body: b"", signature: Some(&signature) };
        assert_eq!(verify_twilio("", &hook), Err(BadSignature), "an empty token signs for everybody");
    }

    #[test]
    fn the_simulator_believes_only_itself() {
        let url = "http://127.0.0.1:8080/hooks/simulator/inbound";
        let signature = sign_simulator(&[7; 32], url, b"{}").unwrap();
        let hook = WebhookRequest { url, body: b"{}", signature: Some(&signature) };
        assert_eq!(verify_simulator(&[7; 32], &hook), Ok(()));
        assert_eq!(verify_simulator(&[8; 32], &hook), Err(BadSignature));
        assert_eq!(verify_simulator(&[7; 32], &WebhookRequest { body: b"{ }", ..hook }), Err(BadSignature));
        assert_eq!(
            verify_simulator(&[7; 32], &WebhookRequest { signature: None, ..hook }),
            Err(BadSignature)
        );
    }

    #[test]
    fn our_message_is_read_from_the_url() {
        assert_eq!(message_in(STATUS), "0190a5b4-0000-7000-8000-000000000001".parse().ok());
        assert_eq!(message_in(INBOUND), None);
        assert_eq!(message_in("https://example.com/?message=1"), None);
    }
}
