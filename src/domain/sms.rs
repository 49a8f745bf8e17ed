//! Segments: in how many parts a text travels, and is paid. Counted by 3GPP TS 23.038 (alphabets) and TS 23.040
//! (concatenation). It must not know what the text says, who gets it or what a part costs.

/// The longest text that is accepted, in characters: Twilio's limit for a message body (its error 21617).
pub const MAX_BODY: usize = 1600;

/// The GSM 7-bit default alphabet, in the order of its table (TS 23.038, 6.2.1), without the escape itself.
const GSM7_BASIC: &str = concat!(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ",
    " !\"#¤%&'()*+,-./0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
);

/// The extension table (TS 23.038, 6.2.1.1): each is sent as an escape and a second septet.
const GSM7_EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The alphabet a text is sent in. One character outside GSM-7 puts the whole text into UCS-2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SmsEncoding {
    /// The GSM 7-bit default alphabet: 160 septets alone, 153 in each part of a longer text.
    Gsm7,
    /// 16-bit units: 70 alone, 67 in each part of a longer text.
    Ucs2,
}

impl SmsEncoding {
    /// The name as people in the field write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            SmsEncoding::Gsm7 => "GSM-7",
            SmsEncoding::Ucs2 => "UCS-2",
        }
    }

    /// Units in a text of one part, and in each part of a longer one, which carries a header (TS 23.040, 9.2.3.24.1).
    const fn room(self) -> (usize, usize) {
        match self {
            SmsEncoding::Gsm7 => (160, 153),
            SmsEncoding::Ucs2 => (70, 67),
        }
    }

    /// The units one character takes.
    fn width(self, c: char) -> usize {
        match self {
            SmsEncoding::Gsm7 => 1 + usize::from(GSM7_EXTENSION.contains(c)),
            SmsEncoding::Ucs2 => c.len_utf16(),
        }
    }
}

/// How a text travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentCount {
    /// The alphabet of every part.
    pub encoding: SmsEncoding,
    /// Septets of GSM-7 (an extension character counts twice) or 16-bit units of UCS-2 (an emoji counts twice or more).
    pub units: usize,
    /// The parts; an empty text has none.
    pub segments: usize,
}

/// Counts a text's parts. An escape pair and a surrogate pair stay together, so a part may end one unit early.
pub fn segments(text: &str) -> SegmentCount {
    let gsm7 = text.chars().all(|c| GSM7_BASIC.contains(c) || GSM7_EXTENSION.contains(c));
    let encoding = if gsm7 { SmsEncoding::Gsm7 } else { SmsEncoding::Ucs2 };
    let (alone, part) = encoding.room();
    let units = text.chars().map(|c| encoding.width(c)).sum();
    let segments = match units {
        0 => 0,
        units if units <= alone => 1,
        _ => parts(text.chars().map(|c| encoding.width(c)), part),
    };
    SegmentCount { encoding, units, segments }
}

/// Fills parts of `room` units one after the other, never splitting a character.
fn parts(widths: impl Iterator<Item = usize>, room: usize) -> usize {
    let (parts, _) =
        widths.fold(
            (1, 0),
            |(parts, used), width| {
                if used + width > room { (parts + 1, width) } else { (parts, used + width) }
            },
        );
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gsm7(text: &str) -> (usize, usize) {
        let count = segments(text);
        assert_eq!(count.encoding, SmsEncoding::Gsm7, "{text}");
        (count.units, count.segments)
    }

    fn ucs2(text: &str) -> (usize, usize) {
        let count = segments(text);
        assert_eq!(count.encoding, SmsEncoding::Ucs2, "{text}");
        (count.units, count.segments)
    }

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(GSM7_BASIC.chars().count(), 127, "128 places, one of them the escape");
        assert_eq!(GSM7_EXTENSION.chars().count(), 10);
        assert_eq!(gsm7(GSM7_BASIC), (127, 1));
        assert_eq!(gsm7(GSM7_EXTENSION), (20, 1));
    }

    #[test]
    fn the_edges_of_gsm7() {
        assert_eq!(gsm7(""), (0, 0));
        assert_eq!(gsm7(&"a".repeat(160)), (160, 1));
        assert_eq!(gsm7(&"a".repeat(161)), (161, 2));
        assert_eq!(gsm7(&"a".repeat(306)), (306, 2));
        assert_eq!(gsm7(&"a".repeat(307)), (307, 3));
        assert_eq!(gsm7(&"€".repeat(80)), (160, 1));
        assert_eq!(gsm7(&"€".repeat(81)), (162, 2));
    }

    #[test]
    fn an_escape_pair_stays_together() {
        assert_eq!(gsm7(&"€".repeat(152)), (304, 2));
        assert_eq!(gsm7(&"€".repeat(153)), (306, 3), "76 to a part of 153, not 76 and a half");
        assert_eq!(gsm7(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), (306, 3));
    }

    #[test]
    fn the_edges_of_ucs2() {
        assert_eq!(ucs2(&"ж".repeat(70)), (70, 1));
        assert_eq!(ucs2(&"ж".repeat(71)), (71, 2));
        assert_eq!(ucs2(&"ж".repeat(134)), (134, 2));
        assert_eq!(ucs2(&"ж".repeat(135)), (135, 3));
        assert_eq!(ucs2("It’s 5"), (6, 1));
        assert_eq!(ucs2("ç"), (1, 1));
    }

    #[test]
    fn a_surrogate_pair_stays_together() {
        assert_eq!(ucs2(&"😀".repeat(35)), (70, 1));
        assert_eq!(ucs2(&"😀".repeat(36)), (72, 2));
        assert_eq!(ucs2(&"😀".repeat(66)), (132, 2));
        assert_eq!(ucs2(&"😀".repeat(67)), (134, 3), "33 to a part of 67");
    }

    proptest! {
        #[test]
        fn parts_hold_the_units_and_a_longer_text_never_takes_fewer(text in "[a€ж😀]{0,300}", more in "[a€]{0,5}") {
            let count = segments(&text);
            let (alone, part) = count.encoding.room();
            let room = if count.segments == 1 { alone } else { count.segments * part };
            prop_assert!(count.units <= room);
            let longer = segments(&(text + &more)).segments;
            prop_assert!(longer >= count.segments);
        }
    }
}
