//! A list that is shown in pages: as many lines as fit, and where it goes on. Users, API keys, forms, their versions and programs
//! use it; it writes nothing.

use actix_web::HttpRequest;
use serde::Deserialize;

use crate::web::form;
use crate::web::routes;

/// Lines on one page.
pub(super) const LINES: usize = 50;

/// Where a page begins: after this line; the first page where it is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListQuery {
    pub(super) after: String,
}

impl ListQuery {
    pub(super) fn of(request: &HttpRequest) -> ListQuery {
        form::query(request)
    }
}

/// The ways to other pages of a list.
pub(super) struct ListLinks {
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
}

/// How many lines are read: one more than is shown, so that it is known whether there are more.
pub(in crate::web::admin) fn read_at_most(lines: usize) -> i64 {
    i64::try_from(lines + 1).unwrap_or(i64::MAX)
}

/// So many of the lines that were found after `after`, and the ways on from the list at `address`.
pub(super) fn page_of<T>(
    mut found: Vec<T>,
    lines: usize,
    address: &str,
    after: &str,
    place: impl Fn(&T) -> String,
) -> (Vec<T>, ListLinks) {
    let goes_on = found.len() > lines;
    found.truncate(lines);
    let next = found.last().filter(|_| goes_on).map(place);
    let next = next.map(|place| routes::with_query(address, &[("after", &place)]));
    let first = (!after.is_empty()).then(|| address.to_owned());
    (found, ListLinks { first, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_after_its_last_line_while_there_are_more() {
        let page = |found: usize, after: &str| {
            let found: Vec<usize> = (1..=found).collect();
            let (lines, links) = page_of(found, 2, "/list", after, ToString::to_string);
            (lines.len(), links.first, links.next)
        };
        assert_eq!(page(2, ""), (2, None, None));
        assert_eq!(page(3, ""), (2, None, Some("/list?after=2".to_owned())));
        assert_eq!(page(1, "2"), (1, Some("/list".to_owned()), None));
    }
}
