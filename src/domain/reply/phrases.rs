//! The words a lead's text is compared with: data, to be read by someone who does not program. It must not know how the
//! comparison is done. Every word stands in capitals without accents, as `normalise` leaves a text.

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

/// How a reaction begins before it quotes our own text: `Liked “…”`.
pub(super) const TAPBACKS: &[&str] =
    &["LIKED", "LOVED", "DISLIKED", "LAUGHED AT", "EMPHASIZED", "EMPHASISED", "QUESTIONED"];

/// The same with a sign or a name between: `Reacted 👍 to “…”`, `Removed a heart from “…”`.
pub(super) const TAPBACKS_AROUND: &[(&str, &str)] =
    &[("REACTED ", " TO"), ("REMOVED A ", " FROM"), ("REMOVED AN ", " FROM")];

/// Quotation marks that open or close what a reaction quotes.
pub(super) const QUOTES: &[char] = &['"', '“', '”', '„', '«', '»'];

/// Cyrillic and Greek capitals that look like Latin ones, and the letters they look like.
pub(super) const LOOK_ALIKES: &[(&str, &str)] = &[
    ("АВЕЅІЈКМНОРСТУХҮԚԜӀ", "ABESIJKMHOPCTYXYQWI"), // Cyrillic
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ABEZHIKMNOPTYXC"),         // Greek
];

/// The public table: a text and the word for what it means (RULES §2). The tests hold every line of it.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("STOP", "revoke"),
    ("stop.", "revoke"),
    ("Stop all", "revoke"),
    ("STOPALL", "revoke"),
    ("Unsubscribe", "revoke"),
    ("cancel!", "revoke"),
    ("END", "revoke"),
    ("quit", "revoke"),
    ("\"REVOKE\"", "revoke"),
    ("OPTOUT", "revoke"),
    ("opt-out", "revoke"),
    ("S.T.O.P.", "revoke"),
    ("s t o p", "revoke"),
    ("STOP 🛑", "revoke"),
    ("ＳＴＯＰ", "revoke"),
    ("ЅТОР", "revoke"),
    ("Baja", "revoke"),
    ("Arrêt", "revoke"),
    ("START", "opt_in"),
    (" start! ", "opt_in"),
    ("“Start”", "opt_in"),
    ("Unstop", "opt_in"),
    ("Iniciar", "opt_in"),
    ("S T A R T", "other"),
    ("un-stop", "other"),
    ("START 👍", "other"),
    ("start please", "other"),
    ("Don't start", "other"),
    ("yes", "confirm"),
    ("Y", "confirm"),
    ("Sí", "confirm"),
    ("yes please", "other"),
    ("Help?", "help"),
    ("INFO", "help"),
    ("ayuda", "help"),
    ("stopwatch", "other"),
    ("bus stop", "other"),
    ("cancel my appointment", "other"),
    ("who is this?", "other"),
    ("STOP RATES", "other"),
    ("Liked “Acme: Reply STOP to end”", "other"),
    ("Reacted 👍 to \"Reply START to begin\"", "other"),
    ("", "other"),
];
