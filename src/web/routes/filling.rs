//! Fills patterns with their parts and writes queries, with percent signs where they are needed. Only `routes` uses it; it
//! writes nothing.

use std::fmt::{Display, Write};

/// The pattern with its parts in place of their names.
pub(super) fn filled(pattern: &str, parts: &[&dyn Display]) -> String {
    let mut address = String::with_capacity(pattern.len() + 40);
    let mut rest = pattern;
    for part in parts {
        let Some((before, after)) = rest.split_once('{') else { break };
        address.push_str(before);
        let is_tail = after.split_once('}').is_some_and(|(name, _)| name.ends_with(".*"));
        let mut encoder = Encoder { address: &mut address, keeps_slashes: is_tail };
        // Writing into a text cannot fail.
        let _ = write!(encoder, "{part}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    address.push_str(rest);
    address
}

/// An address with a query: fields without a value are left out.
pub fn with_query(address: &str, fields: &[(&str, &str)]) -> String {
    let mut address = address.to_owned();
    let mut separator = if address.contains('?') { '&' } else { '?' };
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(separator);
        address.push_str(name);
        address.push('=');
        let _ = Encoder { address: &mut address, keeps_slashes: false }.write_str(value);
        separator = '&';
    }
    address
}

/// Writes what a part or a value of an address may contain, and the rest in percent signs.
struct Encoder<'a> {
    address: &'a mut String,
    keeps_slashes: bool,
}

impl Write for Encoder<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    self.address.push(char::from(byte));
                }
                b'/' if self.keeps_slashes => self.address.push('/'),
                _ => write!(self.address, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}
