//! Codes of an authenticator app: six digits that change every 30 seconds (RFC 6238 with its defaults, as every app reads
//! them). It must not know whose they are, nor which were used; it writes nothing.

use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Builder, Secret, Totp};

use super::HashError;

/// Clocks may differ by one step each way.
const DRIFT: u16 = 1;
/// Under which the app lists its codes.
const ISSUER: &str = "SMS Opt-In";

/// What an app and we have in common.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret([u8; 20]);

impl SharedSecret {
    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random() -> Result<Self, HashError> {
        let mut secret = [0; 20];
        getrandom::fill(&mut secret).map_err(|error| HashError(error.to_string()))?;
        Ok(SharedSecret(secret))
    }

    /// As it is typed into an app.
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The one that was written so.
    pub fn from_base32(text: &str) -> Option<Self> {
        BASE32_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(SharedSecret)
    }

    /// What an app reads from the picture.
    pub fn link(&self, account: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (issuer, secret) = (encoded(ISSUER), self.base32());
        format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", encoded(account))
    }

    /// The step that a code belongs to, if the clocks agree on it. Spaces do not count.
    pub fn step_of(&self, code: &str, unix_seconds: i64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = self.totp()?.check(&code, u64::try_from(unix_seconds).ok()?)?;
        i64::try_from(step).ok()
    }

    /// The code that an app shows.
    pub fn code_at(&self, unix_seconds: i64) -> Option<String> {
        Some(self.totp()?.generate(u64::try_from(unix_seconds).ok()?).to_string())
    }

    fn totp(&self) -> Option<Totp> {
        Builder::new().with_secret(Secret::new_stack(self.0)).with_skew(DRIFT).build().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // The secret and the moments of RFC 6238, appendix B, with six of its eight digits.
        let secret = SharedSecret(*b"12345678901234567890");
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(secret.code_at(seconds).as_deref(), Some(code));
            assert_eq!(secret.step_of(code, seconds), Some(seconds / 30));
        }
    }

    #[test]
    fn clocks_may_differ_by_one_step() {
        let secret = SharedSecret(*b"12345678901234567890");
        for (late, is_taken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let step = secret.step_of("08 1804", 1_111_111_109 + late);
            assert_eq!(step, is_taken.then_some(1_111_111_109 / 30), "{late} seconds");
        }
        for nonsense in ["", "81804", "0818041", "08180x", "０８１８０４"] {
            assert_eq!(secret.step_of(nonsense, 1_111_111_109), None, "{nonsense}");
        }
    }

    #[test]
    fn an_app_reads_the_link() {
        let secret = SharedSecret(*b"12345678901234567890");
        assert_eq!(
            secret.link("ada@example.com"),
            "otpauth://totp/SMS%20Opt%2DIn:ada%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=SMS%20Opt%2DIn"
        );
        assert!(SharedSecret::from_base32(&secret.base32()) == Some(secret));
        assert!(SharedSecret::from_base32("GEZDGNBV").is_none());
    }
}
