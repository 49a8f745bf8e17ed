//! Whatever the signed characters are cut into, the text keeps its identifier.

use proptest::prelude::*;
use secrecy::SecretString;

use super::super::super::{Provider, WebhookRequest};
use super::super::webhook::{FormFields, sign_twilio};
use super::super::{API_BASE, Twilio, TwilioConfig};
use crate::domain::message::{IdCertainty, InboundText};

const URL: &str = "https://example.com/hooks/twilio/inbound";
const SID: &str = "SM5f3e0c9ab1d24c7786a0b9c8d7e6f5a4";

type Fields = Vec<(String, String)>;

fn twilio() -> Twilio {
    Twilio::new(TwilioConfig {
        account_sid: "AC1".to_owned(),
        auth_token: SecretString::from("hush-hush"),
        api_base: API_BASE.to_owned(),
        public_url: "https://example.com".to_owned(),
    })
    .unwrap()
}

/// Every field of a real inbound text.
fn real(body: &str) -> Fields {
    [
        ("AccountSid", "AC1"),
        ("ApiVersion", "2010-04-01"),
        ("Body", body),
        ("From", "+12065550100"),
        ("FromCity", "SEATTLE"),
        ("FromCountry", "US"),
        ("FromZip", "98101"),
        ("MessageSid", SID),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsMessageSid", SID),
        ("SmsSid", SID),
        ("SmsStatus", "received"),
        ("To", "+12065550199"),
        ("ToCountry", "US"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// What is made of these fields under this signature, when they are rightly signed and can be read.
fn read(twilio: &Twilio, fields: &Fields, signature: &str) -> Option<InboundText> {
    let body = serde_html_form::to_string(fields).unwrap();
    let hook = WebhookRequest { url: URL, body: body.as_bytes(), signature: Some(signature) };
    twilio.verify(&hook).ok()?;
    twilio.parse_inbound(&hook).ok()
}

/// The text's identifier and its words, where a consent in them counts at once.
fn accepted(twilio: &Twilio, fields: &Fields, signature: &str) -> Option<(String, String)> {
    let text = read(twilio, fields, signature).filter(|text| text.id_certainty == IdCertainty::Certain)?;
    Some((text.provider_id, text.body))
}

fn signed(fields: &Fields) -> (String, String) {
    let form = FormFields::read(serde_html_form::to_string(fields).unwrap().as_bytes()).unwrap();
    (form.signed(), sign_twilio("hush-hush", URL, &form).unwrap())
}

fn pairs(pieces: &[&str]) -> Fields {
    pieces.chunks(2).map(|pair| (pair[0].to_owned(), pair.get(1).map_or("", |v| v).to_owned())).collect()
}

#[test]
fn the_known_cuts_are_refused() {
    let twilio = twilio();
    let fields = real("START");
    let (_, signature) = signed(&fields);
    assert_eq!(accepted(&twilio, &fields, &signature), Some((SID.to_owned(), "START".to_owned())));
    let recut = |change: &dyn Fn(&mut Fields)| {
        let mut fields = fields.clone();
        change(&mut fields);
        assert_eq!(signed(&fields).1, signature, "the same characters are signed");
        assert_eq!(accepted(&twilio, &fields, &signature), None);
    };
    recut(&|fields| {
        fields[7].1.push_str("NumMedia0");
        fields.remove(8);
    });
    recut(&|fields| {
        fields[10].1.push_str(&format!("SmsSid{SID}"));
        fields.remove(11);
    });
    recut(&|fields| {
        fields[6].1.push_str(&format!("MessageSid{SID}NumMedia0NumSegments1SmsMessageSid{SID}SmsSid{SID}"));
        fields.drain(7..12);
    });
}

#[test]
fn parameters_that_nobody_announced_leave_no_doubt() {
    let twilio = twilio();
    let mut fields = real("START");
    fields.push(("OriginalRepliedMessageSid".to_owned(), "SM11111111111111111111111111111111".to_owned()));
    fields.push(("SomethingNew".to_owned(), "of tomorrow".to_owned()));
    let (_, signature) = signed(&fields);
    assert_eq!(accepted(&twilio, &fields, &signature), Some((SID.to_owned(), "START".to_owned())));
}

#[test]
fn a_doubtful_webhook_is_read_and_says_that_it_is() {
    let twilio = twilio();
    let certainty = |fields: &Fields| {
        let (_, signature) = signed(fields);
        read(&twilio, fields, &signature).unwrap().id_certainty
    };
    assert_eq!(certainty(&real("STOP MessageSid")), IdCertainty::Unsure);
    let mut fields = real("STOP");
    fields.push(("ParentMessageSid".to_owned(), SID.to_owned()));
    assert_eq!(certainty(&fields), IdCertainty::Unsure, "a name that is not known");
    let mut fields = real("STOP");
    fields[7].1 = format!("{SID}0");
    assert_eq!(certainty(&fields), IdCertainty::Contradicted, "they differ, and one is misshapen");
    let mut fields = real("STOP");
    fields[11].1 = "SM00000000000000000000000000000000".to_owned();
    assert_eq!(certainty(&fields), IdCertainty::Contradicted, "they differ");
    fields.push(("Z".to_owned(), String::new()));
    let (_, signature) = signed(&fields);
    assert_ne!(
        read(&twilio, &fields, &signature).unwrap().provider_id,
        SID,
        "it must not pass for a text seen before"
    );
}

#[test]
fn a_text_that_brings_its_own_identifier_is_refused_before_and_after_it_is_cut() {
    let twilio = twilio();
    let own = "SM00000000000000000000000000000000";
    let words = format!("STARTFrom+12065550177MessageSid{own}SmsMessageSid{own}SmsSid{own}SmsStatus");
    let fields = real(&words);
    let (_, signature) = signed(&fields);
    assert_eq!(accepted(&twilio, &fields, &signature), None);
    let rest: String = fields[3..12].iter().flat_map(|(name, value)| [name.as_str(), value]).collect();
    let mut cut = fields[..2].to_vec();
    let names =
        ["Body", "START", "From", "+12065550177", "MessageSid", own, "SmsMessageSid", own, "SmsSid", own];
    cut.extend(pairs(&names));
    cut.push(("SmsStatus".to_owned(), format!("{rest}SmsStatusreceived")));
    cut.extend_from_slice(&fields[13..]);
    assert_eq!(signed(&cut).1, signature, "the same characters are signed");
    assert_eq!(accepted(&twilio, &cut, &signature), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Cuts at the old places, some of them left out and some others added, give no second identifier.
    #[test]
    fn no_cut_gives_the_same_words_another_identifier(
        left_out in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        added in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let fields = real("START");
        let (text, signature) = signed(&fields);
        let mut cuts = Vec::new();
        for (name, value) in &fields {
            let from = cuts.last().copied().unwrap_or(0);
            cuts.extend([from + name.len(), from + name.len() + value.len()]);
        }
        for index in left_out {
            cuts.remove(index.index(cuts.len()));
        }
        cuts.extend(added.iter().map(|index| index.index(text.len())));
        cuts.push(text.len());
        cuts.sort_unstable();
        let mut from = 0;
        let mut pieces = Vec::new();
        for cut in cuts {
            pieces.push(&text[from..cut]);
            from = cut;
        }
        if let Some((sid, body)) = accepted(&twilio(), &pairs(&pieces), &signature) {
            prop_assert!(sid == SID || body != "START", "{sid} {body}");
        }
    }
}
