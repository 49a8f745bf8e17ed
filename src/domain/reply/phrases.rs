//! The words a lead's text is compared with: data, to be read by someone who does not program. It must not know how the
//! comparison is done. Every word stands in capitals without accents and apostrophes, as `normalise` leaves a text. A row of a phrase table
//! is one rule: its parts stand in this order with nothing but [`SMALL`] words between; `|` parts the ways to say a part.

use super::rules::Kind;
use crate::domain::language::Language;

mod courtesy;
mod english;
mod french;
mod harmless;
mod names;
pub(super) mod slips;
mod spanish;
pub(super) mod tapbacks;
mod unclear;

/// Rows of rules.
pub(super) type Table = &'static [&'static [&'static str]];

/// A word that means the same in several languages, or that our own texts name in every language.
const ANY: Option<Language> = None;
const EN: Option<Language> = Some(Language::English);
const ES: Option<Language> = Some(Language::Spanish);
const FR: Option<Language> = Some(Language::French);

/// Every table with what its rules mean and whose words they are. Where two rules begin at one word, the earlier line
/// explains the reading.
pub(super) const TABLES: &[(Kind, Option<Language>, Table)] = &[
    (Kind::Strong, ANY, STRONG),
    (Kind::Strong, EN, english::STRONG),
    (Kind::Strong, ES, spanish::STRONG),
    (Kind::Strong, FR, french::STRONG),
    (Kind::Weak, EN, english::WEAK),
    (Kind::Weak, ES, spanish::WEAK),
    (Kind::Weak, FR, french::WEAK),
    (Kind::Clause, EN, english::CLAUSES),
    (Kind::Clause, ES, spanish::CLAUSES),
    (Kind::Clause, FR, french::CLAUSES),
    (Kind::Demand, EN, english::DEMANDS),
    (Kind::Demand, EN, english::WRONG_PERSON),
    (Kind::Demand, ES, spanish::DEMANDS),
    (Kind::Demand, ES, spanish::WRONG_PERSON),
    (Kind::Demand, FR, french::DEMANDS),
    (Kind::Demand, FR, french::WRONG_PERSON),
    (Kind::Harmless, ANY, harmless::HARMLESS),
    (Kind::Unclear, EN, unclear::REFUSALS),
    (Kind::Unclear, ES, spanish::REFUSALS),
    (Kind::Unclear, FR, french::REFUSALS),
    (Kind::Unclear, ANY, unclear::SIGNS),
    (Kind::Unclear, EN, unclear::ANGER),
    (Kind::Unclear, ES, spanish::ANGER),
    (Kind::Unclear, FR, french::ANGER),
    (Kind::Unclear, ANY, unclear::STOP_WORDS),
    (Kind::Unclear, EN, unclear::ENGLISH_STOP_WORDS),
    (Kind::Unclear, ES, spanish::STOP_WORDS),
    (Kind::Unclear, FR, french::STOP_WORDS),
    (Kind::No, ANY, unclear::NO),
    (Kind::No, EN, unclear::ENGLISH_NO),
    (Kind::No, ES, spanish::NO),
    (Kind::No, FR, french::NO),
    (Kind::Negation, ANY, unclear::NEGATIONS),
    (Kind::Asking, ANY, unclear::ASKING),
    (Kind::Softening, ANY, unclear::SOFTENING),
    (Kind::Subject, ANY, unclear::SUBJECTS),
    (Kind::Courtesy, ANY, courtesy::ANYWHERE),
    (Kind::Courtesy, EN, courtesy::COURTESY),
    (Kind::Courtesy, ES, spanish::COURTESY),
    (Kind::Courtesy, FR, french::COURTESY),
    (Kind::Wish, ANY, courtesy::SMALL_WISHES),
    (Kind::Wish, EN, courtesy::WISHES),
    (Kind::Wish, ES, spanish::WISHES),
    (Kind::Wish, FR, french::WISHES),
    (Kind::Courtesy, EN, courtesy::SWEARING),
    (Kind::Courtesy, ES, spanish::SWEARING),
    (Kind::Courtesy, FR, french::SWEARING),
    (Kind::Start, ANY, &[&["START | UNSTOP"]]),
    (Kind::Start, ES, &[&["INICIAR"]]),
    (Kind::Start, FR, &[&["COMMENCER"]]),
    (Kind::Help, ANY, &[&["HELP | INFO | INFORMATION"]]),
    (Kind::Help, EN, english::HELPING),
    (Kind::Help, ES, spanish::HELPING),
    (Kind::Help, FR, french::HELPING),
];

/// True for what people say to anybody: greetings, thanks, questions, refusals. Nobody agrees to anything by it.
pub fn is_everyday(text: &str) -> bool {
    let kinds = [
        Kind::Courtesy,
        Kind::Wish,
        Kind::No,
        Kind::Negation,
        Kind::Asking,
        Kind::Softening,
        Kind::Subject,
        Kind::Harmless,
    ];
    let is_text = |rule: &&[&str]| match rule {
        [one] => one.split('|').any(|word| word.trim() == text),
        _ => false,
    };
    TABLES.iter().filter(|(kind, ..)| kinds.contains(kind)).any(|(_, _, table)| table.iter().any(is_text))
}

/// Keywords that mean revocation wherever they make up a clause, and their signs: those of every language.
const STRONG: Table = &[&["STOP | 🛑 | ⛔ | 🚫"]];

/// Small words that are about texts all the same: where one stands between the parts of something harmless, it stays in sight.
pub(super) const ABOUT_TEXTS: &[&str] = &[
    "SMS",
    "TEXT",
    "TEXTING",
    "MESSAGE",
    "SENDING",
    "SEND",
    "SPAM",
    "JUNK",
    "PROMO",
    "MARKETING",
    "CONTACT",
    "ENVIAR",
    "MANDAR",
    "RECIBIR",
    "RECEVOIR",
];

/// Words that may stand between two parts of a rule: they point, own, stress or swear.
pub(super) const SMALL: &str = "A AN THE THIS THESE THAT THOSE THEM IT ITS ALL ANY ANYMORE EVER EVEN MORE MUCH \
    SO SUCH TOO OF FROM FOR WITH TO IN ON AT BY OUT UP OFF AND OR ME US MY OUR YOUR YOURS YALL YALLS UR U YOU \
    PLEASE PLS PLZ JUST SENDING GETTING GET RECEIVE RECEIVING HAVE BE BEING KEEP SEND TRYING DAMN DAMNED GODDAMN \
    FUCKING FUCK SHITTY STUPID BLOODY FREAKING ANNOYING UNWANTED UNSOLICITED CONSTANT DAILY WEEKLY RANDOM \
    MARKETING SPAM JUNK PROMO PROMOTIONAL TEXT SMS PHONE CELL CONTACT MAILING TEXTING MESSAGE FURTHER ANOTHER \
    SINGLE ALREADY NOW COMPANY COMPANYS PEOPLE GUYS BITCHES SERIOUSLY KINDLY AGAIN THING THINGS LISTED SALES \
    YOURE NO LO LA LAS EL LOS DE DEL AL SU SUS TU TUS ESTE ESTA ESTOS ESTAS ESE ESA ESOS ESAS ME MI MIS MAS \
    TANTOS TANTAS NOS POR FAVOR YA NUNCA RECIBIR MANDAR ENVIAR LES DES CES VOS VOTRE TES TON MES MON DU CE CET \
    CETTE VOS PUB LEUR TOUT TOUS TOUTE TOUTES D L LE MA MOI NOUS RECEVOIR HUSBAND WIFE EX SON DAUGHTER MOM DAD \
    HIM HER MORNING AFTERNOON DENTIST DENTAL DOCTOR NEXT UPCOMING FULL WHOLE NEW OLD OTHER EXISTING CURRENT AUTO \
    HOME LIFE HEALTH FLOOD RENTERS PROXIMA ENTIRE";

/// A keyword and its language.
pub(super) type Keyword = (&'static str, Option<Language>);

/// Revocation. English: CTIA Messaging Principles 5.1.3, 47 CFR 64.1200(a)(10), and the carriers' STOPALL. `STOP-ALL`,
/// `opt.out` and `s t o p` are found by their spelling and need no line here.
pub(super) const REVOKE: &[Keyword] = &[
    ("STOP", ANY),
    ("STOPALL", EN),
    ("STOP ALL", EN),
    ("UNSUBSCRIBE", EN),
    ("CANCEL", EN),
    ("END", EN),
    ("QUIT", EN),
    ("REVOKE", EN),
    ("OPTOUT", EN),
    ("OPT OUT", EN),
    ("ALTO", ES),
    ("PARAR", ES),
    ("DETENER", ES),
    ("BAJA", ES),
    ("CANCELAR", ES),
    ("ARRET", FR),
    ("ARRETER", FR),
    ("DESABONNER", FR),
    ("DESINSCRIRE", FR),
];

/// The word that a program's code may follow: `STOP RATES`.
pub(super) const REVOKE_ONE: &str = "STOP";

/// Consent. Strict: the bare word in one piece.
pub(super) const OPT_IN: &[Keyword] = &[("START", ANY), ("UNSTOP", ANY), ("INICIAR", ES), ("COMMENCER", FR)];

/// Consent only while invited. As strict as START. SI is yes in French as well, but only against a no.
pub(super) const CONFIRM: &[Keyword] = &[("YES", EN), ("Y", ANY), ("SI", ES), ("OUI", FR)];

/// A question for the program's name and contact.
pub(super) const HELP: &[Keyword] = &[("HELP", ANY), ("INFO", ANY), ("AYUDA", ES), ("AIDE", FR)];

/// Cyrillic and Greek capitals that look like Latin ones, and the letters they look like.
pub(super) const LOOK_ALIKES: &[(&str, &str)] = &[
    ("АВЕЅІЈКМНОРСТУХҮԚԜӀ", "ABESIJKMHOPCTYXYQWI"), // Cyrillic
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ABEZHIKMNOPTYXC"),         // Greek
];

/// Letters that only a playful or a hiding hand writes. They count towards revocation, never for START.
pub(super) const PLAYFUL_LETTERS: &[(&str, &str)] = &[
    ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ"), // small capitals
    ("ØĐĦŁŦƁƇƊƑƓƘƝƤƬƲƳȺɆƗȻꝐꞨ", "ODHLTBCDFGKNPTVYAEICPS"),     // strokes and hooks
    ("ΣΘΠДШЦЯИԀՏՕԵԱՍꓢꓔꓳꓑꓲꓠꓮꓰ", "EOPAWURNPSOTUUSTOPINAE"),     // from other alphabets
    ("ᏚᎢᎾᏢᎬᏞᏟᎪᏴᎻᏆᎠᏙᏌ⍴ο", "STOPELCABHIDVUPO"),                 // Cherokee, and signs
];
