//! What the gate's checks found, in English: the facts as a sentence, the next step after a failure, and a few words for the
//! top of a page.

use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::{Source, StateSince};
use crate::domain::gate::{Appointment, CheckFacts, CheckName, GateCheck, RequestProgress};

use super::labels::Label;
use super::regions::region_name;
use super::{counted, hours, promise, restore_hold, sender_text};

const WAITS: &str = "No action needed. Messages send automatically at the next allowed time.";

/// The rule that a check keeps, with its source.
pub fn check_rule(check: CheckName) -> &'static str {
    match check {
        CheckName::Consent => "47 CFR 64.1200(a)(1), (f)(9): prior express consent",
        CheckName::OptOut => "47 CFR 64.1200(a)(10): revocation by any reasonable means",
        CheckName::DoNotText => "Company setting: Do Not Text blocks even opt-in requests",
        CheckName::Paused => "47 CFR 64.1200(a)(10): an unclear reply may be an opt-out",
        CheckName::Number => "ITU-T E.164; carrier error codes",
        CheckName::Region => "Company setting: regions of the program",
        CheckName::Sender => "CTIA Messaging Principles 5.1: replies must reach the sender",
        CheckName::QuietHours => "47 CFR 64.1200(c)(1), and the stricter rule named in the facts",
        CheckName::Frequency => "CTIA Messaging Principles 5.1, and the legal cap named in the facts",
        CheckName::UnaskedTexts => {
            "Company setting: limit on opt-in requests and confirmations of form sign-ups to one number"
        }
        CheckName::Operations => "Company setting: sending on/off",
    }
}

/// What a check found, as a sentence or two.
pub fn check_text(check: &GateCheck, calendar: LocalCalendar) -> String {
    match &check.facts {
        CheckFacts::OptedIn { program, since } => {
            format!("Opted in to {program} on {} by {}.", since.day(calendar), since.source.label())
        }
        CheckFacts::RequestUnderWay { progress, at } => request(*progress, *at, calendar),
        CheckFacts::NoAnswer { asked_at } => {
            format!("We sent an opt-in request on {} and haven't heard back.", calendar.day(*asked_at))
        }
        CheckFacts::RequestFailed { sent_at, code } => {
            format!("We sent an opt-in request on {}; it did not arrive ({code}).", calendar.day(*sent_at))
        }
        CheckFacts::NotInvited { program } => format!("This number hasn't been invited to {program}."),
        CheckFacts::EndedByOptOut { program } => {
            format!("Not opted in to {program}. This number opted out.")
        }
        CheckFacts::OptedOut { since, .. } => {
            format!("Opted out on {} by {}.", since.day(calendar), opted_out_by(since))
        }
        CheckFacts::DoNotText { since, reason } if reason.is_empty() => {
            format!("Added to the Do Not Text list on {}.", calendar.day(*since))
        }
        CheckFacts::DoNotText { since, reason } => {
            format!("Added to the Do Not Text list on {}: {reason}", calendar.day(*since))
        }
        CheckFacts::Paused { since } => {
            format!("Paused on {}. An unclear reply needs review.", calendar.day(*since))
        }
        CheckFacts::Unreachable { code } => {
            format!("The carrier says this number can't receive texts (code {code}).")
        }
        CheckFacts::RegionAllowed { region } => {
            format!("The program texts numbers in {}.", region_name(region))
        }
        CheckFacts::RegionNotAllowed { region, program } => {
            format!("{program} doesn't text numbers in {}.", region_name(region))
        }
        CheckFacts::Sender { number } => format!("Texts are sent from {number}."),
        CheckFacts::Hours(found) => hours::text(found),
        CheckFacts::Frequency { promise, law } => promise::text(promise, law.as_ref()),
        CheckFacts::LegalCap(cap) => promise::cap_reached(cap),
        CheckFacts::UnaskedRoom { today, ever, most } => {
            format!("{} in the last 24 hours and {ever} in total, of at most {most}.", requests_sent(*today))
        }
        CheckFacts::UnaskedToday { today } => {
            format!("This number got {} in the last 24 hours.", requests_sent(*today))
        }
        CheckFacts::UnaskedUsedUp { ever } => {
            format!("This number got {} and never replied START.", requests_sent(*ever))
        }
        CheckFacts::Held(hold) => restore_hold::facts(*hold, calendar),
        CheckFacts::Recorded { facts, .. } => facts.clone(),
        plain => plain_text(plain).to_owned(),
    }
}

/// The facts that are the same for every number.
fn plain_text(facts: &CheckFacts) -> &'static str {
    match facts {
        CheckFacts::NoOptOut => "No opt-out on record.",
        CheckFacts::MayText => "Not on the Do Not Text list.",
        CheckFacts::NotPaused => "No reply needs review.",
        CheckFacts::NotInNumberPlan => "This number isn't in the number plan, so nothing can be sent to it.",
        CheckFacts::Reachable => "Valid number. No carrier reported a problem.",
        CheckFacts::AnyRegion => "The contact texted first, so the region doesn't matter.",
        CheckFacts::SpecialNumber => {
            "This is a toll-free, premium-rate or personal number. It gets no opt-in requests."
        }
        CheckFacts::NoSender => "No sender number is configured for this program.",
        CheckFacts::NoQuietHours => "Quiet hours are turned off for this program.",
        CheckFacts::AnyHour => "Replies to the contact's own texts are sent at any hour.",
        CheckFacts::NoPlace => "No place is asked about.",
        CheckFacts::NoUnaskedText => "No opt-in request is needed, so no limit applies.",
        CheckFacts::SendingOn => "Sending is on.",
        CheckFacts::SendingOff => "Sending is turned off for all programs.",
        // These say something of one number, and have sentences of their own above.
        CheckFacts::OptedIn { .. }
        | CheckFacts::RequestUnderWay { .. }
        | CheckFacts::NoAnswer { .. }
        | CheckFacts::RequestFailed { .. }
        | CheckFacts::NotInvited { .. }
        | CheckFacts::EndedByOptOut { .. }
        | CheckFacts::OptedOut { .. }
        | CheckFacts::DoNotText { .. }
        | CheckFacts::Paused { .. }
        | CheckFacts::Unreachable { .. }
        | CheckFacts::RegionAllowed { .. }
        | CheckFacts::RegionNotAllowed { .. }
        | CheckFacts::Sender { .. }
        | CheckFacts::Hours(_)
        | CheckFacts::Frequency { .. }
        | CheckFacts::LegalCap(_)
        | CheckFacts::UnaskedRoom { .. }
        | CheckFacts::UnaskedToday { .. }
        | CheckFacts::UnaskedUsedUp { .. }
        | CheckFacts::Held(_)
        | CheckFacts::Recorded { .. } => "",
    }
}

fn requests_sent(sent: u32) -> String {
    counted(sent, "opt-in request")
}

fn request(progress: RequestProgress, at: Option<Appointment>, calendar: LocalCalendar) -> String {
    match (progress, at) {
        (RequestProgress::Scheduled, Some(at)) => {
            format!("Opt-in request scheduled for {}.", appointment(at, calendar))
        }
        (RequestProgress::Scheduled, None) => "Opt-in request is about to be sent.".to_owned(),
        (RequestProgress::Sending, _) => "Opt-in request is being sent.".to_owned(),
        (RequestProgress::Unknown, _) => {
            "The provider didn't respond to the opt-in request in time. We check with the provider before retrying."
                .to_owned()
        }
    }
}

/// A moment as a person reads an appointment: on the recipient's clock first, where one is known.
pub(super) fn appointment(at: Appointment, calendar: LocalCalendar) -> String {
    match at.zone {
        Some(zone) => format!("{} ({})", zone.clock_words(at.at), calendar.time(at.at)),
        None => calendar.time(at.at),
    }
}

fn opted_out_by(since: &StateSince) -> &'static str {
    match since.source {
        Source::Handset => "STOP",
        // Only time opts anybody out in the system's own name.
        Source::System => "the system: an unclear reply was not reviewed in time",
        source => source.label(),
    }
}

/// What to do about a failed check.
pub fn check_next_step(check: &GateCheck) -> Option<String> {
    let step = match &check.facts {
        CheckFacts::RequestUnderWay { .. } => {
            "No action needed. Messages are held until the contact replies START to the opt-in request."
        }
        CheckFacts::NoAnswer { .. } => "Wait for the contact to reply START. Messages are held until then.",
        CheckFacts::NotInvited { .. } | CheckFacts::RequestFailed { .. } => {
            "Send a message. We send an opt-in request first, and the message after the contact replies START."
        }
        CheckFacts::EndedByOptOut { .. } => "See the next check.",
        CheckFacts::OptedOut { sender, .. } => {
            let to = sender_text(sender.as_deref());
            return Some(format!("Only the contact can undo this: they must text START to {to}."));
        }
        CheckFacts::DoNotText { .. } => "An administrator can remove Do Not Text.",
        CheckFacts::Paused { .. } => {
            "Read the reply in Reviews. Then opt the contact out, or resume with a reason."
        }
        CheckFacts::Unreachable { .. } => {
            "Ask the contact for a mobile number. If the carrier is wrong, mark this one as reachable."
        }
        CheckFacts::NotInNumberPlan => "Check the number with the contact. An opt-out can still be recorded.",
        CheckFacts::RegionNotAllowed { .. } => {
            "Ask the contact to text START, or an administrator can add the region to the program's sending page."
        }
        CheckFacts::SpecialNumber => "Ask the contact for a mobile number, or to text START.",
        CheckFacts::NoSender => {
            "An administrator must set SENDER_NUMBER or add a sender number to the program."
        }
        CheckFacts::Hours(found) if found.is_quiet() => WAITS,
        CheckFacts::Frequency { promise, .. } => return promise::next_step(promise).map(str::to_owned),
        CheckFacts::LegalCap(_) => WAITS,
        CheckFacts::UnaskedToday { .. } => {
            "No action needed. The opt-in request is sent the next day, if no other one is sent before it."
        }
        CheckFacts::UnaskedUsedUp { .. } => {
            "Ask the contact to text START. An administrator can change the limit on the settings page."
        }
        CheckFacts::Held(hold) => restore_hold::next_step(*hold),
        CheckFacts::SendingOff => "An administrator can turn it on again on the dashboard.",
        CheckFacts::Recorded { next_step, .. } => return next_step.clone(),
        // What passed needs no step.
        CheckFacts::OptedIn { .. }
        | CheckFacts::NoOptOut
        | CheckFacts::MayText
        | CheckFacts::NotPaused
        | CheckFacts::Reachable
        | CheckFacts::AnyRegion
        | CheckFacts::RegionAllowed { .. }
        | CheckFacts::Sender { .. }
        | CheckFacts::NoQuietHours
        | CheckFacts::AnyHour
        | CheckFacts::NoPlace
        | CheckFacts::Hours(_)
        | CheckFacts::NoUnaskedText
        | CheckFacts::UnaskedRoom { .. }
        | CheckFacts::SendingOn => return None,
    };
    Some(step.to_owned())
}

/// A failure in a few words, where its facts are longer than a headline.
pub(super) fn in_short(check: &GateCheck, calendar: LocalCalendar) -> Option<String> {
    Some(match &check.facts {
        CheckFacts::RequestUnderWay { progress, at } => request_in_short(*progress, *at, calendar),
        CheckFacts::NoAnswer { asked_at } => format!("Invited on {}; no reply yet.", calendar.day(*asked_at)),
        CheckFacts::RequestFailed { code, .. } => format!("The opt-in request did not arrive ({code})."),
        CheckFacts::OptedOut { since, .. } if since.source == Source::System => {
            format!("Opted out on {}: an unclear reply wasn't reviewed.", since.day(calendar))
        }
        CheckFacts::DoNotText { since, .. } => {
            format!("On the Do Not Text list since {}.", calendar.day(*since))
        }
        CheckFacts::Paused { .. } => "Paused: an unclear reply needs review.".to_owned(),
        CheckFacts::Unreachable { code } => format!("The carrier says it can't receive texts (code {code})."),
        CheckFacts::NotInNumberPlan => "This number isn't in the number plan.".to_owned(),
        CheckFacts::RegionNotAllowed { region, .. } => {
            format!("The program doesn't text {}.", region_name(region))
        }
        CheckFacts::SpecialNumber => "Toll-free, premium-rate or personal number.".to_owned(),
        CheckFacts::LegalCap(_) => "Legal limit reached.".to_owned(),
        CheckFacts::UnaskedToday { .. } => "Opt-in requests are limited.".to_owned(),
        CheckFacts::UnaskedUsedUp { ever } => format!("{} without a reply.", requests_sent(*ever)),
        CheckFacts::Frequency { promise, .. } => promise::in_short(promise)?.to_owned(),
        CheckFacts::Held(hold) => restore_hold::in_short(*hold).to_owned(),
        _ => return None,
    })
}

fn request_in_short(progress: RequestProgress, at: Option<Appointment>, calendar: LocalCalendar) -> String {
    match (progress, at) {
        (RequestProgress::Scheduled, Some(at)) => {
            format!("Opt-in request scheduled for {}.", calendar.time(at.at))
        }
        (RequestProgress::Unknown, _) => "The provider hasn't confirmed the opt-in request.".to_owned(),
        (progress, _) => request(progress, None, calendar),
    }
}
