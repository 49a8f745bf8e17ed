//! The hosted form: shows the consent text and takes a submission. Visitors use it; it writes through
//! `actions::submit_form`, and shows everyone the same page.

use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::form_number::{self, textable};
use super::result_cookie::{self, SubmissionResult};
use super::stamp::{self, StampAge};
use super::{FormContent, hosted};
use crate::actions::submit_form::{NewSubmission, PageStamp, SubmitResult};
use crate::actions::{ActionError, FieldError};
use crate::domain::actor::Actor;
use crate::domain::limit_hit::LimitHit;
use crate::domain::phone::Phone;
use crate::web::AppState;
use crate::web::client_address::client_ip;
use crate::web::error::PageError;
use crate::web::form::FormErrors;
use crate::web::page::{PublicPage, html, html_status, see_other};
use crate::web::routes;
use crate::web::routing::PublicAccess;

/// No submission is larger, in bytes.
const LARGEST: usize = 16 * 1024;
const LONGEST_NAME: usize = 200;

#[derive(Template)]
#[template(path = "optin/form.html")]
struct OptInPage<'a> {
    page: PublicPage,
    hosted: &'a FormContent,
    given: &'a OptInForm,
    stamp: String,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "optin/result.html")]
struct ResultPage<'a> {
    page: PublicPage,
    hosted: &'a FormContent,
    /// The number as it was entered; empty when the page is opened without a submission.
    number: String,
    is_invited: bool,
}

#[derive(Template)]
#[template(path = "optin/wait.html")]
struct WaitPage<'a> {
    page: PublicPage,
    hosted: &'a FormContent,
}

#[derive(Template)]
#[template(path = "optin/closed.html")]
struct ClosedPage<'a> {
    page: PublicPage,
    hosted: &'a FormContent,
}

/// What a visitor sent; what is missing is empty.
#[derive(Default)]
struct OptInForm {
    phone: String,
    name: String,
    consent: bool,
    website: String,
    version: String,
    stamp: String,
}

impl OptInForm {
    /// True for a page that showed other words than those that are shown now.
    fn names_another_version(&self, hosted: &FormContent) -> bool {
        !self.version.is_empty() && self.version.parse() != Ok(hosted.version.version)
    }

    fn read(body: &[u8]) -> Option<OptInForm> {
        let fields: Vec<(String, String)> = serde_html_form::from_bytes(body).ok()?;
        let of = |name: &str| {
            let first = fields.iter().find(|(key, _)| key == name);
            first.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        Some(OptInForm {
            phone: of("phone"),
            name: of("name"),
            consent: matches!(of("consent").to_ascii_lowercase().as_str(), "on" | "true" | "1" | "yes"),
            website: of("website"),
            version: of("version"),
            stamp: of("t"),
        })
    }
}

fn frame(hosted: &FormContent) -> PublicPage {
    PublicPage::new(hosted.version.locale.clone(), hosted.program.brand.clone())
}

/// The form, empty and with the box not ticked.
pub(super) async fn show(
    app: Data<AppState>,
    _: PublicAccess,
    slug: Path<String>,
) -> Result<HttpResponse, PageError> {
    let hosted = hosted(&app, slug.into_inner()).await?;
    if hosted.sender.is_none() {
        return closed(&hosted);
    }
    let stamp = fresh_stamp(&app, &hosted);
    let errors = FormErrors::default();
    html(OptInPage { page: frame(&hosted), hosted: &hosted, given: &OptInForm::default(), stamp, errors })
}

/// Takes a submission.
pub(super) async fn submit(
    app: Data<AppState>,
    _: PublicAccess,
    request: HttpRequest,
    slug: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, PageError> {
    if body.len() > LARGEST {
        return Err(PageError::TooLarge);
    }
    let unreadable = || PageError::BadRequest("This address takes a web form.".to_owned());
    let mut given = OptInForm::read(&body).ok_or_else(unreadable)?;
    let hosted = hosted(&app, slug.into_inner()).await?;
    if hosted.sender.is_none() {
        return closed(&hosted);
    }
    let ip = client_ip(&app, &request);
    if !app.limits.forms.allow_address(&ip) {
        return wait(&hosted);
    }
    if given.names_another_version(&hosted) {
        return reworded(&app, hosted.form.slug, given).await;
    }
    let ValidOptIn { phone, version, was_shown, stamp } = match check(&app, &hosted, &mut given) {
        Ok(checked) => checked,
        Err(InvalidOptIn { errors, hit }) => {
            if let Some(hit) = hit {
                form_number::count(&app, hit).await;
            }
            return redisplay(&app, &hosted, &given, errors.into());
        }
    };
    // Says what such a submission does, for every number alike.
    let is_invited = hosted.form.double_opt_in || !was_shown;
    let result = SubmissionResult { phone: phone.clone(), is_invited };
    // That somebody else sent the number often must not show either: nothing happens, the page is the same.
    if given.website.is_empty() && app.limits.forms.allow_number(phone.as_str()) {
        let checked = ValidOptIn { phone, version, was_shown, stamp };
        let submission = submission(&app, &request, &hosted, &given, checked, ip);
        let commands = app.commands(Actor::Form(hosted.form.slug.clone()));
        match commands.submit_form(submission).await {
            Ok(SubmitResult::Recorded) => {}
            Ok(SubmitResult::StampSpent) => return spent(&app, &hosted, given),
            Err(ActionError::Conflict(_)) => return reworded(&app, hosted.form.slug, given).await,
            // What the rules of consent refuse for one number must not show: nothing was recorded, the page is the same.
            Err(ActionError::Refused(refusal)) => {
                log::info!("A form submission was refused: {}", refusal.code())
            }
            Err(error) => return Err(error.into()),
        }
    }
    // A reload of the result shows it again, and sends nothing again.
    let mut answer = see_other(routes::public_form_done(&hosted.form.slug));
    result_cookie::keep(&app, &mut answer, &hosted.form.slug, &result);
    Ok(answer)
}

/// The result of a submission: the same for every number.
pub(super) async fn done(
    app: Data<AppState>,
    _: PublicAccess,
    request: HttpRequest,
    slug: Path<String>,
) -> Result<HttpResponse, PageError> {
    let hosted = hosted(&app, slug.into_inner()).await?;
    let result = result_cookie::read(&app, &request, &hosted.form.slug);
    let is_invited = result.as_ref().map_or(hosted.form.double_opt_in, |result| result.is_invited);
    let number = result.map(|result| result.phone.shown(&app.config.default_region)).unwrap_or_default();
    html(ResultPage { page: frame(&hosted), hosted: &hosted, number, is_invited })
}

fn fresh_stamp(app: &AppState, hosted: &FormContent) -> String {
    stamp::stamp(&app.signer, &stamp::purpose(&hosted.form, &hosted.version), app.clock.now())
}

fn age(app: &AppState, hosted: &FormContent, given: &OptInForm) -> StampAge {
    stamp::age(&app.signer, &given.stamp, &stamp::purpose(&hosted.form, &hosted.version), app.clock.now())
}

fn submission(
    app: &AppState,
    request: &HttpRequest,
    hosted: &FormContent,
    given: &OptInForm,
    checked: ValidOptIn,
    ip: String,
) -> NewSubmission {
    let slug = hosted.form.slug.clone();
    let agent = request.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let name: String = given.name.chars().filter(|letter| !letter.is_control()).collect();
    NewSubmission {
        page_url: format!("{}{}", app.public_url, routes::public_form(&slug)),
        slug,
        version: checked.version,
        was_shown: checked.was_shown,
        stamp: checked.stamp,
        phone: checked.phone,
        name: Some(name).filter(|name| !name.is_empty()),
        ip,
        user_agent: agent.unwrap_or_default().into_owned(),
    }
}

/// A submission without a mistake.
struct ValidOptIn {
    phone: Phone,
    version: i32,
    was_shown: bool,
    stamp: Option<PageStamp>,
}

/// A submission with mistakes.
struct InvalidOptIn {
    errors: Vec<FieldError>,
    /// The limit that forbids texts to the number, if one does.
    hit: Option<LimitHit>,
}

/// An integrator who names no version means the one that is shown; whether the visitor saw it is then not known.
fn check(app: &AppState, hosted: &FormContent, given: &mut OptInForm) -> Result<ValidOptIn, InvalidOptIn> {
    let (mut errors, mut hit) = (Vec::new(), None);
    if given.name.chars().count() > LONGEST_NAME {
        errors.push(FieldError::new("name", "The name is longer than 200 characters. Shorten it."));
    }
    let phone = textable(&given.phone, &app.config.default_region, hosted).map_err(|refusal| {
        hit = refusal.hit;
        errors.push(FieldError::new("phone", refusal.words));
    });
    if !given.consent {
        errors.push(FieldError::new("consent", "To get texts, tick the box to say that you agree."));
    }
    let age = age(app, hosted, given);
    let kindly = match age {
        StampAge::Missing | StampAge::Fine => None,
        StampAge::TooFast => Some("Please review the consent text and submit again."),
        StampAge::TooOld => {
            // It is not known which words were shown.
            given.consent = false;
            Some("This page has expired. Please review the consent text, check the box and submit again.")
        }
    };
    errors.extend(kindly.map(|words| FieldError::new("", words)));
    let version = match given.version.as_str() {
        "" => hosted.version.version,
        number => number.parse().unwrap_or_default(),
    };
    match phone {
        Ok(phone) if errors.is_empty() => {
            let was_shown = age == StampAge::Fine && !given.version.is_empty();
            let stamp = (age == StampAge::Fine).then(|| stamp::spending(&given.stamp, app.clock.now()));
            Ok(ValidOptIn { phone, version, was_shown, stamp })
        }
        _ => Err(InvalidOptIn { errors, hit }),
    }
}

fn redisplay(
    app: &AppState,
    hosted: &FormContent,
    given: &OptInForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    // A stamp that still counts is kept, so that a quick correction is not taken for a machine's.
    let keep = matches!(age(app, hosted, given), StampAge::Fine | StampAge::TooFast);
    let stamp = if keep { given.stamp.clone() } else { fresh_stamp(app, hosted) };
    html_status(errors.status(), OptInPage { page: frame(hosted), hosted, given, stamp, errors })
}

/// The page recorded a submission before: what was entered is kept, and the box is empty under a fresh stamp.
fn spent(app: &AppState, hosted: &FormContent, mut given: OptInForm) -> Result<HttpResponse, PageError> {
    (given.consent, given.stamp) = (false, String::new());
    let words =
        "This form was already submitted. To sign up another number, read the text again and check the box.";
    redisplay(app, hosted, &given, FormErrors::outdated("consent", words))
}

/// The wording changed while the visitor read: the new one is shown, and the box is theirs to tick again.
async fn reworded(app: &AppState, slug: String, mut given: OptInForm) -> Result<HttpResponse, PageError> {
    let hosted = hosted(app, slug).await?;
    given.consent = false;
    let words = "The wording was changed while you were reading it. Please read it again, and tick the box if you agree.";
    redisplay(app, &hosted, &given, FormErrors::outdated("consent", words))
}

/// Without a number to text from nobody can be invited, so nobody is asked.
fn closed(hosted: &FormContent) -> Result<HttpResponse, PageError> {
    html_status(StatusCode::SERVICE_UNAVAILABLE, ClosedPage { page: frame(hosted), hosted })
}

fn wait(hosted: &FormContent) -> Result<HttpResponse, PageError> {
    let body = WaitPage { page: frame(hosted), hosted }.render()?;
    Ok(HttpResponse::TooManyRequests()
        .insert_header(("Retry-After", "3600"))
        .content_type("text/html; charset=utf-8")
        .body(body))
}

#[cfg(test)]
mod tests {
    use super::OptInForm;

    #[test]
    fn a_ticked_box_has_several_spellings() {
        for (body, ticked) in [
            ("consent=on", true),
            ("consent=true", true),
            ("consent=1", true),
            ("consent=yes", true),
            ("consent=no", false),
            ("consent=", false),
            ("phone=%2B12065550100", false),
        ] {
            assert_eq!(OptInForm::read(body.as_bytes()).map(|given| given.consent), Some(ticked), "{body}");
        }
    }
}
