//! Whose words they are that decided: one language, or none where several have them.

use super::*;
use crate::domain::language::Language::{self, English, French, Spanish};

fn language(text: &str) -> Option<Language> {
    plain(text).language
}

#[test]
fn a_reading_says_the_language_of_its_words() {
    for (text, of) in [
        ("ALTO", Spanish),
        ("Baja.", Spanish),
        ("c a n c e l a r", Spanish),
        ("alto por favor", Spanish),
        ("ya no me escriban", Spanish),
        ("número equivocado", Spanish),
        ("Ayuda", Spanish),
        ("necesito ayuda", Spanish),
        ("sí", Spanish),
        ("Iniciar", Spanish),
        ("no me interesa", Spanish),
        ("stop por favor", Spanish),
        ("Arrêt", French),
        ("désabonner", French),
        ("arrêtez de m'envoyer des messages", French),
        ("mauvais numéro", French),
        ("aide", French),
        ("OUI", French),
        ("commencer", French),
        ("pas intéressé", French),
        ("stop merci", French),
        ("unsubscribe", English),
        ("unsubcribe", English),
        ("please stop", English),
        ("take me off your list", English),
        ("YES", English),
        ("need help", English),
        ("not interested", English),
        ("STOP ALL", English),
    ] {
        assert_eq!(language(text), Some(of), "{text}: {:?}", plain(text));
    }
}

#[test]
fn what_several_languages_have_belongs_to_none() {
    for text in [
        "STOP",
        "stopp",
        "s t o p",
        "🛑",
        "ok stop",
        "START",
        "UNSTOP",
        "HELP",
        "info",
        "Y",
        "no",
        "stop spam",
    ] {
        assert_eq!(language(text), None, "{text}: {:?}", plain(text));
    }
    for text in ["hola", "who is this?", "Liked “ALTO”", "STOP por favor, thank you"] {
        assert_eq!(language(text), None, "{text}: {:?}", plain(text));
    }
}

#[test]
fn a_programs_own_word_has_no_language() {
    let words = |word: &str| vec![word.to_owned()];
    let keywords = ProgramKeywords {
        revoke: words("chau"),
        help: words("duda"),
        opt_in: words("rates"),
        ..ProgramKeywords::default()
    };
    for text in ["chau", "duda", "rates"] {
        let reading = read(text, &keywords);
        assert_eq!((reading.tier, reading.language), (ReplyTier::Keyword, None), "{text}");
    }
}
