//! The list of all numbers with their consent in one program, whether a contact has them or not. Clients with the scope
//! `consent` use it; it writes nothing.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::key::{ApiCall, ConsentScope};
use super::paging::{ListRequest, RequestedList};
use super::problem::{ProblemDetails, ProblemView};
use super::strict::{QueryParameters, StrictQuery};
use super::words;
use crate::actions::ActionError;
use crate::domain::consent::StateName;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, ListSubject, NumberStateRow};
use crate::web::{AppState, cursor};

/// Which numbers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NumberListQuery {
    /// Only numbers in this state, the latest change first. Without it every number, in the order in which we met them.
    #[param(schema_with = words::state)]
    state: Option<String>,
    /// The slug of the program whose consent counts; the default program when absent.
    program: Option<String>,
    /// With a state: only numbers that have been in it since then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since_from: Option<DateTime<Utc>>,
    /// With a state: only numbers that have been in it since before then.
    #[param(value_type = Option<String>, format = DateTime)]
    since_to: Option<DateTime<Utc>>,
    /// `next_after` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

impl QueryParameters for NumberListQuery {
    const NAMES: &'static [&'static str] = &["state", "program", "since_from", "since_to", "after", "limit"];
}

/// List numbers
///
/// Every number on record, with or without a contact, by consent in one program. Each page names the next one.
#[utoipa::path(
    get,
    path = "/api/v1/numbers",
    operation_id = "listNumbers",
    tag = "Numbers",
    params(NumberListQuery),
    responses(
        (status = 200, description = "A page of numbers", body = NumberListView),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["consent"])),
)]
pub(super) async fn index(
    app: Data<AppState>,
    ApiCall(_, StrictQuery(asked)): ApiCall<ConsentScope, StrictQuery<NumberListQuery>>,
) -> Result<HttpResponse, ProblemDetails> {
    let NumberListQuery { state, program, since_from, since_to, after, limit } = asked;
    let asked = ListRequest::new(state, program, after, limit)?.since(since_from, since_to)?;
    let (page, RequestedList { program, preparing, .. }) = app
        .store
        .read(move |conn| {
            let list = asked.list(conn, ListSubject::Numbers, None)?;
            Ok::<_, ActionError>((contacts::number_page(conn, &list.filter)?, list))
        })
        .await?;
    let next_after = page.goes_on.as_ref().map(cursor::written);
    let data = page.numbers.iter().map(|number| NumberView::new(number, &program.slug)).collect();
    Ok(HttpResponse::Ok().json(NumberListView { data, next_after, preparing }))
}

/// A page of numbers.
#[derive(Serialize, ToSchema)]
pub(super) struct NumberListView<'a> {
    data: Vec<NumberView<'a>>,
    /// `after` of the next page; null on the last one.
    next_after: Option<String>,
    /// The program is new and its lists are still being filled: a list of one state may lack numbers. Read it again later.
    preparing: bool,
}

/// A number with its consent in the program that was asked about.
#[derive(Serialize, ToSchema)]
pub(super) struct NumberView<'a> {
    /// E.164.
    number: &'a str,
    /// The program's slug.
    program: &'a str,
    #[schema(schema_with = words::state)]
    state: StateName,
    /// When the state began.
    #[schema(format = DateTime)]
    since: Option<String>,
    do_not_text: bool,
    /// An unclear reply waits for a person.
    paused: bool,
    /// How many contacts have the number.
    contact_count: i32,
}

impl<'a> NumberView<'a> {
    fn new(row: &'a NumberStateRow, program: &'a str) -> Self {
        NumberView {
            number: row.phone.as_str(),
            program,
            state: row.state,
            since: row.since.map(Timestamp::rfc3339),
            do_not_text: row.do_not_text,
            paused: row.paused,
            contact_count: row.contact_count,
        }
    }
}
