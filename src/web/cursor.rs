//! A place in a list of contacts or numbers, as an address or an API client carries it. Lists use it; it writes nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::store::contacts::ListPlace;

/// The place in words that mean nothing outside.
pub fn written(place: &ListPlace) -> String {
    match place {
        ListPlace::Newest(row) => row.to_string(),
        place => URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default()),
    }
}

/// The place that was written, if it is one.
pub fn read(cursor: &str) -> Option<ListPlace> {
    if let Ok(row) = cursor.parse() {
        return Some(ListPlace::Newest(row));
    }
    let place: ListPlace = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    // No name and no number has one, and PostgreSQL takes none.
    let is_sound =
        !matches!(&place, ListPlace::Name(words, _) | ListPlace::Digits(words) if words.contains('\0'));
    is_sound.then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::NumberId;
    use crate::domain::time::Timestamp;

    #[test]
    fn what_was_written_is_read() {
        let number = NumberId::from(uuid::Uuid::from_u128(7));
        let changed = ListPlace::LatestChange(Timestamp::from_micros(-5), number, 3);
        let (name, digits) = (ListPlace::Name("ana".to_owned(), 3), ListPlace::Digits("+1".to_owned()));
        let (added, number) = (ListPlace::Added(number.into()), ListPlace::Number(number));
        for place in [ListPlace::Newest(42), name, digits, changed, added, number] {
            assert_eq!(read(&written(&place)), Some(place));
        }
        assert_eq!(written(&ListPlace::Newest(42)), "42", "as clients have it from before");
        let with_nul = written(&ListPlace::Name("a\0".to_owned(), 5));
        let in_digits = written(&ListPlace::Digits("+\0".to_owned()));
        for wrong in ["", "x", "%00", "WyJhXHUwMDAwIiw1XQ", &with_nul, &in_digits] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
