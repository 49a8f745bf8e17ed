//! The simulated phones on the table, and the fragment of the page that shows them again when something has happened.
//! Everyone who signs in reads it; it writes nothing.

use actix_session::Session;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::shelf::put;
use super::{OnTable, OurLine, SHOWN, lines, on_table, simulator};
use crate::domain::phone::Phone;
use crate::providers::simulator::Handset;
use crate::store::{self, StoreError};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::page::{PageFrame, html};
use crate::web::routes;
use crate::web::session::Viewer;

#[derive(Template)]
#[template(path = "simulator/live.html")]
struct PhonesFragment {
    page: PageFrame,
    tag: String,
    handsets: Vec<OnTable>,
    lines: Vec<OurLine>,
}

/// The phones, if anything has changed since.
pub(super) async fn fragment(
    app: Data<AppState>,
    who: Viewer,
    session: Session,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (tag, handsets) = handsets(&app, &session, &crate::web::live::since(&request)).await?;
    let Some(handsets) = handsets else { return Ok(crate::web::live::unchanged()) };
    let (page, lines) = (PageFrame::new(&app, "simulator", &who), lines(&app).await?);
    html(PhonesFragment { page, tag, handsets, lines })
}

/// The phones on the table with what tells whether they have changed; no phones when they have not since.
pub(super) async fn handsets(
    app: &AppState,
    session: &Session,
    since: &str,
) -> Result<(String, Option<Vec<OnTable>>), PageError> {
    let handsets = on_the_table(app, session)?;
    let (now, home) = (app.clock.now(), app.config.default_region.clone());
    let texts = marks(&handsets);
    let since = since.to_owned();
    let found = app.store.read::<_, StoreError>(move |conn| {
        let tag = crate::web::live::tag(&store::live::newest(conn)?, &texts, now);
        if tag == since {
            return Ok((tag, None));
        }
        let shown = handsets.into_iter().map(|handset| on_table(conn, handset, &home, now));
        Ok((tag, Some(shown.collect::<Result<Vec<_>, _>>()?)))
    });
    Ok(found.await?)
}

/// Those with the newest texts, and those that the person put there.
fn on_the_table(app: &AppState, session: &Session) -> Result<Vec<Handset>, PageError> {
    let simulator = simulator(app)?;
    let mut handsets = simulator.handsets();
    for number in put(session).iter().filter_map(|number| Phone::from_e164(number)) {
        if !handsets.iter().any(|handset| handset.number == number) {
            handsets.insert(0, simulator.handset(&number));
        }
    }
    handsets.truncate(SHOWN);
    Ok(handsets)
}

/// What is on the phones, which is not in the database.
fn marks(handsets: &[Handset]) -> String {
    let texts = |handset: &Handset| {
        let last = handset.texts.iter().map(|text| format!("{} {:?}", text.id, text.status));
        format!("{} {}", handset.number.as_str(), last.collect::<Vec<_>>().join(","))
    };
    handsets.iter().map(texts).collect::<Vec<_>>().join(";")
}
