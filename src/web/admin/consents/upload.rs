//! Reads the form of a manual update: its answers and the file, which goes into the database while it arrives. Only `consents`
//! uses it; it does not know what the answers mean.

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::web::Data;
use futures_util::StreamExt;

use super::super::incoming_file::{IncomingFile, ReceivedFile};
use super::ConsentForm;
use crate::web::error::PageError;
use crate::web::session::Editor;
use crate::web::{AppState, form};

/// A document is no larger, in bytes.
const LARGEST_FILE: usize = 10 * 1024 * 1024;
/// What is larger than a document is read and dropped, so that the browser gets an answer; but not without end.
const LARGEST_UPLOAD: usize = 20 * LARGEST_FILE;
/// An answer in a field is no longer, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024;

/// What the file field held.
pub(super) enum FileUpload {
    /// No file was chosen.
    None,
    /// A file without content was chosen.
    Empty,
    /// A file larger than a document may be.
    TooLarge,
    /// A file of a kind that is not kept.
    Unknown,
    /// A file. It is deleted when this is dropped before a document names it.
    Received(ReceivedFile),
}

/// Reads the form. Its token comes first: nothing of a file is kept before the token was found right.
pub(super) async fn read(
    app: &Data<AppState>,
    who: &Editor,
    request: &HttpRequest,
    mut parts: Multipart,
) -> Result<(ConsentForm, FileUpload), PageError> {
    let (mut given, mut file, mut token) = (ConsentForm::default(), FileUpload::None, None);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| unreadable())?;
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            form::check(request, token.as_deref().unwrap_or_default())?;
            file = content(app, who, part).await?;
            continue;
        }
        let value = answer(part).await?;
        match name.as_str() {
            "csrf" => token = Some(value),
            "update" => given.update = value,
            "document" => given.document = value,
            "given_on" => given.given_on = value,
            "reason" => given.reason = value,
            "channel" => given.channel = value,
            "received_on" => given.received_on = value,
            "confirm" => given.confirm = value,
            "seen" => given.seen = value,
            "flag_set_at" => given.flag_set_at = value,
            _ => {}
        }
    }
    form::check(request, token.as_deref().unwrap_or_default())?;
    Ok((given, file))
}

fn unreadable() -> PageError {
    PageError::BadRequest("The form did not arrive whole. Go back and send it again.".to_owned())
}

/// Reads the file, in its turn, into the database.
async fn content(app: &Data<AppState>, who: &Editor, mut part: Field) -> Result<FileUpload, PageError> {
    let _turn = app.uploads.take().await?;
    let named = part.content_disposition().and_then(|field| field.get_filename());
    let chosen = named.is_some_and(|name| !name.is_empty());
    let (mut file, mut size) = (Some(IncomingFile::new(app, who.actor())), 0);
    while let Some(bytes) = part.next().await {
        let bytes = bytes.map_err(|_| unreadable())?;
        size += bytes.len();
        if size > LARGEST_UPLOAD {
            return Err(PageError::Unprocessable(vec![super::TOO_LARGE.to_owned()]));
        }
        if size > LARGEST_FILE {
            file = None;
        }
        if let Some(file) = &mut file {
            file.add(&bytes).await?;
        }
    }
    let Some(file) = file else { return Ok(FileUpload::TooLarge) };
    Ok(match (size, chosen) {
        (0, true) => FileUpload::Empty,
        (0, false) => FileUpload::None,
        _ => file.finish().await?.map_or(FileUpload::Unknown, FileUpload::Received),
    })
}

async fn answer(mut part: Field) -> Result<String, PageError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend_from_slice(&chunk.map_err(|_| unreadable())?);
        if bytes.len() > LONGEST_ANSWER {
            let why = "One of the answers is too long. Shorten it.";
            return Err(PageError::Unprocessable(vec![why.to_owned()]));
        }
    }
    String::from_utf8(bytes).map_err(|_| unreadable())
}
