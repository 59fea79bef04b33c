//! The web page: the files that `web/` is built into, embedded in the program. Owns their headers (type, tag, how long they
//! keep, what the page may load); it answers nothing but these files, and it is no part of the API, so it is not in the
//! OpenAPI document. Places within the page stand behind the `#` of its address, which browsers keep to themselves.

use std::borrow::Cow;

use actix_web::http::header::{self, EntityTag, Header, HeaderValue, IfNoneMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::errors::{ApiError, ApiResult};

/// What the page may load and do: its own files and this server, nothing inline, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A file whose name has the hash of its content never changes: a year, which is the most that caches look at.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// The first page names the others, so it is asked for each time; the tag spares the bytes.
pub(super) const REVALIDATE: &str = "no-cache";
/// Where the build puts files with a hash in their name.
const HASHED: &str = "assets/";
/// What may be asked of a file.
pub(super) const METHODS: &str = "GET, HEAD";

#[derive(RustEmbed)]
#[folder = "web/dist/"]
struct Files;

/// Answers for a file of the page; `None` where the path names none.
pub(super) fn answer(request: &HttpRequest) -> Option<ApiResult<HttpResponse>> {
    let name = request.path().strip_prefix('/')?;
    let name = if name.is_empty() { "index.html" } else { name };
    let file = Files::get(name)?;
    Some(match *request.method() {
        Method::GET | Method::HEAD => Ok(respond(request, name, file)),
        ref other => Err(ApiError::method_not_allowed(other.as_str(), METHODS.to_owned())),
    })
}

fn respond(request: &HttpRequest, name: &str, file: EmbeddedFile) -> HttpResponse {
    let tag = tag(&file);
    // Embedded bytes live as long as the program: nothing is copied.
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = send(request, tag, content_type(name), bytes);
    let keep = HeaderValue::from_static(if name.starts_with(HASHED) { IMMUTABLE } else { REVALIDATE });
    response.headers_mut().insert(header::CACHE_CONTROL, keep);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// Sends a file of a page with its tag, or says that the client has it; what it may load, and how long it keeps, the caller adds.
pub(super) fn send(request: &HttpRequest, tag: EntityTag, kind: &'static str, bytes: Bytes) -> HttpResponse {
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponseBuilder::new(status);
    response.insert_header(header::ETag(tag));
    response.insert_header((header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")));
    response.insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
    if known {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(kind)));
    response.body(bytes)
}

/// A weak tag, since the same file is sent compressed and plain.
fn tag(file: &EmbeddedFile) -> EntityTag {
    let digest = file.metadata.sha256_hash();
    EntityTag::new_weak(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// The types of what the build makes; `nosniff` makes browsers refuse scripts and styles of another.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_has_a_type_of_its_own() {
        let names: Vec<_> = Files::iter().collect();
        assert!(names.iter().any(|name| name == "index.html"), "{names:?}");
        for name in names {
            assert_ne!(content_type(&name), "application/octet-stream", "{name}");
        }
    }
}
