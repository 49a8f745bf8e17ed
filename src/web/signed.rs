//! Signs moments with the installation's one secret, so that every process of it agrees on them and nothing has to be
//! stored. Forms before sign-in and the hosted form use it; it writes nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::domain::time::Timestamp;

/// Signs. Its key is of no use for anything else.
#[derive(Clone)]
pub struct ValueSigner {
    key: [u8; 32],
}

impl ValueSigner {
    /// The signer of an installation.
    pub fn new(secret: &[u8]) -> Self {
        ValueSigner {
            key: Sha256::new().chain_update(b"sms-opt-in signer\0").chain_update(secret).finalize().into(),
        }
    }

    /// A token that says when it was made, for one purpose.
    pub fn stamp(&self, purpose: &str, now: Timestamp) -> String {
        let micros = now.micros().to_be_bytes();
        let mut bytes = micros.to_vec();
        bytes.extend_from_slice(&self.mac(purpose, &micros));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// When a token was made, if it is ours and for this purpose.
    pub fn stamped_at(&self, purpose: &str, token: &str) -> Option<Timestamp> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (micros, signature) = bytes.split_first_chunk::<8>()?;
        let same: bool =
            subtle::ConstantTimeEq::ct_eq(self.mac(purpose, micros).as_slice(), signature).into();
        same.then(|| Timestamp::from_micros(i64::from_be_bytes(*micros)))
    }

    /// A keyed hash of a value, for one purpose: those who do not have the key cannot tell the value from it.
    pub fn keyed_hash(&self, purpose: &str, value: &str) -> Vec<u8> {
        self.mac(&format!("keyed hash {purpose}\0{value}"), &[])
    }

    fn mac(&self, purpose: &str, bytes: &[u8]) -> Vec<u8> {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return Vec::new() };
        mac.update(bytes);
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_purpose_and_one_installation() {
        let (ours, theirs) = (ValueSigner::new(b"ours"), ValueSigner::new(b"theirs"));
        let now = Timestamp::from_micros(1_000_000);
        let token = ours.stamp("sign-in", now);
        assert_eq!(
            ValueSigner::new(b"ours").stamped_at("sign-in", &token),
            Some(now),
            "after a restart, too"
        );
        assert_eq!(ours.stamped_at("other", &token), None);
        assert_eq!(theirs.stamped_at("sign-in", &token), None);
        for nonsense in ["", "AAAA", "nonsense"] {
            assert_eq!(ours.stamped_at("sign-in", nonsense), None);
        }
    }
}
