//! The reference of the API, beside what the handlers say: examples and refusals of every operation in the OpenAPI document
//! (`examples`, `refusals`), and that document as a page for people at /docs/api (`page`, `shapes`, `text`). Owns how the page is sent;
//! it invents no operation and runs nothing. The page is made once, when the server starts, and loads nothing from elsewhere.

mod examples;
mod page;
mod refusals;
mod shapes;
mod text;

use actix_web::http::header::{EntityTag, HeaderValue};
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

use super::errors::{ApiError, ApiResult};
use super::page::{METHODS, REVALIDATE, send};

/// Where the page is.
pub(super) const PATH: &str = "/docs/api";
/// Its style sheet, and its script: a search and buttons that copy. Without the script all is there to be read.
const STYLE: &str = include_str!("assets/reference.css");
const SCRIPT: &str = include_str!("assets/reference.js");
/// What the page may load and do: its own two files and the icon, nothing inline, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Adds to an operation what no handler says: the refusals that middleware gives, the codes of every refusal with an
/// example each, whom it is for, and the example of the operation.
pub(super) fn complete(template: &str, operation: &mut Operation, guarded: bool, changes: bool) {
    refusals::add(operation, guarded, changes);
    examples::add(template, operation);
}

/// Adds the examples that operations refer to.
pub(super) fn finish(document: &mut OpenApi) {
    document.components.get_or_insert_default().examples = refusals::examples();
}

/// The page and its files, as they are sent.
pub(super) struct Reference([File; 3]);

struct File {
    path: &'static str,
    kind: &'static str,
    bytes: Bytes,
    tag: EntityTag,
}

impl File {
    fn new(path: &'static str, kind: &'static str, bytes: Bytes) -> Self {
        let digest = Sha256::digest(&bytes);
        let tag = EntityTag::new_weak(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect());
        Self { path, kind, bytes, tag }
    }
}

impl Reference {
    /// The page of a document, which is given as JSON.
    pub(super) fn of(document: &serde_json::Value) -> Self {
        Self([
            File::new(PATH, "text/html; charset=utf-8", page::render(document).into()),
            File::new("/docs/api.css", "text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes())),
            File::new("/docs/api.js", "text/javascript; charset=utf-8", Bytes::from_static(SCRIPT.as_bytes())),
        ])
    }

    /// Answers for the page and its files; `None` where the path names none.
    pub(super) fn answer(&self, request: &HttpRequest) -> Option<ApiResult<HttpResponse>> {
        let file = self.0.iter().find(|file| file.path == request.path())?;
        Some(match *request.method() {
            Method::GET | Method::HEAD => {
                let mut response = send(request, file.tag.clone(), file.kind, file.bytes.clone());
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(REVALIDATE));
                Ok(response)
            }
            ref other => Err(ApiError::method_not_allowed(other.as_str(), METHODS.to_owned())),
        })
    }
}
