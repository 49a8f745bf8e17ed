//! The users. Administrators write them.

mod access;
mod second_factor;
mod sessions;

use actix_session::Session;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::account::{SessionItem, sessions_of};
use super::list_page::{LINES, ListLinks, ListQuery, page_of, read_at_most};
use crate::actions::users::{self as actions, NewUser};
use crate::actions::{ActionError, FieldError};
use crate::domain::id::UserId;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::password;
use crate::store::users::{self, User};
use crate::store::{ReadConn, StoreError, second_factors};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm, SavedMeanwhile, saved_meanwhile};
use crate::web::page::{self, PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};
use crate::words::Label;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::USERS, routing::get(index))
        .route(patterns::USERS, routing::post(create))
        .route(patterns::USER, routing::get(show))
        .route(patterns::USER_ROLE, routing::post(change_role))
        .route(patterns::USER_PASSWORD, routing::post(change_password))
        .configure(access::routes)
        .configure(second_factor::routes)
        .configure(sessions::routes);
}

const ROLES: [(Role, &str); 3] = [
    (Role::Support, "May text, record consent and edit contacts."),
    (Role::Auditor, "May look at everything, and change nothing."),
    (Role::Administrator, "May do everything."),
];

#[derive(Template)]
#[template(path = "users/index.html")]
struct UsersPage {
    page: PageFrame,
    users: Vec<User>,
    /// Those who have a second factor.
    second_factors: Vec<UserId>,
    links: ListLinks,
    given: UserForm,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "users/show.html")]
struct UserPage {
    page: PageFrame,
    user: User,
    /// What the page was opened upon.
    revision: String,
    /// The role that is chosen in the form.
    role: Role,
    errors: FormErrors,
    /// Since when the person has a second factor.
    second_factor: Option<Timestamp>,
    sessions: Vec<SessionItem>,
    /// What someone else saved while the page was open.
    meanwhile: Vec<SavedMeanwhile>,
}

#[derive(Deserialize, Default)]
struct UserForm {
    name: String,
    email: String,
    #[serde(default)]
    role: String,
    password: String,
}

async fn index(
    app: Data<AppState>,
    who: Administrator,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    list(&app, &who, ListQuery::of(&request), UserForm::default(), FormErrors::default()).await
}

async fn list(
    app: &AppState,
    who: &Administrator,
    asked: ListQuery,
    given: UserForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let after = asked.after.parse().ok();
    let read = move |conn: &mut ReadConn<'_>| {
        Ok::<_, StoreError>((users::page(conn, after, read_at_most(LINES))?, second_factors::owners(conn)?))
    };
    let (found, second_factors) = app.store.read(read).await?;
    let place = |user: &User| user.id.to_string();
    let (users, links) = page_of(found, LINES, routes::users(), &asked.after, place);
    let page = PageFrame::new(app, "users", who);
    html_status(errors.status(), UsersPage { page, users, second_factors, links, given, errors })
}

async fn create(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<UserForm>,
) -> Result<HttpResponse, PageError> {
    let (email, name) = (given.email.clone(), given.name.clone());
    let wrong = app.store.read(move |conn| actions::person_errors(conn, &email, &name)).await?;
    let role = match check(&given, wrong) {
        Ok(role) => role,
        Err(errors) => return list(&app, &who, ListQuery::default(), given, errors.into()).await,
    };
    let password_hash = password::hash_aside(given.password.clone()).await.map_err(PageError::internal)?;
    let new = NewUser { email: given.email.clone(), name: given.name.clone(), role, password_hash };
    let actor = who.actor();
    match app.commands(actor).create_user(new).await {
        Ok(user) => {
            session::flash(&session, format!("{} can sign in now.", user.name));
            Ok(see_other(routes::users()))
        }
        Err(error) => list(&app, &who, ListQuery::default(), given, error.try_into()?).await,
    }
}

/// The role that was chosen, or everything that is wrong beside what was found already.
fn check(given: &UserForm, mut errors: Vec<FieldError>) -> Result<Role, Vec<FieldError>> {
    let role = given.role.parse::<Role>().ok();
    if role.is_none() {
        errors.push(FieldError::new("role", "Choose what this person may do."));
    }
    if let Err(why) = password::check(&given.password, &given.email) {
        errors.push(FieldError::new("password", why));
    }
    role.filter(|_| errors.is_empty()).ok_or(errors)
}

async fn show(app: Data<AppState>, who: Administrator, id: Path<String>) -> Result<HttpResponse, PageError> {
    render(&app, &who, page::id(&id)?, FormErrors::default(), None).await
}

async fn render(
    app: &AppState,
    who: &Administrator,
    id: UserId,
    errors: FormErrors,
    chosen: Option<(Role, String)>,
) -> Result<HttpResponse, PageError> {
    let read = move |conn: &mut ReadConn<'_>| {
        let factor = second_factors::of_user(conn, id)?;
        Ok::<_, StoreError>((users::get(conn, id)?, factor.map(|factor| factor.since)))
    };
    let (user, second_factor) = app.store.read(read).await?;
    let user = user.ok_or(PageError::NotFound)?;
    let sessions = sessions_of(app, &user).await?;
    let (page, revision) = (PageFrame::new(app, "users", who), actions::user_revision(&user));
    let (role, shown) = chosen.unwrap_or_else(|| (user.role, revision.clone()));
    let meanwhile = match shown == revision {
        true => Vec::new(),
        false => saved_meanwhile([("Role", user.role.label(), role.label())]),
    };
    let errors = match meanwhile.is_empty() {
        true => errors,
        false => FormErrors::outdated("saved-meanwhile", errors.sentences()),
    };
    html_status(
        errors.status(),
        UserPage { page, user, revision, role, errors, second_factor, sessions, meanwhile },
    )
}

#[derive(Deserialize)]
struct RoleGiven {
    #[serde(default)]
    role: String,
    #[serde(default)]
    revision: String,
}

async fn change_role(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    PostedForm(given): PostedForm<RoleGiven>,
) -> Result<HttpResponse, PageError> {
    let id: UserId = page::id(&id)?;
    let Ok(role) = given.role.parse::<Role>() else {
        let errors = vec![FieldError::new("role", "Choose what this person may do.")];
        return render(&app, &who, id, errors.into(), None).await;
    };
    let (actor, shown) = (who.actor(), given.revision.clone());
    match app.commands(actor).change_role(id, role, shown).await {
        Ok(user) => {
            session::flash(
                &session,
                format!("{} is now: {}. Their sessions have ended.", user.name, role.label()),
            );
            Ok(see_other(routes::users()))
        }
        Err(ActionError::Conflict(why)) => {
            let (errors, chosen) = (FormErrors::outdated("role", why), Some((role, given.revision)));
            render(&app, &who, id, errors, chosen).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct PasswordGiven {
    password: String,
    #[serde(default)]
    revision: String,
}

async fn change_password(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    PostedForm(given): PostedForm<PasswordGiven>,
) -> Result<HttpResponse, PageError> {
    let id: UserId = page::id(&id)?;
    let user = app.store.read::<_, StoreError>(move |conn| users::get(conn, id)).await?;
    let user = user.ok_or(PageError::NotFound)?;
    if user.id == who.user.id {
        // One's own password needs the current one.
        return Ok(see_other(routes::account()));
    }
    if let Err(why) = password::check(&given.password, &user.email) {
        let errors = vec![FieldError::new("password", why)];
        return render(&app, &who, id, errors.into(), None).await;
    }
    let hash = password::hash_aside(given.password).await.map_err(PageError::internal)?;
    match app.commands(who.actor()).change_password(id, hash, given.revision).await {
        Ok(_) => {}
        Err(ActionError::Conflict(why)) => {
            return render(&app, &who, id, FormErrors::outdated("password", why), None).await;
        }
        Err(error) => return Err(error.into()),
    }
    session::flash(&session, format!("The password of {} is changed. Their sessions have ended.", user.name));
    Ok(see_other(routes::users()))
}
