//! The page of the keys to the JSON API. Administrators use it; it writes keys through `actions::api_keys`. A secret
//! is shown once, in the answer to its form.

use actix_session::Session;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::list_page::{LINES, ListLinks, ListQuery, page_of, read_at_most};
use crate::domain::id::ApiKeyId;
use crate::store::StoreError;
use crate::store::api_keys::{self, ApiKey};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, NoFields, PostedForm};
use crate::web::page::{self, PageFrame, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::API_KEYS, routing::get(index))
        .route(patterns::API_KEYS, routing::post(create))
        .route(patterns::REVOKE_API_KEY, routing::get(confirm))
        .route(patterns::REVOKE_API_KEY, routing::post(revoke));
}

#[derive(Template)]
#[template(path = "api_keys/index.html")]
struct ApiKeysPage {
    page: PageFrame,
    keys: Vec<ApiKey>,
    links: ListLinks,
    given: ApiKeyForm,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "api_keys/created.html")]
struct CreatedPage {
    page: PageFrame,
    name: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "api_keys/revoke.html")]
struct RevokePage {
    page: PageFrame,
    key: ApiKey,
}

#[derive(Deserialize, Default)]
struct ApiKeyForm {
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
}

impl ApiKeyForm {
    fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|given| given == scope)
    }
}

async fn index(
    app: Data<AppState>,
    who: Administrator,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    list(&app, &who, ListQuery::of(&request), ApiKeyForm::default(), FormErrors::default()).await
}

async fn list(
    app: &AppState,
    who: &Administrator,
    asked: ListQuery,
    given: ApiKeyForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let before = asked.after.parse().ok();
    let found =
        app.store.read::<_, StoreError>(move |conn| api_keys::page(conn, before, read_at_most(LINES)));
    let place = |key: &ApiKey| key.id.to_string();
    let (keys, links) = page_of(found.await?, LINES, routes::api_keys(), &asked.after, place);
    let page = PageFrame::new(app, "api-keys", who);
    html_status(errors.status(), ApiKeysPage { page, keys, links, given, errors })
}

async fn create(
    app: Data<AppState>,
    who: Administrator,
    PostedForm(given): PostedForm<ApiKeyForm>,
) -> Result<HttpResponse, PageError> {
    let (name, scopes) = (given.name.clone(), given.scopes.clone());
    let actor = who.actor();
    match app.commands(actor).create_api_key(name, scopes).await {
        Ok(secret) => {
            // The one page that ever shows the secret. It is stored nowhere, so no redirect can show it.
            let name = given.name.trim().to_owned();
            html(CreatedPage { page: PageFrame::new(&app, "api-keys", &who), name, secret })
        }
        Err(error) => list(&app, &who, ListQuery::default(), given, error.try_into()?).await,
    }
}

async fn confirm(
    app: Data<AppState>,
    who: Administrator,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: ApiKeyId = page::id(&id)?;
    let key = app.store.read::<_, StoreError>(move |conn| api_keys::get(conn, id)).await?;
    let key = key.ok_or(PageError::NotFound)?;
    html(RevokePage { page: PageFrame::new(&app, "api-keys", &who), key })
}

async fn revoke(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let id: ApiKeyId = page::id(&id)?;
    let actor = who.actor();
    app.commands(actor).revoke_api_key(id).await?;
    session::flash(&session, "The key is revoked. Calls with it are refused from now on.");
    Ok(see_other(routes::api_keys()))
}
