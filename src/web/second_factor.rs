//! What a second factor is kept as: the app's secret encrypted under the installation's key, recovery codes as keyed hashes.
//! The pages of sign-in and of one's own account use it; it writes nothing.

use actix_web::cookie::{Cookie, CookieJar};
use data_encoding::BASE32_NOPAD;

use super::AppState;
use super::error::PageError;
use crate::actions::second_factor::VerifiedCode;
use crate::password::totp::SharedSecret;
use crate::store::second_factors::SecondFactor;
use crate::store::users::User;

/// Recovery codes of a person.
const CODES: usize = 10;
/// Random bytes of each: ten letters and digits.
const CODE_BYTES: usize = 6;

/// A secret, encrypted for one person. The cipher is the one of encrypted cookies (AES-256-GCM, bound to its name).
#[derive(Clone, Debug)]
pub struct SealedSecret(pub String);

impl SealedSecret {
    /// Encrypts a secret.
    pub fn new(app: &AppState, user: &User, secret: &SharedSecret) -> Self {
        let (name, mut jar) = (label(user), CookieJar::new());
        jar.private_mut(&app.cookie_key).add(Cookie::new(name.clone(), secret.base32()));
        SealedSecret(jar.get(&name).map(|cookie| cookie.value().to_owned()).unwrap_or_default())
    }

    /// The secret, if it was encrypted for this person under the key of this installation.
    pub fn open(&self, app: &AppState, user: &User) -> Option<SharedSecret> {
        let (name, mut jar) = (label(user), CookieJar::new());
        jar.add_original(Cookie::new(name.clone(), self.0.clone()));
        SharedSecret::from_base32(jar.private(&app.cookie_key).get(&name)?.value())
    }
}

fn label(user: &User) -> String {
    format!("second-factor-{}", user.id)
}

/// What a person typed: a code of their app that is right now, or what may be a recovery code; `None` when it is neither.
pub fn verified(app: &AppState, user: &User, factor: &SecondFactor, typed: &str) -> Option<VerifiedCode> {
    let sealed = SealedSecret(factor.sealed_secret.clone());
    let Some(secret) = sealed.open(app, user) else {
        log::error!("A second factor can't be read: SECRET_KEY is another one than it was set up under.");
        return None;
    };
    if let Some(step) = secret.step_of(typed, app.clock.now().utc().timestamp()) {
        return Some(VerifiedCode::AppCode { sealed_secret: sealed.0, step });
    }
    let code = normal(typed);
    (code.len() == letters()).then(|| VerifiedCode::RecoveryCode(hash(app, user, &code)))
}

/// New recovery codes as a person reads them, and their keyed hashes.
///
/// # Errors
/// When there is no randomness.
pub fn recovery_codes(app: &AppState, user: &User) -> Result<(Vec<String>, Vec<Vec<u8>>), PageError> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let mut random = [0; CODE_BYTES];
        getrandom::fill(&mut random).map_err(PageError::internal)?;
        codes.push(BASE32_NOPAD.encode(&random).to_lowercase());
    }
    let hashes = codes.iter().map(|code| hash(app, user, code)).collect();
    let shown = codes.iter().map(|code| {
        let (first, second) = code.split_at(letters() / 2);
        format!("{first}-{second}")
    });
    Ok((shown.collect(), hashes))
}

fn letters() -> usize {
    BASE32_NOPAD.encode_len(CODE_BYTES)
}

/// As it was made, however it is typed.
fn normal(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric()).take(64).collect::<String>().to_ascii_lowercase()
}

fn hash(app: &AppState, user: &User, code: &str) -> Vec<u8> {
    app.signer.keyed_hash("recovery code", &format!("{} {code}", user.id))
}
