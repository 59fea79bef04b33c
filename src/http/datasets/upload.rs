//! The body of POST /datasets: JSON, or a form with files. Owns the bounds on what is held of it; what the tables say is
//! checked elsewhere.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use tokio::sync::OwnedSemaphorePermit;

use crate::dataset::{TableFile, Upload};
use crate::http::app::AppState;
use crate::http::body;
use crate::http::errors::{ApiError, ApiResult, ErrorCode};
use crate::http::wire::dataset::CreateDataset;

/// The largest table of a request, in bytes: some two million agents. Larger ones go through `civitas dataset add`.
const MAX_TABLE_BYTES: usize = 64 * 1024 * 1024;
/// The largest body, in bytes: four tables and what stands between them.
const MAX_BODY_BYTES: usize = 4 * MAX_TABLE_BYTES + 1024 * 1024;
/// The longest text field of a form, in bytes: a name, true or false.
const MAX_TEXT_BYTES: usize = 1024;
/// Parts of a form: each of its fields once.
const MAX_PARTS: usize = 6;

/// A data set that was sent, with the right to hold it in memory.
pub(super) struct Uploaded {
    pub(super) upload: Upload,
    pub(super) permit: OwnedSemaphorePermit,
}

impl FromRequest for Uploaded {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>().cloned();
        let (headers, payload) = (request.headers().clone(), payload.take());
        async move {
            let state = state.ok_or_else(ApiError::internal)?;
            let reading = async {
                let permit = state.uploads.clone().acquire_owned().await.map_err(|_| ApiError::internal())?;
                let upload = match is_form(&headers) {
                    true => read_form(&headers, payload).await?,
                    false => body::object::<CreateDataset>(&headers, payload, MAX_BODY_BYTES).await?.into(),
                };
                check_sizes(&upload)?;
                Ok(Self { upload, permit })
            };
            body::in_time(state.body_timeout, reading).await
        }
        .boxed_local()
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().get(..19).is_some_and(|start| start.eq_ignore_ascii_case("multipart/form-data"))
}

fn too_large(what: &str) -> ApiError {
    let detail = format!("{what} is larger than {MAX_TABLE_BYTES} bytes; add it with `civitas dataset add`");
    ApiError::new(ErrorCode::PayloadTooLarge, detail)
}

/// JSON brings all tables at once, so that they are measured only when they are there.
fn check_sizes(upload: &Upload) -> ApiResult<()> {
    let tables = [&upload.regions, &upload.borders, &upload.agents, &upload.ties];
    match tables.into_iter().flatten().find(|table| table.bytes.len() > MAX_TABLE_BYTES) {
        Some(table) => Err(too_large(&table.name)),
        None => Ok(()),
    }
}

async fn read_form(headers: &HeaderMap, mut payload: Payload) -> ApiResult<Upload> {
    if let Err(refusal) = body::check_length(headers, MAX_BODY_BYTES) {
        body::drain(&mut payload).await;
        return Err(refusal);
    }
    let mut form = Multipart::new(headers, payload);
    let mut upload = Upload::default();
    for _ in 0..MAX_PARTS {
        let Some(field) = form.next().await else { break };
        read_field(field.map_err(broken)?, &mut upload).await?;
    }
    match form.next().await {
        None => Ok(upload),
        Some(_) => Err(ApiError::invalid(format!("the form must have at most {MAX_PARTS} fields"))),
    }
}

async fn read_field(field: Field, upload: &mut Upload) -> ApiResult<()> {
    let name = field.name().unwrap_or_default().to_owned();
    let place = match name.as_str() {
        "name" if upload.name.is_empty() => {
            upload.name = text_of(field, &name).await?;
            return Ok(());
        }
        "directed" => {
            upload.directed = match text_of(field, &name).await?.trim() {
                "true" => true,
                "false" => false,
                other => return Err(ApiError::invalid(format!("directed must be true or false, not {other:?}"))),
            };
            return Ok(());
        }
        "regions" => &mut upload.regions,
        "borders" => &mut upload.borders,
        "agents" => &mut upload.agents,
        "ties" => &mut upload.ties,
        "name" => return Err(ApiError::invalid("name is given twice")),
        _ => {
            let detail =
                format!("{name} is not a known field; there are: name, regions, borders, agents, ties, directed");
            return Err(ApiError::invalid(detail));
        }
    };
    if place.is_some() {
        return Err(ApiError::invalid(format!("{name} is given twice")));
    }
    let called = field.content_disposition().and_then(|told| told.get_filename()).unwrap_or(&name);
    // A name is for errors, of which one line is read.
    let called: String = called.chars().filter(|c| !c.is_control()).take(100).collect();
    let bytes = bytes_of(field, &called, MAX_TABLE_BYTES).await?;
    *place = Some(TableFile { name: called, bytes });
    Ok(())
}

async fn text_of(field: Field, name: &str) -> ApiResult<String> {
    let text = String::from_utf8(bytes_of(field, name, MAX_TEXT_BYTES).await?);
    text.map_err(|_| ApiError::invalid(format!("{name} must be UTF-8")))
}

async fn bytes_of(mut field: Field, name: &str, limit: usize) -> ApiResult<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(broken)?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(name));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn broken(error: MultipartError) -> ApiError {
    ApiError::invalid(format!("the form cannot be read: {error}"))
}
