//! What a file from another system may say, and what it may not.

use super::*;
use crate::domain::import::{ImportLine, ImportedConsent, ImportedOptOut};

fn line() -> ImportLine {
    ImportLine {
        source: "HubSpot".to_owned(),
        exported_on: None,
        file: "list.csv".to_owned(),
        file_sha256: "00".to_owned(),
        line: 2,
    }
}

pub(super) fn consent(given_at: Timestamp) -> Intent {
    let (method, wording) = ("web form".to_owned(), Some("Text me".to_owned()));
    Intent::ImportOptIn(ImportedConsent { from: line(), method, given_at, wording, reference: None })
}

pub(super) fn opt_out() -> Intent {
    Intent::ImportOptOut(ImportedOptOut { from: line(), received_at: Some(ago(3)), reason: String::new() })
}

#[test]
fn a_file_is_held_to_the_dates_of_a_document_and_an_opt_out_in_it_is_always_taken() {
    let back =
        known(&[(EventKind::OptedOut, ALL, Source::Handset), (EventKind::ConsentEnded, ALL, Source::Manual)]);
    assert_eq!(decided(&back, consent(ago(9))).unwrap_err().code(), "opted_out");
    assert_eq!(
        decided(&NumberConsent::default(), consent(NOW.plus(Duration::days(2)))),
        Err(Refusal::ConsentInFuture)
    );
    assert_eq!(event(&NumberConsent::default(), consent(ago(3))).occurred_at, ago(3));
    let out = event(&opted_in(), opt_out());
    assert_eq!((out.program, out.source, out.occurred_at), (ALL, Source::Import, ago(3)));
    let later = ImportedOptOut {
        from: line(),
        received_at: Some(NOW.plus(Duration::days(2))),
        reason: String::new(),
    };
    assert_eq!(event(&opted_in(), Intent::ImportOptOut(later)).occurred_at, NOW);
}
