//! The form of the rules of signing in, on the settings page. Administrators send it; it writes through
//! `actions::sign_in_rules`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use serde::Deserialize;

use super::{TypedSettings, render};
use crate::actions::ActionError;
use crate::domain::role::Role;
use crate::domain::sign_in::SignInRules;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::see_other;
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};
use crate::words::idle_text;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::SETTINGS_SIGN_IN, routing::post(save));
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SignInRulesForm {
    pub(super) idle: String,
    pub(super) administrator_idle: String,
    pub(super) second_factor: Vec<Role>,
    pub(super) revision: String,
}

impl SignInRulesForm {
    /// What was typed, else the rules as they stand. After a conflict the form is sent upon what stands now.
    pub(super) fn shown(rules: &SignInRules, revision: String, typed: Option<Self>) -> Self {
        match typed {
            Some(typed) => SignInRulesForm { revision, ..typed },
            None => SignInRulesForm {
                idle: rules.idle_minutes.to_string(),
                administrator_idle: rules.administrator_idle_minutes.to_string(),
                second_factor: rules.second_factor_roles.clone(),
                revision,
            },
        }
    }

    /// The times after which a session may end, in minutes and in words.
    pub(super) fn choices(&self) -> impl Iterator<Item = (String, String)> + use<> {
        SignInRules::IDLE_CHOICES.into_iter().map(|minutes| (minutes.to_string(), idle_text(minutes)))
    }

    /// The rules that were chosen. A time that is not a number is refused, because it is not in the list.
    fn rules(&self) -> SignInRules {
        let minutes = |given: &str| given.parse().unwrap_or_default();
        SignInRules {
            idle_minutes: minutes(&self.idle),
            administrator_idle_minutes: minutes(&self.administrator_idle),
            second_factor_roles: self.second_factor.clone(),
        }
    }
}

async fn save(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<SignInRulesForm>,
) -> Result<HttpResponse, PageError> {
    let (rules, shown) = (given.rules(), given.revision.clone());
    let typed = |given| TypedSettings { sign_in: Some(given), ..TypedSettings::default() };
    match app.commands(who.actor()).set_sign_in_rules(rules, shown).await {
        Ok(()) => {
            session::flash(&session, "Sign-in rules saved.");
            Ok(see_other(routes::settings()))
        }
        Err(ActionError::Conflict(why)) => {
            render(&app, &who, typed(given), FormErrors::outdated("idle", why)).await
        }
        Err(error) => render(&app, &who, typed(given), error.try_into()?).await,
    }
}
