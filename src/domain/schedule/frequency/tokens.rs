//! The words of a promise of frequency, in English, Spanish and French.

use super::Per;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Number(u32),
    /// "once", "twice": a number that needs no noun.
    Times(u32),
    /// "a", "an", "un": a number before a noun, a link before a period.
    Article,
    Noun,
    Link,
    /// What may stand between a link and its period: "the", "calendar".
    Filler,
    /// Days of a period.
    Period(u32),
    /// "monthly".
    Adjective(Per),
    Other,
    /// The end of a sentence.
    Break,
    /// A sign of money: the number after it is a price.
    Money,
}

/// The words in order.
pub(super) fn tokens(words: &str) -> Vec<Token> {
    let lower = words.to_lowercase();
    let mut found = Vec::new();
    let mut word = String::new();
    for c in lower.chars().chain([' ']) {
        // "4msgs" and "30days" are two words.
        let turns = word.chars().next_back().is_some_and(|last| last.is_ascii_digit() != c.is_ascii_digit());
        if !word.is_empty() && (!c.is_alphanumeric() || turns) {
            found.push(token(&word));
            // A full stop after a short form does not end the sentence.
            if matches!(c, '.' | '!' | '?' | ';') && !is_short(&word) {
                found.push(Token::Break);
            }
            word.clear();
        }
        match c {
            '/' => found.push(Token::Link),
            '$' | '€' | '£' => found.push(Token::Money),
            _ if c.is_alphanumeric() => word.push(c),
            _ => {}
        }
    }
    found
}

fn is_short(word: &str) -> bool {
    matches!(word, "msg" | "msgs" | "mo" | "wk" | "max" | "mens" | "sem" | "approx" | "aprox" | "env" | "no")
}

#[rustfmt::skip]
fn token(word: &str) -> Token {
    if let Ok(n) = word.parse() {
        return Token::Number(n);
    }
    match word {
        "a" | "an" | "un" | "una" | "une" => Token::Article,
        "once" => Token::Times(1),
        "twice" => Token::Times(2),
        "thrice" => Token::Times(3),
        "per" | "each" | "every" | "al" | "por" | "cada" | "par" | "chaque" | "à" | "in" | "en" => Token::Link,
        "the" | "la" | "el" | "le" | "any" | "calendar" | "single" | "given" | "cualquier" => Token::Filler,
        "day" | "days" | "d" | "día" | "días" | "dia" | "dias" | "jour" | "jours" | "24h" => Token::Period(1),
        "week" | "weeks" | "wk" | "wks" | "semana" | "semanas" | "sem" | "semaine" | "semaines" => Token::Period(7),
        "month" | "months" | "mo" | "mos" | "mth" | "mnth" | "mes" | "meses" | "mois" => Token::Period(30),
        "quarter" | "trimestre" => Token::Period(91),
        "year" | "years" | "yr" | "año" | "ano" | "année" => Token::Period(365),
        "daily" | "diario" | "diarios" | "quotidien" | "quotidiens" => Token::Adjective(Per::Day),
        "weekly" | "semanal" | "semanales" | "hebdomadaire" | "hebdomadaires" => Token::Adjective(Per::Week),
        "monthly" | "mensual" | "mensuales" | "mensuel" | "mensuels" => Token::Adjective(Per::Month),
        "msg" | "msgs" | "message" | "messages" | "text" | "texts" | "txt" | "txts" | "sms" | "mms" | "alert" | "alerts"
        | "notification" | "notifications" | "reminder" | "reminders" | "mensaje" | "mensajes" | "texto" | "textos"
        | "alerta" | "alertas" | "aviso" | "avisos" | "notificación" | "notificaciones" | "alerte" | "alertes"
        | "time" | "times" | "x" | "vez" | "veces" | "fois" => Token::Noun,
        _ => number(word).map_or(Token::Other, Token::Number),
    }
}

/// Numbers in words, to twelve and a few more.
#[rustfmt::skip]
fn number(word: &str) -> Option<u32> {
    Some(match word {
        "one" | "uno" => 1,
        "two" | "dos" | "deux" => 2,
        "three" | "tres" | "trois" => 3,
        "four" | "cuatro" | "quatre" => 4,
        "five" | "cinco" | "cinq" => 5,
        "six" | "seis" => 6,
        "seven" | "siete" | "sept" => 7,
        "eight" | "ocho" | "huit" => 8,
        "nine" | "nueve" | "neuf" => 9,
        "ten" | "diez" | "dix" => 10,
        "eleven" | "onze" => 11,
        "twelve" | "doce" | "douze" => 12,
        "fifteen" | "quince" | "quinze" => 15,
        "twenty" | "veinte" | "vingt" => 20,
        "thirty" | "treinta" | "trente" => 30,
        _ => return None,
    })
}
