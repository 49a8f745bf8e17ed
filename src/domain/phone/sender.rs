//! Who a text came from, as carriers write it. It must not know what a text of that sender may change.

use super::Phone;

/// Channels that reach the same handset: their texts are texts.
const HANDSET_CHANNELS: [&str; 5] = ["sms", "mms", "rcs", "tel", "smsto"];
/// An international number has at least so many digits when its `+` was lost on the way (decoded to a space).
const WITHOUT_PLUS: std::ops::RangeInclusive<usize> = 11..=15;

/// Who sent a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TextSender {
    /// A handset: a text, a picture message or RCS.
    Handset(Phone),
    /// The same number on another channel (`whatsapp:+1…`). A demand to stop counts; nothing from there opts in.
    OtherChannel(Phone),
    /// No number.
    Unknown,
}

impl TextSender {
    /// Reads what a carrier gave. `region` is meant where no country code is given.
    pub fn read(from: &str, region: &str) -> TextSender {
        let from = from.trim();
        if let Some(phone) = handset(without_channel(from), region) {
            return TextSender::Handset(phone);
        }
        let other = from.split_once(':').and_then(|(_, rest)| Phone::from_e164(rest.trim()));
        other.map_or(TextSender::Unknown, |phone| TextSender::OtherChannel(phone.canonical()))
    }

    /// The number, on whichever channel.
    pub fn phone(&self) -> Option<&Phone> {
        match self {
            TextSender::Handset(phone) | TextSender::OtherChannel(phone) => Some(phone),
            TextSender::Unknown => None,
        }
    }
}

/// A carrier's E.164 is taken as it is: a STOP must not be lost because metadata does not know the number.
fn handset(from: &str, region: &str) -> Option<Phone> {
    let is_bare = WITHOUT_PLUS.contains(&from.len()) && from.bytes().all(|byte| byte.is_ascii_digit());
    Phone::from_e164(from)
        .map(|phone| phone.canonical())
        .or_else(|| Phone::parse(from, region).ok())
        .or_else(|| Phone::from_e164(&format!("+{from}")).filter(|_| is_bare).map(|phone| phone.canonical()))
}

/// A number or address without the name of a channel that reaches the handset: `rcs:+1…` is `+1…`.
pub fn without_channel(text: &str) -> &str {
    match text.split_once(':') {
        Some((channel, rest)) if HANDSET_CHANNELS.iter().any(|name| channel.eq_ignore_ascii_case(name)) => {
            rest.trim_start()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_read_as_carriers_write_them() {
        let phone = |text: &str| Phone::from_e164(text).unwrap();
        let ours = || phone("+12065550111");
        for from in [
            "+12065550111",
            "sms:+12065550111",
            "mms:+12065550111",
            "rcs:+12065550111",
            "RCS:+12065550111",
            "sms: +12065550111",
            "tel:+12065550111",
            "2065550111",
            "sms:2065550111",
            " 12065550111",
            "(206) 555-0111",
        ] {
            assert_eq!(TextSender::read(from, "US"), TextSender::Handset(ours()), "{from}");
        }
        for from in ["whatsapp:+12065550111", "messenger:+12065550111", "viber: +12065550111"] {
            assert_eq!(TextSender::read(from, "US"), TextSender::OtherChannel(ours()), "{from}");
        }
        for from in
            ["", "AMAZON", "22395", "rcs:brand_agent", "messenger:1234567890123456", "whatsapp:", "+", ":+1"]
        {
            assert_eq!(TextSender::read(from, "US"), TextSender::Unknown, "{from}");
        }
    }

    #[test]
    fn a_sender_is_kept_under_the_canonical_spelling() {
        let phone = |text: &str| Phone::from_e164(text).unwrap();
        for (from, canonical) in [
            ("+5215562000000", "+525562000000"),
            ("rcs:+551112345678", "+5511912345678"),
            ("+18615550142", "+18615550142"),
            (" 5215562000000", "+525562000000"),
        ] {
            assert_eq!(TextSender::read(from, "US"), TextSender::Handset(phone(canonical)), "{from}");
        }
        assert_eq!(
            TextSender::read("whatsapp:+5215562000000", "US"),
            TextSender::OtherChannel(phone("+525562000000"))
        );
    }
}
