//! Why the rules of consent refuse something, for the person who tried.

use crate::domain::calendar::date_words;
use crate::domain::intent::Refusal;

use super::{counted, sender_text};

/// The refusal as a sentence or two: what is wrong, and what to do instead.
pub fn refusal_text(refusal: &Refusal) -> String {
    refusal_for_person(refusal, None)
}

/// The same with the number that the contact has to text, where that is the way out.
pub fn refusal_for_person(refusal: &Refusal, sender: Option<&str>) -> String {
    match refusal {
        Refusal::OptedOut { on } => format!(
            "This number opted out on {}. Only a START from the handset itself can opt it in again: ask the contact to text \
             START to {}.",
            date_words(*on),
            sender_text(sender)
        ),
        Refusal::ConsentTooOld { floor } => format!(
            "Check the year: no consent to be texted is older than the law that asks for it, the TCPA of {}.",
            date_words(*floor)
        ),
        Refusal::ConsentBeforeOptOut { last_opt_out } => format!(
            "The consent is older than this number's last opt-out or change of owner on {}. That ended every consent before \
             it.",
            date_words(*last_opt_out)
        ),
        Refusal::RevocationDate { floor } => format!(
            "Enter the day on which the revocation was received: not in the future, and not before {}.",
            date_words(*floor)
        ),
        Refusal::TooLateToConfirm { minutes } => format!(
            "A confirmation must be sent within {} of the opt-out (47 CFR 64.1200(a)(12)). This opt-out was received \
             earlier. Clear the confirmation box.",
            counted(*minutes, "minute")
        ),
        Refusal::AlreadyInvited { on, after } => format!(
            "An opt-in request was sent on {}. Opt-in requests aren't resent automatically. You can send one reminder after \
             {}.",
            date_words(*on),
            date_words(*after)
        ),
        Refusal::RequestOpen { since } => {
            format!(
                "An opt-in request has been scheduled since {}. Wait until it is sent.",
                date_words(*since)
            )
        }
        plain => without_facts(plain).to_owned(),
    }
}

/// The refusals that say the same for every number.
fn without_facts(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::ConsentInFuture => {
            "The consent cannot have been given in the future. Enter the date on the document."
        }
        Refusal::ReasonTooShort => {
            "Give a reason in words: at least 10 characters, and at least two different words."
        }
        Refusal::ReferenceTooShort => {
            "Give a reference or reason in words: at least 10 characters, and at least two different words. \"Test\" is not \
             a document."
        }
        Refusal::NotInvited => {
            "No opt-in request has been sent to this number. Send a message: the opt-in request goes first."
        }
        Refusal::AlreadyOptedIn => "This number is opted in already.",
        Refusal::DoNotText => {
            "This number is on the Do Not Text list. An administrator must remove it first."
        }
        Refusal::Paused => "An unclear reply from this number awaits a decision. Decide on it first.",
        Refusal::NothingToDo => "Nothing to do: the number is in that state already.",
        // These have facts, and sentences of their own above.
        Refusal::OptedOut { .. }
        | Refusal::ConsentTooOld { .. }
        | Refusal::ConsentBeforeOptOut { .. }
        | Refusal::RevocationDate { .. }
        | Refusal::TooLateToConfirm { .. }
        | Refusal::AlreadyInvited { .. }
        | Refusal::RequestOpen { .. } => "",
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn every_refusal_says_what_is_wrong_in_whole_sentences() {
        let on = NaiveDate::from_ymd_opt(2026, 11, 29).unwrap();
        let all = [
            Refusal::OptedOut { on },
            Refusal::ConsentInFuture,
            Refusal::ConsentTooOld { floor: on },
            Refusal::ConsentBeforeOptOut { last_opt_out: on },
            Refusal::RevocationDate { floor: on },
            Refusal::TooLateToConfirm { minutes: 5 },
            Refusal::ReasonTooShort,
            Refusal::ReferenceTooShort,
            Refusal::AlreadyInvited { on, after: on },
            Refusal::RequestOpen { since: on },
            Refusal::NotInvited,
            Refusal::AlreadyOptedIn,
            Refusal::DoNotText,
            Refusal::Paused,
            Refusal::NothingToDo,
        ];
        for refusal in &all {
            let text = refusal_text(refusal);
            assert!(text.ends_with('.') && text.len() > 20 && !text.contains("  "), "{refusal:?}: {text}");
        }
        let text = refusal_for_person(&Refusal::OptedOut { on }, Some("+12065550199"));
        assert_eq!(
            text,
            "This number opted out on Nov 29, 2026. Only a START from the handset itself can opt it in again: ask the contact \
             to text START to (206) 555-0199 (+12065550199)."
        );
        let text = refusal_text(&Refusal::TooLateToConfirm { minutes: 1 });
        assert!(text.contains("within 1 minute of"), "{text}");
    }
}
