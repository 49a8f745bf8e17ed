//! Lists the evidence of an event as terms and values. Only the timeline uses it; it writes nothing.

use crate::domain::calendar::date_words;
use crate::domain::consent::{EventKind, failed_request};
use crate::domain::evidence::{ConsentDocument, Evidence, HandsetText};
use crate::domain::import::ImportLine;
use crate::web::routes;
use crate::web::session::Calendars;
use crate::words::Label;

/// A term and its value.
pub(in crate::web::admin) struct EntryFact {
    pub(in crate::web::admin) term: &'static str,
    pub(in crate::web::admin) value: String,
    pub(in crate::web::admin) style: &'static str,
    pub(in crate::web::admin) href: Option<String>,
}

pub(in crate::web::admin) fn fact(term: &'static str, value: impl Into<String>) -> EntryFact {
    EntryFact { term, value: value.into(), style: "", href: None }
}

fn styled(style: &'static str, term: &'static str, value: impl Into<String>) -> EntryFact {
    EntryFact { style, ..fact(term, value) }
}

pub(in crate::web::admin) fn linked(term: &'static str, value: impl Into<String>, href: String) -> EntryFact {
    EntryFact { href: Some(href), ..fact(term, value) }
}

fn message_link(id: crate::domain::id::MessageId) -> EntryFact {
    EntryFact { style: "mono", ..linked("Message", id.to_string(), routes::message(id)) }
}

fn document_facts(document: &ConsentDocument, calendars: Calendars) -> Vec<EntryFact> {
    let mut facts = vec![
        fact("Document", document.document.label()),
        fact("Given on", calendars.organization.record_day(document.given_at)),
        fact("Reference or reason", &document.reason),
    ];
    if let Some(hash) = &document.file_sha256 {
        let kind =
            document.file_type.as_deref().map_or("file", |kind| kind.rsplit('/').next().unwrap_or(kind));
        let short: String = hash.chars().take(8).collect();
        let words = format!("{} ({}), {short}…", document.document.label(), kind.to_uppercase());
        facts.push(linked("File", words, routes::document(hash)));
        facts.push(styled("mono", "SHA-256 of the file", hash));
    }
    facts
}

fn line_facts(line: &ImportLine) -> Vec<EntryFact> {
    let exported = match line.exported_on {
        Some(day) => format!("{}, on {}", line.source, date_words(day)),
        None => line.source.clone(),
    };
    vec![
        fact("Exported by", exported),
        fact("File", format!("{}, line {}", line.file, line.line)),
        styled("mono", "SHA-256 of the file", &line.file_sha256),
    ]
}

fn text_facts(text: &HandsetText, calendars: Calendars) -> Vec<EntryFact> {
    let mut facts = vec![
        styled("quote", "Text", &text.body),
        fact("Read as", &text.matched),
        fact("Sent to", &text.to),
        styled("mono", "Provider id", format!("{} {}", text.provider, text.provider_message_id)),
    ];
    if let Some(at) = text.asked_sent_at {
        facts.push(fact("Sent, says the carrier", calendars.reader.time_to_the_second(at)));
    }
    facts
}

pub(super) fn facts(kind: EventKind, evidence: &Evidence, calendars: Calendars) -> Vec<EntryFact> {
    if let Some((message, reason)) = failed_request(kind, evidence) {
        return vec![fact("Reason", reason), message_link(message)];
    }
    match evidence {
        Evidence::HandsetText(text) => text_facts(text, calendars),
        Evidence::WebForm(form) => vec![
            styled("quote", "Wording shown", &form.wording),
            fact("Form", format!("{}, version {}, language {}", form.form, form.version, form.locale)),
            styled("mono", "Wording hash", &form.wording_sha256),
            fact("Box ticked", if form.checkbox_ticked { "Yes" } else { "No" }),
            fact(
                "On our own page",
                match form.page_shown {
                    Some(true) => "Yes",
                    Some(false) => "No: sent without it, so it only asked for an invitation",
                    None => "Not recorded",
                },
            ),
            fact("Page", &form.page_url),
            styled("mono", "IP address", &form.ip),
            fact("Browser", &form.user_agent),
            fact("Name given", form.name.as_deref().unwrap_or("none")),
        ],
        Evidence::Document(document) => document_facts(document, calendars),
        Evidence::Revocation { channel, reason } => {
            vec![fact("Channel", channel.label()), styled("quote", "Words", reason)]
        }
        Evidence::ImportedConsent(consent) => {
            let mut facts = vec![
                fact("Opted in by", &consent.method),
                fact("Given on", calendars.organization.record_day(consent.given_at)),
            ];
            facts.extend(consent.wording.as_ref().map(|wording| styled("quote", "Wording shown", wording)));
            facts.extend(consent.reference.as_ref().map(|reference| fact("Document", reference)));
            facts.extend(line_facts(&consent.from));
            facts
        }
        Evidence::ImportedOptOut(record) => {
            let reason = (!record.reason.is_empty()).then(|| styled("quote", "Reason", &record.reason));
            reason.into_iter().chain(line_facts(&record.from)).collect()
        }
        Evidence::ProviderBlock { provider, code, message } => {
            vec![fact("Provider", provider), styled("mono", "Code", code), message_link(*message)]
        }
        Evidence::Invitation { message, text, basis } => {
            let mut facts = vec![styled("quote", "Text", text), message_link(*message)];
            if let Some(basis) = basis {
                facts.push(fact("How we got the number", basis.kind.label()));
                facts.push(styled("quote", "In words", &basis.words));
            }
            facts
        }
        Evidence::OtherSpelling(link) => {
            let href = routes::troubleshoot_number(&link.e164, "");
            vec![
                linked("Recorded under", format!("{}, event {}", link.e164, link.seq), href),
                styled("mono", "Hash of that event", &link.hash),
            ]
        }
        Evidence::RequestFailed { message, reason } => vec![fact("Reason", reason), message_link(*message)],
        Evidence::Note { reason } => vec![styled("quote", "Reason", reason)],
    }
}
