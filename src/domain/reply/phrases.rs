//! The words a lead's text is compared with: data, to be read by someone who does not program. It must not know how the
//! comparison is done. Every word stands in capitals without accents and apostrophes, as `normalise` leaves a text. A row of a phrase table
//! is one rule: its parts stand in this order with nothing but [`SMALL`] words between; `|` parts the ways to say a part.

use super::rules::Kind;

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

/// Every table with what its rules mean. Where two rules begin at one word, the earlier line explains the reading.
pub(super) const TABLES: &[(Kind, Table)] = &[
    (Kind::Strong, STRONG),
    (Kind::Weak, WEAK),
    (Kind::Clause, english::CLAUSES),
    (Kind::Clause, spanish::CLAUSES),
    (Kind::Clause, french::CLAUSES),
    (Kind::Demand, english::DEMANDS),
    (Kind::Demand, english::WRONG_PERSON),
    (Kind::Demand, spanish::DEMANDS),
    (Kind::Demand, spanish::WRONG_PERSON),
    (Kind::Demand, french::DEMANDS),
    (Kind::Demand, french::WRONG_PERSON),
    (Kind::Harmless, harmless::HARMLESS),
    (Kind::Unclear, unclear::REFUSALS),
    (Kind::Unclear, unclear::ANGER),
    (Kind::Unclear, unclear::STOP_WORDS),
    (Kind::No, unclear::NO),
    (Kind::Negation, unclear::NEGATIONS),
    (Kind::Asking, unclear::ASKING),
    (Kind::Softening, unclear::SOFTENING),
    (Kind::Subject, unclear::SUBJECTS),
    (Kind::Courtesy, courtesy::COURTESY),
    (Kind::Wish, courtesy::WISHES),
    (Kind::Courtesy, courtesy::SWEARING),
    (Kind::Start, &[&["START | UNSTOP | INICIAR | COMMENCER"]]),
    (Kind::Help, HELPING),
];

/// Words for help, and the few that may stand beside them.
const HELPING: Table = &[
    &[
        "HELP | HELP ME | HELP US | NEED HELP | I NEED HELP | NEED SOME HELP | CAN YOU HELP | CAN YOU HELP ME | \
            CAN I GET HELP | GET HELP | HELP ME OUT | HELP NEEDED | SEND HELP | ASSISTANCE | SOME HELP",
    ],
    &[
        "INFO | MORE INFO | NEED INFO | NEED MORE INFO | I NEED INFO | I NEED MORE INFO | SEND INFO | SEND ME INFO | \
        GET INFO | INFO ME | PROGRAM INFO | INFORMATION",
    ],
    &[
        "AYUDA | AYUDAME | AYUDEME | AYUDENME | NECESITO AYUDA | NECESITO UNA AYUDA | QUIERO AYUDA | UNA AYUDA | \
            NECESITO INFO | MAS INFO | QUIERO INFO | INFORMACION | MAS INFORMACION",
    ],
    &[
        "AIDE | AIDEZ MOI | AIDE MOI | BESOIN DAIDE | JAI BESOIN DAIDE | DE LAIDE | A LAIDE | BESOIN D AIDE | \
            PLUS DINFO | PLUS DINFOS | INFOS",
    ],
];

/// Keywords that mean revocation wherever they make up a clause, and their signs.
const STRONG: Table = &[
    &[
        "STOP ALL | STOPALL | STOP | UNSUBSCRIBE | UN SUBSCRIBE | UNSUSCRIBE | OPT OUT | OPTOUT | OPT ME OUT | \
            REVOKE | 🛑 | ⛔ | 🚫",
    ],
    &["DESUSCRIBIR | DESUSCRIBIRME | DESUSCRIBEME | DESUSCRIBANME | DESABONNE | DESABONNEZ | DESINSCRIS | \
        DESINSCRIVEZ | DESABONNER | DESINSCRIRE | DESINSCRIPTION | DESABONNEMENT"],
];

/// Keywords that are everyday words as well: they need the whole text, courtesy aside.
const WEAK: Table = &[
    &[
        "CANCEL | QUIT | END | BAJA | ALTO | PARAR | PARA | PARE | PAREN | DETENER | DETENGA | DETENGAN | DETENTE",
    ],
    &["CANCELAR | CANCELA | CANCELE | CANCELEN | DE BAJA | BASTA"],
    &["ARRET | ARRETER | ARRETE | ARRETEZ | ANNULER | ANNULEZ"],
];

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

/// Revocation. English: CTIA Messaging Principles 5.1.3, 47 CFR 64.1200(a)(10), and the carriers' STOPALL. `STOP-ALL`,
/// `opt.out` and `s t o p` are found by their spelling and need no line here.
pub(super) const REVOKE: &[&str] = &[
    // English
    "STOP",
    "STOPALL",
    "STOP ALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "OPT OUT",
    // Spanish
    "ALTO",
    "PARAR",
    "DETENER",
    "BAJA",
    "CANCELAR",
    // French
    "ARRET",
    "ARRETER",
    "DESABONNER",
    "DESINSCRIRE",
];

/// The word that a program's code may follow: `STOP RATES`.
pub(super) const REVOKE_ONE: &str = "STOP";

/// Consent. Strict: the bare word in one piece.
pub(super) const OPT_IN: &[&str] = &["START", "UNSTOP", "INICIAR", "COMMENCER"];

/// Consent only while invited. As strict as START.
pub(super) const CONFIRM: &[&str] = &["YES", "Y", "SI", "OUI"];

/// A question for the program's name and contact.
pub(super) const HELP: &[&str] = &["HELP", "INFO", "AYUDA", "AIDE"];

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
