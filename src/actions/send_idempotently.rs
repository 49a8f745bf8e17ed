//! Send at most once for each `Idempotency-Key`: the same key gets the same answer. Used by the JSON API; it writes the key
//! with the message, in the same transaction.

use crate::domain::id::ApiKeyId;
use crate::store::api_keys::{self, IdempotentAnswer};
use crate::store::{Tx, programs};

use super::send_message::{self, NewMessage, SendResult, send_message};
use super::{ActionContext, ActionError};

/// A message that a program asks for.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    /// The API key that asks.
    pub api_key: ApiKeyId,
    /// The idempotency key, if there is one.
    pub idempotency_key: Option<String>,
    /// The hash of what is asked for: the same key belongs to the same request.
    pub request_sha256: Vec<u8>,
    /// What is asked for.
    pub message: NewMessage,
}

/// The answer to a [`IdempotentRequest`].
#[derive(Debug)]
pub enum IdempotentResult {
    /// What became of the message, now or when the key was used first.
    Answered {
        /// The result.
        result: Box<SendResult>,
        /// The slug of the program that the verdict is about.
        program: String,
    },
    /// The idempotency key was used for a different request; nothing was written.
    KeyReused,
}

/// Sends a message, or tells again what became of it.
///
/// # Errors
/// As [`send_message`].
pub fn send_idempotently(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    request: &IdempotentRequest,
) -> Result<IdempotentResult, ActionError> {
    let IdempotentRequest { api_key: api_key_id, idempotency_key, request_sha256, message } = request;
    let Some(key) = idempotency_key else {
        let result = send_message(tx, context, message)?;
        return answered(tx, result);
    };
    if let Some(known) = api_keys::answered(tx, *api_key_id, key)? {
        if known.request_sha256 != *request_sha256 {
            return Ok(IdempotentResult::KeyReused);
        }
        let message = known.message_id.ok_or(ActionError::NotFound("message"))?;
        let result = send_message::once_accepted(tx, message)?;
        return answered(tx, result);
    }
    let result = send_message(tx, context, message)?;
    let answer = IdempotentAnswer {
        api_key_id: *api_key_id,
        key: key.clone(),
        request_sha256: request_sha256.clone(),
        message_id: Some(result.id),
        created_at: context.now,
    };
    api_keys::keep_answer(tx, &answer)?;
    answered(tx, result)
}

fn answered(tx: &mut Tx<'_>, result: SendResult) -> Result<IdempotentResult, ActionError> {
    let program = match &result.verdict {
        Some(verdict) => programs::slug(tx, verdict.program)?.unwrap_or_default(),
        None => String::new(),
    };
    Ok(IdempotentResult::Answered { result: Box::new(result), program })
}
