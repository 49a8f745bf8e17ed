//! Commands that send and receive texts, and take in what providers report. Each one is the action of its name. Used by
//! pages, webhooks and the JSON API.

use crate::domain::id::MessageId;
use crate::domain::message::{InboundText, Receipt};
use crate::domain::phone::Phone;

use super::Commands;
use crate::actions::ActionError;
use crate::actions::deliver::deliver_now;
use crate::actions::expired_holds::{HoldAnswer, answer_hold};
use crate::actions::receive_receipt::receive_receipt;
use crate::actions::receive_text::{ReceivedResult, receive_text};
use crate::actions::send_idempotently::{IdempotentRequest, IdempotentResult, send_idempotently};
use crate::actions::send_message::{NewMessage, SendResult, send_from_page, send_to_phone};

impl Commands {
    /// Sends what a person wrote on a page.
    pub async fn send_from_page(self, new: NewMessage) -> Result<SendResult, ActionError> {
        self.run(move |tx, context| send_from_page(tx, context, &new)).await
    }

    /// Sends what a person wrote to a simulated phone, which becomes a contact.
    pub async fn send_to_phone(self, phone: Phone, new: NewMessage) -> Result<SendResult, ActionError> {
        self.run(move |tx, context| send_to_phone(tx, context, &phone, &new)).await
    }

    /// Sends what a program asks for, at most once for each idempotency key.
    pub async fn send_idempotently(
        self,
        request: IdempotentRequest,
    ) -> Result<IdempotentResult, ActionError> {
        self.run(move |tx, context| send_idempotently(tx, context, &request)).await
    }

    /// Records what a person decided about an expired message.
    pub async fn answer_hold(
        self,
        message: MessageId,
        answer: HoldAnswer,
    ) -> Result<Option<SendResult>, ActionError> {
        self.run(move |tx, context| answer_hold(tx, context, message, answer)).await
    }

    /// Delivers a scheduled message to a simulated phone now. False when it is no longer scheduled.
    pub async fn deliver_now(self, message: MessageId) -> Result<bool, ActionError> {
        self.run(move |tx, context| deliver_now(tx, message, context.now)).await
    }

    /// Takes in a text from a lead.
    pub async fn receive_text(
        self,
        provider: &'static str,
        text: InboundText,
    ) -> Result<ReceivedResult, ActionError> {
        self.run(move |tx, context| receive_text(tx, context, provider, &text)).await
    }

    /// Takes in what a provider reports about a message.
    pub async fn receive_receipt(self, provider: &'static str, receipt: Receipt) -> Result<(), ActionError> {
        self.run(move |tx, context| receive_receipt(tx, provider, &receipt, context.now)).await
    }
}
