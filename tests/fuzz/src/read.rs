//! Reads any text at all and holds what must be true of every reading.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports)]
#[path = "../../../src/domain"]
mod domain {
    pub mod language;
    pub mod reply;
    mod words;
}

use domain::reply::{Keywords, Reply, Tier, normalise, read};

/// The words of consent of the default set, as `normalise` leaves them.
const OPT_IN: &[&str] = &["START", "UNSTOP", "INICIAR", "COMMENCER"];
const CONFIRM: &[&str] = &["YES", "Y", "SI", "OUI"];

/// A program that asks for trouble.
static GREEDY: LazyLock<Keywords> = LazyLock::new(|| Keywords {
    opt_in: ["stop", "join", "stop texting me", "…"].map(String::from).to_vec(),
    confirm: ["ok", "no", "unsubscribe"].map(String::from).to_vec(),
    program_codes: ["RATES", "ALL"].map(String::from).to_vec(),
    ..Keywords::default()
});

fuzz_target!(|text: &str| {
    let plain = Keywords::default();
    let reading = read(text, &plain);
    let bare = normalise(text);

    assert_eq!(normalise(&bare), bare);
    assert!(
        reading.reply != Reply::OptIn
            || bare.split(' ').any(|word| OPT_IN.contains(&normalise(word).as_str()))
    );
    assert!(reading.reply != Reply::Confirm || CONFIRM.contains(&bare.as_str()));
    let consents = matches!(reading.reply, Reply::OptIn | Reply::Confirm);
    assert!(!consents || !text.contains('?'));
    assert_eq!(reading.tier == Tier::NoChange, reading.reply == Reply::Other);
    assert_eq!(reading.tier == Tier::Unclear, reading.reply == Reply::Unclear);
    assert!(reading.matched.is_some() || reading.reply == Reply::Other);

    if text.chars().count() < 1_000 {
        assert_eq!(read(&format!("\u{200B}{text}\u{2060}\u{FEFF}"), &plain), reading);
        assert_eq!(read(&format!(" {text} "), &plain).reply, reading.reply);
        if bare.chars().count() < 1_000 && reading.matched.as_deref() != Some("tapback") {
            let with_stop = read(&format!("{text} . STOP ."), &plain).reply;
            assert!(matches!(with_stop, Reply::Revoke { .. } | Reply::Unclear), "{with_stop:?}");
        }
    }

    let is_revoked = matches!(reading.reply, Reply::Revoke { .. });
    let greedy = read(text, &GREEDY).reply;
    assert!(!is_revoked || matches!(greedy, Reply::Revoke { .. }) || reading.tier != Tier::Keyword);
    assert!(!is_revoked || greedy != Reply::Help);
});
