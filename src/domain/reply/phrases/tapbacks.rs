//! How telephones put a reaction into words, as `normalise` leaves them: capitals without accents.

/// How a reaction begins before it quotes our own text: `Liked “…”`.
pub(in crate::domain::reply) const OPENINGS: &[&str] = &[
    // English
    "LIKED",
    "LOVED",
    "DISLIKED",
    "LAUGHED AT",
    "EMPHASIZED",
    "EMPHASISED",
    "QUESTIONED",
    // Spanish
    "LE GUSTO",
    "LE GUSTA",
    "ME GUSTA",
    "LE ENCANTO",
    "LE ENCANTA",
    "ME ENCANTA",
    "NO LE GUSTO",
    "NO LE GUSTA",
    "NO ME GUSTA",
    "LE DIO RISA",
    "RIO CON",
    "SE RIO DE",
    "SE RIO CON",
    "EXCLAMO POR",
    "ENFATIZO",
    "DESTACO",
    "DUDO SOBRE",
    "CUESTIONO",
    "PREGUNTO POR",
    // French
    "A AIME",
    "AIME",
    "A ADORE",
    "ADORE",
    "N'A PAS AIME",
    "N’A PAS AIME",
    "A RI DE",
    "A RI A",
    "A MIS L'ACCENT SUR",
    "A MIS L’ACCENT SUR",
    "A INSISTE SUR",
    "A SOULIGNE",
    "A QUESTIONNE",
    "A POSE UNE QUESTION SUR",
    "S'EST INTERROGE SUR",
    "S’EST INTERROGE SUR",
    "S'EST INTERROGE(E) SUR",
    "S’EST INTERROGE(E) SUR",
];

/// The same with a sign or a name between: `Reacted 👍 to “…”`, `Removed a heart from “…”`.
pub(in crate::domain::reply) const AROUND: &[(&str, &str)] = &[
    ("REACTED ", " TO"),
    ("REMOVED A ", " FROM"),
    ("REMOVED AN ", " FROM"),
    ("REMOVED ", " FROM"),
    ("REACCIONO CON ", " A"),
    ("QUITO ", " DE"),
    ("QUITO ", " A"),
    ("ELIMINO ", " DE"),
    ("A REAGI AVEC ", " A"),
    ("A REAGI PAR ", " A"),
    ("A REAGI ", " A"),
    ("A SUPPRIME ", " DE"),
    ("A RETIRE ", " DE"),
    ("A ENLEVE ", " DE"),
    ("A AJOUTE UN ", " A"),
];

/// What stands between an emoji and the quotation on Android: `👍 to “…”`.
pub(in crate::domain::reply) const TO: &[&str] = &[" TO", " A"];

/// A reaction whose quotation the phone left out altogether: `A réagi avec 👍`.
pub(in crate::domain::reply) const BEFORE_SIGN: &[&str] =
    &["REACTED WITH ", "REACCIONO CON ", "A REAGI AVEC "];

/// What is reacted to when it is no text.
pub(in crate::domain::reply) const PICTURES: &[&str] = &[
    "AN IMAGE",
    "A PHOTO",
    "A MOVIE",
    "A VIDEO",
    "AN ATTACHMENT",
    "AN AUDIO MESSAGE",
    "UNA IMAGEN",
    "UNA FOTO",
    "UN VIDEO",
    "UN ARCHIVO ADJUNTO",
    "UNE IMAGE",
    "UNE PHOTO",
    "UNE VIDEO",
    "UNE PIECE JOINTE",
];

/// Quotation marks that open or close what a reaction quotes.
pub(in crate::domain::reply) const QUOTES: &[char] = &['"', '“', '”', '„', '«', '»'];
