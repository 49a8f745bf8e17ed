//! The default words of the carriers, as each documents them. A lead who texts one of them is out, or back, at the carrier;
//! so our record must say the same.

use super::*;

/// A carrier, what its words ask for there, and the words.
const DOCUMENTED: &[(&str, ReplyIntent, &[&str])] = &[
    // help.twilio.com, "Twilio Support for Opt-out Keywords (SMS STOP Filtering)", and docs/proxy/opt-out-keywords.
    (
        "Twilio",
        STOP,
        &[
            "STOP",
            "STOPALL",
            "UNSUBSCRIBE",
            "CANCEL",
            "END",
            "QUIT",
            "REVOKE",
            "OPTOUT",
            "ARRET",
            "ARRETT",
            "ARRETE",
        ],
    ),
    ("Twilio", ReplyIntent::Help, &["HELP", "INFO"]),
    // YES lifts Twilio's block as well. We read it as consent only while a request is out (RULES 1): it may answer anything.
    ("Twilio", ReplyIntent::OptIn, &["START", "UNSTOP"]),
    ("Twilio", ReplyIntent::Confirm, &["YES"]),
    // docs.aws.amazon.com, End User Messaging SMS, "Required opt-out keywords". Its other keywords are HELP and, where the
    // account adds them, START and UNSTOP.
    (
        "AWS",
        STOP,
        &["ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE"],
    ),
    ("AWS", ReplyIntent::Help, &["HELP"]),
    ("AWS", ReplyIntent::OptIn, &["START", "UNSTOP"]),
    // developers.telnyx.com, "Advanced Opt-In/Out", default behavior.
    ("Telnyx", STOP, &["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"]),
    ("Telnyx", ReplyIntent::OptIn, &["START", "UNSTOP"]),
    // support.bandwidth.com: words are kept on toll-free numbers alone; on all others they are left to us.
    ("Bandwidth", STOP, &["STOP"]),
    ("Bandwidth", ReplyIntent::OptIn, &["START", "UNSTOP"]),
];

const STOP: ReplyIntent = ReplyIntent::Revoke { program_code: None };

#[test]
fn every_carriers_own_words_are_read_as_the_carrier_reads_them() {
    for (carrier, reply, words) in DOCUMENTED {
        for word in *words {
            for text in [word.to_string(), word.to_lowercase(), format!(" {word}. ")] {
                assert_eq!(plain(&text).reply, *reply, "{carrier}: {text}");
            }
        }
    }
}
