//! What every page carries beside its own content, and how a template becomes an answer. All pages use it; it writes
//! nothing and knows no single page.

use std::str::FromStr;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::AppState;
use super::assets;
use super::error::PageError;
use super::session::{Calendars, FlashMessage, SignedIn};
use super::sidebar::SidebarFigures;
use crate::domain::phone::Phone;
use crate::domain::restore_hold::RestoreHold;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::store::ReplicaRead;
use crate::words::{Label, restore_hold};

pub use super::plain::{PlainPage, grouped, see_other};

/// A page that is not older than this needs no excuse: it took as long to read it.
const UNNOTICED: Duration = Duration::from_secs(3);

/// What `layouts/admin.html` asks.
#[derive(Clone, Debug)]
pub struct PageFrame {
    /// The entry of the main menu that is current.
    pub section: &'static str,
    /// Who is signed in.
    pub user_name: String,
    /// As what.
    pub role_label: &'static str,
    /// The token for forms.
    pub csrf: String,
    /// What was done by the request before.
    pub flash: Option<FlashMessage>,
    /// Why the installation itself switched sending off, if it did.
    pub standstill: Option<RestoreHold>,
    /// What the page shows is older than people expect.
    pub behind: Option<ReplicaNotice>,
    /// No real text leaves this machine.
    pub simulator: bool,
    /// The figures of the main menu.
    pub figures: SidebarFigures,
    /// Numbers that begin so are shown without it.
    home_code: Option<String>,
    /// Who reads the page, by which calendars, and when.
    reader: PageReader,
}

impl PageFrame {
    /// The frame of a page in `section` for whoever is signed in.
    pub fn new(app: &AppState, section: &'static str, who: &impl SignedIn) -> Self {
        let user = who.user();
        PageFrame {
            section,
            user_name: user.name.clone(),
            role_label: user.role.label(),
            csrf: who.csrf().to_owned(),
            flash: who.flash().cloned(),
            standstill: who.standstill(),
            behind: None,
            simulator: app.config.is_simulator(),
            figures: app.sidebar.shown(),
            home_code: Phone::calling_code(&app.config.default_region),
            reader: PageReader { role: user.role, calendars: who.calendars(), now: app.clock.now() },
        }
    }

    /// Tells people when what was read for the page is not quite new.
    #[must_use]
    pub fn showing<T>(self, seen: &ReplicaRead<T>, now: Timestamp) -> Self {
        PageFrame {
            behind: seen.age.filter(|age| *age > UNNOTICED).map(|age| ReplicaNotice::new(age, now)),
            ..self
        }
    }

    /// A number as people here read it.
    pub fn number(&self, phone: &Phone) -> String {
        phone.shown_under(self.home_code.as_deref())
    }

    /// A number as it was given; shown like any other where it is one.
    pub fn number_given(&self, text: &str) -> String {
        Phone::from_e164(text).map_or_else(|| text.to_owned(), |phone| self.number(&phone))
    }

    /// A moment in words: "Nov 29, 2026, 8:00 AM PST".
    pub fn time(&self, at: impl AsTimestamp) -> String {
        self.reader.calendars.reader.time(at.timestamp())
    }

    /// The same with its seconds.
    pub fn time_to_the_second(&self, at: impl AsTimestamp) -> String {
        self.reader.calendars.reader.time_to_the_second(at.timestamp())
    }

    /// A moment as a list says it: "3 minutes ago".
    pub fn ago(&self, at: impl AsTimestamp) -> String {
        self.reader.calendars.reader.relative(at.timestamp(), self.reader.now)
    }

    /// Who reads it and when, for those who only read what is shown.
    pub fn reader(&self) -> PageReader {
        self.reader
    }

    /// True for an administrator.
    pub fn is_admin(&self) -> bool {
        self.reader.role == Role::Administrator
    }

    /// What to do so that sending goes on.
    pub fn how_sending_goes_on(&self) -> &'static str {
        self.standstill.map(restore_hold::next_step).unwrap_or_default()
    }

    /// Why the installation itself switched sending off, as a sentence or two.
    pub fn why_sending_is_off(&self) -> String {
        self.standstill.map(|hold| restore_hold::why(hold, self.reader.calendars.reader)).unwrap_or_default()
    }

    /// True while an administrator cannot turn sending on.
    pub fn keeps_sending_off(&self) -> bool {
        self.standstill.is_some_and(RestoreHold::keeps_sending_off)
    }

    /// True for those who may read the administration's log.
    pub fn may_inspect(&self) -> bool {
        matches!(self.reader.role, Role::Administrator | Role::Auditor)
    }

    /// True for those who may change contacts and send texts.
    pub fn is_editor(&self) -> bool {
        matches!(self.reader.role, Role::Administrator | Role::Support)
    }

    /// The address of a static file.
    pub fn asset(&self, path: &str) -> String {
        assets::url(path)
    }
}

/// A moment as templates hand it over: by however many references.
pub trait AsTimestamp {
    /// The moment.
    fn timestamp(&self) -> Timestamp;
}

impl AsTimestamp for Timestamp {
    fn timestamp(&self) -> Timestamp {
        *self
    }
}

impl<T: AsTimestamp> AsTimestamp for &T {
    fn timestamp(&self) -> Timestamp {
        (**self).timestamp()
    }
}

/// Who reads a page, by which calendars, and when.
#[derive(Clone, Copy, Debug)]
pub struct PageReader {
    /// What they may do.
    pub role: Role,
    /// By which they read times.
    pub calendars: Calendars,
    /// When the page is made.
    pub now: Timestamp,
}

/// What a page says that comes from a replica which lags behind.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaNotice {
    /// Everything up to then is on the page.
    pub as_of: Timestamp,
    seconds: u64,
}

impl ReplicaNotice {
    fn new(age: Duration, now: Timestamp) -> Self {
        let micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        ReplicaNotice { as_of: now.plus(chrono::Duration::microseconds(-micros)), seconds: age.as_secs() }
    }

    /// "40 seconds", "3 minutes".
    pub fn by(self) -> String {
        match self.seconds {
            seconds if seconds < 120 => format!("{seconds} seconds"),
            seconds => format!("{} minutes", seconds / 60),
        }
    }
}

/// What `layouts/public.html` asks.
#[derive(Clone, Debug)]
pub struct PublicPage {
    /// The language of the text (BCP 47).
    pub lang: String,
    /// Who texts.
    pub brand: String,
}

impl PublicPage {
    /// The frame of a public page.
    pub fn new(lang: impl Into<String>, brand: impl Into<String>) -> Self {
        PublicPage { lang: lang.into(), brand: brand.into() }
    }

    /// The address of a static file.
    pub fn asset(&self, path: &str) -> String {
        assets::url(path)
    }
}

/// A page, with status 200.
///
/// # Errors
/// When the template cannot be rendered.
pub fn html(template: impl Template) -> Result<HttpResponse, PageError> {
    html_status(StatusCode::OK, template)
}

/// Most pages fit in, and need not be moved while they grow.
const ROOM: usize = 64 * 1024;

/// A page with a status of its own (422 for a form with errors).
///
/// # Errors
/// When the template cannot be rendered.
pub fn html_status(status: StatusCode, template: impl Template) -> Result<HttpResponse, PageError> {
    let mut body = String::with_capacity(ROOM);
    template.render_into(&mut body)?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body))
}

/// An identifier out of an address.
///
/// # Errors
/// [`PageError::NotFound`] when it is none.
pub fn id<T: FromStr>(text: &str) -> Result<T, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

/// A length of time as people read it: "3 minutes", "26 hours", "4 days". Never longer than it is.
pub fn span(time: chrono::Duration) -> String {
    let counted = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match time.num_minutes() {
        minutes if minutes < 1 => "less than a minute".to_owned(),
        minutes if minutes < 120 => counted(minutes, "minute"),
        minutes if minutes < 48 * 60 => counted(minutes / 60, "hour"),
        minutes => counted(minutes / (24 * 60), "day"),
    }
}
