//! How much of a long list fits on a page: so many items, and fewer where they are long. The conversation and the timeline use
//! it; it writes nothing.

/// Room on a page.
pub(in crate::web::admin) struct PageRoom {
    items: usize,
    bytes: usize,
    is_empty: bool,
}

impl PageRoom {
    /// Room for so many items, of so many bytes together.
    pub(in crate::web::admin) fn new(items: usize, bytes: usize) -> PageRoom {
        PageRoom { items, bytes, is_empty: true }
    }

    /// Takes an item of so many bytes, if there is room. The first one always finds it, so that no page is empty.
    pub(in crate::web::admin) fn takes(&mut self, bytes: usize) -> bool {
        if self.items == 0 || (bytes > self.bytes && !self.is_empty) {
            return false;
        }
        self.items -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        self.is_empty = false;
        true
    }
}

/// How many bytes a text takes on a page, where some letters are written as `&#38;`.
pub(in crate::web::admin) fn bytes_of(text: &str) -> usize {
    text.len() + 4 * text.bytes().filter(|byte| b"&<>\"'".contains(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_with_its_items_or_with_its_bytes() {
        let mut few = PageRoom::new(2, 100);
        assert_eq!([few.takes(1), few.takes(1), few.takes(1)], [true, true, false]);
        let mut long = PageRoom::new(9, 100);
        assert_eq!([long.takes(60), long.takes(40), long.takes(1)], [true, true, false]);
        let mut huge = PageRoom::new(9, 100);
        assert_eq!([huge.takes(1000), huge.takes(1)], [true, false], "the first is shown, however long");
    }

    #[test]
    fn what_is_escaped_counts_as_it_is_written() {
        assert_eq!(bytes_of("a & b"), "a &#38; b".len());
        assert_eq!(bytes_of("é"), 2);
    }
}
