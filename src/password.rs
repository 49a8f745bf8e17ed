//! Passwords: what makes one acceptable, and Argon2id over it (OWASP: 19 MiB, two passes, one lane). It must not know
//! whose they are, and never runs on an async thread.

pub mod totp;

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// The fewest characters of a password.
pub const SHORTEST: usize = 12;
/// The most bytes of a password.
pub const LONGEST: usize = 1024;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Hashing at most this often at once bounds the memory that visitors can make us use.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
/// Verified against when there is no such account, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashError(pub(crate) String);

/// Is the password acceptable for this account? If not, what to do about it.
///
/// # Errors
/// The sentence for the person.
pub fn check(password: &str, email: &str) -> Result<(), &'static str> {
    if password.chars().count() < SHORTEST {
        Err("Choose a password of at least 12 characters. A few words in a row are good.")
    } else if password.len() > LONGEST {
        Err("Choose a shorter password: at most 1,024 bytes.")
    } else if password.trim().eq_ignore_ascii_case(email.trim()) {
        Err("Choose a password that is not the email address.")
    } else {
        Ok(())
    }
}

/// The hash to keep, with its parameters and a fresh salt (PHC string). Slow on purpose.
///
/// # Errors
/// When there is no randomness.
pub fn hash(password: &str) -> Result<String, HashError> {
    let hash: Result<PasswordHash, _> = argon2()?.hash_password(&normal(password));
    hash.map(|hash| hash.to_string()).map_err(|error| HashError(error.to_string()))
}

/// True if the password is the one that was hashed. Slow on purpose.
pub fn verify(password: &str, hash: &str) -> bool {
    let (Ok(hash), true) = (PasswordHash::new(hash), password.len() <= LONGEST) else { return false };
    argon2().is_ok_and(|argon2| argon2.verify_password(&normal(password), &hash).is_ok())
}

/// [`hash`], off the async threads.
///
/// # Errors
/// As [`hash`].
pub async fn hash_aside(password: String) -> Result<String, HashError> {
    spawn_blocking(move || hash(&password)).await?
}

/// [`verify`], off the async threads. Takes as long without a hash, and says no.
///
/// # Errors
/// When the process is shutting down.
pub async fn verify_aside(password: String, hash: Option<String>) -> Result<bool, HashError> {
    spawn_blocking(move || match hash {
        Some(hash) => verify(&password, &hash),
        None => {
            verify(&password, &NOBODY);
            false
        }
    })
    .await
}

async fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HashError> {
    let permit = AT_ONCE.acquire().await.map_err(|error| HashError(error.to_string()))?;
    let done = tokio::task::spawn_blocking(work).await;
    drop(permit);
    done.map_err(|error| HashError(error.to_string()))
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The same characters typed on another keyboard are the same password (NIST SP 800-63B).
fn normal(password: &str) -> Vec<u8> {
    password.nfkc().collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_verifies() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse battery", &hash));
        assert!(!verify("correct horse battery ", &hash));
        assert!(!verify("correct horse battery", "no hash"));
    }

    #[test]
    fn short_long_and_own_address_are_refused() {
        assert!(check("eleven char", "a@example.com").is_err());
        assert!(check(&"x".repeat(1025), "a@example.com").is_err());
        assert!(check("Ada@Example.com", "ada@example.com").is_err());
        assert!(check("twelve chars", "ada@example.com").is_ok());
    }
}
