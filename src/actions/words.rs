//! How actions clean what people enter, and how the log says what became of what. Used by the actions of pages; it writes
//! nothing.

/// As much of a text as a line of the log shows.
const SHOWN: usize = 200;

/// "brand: "A" → "B"", when something changed.
pub(super) fn change(what: &str, before: &str, after: &str) -> Option<String> {
    (before != after).then(|| format!("{what}: {} → {}", quoted(before), quoted(after)))
}

fn quoted(text: &str) -> String {
    let clipped: String = text.chars().take(SHOWN).collect();
    let more = if clipped.len() < text.len() { "…" } else { "" };
    format!("\"{clipped}{more}\"")
}

/// Without control characters and surrounding space.
pub(super) fn one_line(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
    text.trim().to_owned()
}
