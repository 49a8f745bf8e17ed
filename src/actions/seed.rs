//! Deterministic demo data: fictional numbers only (555-0100 to 555-0199), all states, real evidence and real chains.

use chrono::Duration;

use crate::domain::actor::Actor;
use crate::domain::consent::Source;
use crate::domain::evidence::{ConsentDocument, DocumentKind, HandsetText, RevocationChannel};
use crate::domain::intent::{Intent, Revocation, RevocationScope};
use crate::domain::past_opt_out::StartArrival;
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, ContactDetails};
use crate::store::numbers::Number;
use crate::store::{LockedRow, Tx, numbers, programs};

use super::ActionError;
use super::consent::{ActionContext, apply};

/// Texts in demo data come from nobody; `verify` looks for no record of them.
pub(super) const PROVIDER: &str = "demo";
/// What the reason of a demo document begins with.
pub(super) const DEMO_REASON: &str = "Demo: ";
const FIRST: &[&str] = &[
    "Ana", "Ben", "Cy", "Dee", "Eva", "Finn", "Gia", "Hal", "Ida", "Jo", "Kai", "Lea", "Max", "Nia", "Oz",
    "Pia", "Quinn", "Rae", "Sol", "Tess", "Uma", "Val", "Wes", "Xia", "Yan", "Zoe",
];
const LAST: &[&str] = &[
    "Abbott", "Baker", "Castro", "Dubois", "Evans", "Flores", "Garcia", "Hughes", "Ivers", "Jensen", "Kim",
    "Lopez", "Moreau", "Nguyen", "Ortiz", "Patel", "Quist", "Rossi", "Silva", "Turner", "Ueda", "Vargas",
    "Weber", "Young",
];
const AREAS: &[u16] = &[
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229,
    231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304,
    305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337,
    339, 347, 351, 352, 360, 361, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417,
    419, 423, 424, 425, 430, 432, 434, 435, 440, 443, 469, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507,
    508, 509, 510, 512, 513, 515, 516, 517, 518, 520, 530, 540, 541, 551, 559, 561, 562, 563, 567, 570, 571,
    573, 574, 575, 580, 585, 586, 601, 602, 603, 605, 606, 607, 608, 609, 610, 612, 614, 615, 616, 617, 618,
    619, 620, 623, 626, 630, 631, 636, 641, 646, 650, 651, 660, 661, 662, 678, 682, 701, 702, 703, 704, 706,
    707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 727, 731, 732, 734, 740, 754, 757, 760, 763,
    765, 770, 772, 773, 774, 775, 781, 785, 786, 801, 802, 803, 804, 805, 806, 808, 810, 812, 813, 814, 815,
    816, 817, 818, 828, 830, 831, 832, 843, 845, 847, 848, 850, 856, 857, 858, 859, 860, 862, 863, 864, 865,
    870, 878, 901, 903, 904, 906, 907, 908, 909, 910, 912, 913, 914, 915, 916, 917, 918, 919, 920, 925, 928,
    931, 936, 937, 940, 941, 947, 949, 951, 952, 954, 956, 970, 971, 972, 973, 978, 979, 980, 985, 989,
];

/// Makes contacts `from..to` of the demo. The same range gives the same people in the same states.
///
/// # Errors
/// When the database fails.
pub fn seed(tx: &mut Tx<'_>, from: usize, to: usize, now: Timestamp) -> Result<(), ActionError> {
    let program = programs::find(tx, None)?.ok_or(ActionError::NotFound("program"))?;
    for n in from..to {
        let Some(phone) = phone(n) else { continue };
        let external_id = format!("demo-{n:07}");
        if contacts::by_external_id(tx, &external_id)?.is_some() {
            continue;
        }
        let mut number = numbers::find_or_create(tx, &phone, now)?;
        let name = name(n);
        let email = format!("{}.{n}@example.com", name.to_lowercase().replace(' ', "."));
        let details = ContactDetails {
            name,
            email: Some(email),
            external_id: Some(external_id),
            ..ContactDetails::default()
        };
        contacts::insert(tx, &mut number, &details, now)?;
        if number.consent.seq == 0 {
            history(tx, &mut number, &program, n, now)?;
        }
    }
    Ok(())
}

fn phone(n: usize) -> Option<Phone> {
    let area = AREAS.get(n % AREAS.len())?;
    let line = 100 + (n / AREAS.len()) % 100;
    Phone::from_e164(&format!("+1{area}5550{line}"))
}

fn name(n: usize) -> String {
    let pick = |names: &[&'static str], n: usize| names.get(n % names.len()).copied().unwrap_or_default();
    format!("{} {}", pick(FIRST, n), pick(LAST, n / 7))
}

/// Of eight numbers two have no history, one opted out, one has a revoked document; the rest is consent. Everything is
/// recorded now: only what happened lies back.
fn history(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    n: usize,
    now: Timestamp,
) -> Result<(), ActionError> {
    let ago = |days: i64| now.plus(Duration::minutes(-(days * 1440) - i64::try_from(n % 997).unwrap_or(0)));
    let operator = Actor::Operator;
    let document = || ConsentDocument {
        document: DocumentKind::SignedForm,
        given_at: ago(40),
        reason: format!("{DEMO_REASON}signed form, folder {}", n % 100),
        file_sha256: None,
        file_type: None,
    };
    let lead = |text: &str, at: Timestamp, tx: &mut Tx<'_>| {
        Ok::<_, ActionError>(HandsetText {
            inbound: tx.new_id(at)?,
            provider: PROVIDER.to_owned(),
            provider_message_id: format!("demo-{n}-{text}"),
            body: text.to_owned(),
            to: "demo".to_owned(),
            matched: text.to_owned(),
            sent_at: Some(at),
            asked_sent_at: None,
        })
    };
    let quiet = |actor| ActionContext { actor, now, confirm: false };
    let first = |at| StartArrival { at, opt_outs: Vec::new() };
    match n % 8 {
        0 | 1 => {}
        2 => {
            let start = lead("START", ago(30), tx)?;
            apply(tx, number, program, Intent::Start(start, first(now)), &quiet(&Actor::Lead))?;
            let stop = lead("STOP", ago(9), tx)?;
            apply(
                tx,
                number,
                program,
                Intent::Stop(stop, RevocationScope::Everywhere),
                &quiet(&Actor::Lead),
            )?;
        }
        3 => {
            apply(tx, number, program, Intent::ManualOptIn(document()), &quiet(&operator))?;
            let channel = RevocationChannel::Call;
            let reason = "Demo: asked on the phone to stop".to_owned();
            let revocation = Revocation { received_at: Some(ago(5)), ..Revocation::now(channel, reason) };
            apply(tx, number, program, Intent::OptOut(revocation, Source::Manual), &quiet(&operator))?;
        }
        4 | 5 => {
            apply(tx, number, program, Intent::ManualOptIn(document()), &quiet(&operator))?;
        }
        _ => {
            let start = lead("START", ago(20), tx)?;
            apply(tx, number, program, Intent::Start(start, first(now)), &quiet(&Actor::Lead))?;
        }
    }
    Ok(())
}
