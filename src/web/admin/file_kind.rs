//! Recognizes a file by its content while it arrives, whatever it was called. Uploads use it; it writes nothing.

use std::str::from_utf8;

/// What `infer` calls a kind of file, its media type and how its name ends; text is everything else that reads as text.
const KINDS: [(&str, &str, &str); 5] = [
    ("application/pdf", "application/pdf", "pdf"),
    ("image/png", "image/png", "png"),
    ("image/jpeg", "image/jpeg", "jpg"),
    ("audio/x-wav", "audio/wav", "wav"),
    ("audio/mpeg", "audio/mpeg", "mp3"),
];

/// How the name of a file of this media type ends.
pub(super) fn name_ending(media_type: &str) -> &'static str {
    KINDS.iter().find(|(_, known, _)| *known == media_type).map_or("txt", |(.., ending)| ending)
}

/// What is known of the kind of a file so far.
#[derive(Default)]
pub(super) enum KindReader {
    /// Nothing came yet.
    #[default]
    Empty,
    /// Its first bytes say what it is.
    Named(&'static str),
    /// It reads as text up to a character of which only these bytes are there.
    Text(Vec<u8>),
    /// It is nothing that can be kept.
    Unknown,
}

impl KindReader {
    /// The same after the next part of the file. The first part decides: it is the whole file, or 256 KB of it.
    pub(super) fn after(self, part: &[u8]) -> KindReader {
        match self {
            KindReader::Empty => named(part).map_or_else(|| text(part), KindReader::Named),
            KindReader::Text(begun) if begun.is_empty() => text(part),
            KindReader::Text(begun) => text(&[begun.as_slice(), part].concat()),
            known => known,
        }
    }

    /// True when no further part can make it a file that can be kept.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, KindReader::Unknown)
    }

    /// The media type of the whole file.
    pub(super) fn media_type(&self) -> Option<&'static str> {
        match self {
            KindReader::Named(media_type) => Some(media_type),
            KindReader::Text(begun) if begun.is_empty() => Some("text/plain"),
            _ => None,
        }
    }
}

fn named(first: &[u8]) -> Option<&'static str> {
    let found = infer::get(first)?.mime_type();
    KINDS.iter().find(|(mime, ..)| *mime == found).map(|(_, media_type, _)| *media_type)
}

fn text(part: &[u8]) -> KindReader {
    if part.contains(&0) {
        return KindReader::Unknown;
    }
    match from_utf8(part) {
        Ok(_) => KindReader::Text(Vec::new()),
        Err(error) if error.error_len().is_some() => KindReader::Unknown,
        Err(error) => KindReader::Text(part.get(error.valid_up_to()..).unwrap_or_default().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(parts: &[&[u8]]) -> Option<&'static str> {
        parts.iter().fold(KindReader::default(), |kind, part| kind.after(part)).media_type()
    }

    #[test]
    fn the_first_part_names_the_kind() {
        assert_eq!(kind(&[b"%PDF-1.7 ", b"\0\xff\xfe"]), Some("application/pdf"));
        assert_eq!(kind(&[b"\x89PNG\r\n\x1a\n"]), Some("image/png"));
        assert_eq!(kind(&[b"words ", b"%PDF-1.7"]), Some("text/plain"));
        assert_eq!(kind(&[b"PK\x03\x04\x14\0\x08\0"]), None);
        assert_eq!(kind(&[]), None);
    }

    #[test]
    fn text_is_text_wherever_it_is_cut() {
        let words = "Zoë signed für 5 € 🖊".as_bytes();
        for first in 0..=words.len() {
            for second in first..=words.len() {
                let parts = [&words[..first], &words[first..second], &words[second..]];
                assert_eq!(kind(&parts), Some("text/plain"), "cut at {first} and {second}");
            }
        }
        assert_eq!(
            kind(&["5 €".as_bytes().split_last().unwrap().1]),
            None,
            "the last character is not whole"
        );
        assert_eq!(kind(&[b"words", b"and\0none"]), None);
        assert_eq!(kind(&[b"words\xe2", b"x"]), None);
        assert!(KindReader::default().after(b"\xff").is_unknown());
    }
}
