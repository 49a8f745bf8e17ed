//! What proves a consent or a revocation. Each event of the history carries exactly one piece of evidence; the rules
//! that reach "opted in" take the kinds that can prove it, so consent without evidence does not compile.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{InboundId, MessageId, NumberId};
use super::import::{ImportedConsent, ImportedOptOut};
use super::time::Timestamp;
use super::words::words;

words! {
    /// What kind of document shows the consent (RULES §1). "Test" is not a document.
    DocumentKind {
        /// A form with the lead's signature.
        SignedForm = "signed_form",
        /// A recorded telephone call.
        RecordedCall = "recorded_call",
        /// An e-mail from the lead.
        Email = "email",
        /// Consent given face to face and written down.
        InPerson = "in_person",
        /// A contract with the consent in it.
        Contract = "contract",
        /// Anything else, explained in the reason.
        Other = "other",
    }
}

words! {
    /// How a person revoked outside of texting: any reasonable means (47 CFR 64.1200(a)(10)).
    RevocationChannel {
        /// By telephone.
        Call = "call",
        /// By e-mail.
        Email = "email",
        /// By letter.
        Letter = "letter",
        /// Face to face.
        InPerson = "in_person",
        /// By a text in other words than a keyword, as a person read it.
        Text = "text",
        /// Any other way.
        Other = "other",
    }
}

words! {
    /// How a number came to be known: what a program may ask before its opt-in template goes out.
    BasisKind {
        /// The lead is a customer.
        CustomerRelationship = "customer_relationship",
        /// The lead asked about something.
        Inquiry = "inquiry",
        /// Somebody passed the number on, with the lead's permission.
        Referral = "referral",
        /// The lead signed up at an event.
        EventSignUp = "event_sign_up",
        /// Anything else, explained in the words.
        Other = "other",
    }
}

/// How we got a number: what an invitation rests on where its program asks for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ContactBasis {
    /// The kind.
    pub kind: BasisKind,
    /// In words.
    pub words: String,
}

/// A text from the lead's handset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HandsetText {
    /// Our record of the text.
    pub inbound: InboundId,
    /// Which provider brought it.
    pub provider: String,
    /// The provider's id of the text.
    pub provider_message_id: String,
    /// What the lead wrote.
    pub body: String,
    /// Our number it was sent to.
    pub to: String,
    /// The keyword it was read as.
    pub matched: String,
    /// When the handset sent it, where the provider's webhook says so.
    pub sent_at: Option<Timestamp>,
    /// When it was sent, as the provider answered when it was asked. Left out of the bytes where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_sent_at: Option<Timestamp>,
}

impl HandsetText {
    /// When it was sent, told or asked.
    pub fn time(&self) -> Option<Timestamp> {
        self.sent_at.or(self.asked_sent_at)
    }
}

/// The record of a hosted form that was submitted with the box ticked (RULES §8).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FormRecord {
    /// The form's slug.
    pub form: String,
    /// The version of the consent language that was shown.
    pub version: i32,
    /// Its language (BCP 47).
    pub locale: String,
    /// The consent language, byte for byte.
    pub wording: String,
    /// SHA-256 of the wording, in hexadecimal.
    pub wording_sha256: String,
    /// The state of the box: always true here, kept because the record must say so.
    pub checkbox_ticked: bool,
    /// True when what was sent came from our own page with this wording; otherwise somebody only says that it was shown,
    /// and it is no more than a wish to be asked. Unknown for the oldest records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_shown: Option<bool>,
    /// The page's public address.
    pub page_url: String,
    /// The visitor's address.
    pub ip: String,
    /// The visitor's browser, as it names itself.
    pub user_agent: String,
    /// The name they gave, if any.
    pub name: Option<String>,
}

/// The document behind a manual opt-in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConsentDocument {
    /// What kind of document it is.
    pub document: DocumentKind,
    /// When the lead gave the consent.
    pub given_at: Timestamp,
    /// Reference or reason in words.
    pub reason: String,
    /// SHA-256 of the stored file, in hexadecimal.
    pub file_sha256: Option<String>,
    /// The file's media type, by its content.
    pub file_type: Option<String>,
}

/// Where a state was taken over from: the record of the same handset under another spelling of its number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OtherSpelling {
    /// The other record.
    pub number: NumberId,
    /// Its spelling.
    pub e164: String,
    /// The event of its history up to which it was read.
    pub seq: i32,
    /// That event's hash, in hexadecimal.
    pub hash: String,
    /// The reason of the flag that was taken over; empty for a state.
    pub reason: String,
}

/// What one event of the history rests on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Evidence {
    /// A text from the handset.
    HandsetText(HandsetText),
    /// A submitted form.
    WebForm(FormRecord),
    /// A document for a manual opt-in.
    Document(ConsentDocument),
    /// How a person revoked by other means.
    Revocation {
        /// By which channel.
        channel: RevocationChannel,
        /// In words.
        reason: String,
    },
    /// A consent in a file from another system.
    ImportedConsent(ImportedConsent),
    /// An opt-out in a file from another system.
    ImportedOptOut(ImportedOptOut),
    /// A provider refused because the lead is blocked there.
    ProviderBlock {
        /// Which provider.
        provider: String,
        /// Its code.
        code: String,
        /// The message that was refused.
        message: MessageId,
    },
    /// The opt-in request that was scheduled or taken by the carrier. In older histories also why one failed: the event's
    /// kind tells.
    Invitation {
        /// The message.
        message: MessageId,
        /// Its exact text.
        text: String,
        /// How we got the number, where somebody said so. Left out of the bytes otherwise: older histories keep theirs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basis: Option<ContactBasis>,
    },
    /// The record of the same handset under another spelling of its number.
    OtherSpelling(OtherSpelling),
    /// An opt-in request that reached nobody.
    RequestFailed {
        /// The message.
        message: MessageId,
        /// Why.
        reason: String,
    },
    /// A reason in words.
    Note {
        /// The words.
        reason: String,
    },
}

impl Evidence {
    /// The wording that the lead read: of the form, or of the opt-in template.
    pub fn wording(&self) -> Option<&str> {
        match self {
            Evidence::WebForm(record) => Some(&record.wording),
            Evidence::ImportedConsent(consent) => consent.wording.as_deref(),
            Evidence::Invitation { text, .. } => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Evidence;

    #[test]
    fn an_invitation_from_before_bases_were_kept_has_the_same_bytes() {
        let old =
            r#"{"type":"invitation","message":"01890a5d-ac96-774b-bcce-b302099a8057","text":"Reply START"}"#;
        let read: Evidence = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
        let old = r#"{"type":"handset_text","inbound":"01890a5d-ac96-774b-bcce-b302099a8057","provider":"twilio",
            "provider_message_id":"SM1","body":"START","to":"+12065550199","matched":"start","sent_at":null}"#;
        let old = old.replace(",\n            ", ",");
        let read: Evidence = serde_json::from_str(&old).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
    }
}
