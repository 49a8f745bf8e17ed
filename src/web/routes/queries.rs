//! Addresses with a query that more than one page leads to. `routes` offers them as its own; this file writes nothing.

use std::fmt::Display;

use super::{
    contacts, messages, new_contact, new_revocation, new_rule_row, public_replies, reply_tester, reviews,
    revocations, rules_history, troubleshoot, with_query,
};

/// The checks of this number, in this program where one is named.
pub fn troubleshoot_number(number: &str, program: &str) -> String {
    with_query(troubleshoot(), &[("number", number), ("program", program)])
}

/// The form to record an opt-out, for this number.
pub fn new_revocation_for(phone: &str) -> String {
    with_query(new_revocation(), &[("phone", phone)])
}

/// The form for a new contact, with this number.
pub fn new_contact_for(phone: &str) -> String {
    with_query(new_contact(), &[("phone", phone)])
}

/// The list of the contacts with this number.
pub fn contacts_with(phone: &str) -> String {
    with_query(contacts(), &[("q", phone)])
}

/// The messages with this status.
pub fn messages_by(status: &str) -> String {
    with_query(messages(), &[("status", status)])
}

/// The contacts in this state.
pub fn contacts_in(state: &str) -> String {
    with_query(contacts(), &[("state", state)])
}

/// The form for a new rule of this kind.
pub fn new_rule_row_of(kind: &str) -> String {
    with_query(new_rule_row(), &[("kind", kind)])
}

/// The history of the rules from this version down.
pub fn rules_history_up_to(version: impl Display) -> String {
    with_query(rules_history(), &[("up_to", &version.to_string())])
}

/// How replies of this class are read, for everybody.
pub fn public_replies_of(class: &str) -> String {
    with_query(public_replies(), &[("class", class)])
}

/// Examples of this class, and how this text is read.
pub fn reply_tester_of(class: &str, text: &str) -> String {
    with_query(reply_tester(), &[("class", class), ("text", text)])
}

/// The opt-outs before this place.
pub fn revocations_before(position: impl Display) -> String {
    with_query(revocations(), &[("before", &position.to_string())])
}

/// The review desk after this place.
pub fn reviews_after(since: i64, number: impl Display) -> String {
    with_query(reviews(), &[("after", &format!("{since}.{number}"))])
}
