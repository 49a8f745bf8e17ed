//! One attempt to prove who one is, and what a failure of it counts against: in a browser that the person signed in with
//! before, that browser alone; in any other, the network and the account. Only keyed hashes of them are kept. The pages of
//! sign-in and of one's own account use it; it writes through `actions::sign_in_limits`.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{HttpRequest, HttpResponse};

use super::AppState;
use super::client_address::{client_ip, network_of};
use super::error::PageError;
use super::session::{known_device, remember_device};
use crate::actions::sign_in_limits::{AttemptBuckets, SpentBudget};
use crate::domain::actor::Actor;
use crate::domain::sign_in::FailureScope;
use crate::store::users::User;

/// No address is longer.
const LONGEST_ACCOUNT: usize = 320;

/// One attempt.
#[derive(Clone, Debug)]
pub struct SignInAttempt {
    buckets: AttemptBuckets,
    /// The identifier of a browser that is known.
    device: Option<String>,
}

impl SignInAttempt {
    /// An attempt to sign in to the account of this address, which `user` has if there is one.
    pub fn new(app: &AppState, request: &HttpRequest, email: &str, user: Option<&User>) -> Self {
        let device = user.and_then(|user| known_device(app, request, user).map(|device| (user, device)));
        if let Some((user, device)) = device {
            let buckets = vec![bucket(app, FailureScope::Device, &format!("{} {device}", user.id))];
            return SignInAttempt { buckets: AttemptBuckets::new(buckets), device: Some(device) };
        }
        let account: String = email.trim().to_lowercase().chars().take(LONGEST_ACCOUNT).collect();
        let network = network_of(&client_ip(app, request));
        let buckets = vec![
            bucket(app, FailureScope::Network, &network),
            bucket(app, FailureScope::AccountFromNetwork, &format!("{network} {account}")),
            bucket(app, FailureScope::Account, &account),
        ];
        SignInAttempt { buckets: AttemptBuckets::new(buckets), device: None }
    }

    /// A person who is signed in proves it once more.
    pub fn confirming(app: &AppState, user: &User) -> Self {
        let buckets = vec![bucket(app, FailureScope::Confirmation, &user.id.to_string())];
        SignInAttempt { buckets: AttemptBuckets::new(buckets), device: None }
    }

    /// Counts it as a failure until it turns out to be right.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, app: &AppState) -> Result<Result<(), SpentBudget>, PageError> {
        let counted = app.commands(Actor::System).count_attempt(self.buckets.clone()).await?;
        if let Err(spent) = counted {
            app.refused_sign_ins.count(spent.scope);
            log::warn!("A sign-in was refused. Too many attempts have failed, counted by {}.", spent.scope);
        }
        Ok(counted)
    }

    /// It was right: it does not count.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forgive(&self, app: &AppState) -> Result<(), PageError> {
        Ok(app.commands(Actor::System).forgive_attempt(self.buckets.clone()).await?)
    }

    /// What a failure counts against.
    pub fn buckets(&self) -> AttemptBuckets {
        self.buckets.clone()
    }

    /// Marks the browser as one in which the person signed in.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn remember(self, app: &AppState, answer: &mut HttpResponse, user: &User) -> Result<(), PageError> {
        remember_device(app, answer, user, self.device)
    }
}

fn bucket(app: &AppState, scope: FailureScope, of: &str) -> (FailureScope, Vec<u8>) {
    (scope, app.signer.keyed_hash(scope.as_str(), of))
}

/// Attempts that this server refused since its start, because too many had failed.
#[derive(Debug, Default)]
pub struct RefusedSignIns([AtomicU64; FailureScope::ALL.len()]);

impl RefusedSignIns {
    fn count(&self, scope: FailureScope) {
        for (counted, n) in FailureScope::ALL.iter().zip(&self.0) {
            n.fetch_add(u64::from(*counted == scope), Ordering::Relaxed);
        }
    }

    /// How many, by what they were counted by.
    pub fn all(&self) -> impl Iterator<Item = (FailureScope, u64)> {
        FailureScope::ALL.iter().copied().zip(self.0.iter().map(|n| n.load(Ordering::Relaxed)))
    }
}
