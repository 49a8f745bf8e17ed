//! The gate's answer in English: the top line in at most twelve words, and when a text is next allowed. Pages, the API and the
//! steps of a message say it.

use crate::domain::calendar::LocalCalendar;
use crate::domain::gate::{CheckName, GateCheck, Verdict};

use super::checks::{appointment, check_text, in_short};
use super::labels::Label;

/// With "No." or "Not now." before it, a headline has no more words.
const MOST_WORDS: usize = 11;

/// The answer in at most twelve words, for the top of a page.
pub fn headline(verdict: &Verdict) -> String {
    let calendar = verdict.calendar();
    match verdict.cause() {
        None => verdict.since.map_or("Yes.".to_owned(), |since| {
            format!("Yes. Opted in on {} by {}.", since.day(calendar), since.source.label())
        }),
        Some(check) if check.is_about_time() => format!("Not now. {}", waiting(check, verdict)),
        Some(check) => format!("No. {}", failed(check, calendar)),
    }
}

/// The answer about a text that one check refuses for good, in at most twelve words. Other checks may fail as well: what stands
/// in the way of the number now is the [`headline`].
pub fn refusal_headline(verdict: &Verdict, refused_by: CheckName) -> String {
    match verdict.checks.iter().find(|check| check.name == refused_by && !check.is_about_time()) {
        Some(check) => format!("No. {}", failed(check, verdict.calendar())),
        None => headline(verdict),
    }
}

/// When a text is next allowed, as a sentence with the recipient's clock.
pub fn next_allowed(verdict: &Verdict) -> String {
    match verdict.next_appointment() {
        Some(next) => format!("Next: {}.", appointment(next, verdict.calendar())),
        None => "No allowed time in the next 14 days. We check again every day.".to_owned(),
    }
}

/// A failed check in a few words. A verdict of an earlier version has its facts alone: their first sentence serves where it is
/// short.
fn failed(check: &GateCheck, calendar: LocalCalendar) -> String {
    if let Some(headline) = in_short(check, calendar) {
        return headline;
    }
    let facts = check_text(check, calendar);
    let first = facts.split_inclusive(". ").next().unwrap_or_default().trim();
    if !first.is_empty() && first.split_whitespace().count() <= MOST_WORDS {
        return first.to_owned();
    }
    general(check.name).to_owned()
}

/// A check that time passes by itself, with the moment at which it does.
fn waiting(check: &GateCheck, verdict: &Verdict) -> String {
    let calendar = verdict.calendar();
    let what = in_short(check, calendar).unwrap_or_else(|| general(check.name).to_owned());
    let what = what.trim_end_matches('.');
    match verdict.frees_at() {
        Some(at) => format!("{what} until {}.", calendar.time(at)),
        None => format!("{what}."),
    }
}

/// What a failure of this check means.
fn general(check: CheckName) -> &'static str {
    match check {
        CheckName::Consent => "This number hasn't opted in.",
        CheckName::OptOut => "This number opted out.",
        CheckName::DoNotText => "On the Do Not Text list.",
        CheckName::Paused => "An unclear reply needs review.",
        CheckName::Number => "This number can't receive texts.",
        CheckName::Region => "The program doesn't text this region.",
        CheckName::Sender => "No sender number is configured for this program.",
        CheckName::QuietHours => "Quiet hours.",
        CheckName::Frequency => "Limit reached.",
        CheckName::UnaskedTexts => "Opt-in requests are limited.",
        CheckName::Operations => "Sending is off.",
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::check_next_step;
    use super::*;
    use crate::domain::consent::{ConsentState, NumberConsent, NumberFlag, Source, StateSince};
    use crate::domain::gate::{
        FailedRequest, GateQuestion, MessagePurpose, Outcome, PendingRequest, RequestProgress, UsedCap, ask,
    };
    use crate::domain::phone::Phone;
    use crate::domain::program::Program;
    use crate::domain::restore_hold::{RestoreHold, RestoreSign};
    use crate::domain::schedule::{Rulebook, place_of, promises};
    use crate::domain::texting_limits::TextingLimits;
    use crate::domain::time::Timestamp;
    use crate::domain::unasked::{UnaskedCause, UnaskedText, UnaskedTexts};

    /// Three in the morning in Seattle.
    const NIGHT: Timestamp = Timestamp::from_micros(1_793_790_000_000_000);
    /// Ten in the morning there.
    const MORNING: Timestamp = Timestamp::from_micros(1_793_728_800_000_000);

    /// What a question is varied in.
    #[derive(Default)]
    struct Varied {
        consent: NumberConsent,
        request: Option<PendingRequest>,
        failed_request: Option<FailedRequest>,
        unreachable: Option<&'static str>,
        has_no_sender: bool,
        is_off: bool,
        standstill: Option<RestoreHold>,
        is_invalid: bool,
        is_capped: bool,
        is_capped_by_law: bool,
        unasked: u8,
    }

    fn states(program: &Program) -> Vec<ConsentState> {
        let since = |source| StateSince { occurred_at: MORNING, recorded_at: MORNING, seq: 1, source };
        let all = || Source::ALL.iter().map(|source| since(*source));
        let of = |state: fn(StateSince) -> ConsentState| all().map(state).collect::<Vec<_>>();
        assert!(!program.name.is_empty());
        let begun = [of(ConsentState::Invited), of(ConsentState::OptedIn), of(ConsentState::OptedOut)];
        begun.concat().into_iter().chain([ConsentState::NotAsked]).collect()
    }

    fn holds() -> Vec<RestoreHold> {
        let (sealed_at, since, sign) = (MORNING, MORNING, RestoreSign::NoStartFile);
        vec![
            RestoreHold::Behind { sealed_at, since },
            RestoreHold::Suspected { sign, since },
            RestoreHold::Accepted { sealed_at, since },
            RestoreHold::Mixed,
        ]
    }

    fn all(program: &Program) -> Vec<Varied> {
        let one = Varied::default;
        let flag =
            NumberFlag { since: MORNING, reason: "She asked her lawyer to write us a letter".to_owned() };
        let (do_not_text, paused) = (Some(flag.clone()), Some(flag));
        let mut varied: Vec<Varied> = Vec::new();
        for state in states(program) {
            let consent =
                NumberConsent { programs: [(program.id, state)].into(), ..NumberConsent::default() };
            let flagged = |do_not_text, paused| NumberConsent { do_not_text, paused, ..consent.clone() };
            varied.push(Varied { consent: flagged(do_not_text.clone(), None), ..one() });
            varied.push(Varied { consent: flagged(None, paused.clone()), ..one() });
            varied.push(Varied { consent: consent.clone(), unreachable: Some("30006"), ..one() });
            varied.push(Varied { consent: consent.clone(), is_invalid: true, ..one() });
            varied.push(Varied { consent: consent.clone(), has_no_sender: true, ..one() });
            varied.push(Varied { consent: consent.clone(), is_off: true, ..one() });
            varied.push(Varied { consent: consent.clone(), is_capped: true, ..one() });
            varied.push(Varied { consent: consent.clone(), is_capped_by_law: true, ..one() });
            for standstill in holds() {
                let standstill = Some(standstill);
                varied.push(Varied { consent: consent.clone(), is_off: true, standstill, ..one() });
            }
            for unasked in [1, 5] {
                varied.push(Varied { consent: consent.clone(), unasked, ..one() });
            }
            varied.push(Varied { consent, ..one() });
        }
        for progress in RequestProgress::ALL {
            for due_at in [None, Some(NIGHT)] {
                let request = Some(PendingRequest { progress: *progress, due_at });
                varied.push(Varied { request, ..one() });
            }
        }
        let failed_request =
            Some(FailedRequest { sent_at: MORNING, code: "unanswered_by_provider".to_owned() });
        varied.push(Varied { failed_request, ..one() });
        varied
    }

    fn verdict(varied: &Varied, program: &Program, phone: &Phone, now: Timestamp) -> Verdict {
        let places = [place_of(None, None, phone)];
        let text = |_| UnaskedText { at: now, cause: UnaskedCause::System, message: None, from_form: false };
        let unasked = (0..varied.unasked).map(text).fold(UnaskedTexts::default(), |all, text| all.with(text));
        let caps = if varied.is_capped { promises("1 msg/month") } else { Vec::new() };
        let mut legal_caps = Rulebook::builtin().caps(&[place_of(Some("FL"), Some("33101"), phone)], now);
        legal_caps.truncate(usize::from(varied.is_capped_by_law));
        let used = legal_caps.into_iter().map(|cap| UsedCap { cap, sent: vec![now; cap.n as usize] });
        ask(&GateQuestion {
            consent: &varied.consent,
            request: varied.request,
            failed_request: varied.failed_request.clone(),
            phone,
            unreachable: varied.unreachable,
            program,
            sender: (!varied.has_no_sender).then_some("+12065550199"),
            sending_on: !varied.is_off,
            standstill: varied.standstill,
            places: &places,
            rulebook: Rulebook::builtin(),
            caps: &caps,
            sent: &[now],
            legal_caps: &used.collect::<Vec<_>>(),
            purpose: MessagePurpose::Counted,
            is_by_hand: false,
            unasked: &unasked,
            limits: &TextingLimits::default(),
            now,
            calendar: LocalCalendar::find("America/Los_Angeles").unwrap(),
        })
    }

    #[test]
    fn no_headline_has_more_than_twelve_words() {
        let name = "Appointment reminders and follow-up messages of the northern branches";
        let id = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let program = Program::new(id, "default", name, "Example Company", "call us", MORNING);
        let (valid, invalid) =
            (Phone::from_e164("+12065550101").unwrap(), Phone::from_e164("+12060000000").unwrap());
        let mut seen = std::collections::BTreeSet::new();
        let calendar = LocalCalendar::find("America/Los_Angeles").unwrap();
        for varied in all(&program) {
            let phone = if varied.is_invalid { &invalid } else { &valid };
            for now in [MORNING, NIGHT] {
                let fresh = verdict(&varied, &program, phone, now);
                let json = serde_json::to_string(&fresh).unwrap();
                let kept = Verdict::recorded(&json, fresh.calendar()).unwrap();
                for (kept, fresh) in kept.checks.iter().zip(&fresh.checks) {
                    assert_eq!(kept, fresh, "kept in {json}");
                    for text in [check_text(fresh, calendar), check_next_step(fresh).unwrap_or_default()] {
                        assert!(!text.contains("  ") && !text.contains(". ."), "{text}");
                    }
                    let has_step = check_next_step(fresh).is_some();
                    assert_eq!(has_step, fresh.outcome == Outcome::Fail, "{fresh:?}");
                    assert!(!check_text(fresh, calendar).is_empty(), "{fresh:?}");
                }
                assert_eq!(headline(&kept), headline(&fresh));
                seen.insert(headline(&fresh));
            }
        }
        for headline in &seen {
            assert!(headline.split_whitespace().count() <= 12, "{headline}");
            assert!(headline.ends_with('.'), "{headline}");
        }
        for begin in [
            "Yes. Opted in on",
            "No. Invited on",
            "No. Opted out on",
            "Not now. Quiet hours until",
            "No. Paused",
        ] {
            assert!(seen.iter().any(|headline| headline.starts_with(begin)), "{begin} in {seen:#?}");
        }
    }

    #[test]
    fn a_verdict_of_an_earlier_version_says_what_it_said_then() {
        let json = r#"{"program":"01890a5d-ac96-774b-bcce-b302099a8057","state":"opted_out",
            "since":{"occurred_at":1793728800000000,"recorded_at":1793728800000000,"seq":2,"source":"handset"},
            "history_seq":2,"asked_at":1793728800000000,
            "checks":[["opt_out","fail","Opted out on Nov 3, 2026 by STOP.","They must text START."],
                      ["paused","pass","No reply needs review.",null],
                      ["operations","not_reached","",null]],
            "next_words":"8:00 AM on Wed, Nov 4 in Seattle"}"#;
        let kept = Verdict::recorded(json, LocalCalendar::UTC).unwrap();
        let said: Vec<_> = kept.checks.iter().map(|check| check_text(check, LocalCalendar::UTC)).collect();
        assert_eq!(said, ["Opted out on Nov 3, 2026 by STOP.", "No reply needs review.", ""]);
        let steps: Vec<_> = kept.checks.iter().map(check_next_step).collect();
        assert_eq!(steps, [Some("They must text START.".to_owned()), None, None]);
        assert_eq!(headline(&kept), "No. Opted out on Nov 3, 2026 by STOP.");
    }
}
