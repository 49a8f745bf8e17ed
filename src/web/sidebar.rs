//! The figures beside the entries of the main menu. Every page shows them, so they are read once in a while and kept: at most
//! [`KEPT`] old, and read anew after a change that a person made on this server. Used by the frame of the pages. Writes
//! nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::Data;
use chrono::Duration;

use super::plain::grouped;
use super::{AppState, routes};
use crate::domain::time::Timestamp;
use crate::store::{ReadConn, Store, StoreError, counters, programs, reviews};

/// A figure is no older.
const KEPT: Duration = Duration::seconds(10);
/// Reviews are counted up to here.
const COUNTED: i64 = 99;

/// What stands beside the entries; empty where there is nothing to say.
#[derive(Clone, Debug, Default)]
pub struct SidebarFigures {
    /// All contacts, and numbers without one.
    pub contacts: String,
    /// Replies that wait for a person.
    pub reviews: String,
}

/// The figures that were read last, and when.
#[derive(Debug, Default)]
pub struct SidebarCache(Mutex<Option<(Timestamp, SidebarFigures)>>);

impl SidebarCache {
    /// The figures, as they were read last.
    pub fn shown(&self) -> SidebarFigures {
        self.lock().as_ref().map(|(_, figures)| figures.clone()).unwrap_or_default()
    }

    /// A person changed something: the next page reads the figures anew.
    pub fn forget(&self) {
        if let Some((read_at, _)) = self.lock().as_mut() {
            *read_at = Timestamp::from_micros(0);
        }
    }

    /// Reads the figures anew where they are old. A page without them is better than none.
    pub async fn refresh(&self, store: &Store, now: Timestamp) {
        let is_fresh = |read_at: Timestamp| (Duration::zero()..KEPT).contains(&now.since(read_at));
        if self.lock().as_ref().is_some_and(|(read_at, _)| is_fresh(*read_at)) {
            return;
        }
        match store.read(read).await {
            Ok(figures) => *self.lock() = Some((now, figures)),
            Err(error) => log::warn!("The counts in the menu could not be read: {error}"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Timestamp, SidebarFigures)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The menu's figures are read for pages, not for their live parts.
pub async fn refresh(request: &HttpRequest) {
    let Some(app) = request.app_data::<Data<AppState>>() else { return };
    if request.method() != Method::GET {
        app.sidebar.forget();
    } else if !routes::is_live(request.path()) {
        app.sidebar.refresh(&app.store, app.clock.now()).await;
    }
}

fn read(conn: &mut ReadConn<'_>) -> Result<SidebarFigures, StoreError> {
    let contacts = match programs::find(conn, None)? {
        Some(program) => counters::of(conn, program.id)?.get(counters::ALL).copied().unwrap_or_default(),
        None => 0,
    };
    let reviews = match reviews::count(conn, COUNTED + 1)? {
        0 => String::new(),
        n if n > COUNTED => format!("{COUNTED}+"),
        n => n.to_string(),
    };
    Ok(SidebarFigures { contacts: grouped(contacts), reviews })
}
