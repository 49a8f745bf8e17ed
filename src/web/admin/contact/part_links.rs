//! The links from one page of a long part to the next: a contact's page shows the newest texts and events, and older ones by
//! their addresses. The pages of a number use it; it writes nothing.

use actix_web::HttpRequest;
use serde::Deserialize;

use crate::web::form;
use crate::web::routes;

/// Which page of each part the address names; empty for the newest.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(in crate::web::admin) struct PartsQuery {
    /// Of the conversation.
    older: String,
    /// Of the timeline.
    history: String,
    /// Of the timeline under an older spelling of the number.
    spelling: String,
}

/// A part that goes on in pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::web::admin) enum PagePart {
    Conversation,
    Timeline,
    OldSpelling,
}

/// Where a part goes on.
pub(in crate::web::admin) struct PartLinks {
    /// The newest page, where another one is shown.
    pub(in crate::web::admin) newest: Option<String>,
    /// The next older one.
    pub(in crate::web::admin) older: Option<String>,
}

impl PartsQuery {
    /// As the address of a request has it.
    pub(in crate::web::admin) fn of(request: &HttpRequest) -> PartsQuery {
        form::query(request)
    }

    /// The page of one part.
    pub(in crate::web::admin) fn of_part(&self, part: PagePart) -> &str {
        match part {
            PagePart::Conversation => &self.older,
            PagePart::Timeline => &self.history,
            PagePart::OldSpelling => &self.spelling,
        }
    }

    /// `address` with these pages.
    pub(in crate::web::admin) fn address(&self, address: &str) -> String {
        let fields = [("older", &self.older), ("history", &self.history), ("spelling", &self.spelling)];
        routes::with_query(address, &fields.map(|(name, value)| (name, value.as_str())))
    }

    /// The links of a part of the page at `address`; `older` is where it goes on.
    pub(in crate::web::admin) fn links(
        &self,
        address: &str,
        part: PagePart,
        older: Option<String>,
    ) -> PartLinks {
        let (id, is_newest) = (part.anchor(), self.of_part(part).is_empty());
        let at = |place: String| format!("{}#{id}", self.with(part, place).address(address));
        PartLinks { newest: (!is_newest).then(|| at(String::new())), older: older.map(at) }
    }

    fn with(&self, part: PagePart, place: String) -> PartsQuery {
        let mut other = self.clone();
        match part {
            PagePart::Conversation => other.older = place,
            PagePart::Timeline => other.history = place,
            PagePart::OldSpelling => other.spelling = place,
        }
        other
    }
}

impl PagePart {
    /// The identifier of its heading.
    fn anchor(self) -> &'static str {
        match self {
            PagePart::Conversation => "talk",
            PagePart::Timeline => "history",
            PagePart::OldSpelling => "older",
        }
    }
}
