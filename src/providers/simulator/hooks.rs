//! What the simulated carrier posts to our server, as JSON. Made by the simulator and read by the webhooks; it writes
//! nothing.

use serde::{Deserialize, Serialize};

use super::WebhookError;
use crate::domain::id::MessageId;
use crate::domain::time::Timestamp;

/// A lead's text.
#[derive(Serialize, Deserialize)]
pub(super) struct InboundHook {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) body: String,
    pub(super) sent_at: Option<Timestamp>,
}

/// What became of a text of ours.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ReceiptHook {
    pub(super) id: String,
    pub(super) message: Option<MessageId>,
    pub(super) status: String,
    pub(super) code: Option<String>,
}

/// Reads a webhook of the simulated carrier.
pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, WebhookError> {
    serde_json::from_slice(body)
        .map_err(|error| WebhookError(format!("The webhook cannot be read: {error}.")))
}
