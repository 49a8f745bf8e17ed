//! The second form of a program's page: its sender number, hours, code and keywords.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::{Again, program_page};
use crate::actions::ActionError;
use crate::actions::edit_reach::{Reach, edit_reach};
use crate::domain::program::Program;
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::Posted;
use crate::web::page::see_other;
use crate::web::session::{self, Administrator};

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct GivenReach {
    pub(super) sender: String,
    pub(super) hours: String,
    pub(super) code: String,
    pub(super) revoke_words: String,
    pub(super) help_words: String,
    pub(super) opt_in_words: String,
}

impl GivenReach {
    pub(super) fn of(program: &Program, sender: Option<&str>) -> GivenReach {
        GivenReach {
            sender: sender.unwrap_or_default().to_owned(),
            hours: program.hours.as_str().to_owned(),
            code: program.code.clone().unwrap_or_default(),
            revoke_words: program.revoke_words.as_str().to_owned(),
            help_words: program.help_words.as_str().to_owned(),
            opt_in_words: program.opt_in_words.as_str().to_owned(),
        }
    }

    fn wanted(&self) -> Reach {
        let GivenReach { sender, hours, code, revoke_words, help_words, opt_in_words } = self.clone();
        Reach { sender, hours, code, revoke_words, help_words, opt_in_words }
    }
}

pub(super) async fn reach(
    app: Data<App>,
    who: Administrator,
    session: Session,
    slug: Path<String>,
    Posted(given): Posted<GivenReach>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let (wanted, of, region) = (given.wanted(), slug.clone(), app.config.default_region.clone());
    let (actor, now) = (who.actor(), app.clock.now());
    match app.store.write(move |tx| edit_reach(tx, &of, &wanted, &region, &actor, now)).await {
        Ok(()) => {
            session::flash(&session, "The numbers, hours and keywords are saved. They count from now on.");
            Ok(see_other(format!("/programs/{slug}")))
        }
        Err(ActionError::Invalid(errors)) => {
            program_page(&app, &who, slug, Some(Again::Reach(given, errors))).await
        }
        Err(error) => Err(error.into()),
    }
}
