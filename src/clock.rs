//! The only place that asks what time it is. Everything else is told: actions take `now` as an argument, tests
//! carry a fixed clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::time::Timestamp;

/// Where `now` comes from.
#[derive(Clone, Default)]
pub enum Clock {
    /// The machine's clock, in UTC, truncated to microseconds.
    #[default]
    System,
    /// A clock that stands still until a test moves it.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    pub fn fixed(start: Timestamp) -> Self {
        Clock::Fixed(Arc::new(AtomicI64::new(start.micros())))
    }

    /// The current time.
    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp::from_micros(chrono::Utc::now().timestamp_micros()),
            Clock::Fixed(at) => Timestamp::from_micros(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock forward; the system clock is left alone.
    pub fn advance(&self, by: chrono::Duration) {
        if let Clock::Fixed(at) = self {
            at.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}
