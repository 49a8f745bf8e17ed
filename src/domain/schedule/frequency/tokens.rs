//! The words of a promise of frequency, in English, Spanish and French.

use super::CapPeriod;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrequencyToken {
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
    Adjective(CapPeriod),
    Other,
    /// The end of a sentence.
    Break,
    /// A sign of money: the number after it is a price.
    Money,
}

/// The words in order.
pub(super) fn tokens(words: &str) -> Vec<FrequencyToken> {
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
                found.push(FrequencyToken::Break);
            }
            word.clear();
        }
        match c {
            '/' => found.push(FrequencyToken::Link),
            '$' | '€' | '£' => found.push(FrequencyToken::Money),
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
fn token(word: &str) -> FrequencyToken {
    if let Ok(n) = word.parse() {
        return FrequencyToken::Number(n);
    }
    match word {
        "a" | "an" | "un" | "una" | "une" => FrequencyToken::Article,
        "once" => FrequencyToken::Times(1),
        "twice" => FrequencyToken::Times(2),
        "thrice" => FrequencyToken::Times(3),
        "per" | "each" | "every" | "al" | "por" | "cada" | "par" | "chaque" | "à" | "in" | "en" => FrequencyToken::Link,
        "the" | "la" | "el" | "le" | "any" | "calendar" | "single" | "given" | "cualquier" => FrequencyToken::Filler,
        "day" | "days" | "d" | "día" | "días" | "dia" | "dias" | "jour" | "jours" | "24h" => FrequencyToken::Period(1),
        "week" | "weeks" | "wk" | "wks" | "semana" | "semanas" | "sem" | "semaine" | "semaines" => FrequencyToken::Period(7),
        "month" | "months" | "mo" | "mos" | "mth" | "mnth" | "mes" | "meses" | "mois" => FrequencyToken::Period(30),
        "quarter" | "trimestre" => FrequencyToken::Period(91),
        "year" | "years" | "yr" | "año" | "ano" | "année" => FrequencyToken::Period(365),
        "daily" | "diario" | "diarios" | "quotidien" | "quotidiens" => FrequencyToken::Adjective(CapPeriod::Day),
        "weekly" | "semanal" | "semanales" | "hebdomadaire" | "hebdomadaires" => FrequencyToken::Adjective(CapPeriod::Week),
        "monthly" | "mensual" | "mensuales" | "mensuel" | "mensuels" => FrequencyToken::Adjective(CapPeriod::Month),
        "msg" | "msgs" | "message" | "messages" | "text" | "texts" | "txt" | "txts" | "sms" | "mms" | "alert" | "alerts"
        | "notification" | "notifications" | "reminder" | "reminders" | "mensaje" | "mensajes" | "texto" | "textos"
        | "alerta" | "alertas" | "aviso" | "avisos" | "notificación" | "notificaciones" | "alerte" | "alertes"
        | "time" | "times" | "x" | "vez" | "veces" | "fois" => FrequencyToken::Noun,
        _ => number(word).map_or(FrequencyToken::Other, FrequencyToken::Number),
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
