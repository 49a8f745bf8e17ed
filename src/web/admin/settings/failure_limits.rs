//! The form of the limits on failed sign-ins, on the settings page. Administrators send it; it writes through
//! `actions::set_failure_limits`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};

use super::{TypedSettings, render};
use crate::actions::ActionError;
use crate::actions::set_failure_limits::{FailureLimitsChange, failure_limits};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::see_other;
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::SETTINGS_FAILURE_LIMITS, routing::post(save));
}

async fn save(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<FailureLimitsChange>,
) -> Result<HttpResponse, PageError> {
    let typed = |given| TypedSettings { failures: Some(given), ..TypedSettings::default() };
    match app.commands(who.actor()).set_failure_limits(given.clone()).await {
        Ok(()) => {
            session::flash(&session, "Limits on failed sign-ins saved. They count from now on.");
            Ok(see_other(routes::settings()))
        }
        Err(ActionError::Conflict(why)) => {
            let saved = FailureLimitsChange::of(&app.store.read(failure_limits).await?);
            let given = FailureLimitsChange { revision: saved.revision, ..given };
            render(&app, &who, typed(given), FormErrors::outdated("account_from_network", why)).await
        }
        Err(error) => render(&app, &who, typed(given), error.try_into()?).await,
    }
}
