//! What the columns of a file hold: guessed from their headings, or said by a person.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::words::words;

words! {
    /// What a column may hold.
    ImportColumn {
        /// The telephone number.
        Phone = "phone",
        /// The whole name.
        Name = "name",
        /// The first name.
        FirstName = "first_name",
        /// The last name.
        LastName = "last_name",
        /// The email address.
        Email = "email",
        /// The identifier in the other system.
        ExternalId = "external_id",
        /// The ZIP code.
        Zip = "zip",
        /// The IANA time zone.
        TimeZone = "time_zone",
        /// The consent in words, such as "subscribed".
        State = "consent_state",
        /// Yes where the number opted out.
        OptedOut = "opted_out",
        /// How the lead opted in.
        Method = "method",
        /// When the lead opted in or out.
        Date = "date",
        /// The words that the lead agreed to.
        Wording = "wording",
        /// The document that shows the consent.
        Reference = "reference",
        /// The reason of an opt-out.
        Reason = "reason",
    }
}

/// Headings in lower case without anything but letters and digits, as CRMs and texting services write them.
const HEADINGS: &[(ImportColumn, &[&str])] = &[
    (
        ImportColumn::Phone,
        &[
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "mobilephonenumber",
            "mobilenumber",
            "cell",
            "cellphone",
            "cellnumber",
            "telephone",
            "tel",
            "number",
            "msisdn",
            "smsnumber",
            "smsphonenumber",
            "smsphone",
            "primaryphone",
            "e164",
            "to",
            "destinationnumber",
            "destinationphonenumber",
            "recipient",
            "optedoutnumber",
        ],
    ),
    (ImportColumn::Name, &["name", "fullname", "contactname", "contact", "leadname", "customername"]),
    (ImportColumn::FirstName, &["firstname", "first", "givenname", "fname"]),
    (ImportColumn::LastName, &["lastname", "last", "surname", "familyname", "lname"]),
    (ImportColumn::Email, &["email", "emailaddress", "mail", "primaryemail"]),
    (
        ImportColumn::ExternalId,
        &[
            "externalid",
            "id",
            "contactid",
            "recordid",
            "leadid",
            "customerid",
            "subscriberid",
            "klaviyoid",
            "leid",
            "euid",
        ],
    ),
    (ImportColumn::Zip, &["zip", "zipcode", "postalcode", "postcode", "zippostalcode"]),
    (ImportColumn::TimeZone, &["timezone", "tz", "ianatimezone"]),
    (
        ImportColumn::State,
        &[
            "smsstatus",
            "smsconsent",
            "smsmarketingconsent",
            "smsmarketingstatus",
            "smssubscriptionstatus",
            "subscriptionstatus",
            "subscriberstatus",
            "consent",
            "consentstate",
            "consentstatus",
            "optinstatus",
            "optstatus",
            "optedin",
            "optin",
            "subscribed",
        ],
    ),
    (
        ImportColumn::OptedOut,
        &[
            "optedout",
            "optout",
            "smsoptedout",
            "smsoptout",
            "unsubscribed",
            "donottext",
            "donotcontact",
            "dnt",
        ],
    ),
    (
        ImportColumn::Method,
        &[
            "method",
            "optinmethod",
            "consentmethod",
            "smsconsentmethod",
            "optinsource",
            "consentsource",
            "signupsource",
            "subscribedvia",
            "acquisitionsource",
        ],
    ),
    (
        ImportColumn::Date,
        &[
            "date",
            "consentdate",
            "optindate",
            "optintime",
            "optedinat",
            "optinat",
            "consenttimestamp",
            "smsconsenttimestamp",
            "consentedat",
            "subscribedat",
            "subscribeddate",
            "givenon",
            "optoutdate",
            "optedoutat",
            "optouttime",
            "optedoutdate",
            "optedouttimestamp",
            "unsubscribedat",
            "unsubtime",
            "unsubscribeddate",
            "occurredat",
            "timestamp",
        ],
    ),
    (
        ImportColumn::Wording,
        &[
            "wording",
            "consenttext",
            "consentwording",
            "consentlanguage",
            "optinlanguage",
            "optintext",
            "disclosure",
            "legallanguage",
        ],
    ),
    (
        ImportColumn::Reference,
        &[
            "reference",
            "document",
            "documentreference",
            "consentdocument",
            "proof",
            "proofofconsent",
            "certificate",
            "consentformversion",
        ],
    ),
    (ImportColumn::Reason, &["reason", "optoutreason", "unsubscribereason", "note", "notes", "comment"]),
];

impl ImportColumn {
    /// What a heading means; none where it is not one of those that are known.
    pub fn guess(heading: &str) -> Option<ImportColumn> {
        if let Ok(column) = heading.trim().parse() {
            return Some(column);
        }
        let plain: String =
            heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        HEADINGS.iter().find(|(_, known)| known.contains(&plain.as_str())).map(|(column, _)| *column)
    }
}

/// Which column of a file holds what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap(BTreeMap<ImportColumn, usize>);

impl ColumnMap {
    /// What the headings say. Where two mean the same, the first counts.
    pub fn guessed<'a>(headings: impl IntoIterator<Item = &'a str>) -> ColumnMap {
        let mut map = ColumnMap::default();
        for (place, heading) in headings.into_iter().enumerate() {
            if let Some(column) = ImportColumn::guess(heading) {
                map.0.entry(column).or_insert(place);
            }
        }
        map
    }

    /// Says what a column holds, whatever was guessed of it.
    pub fn set(&mut self, place: usize, column: ImportColumn) {
        self.ignore(place);
        self.0.insert(column, place);
    }

    /// Says that a column is not read.
    pub fn ignore(&mut self, place: usize) {
        self.0.retain(|_, known| *known != place);
    }

    /// Where a column stands, counted from 0.
    pub fn place(&self, column: ImportColumn) -> Option<usize> {
        self.0.get(&column).copied()
    }

    /// The columns with their places.
    pub fn iter(&self) -> impl Iterator<Item = (ImportColumn, usize)> {
        self.0.iter().map(|(column, place)| (*column, *place))
    }

    /// The cell of a row, without space around it; empty where the file has no such column or the row ends before it.
    pub fn cell<'a>(&self, cells: &'a [String], column: ImportColumn) -> &'a str {
        self.place(column).and_then(|place| cells.get(place)).map_or("", |cell| cell.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnMap, ImportColumn};

    #[test]
    fn headings_of_other_systems_are_known() {
        for (heading, column) in [
            ("Phone Number", ImportColumn::Phone),
            ("SMS Phone Number", ImportColumn::Phone),
            ("Mobile Phone Number", ImportColumn::Phone),
            ("destination_phone_number", ImportColumn::Phone),
            ("Record ID", ImportColumn::ExternalId),
            ("OPTIN_TIME", ImportColumn::Date),
            ("SMS Consent Timestamp", ImportColumn::Date),
            ("Opted Out", ImportColumn::OptedOut),
            ("ZIP/Postal Code", ImportColumn::Zip),
            (" first_name ", ImportColumn::FirstName),
        ] {
            assert_eq!(ImportColumn::guess(heading), Some(column), "{heading}");
        }
        assert_eq!(ImportColumn::guess("Favorite color"), None);
        assert_eq!(ImportColumn::guess(""), None);
    }

    #[test]
    fn the_first_of_two_headings_counts_until_a_person_says_otherwise() {
        let mut map = ColumnMap::guessed(["Phone", "Color", "Mobile"]);
        let row = ["1".to_owned(), "red".to_owned(), " 2 ".to_owned()];
        assert_eq!(map.cell(&row, ImportColumn::Phone), "1");
        map.set(2, ImportColumn::Phone);
        assert_eq!(map.cell(&row, ImportColumn::Phone), "2");
        assert_eq!(map.cell(&row, ImportColumn::Email), "");
        assert_eq!(map.cell(&row[..1], ImportColumn::Phone), "");
    }
}
