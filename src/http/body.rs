//! Reading JSON bodies: their type, their size and their time are checked here, in this order; what they say is decoded
//! in `wire`. A handler that takes a [`JsonBody`] never sees one that is not a JSON object.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde::de::DeserializeOwned;

use super::app::AppState;
use super::errors::{ApiError, ApiResult, ErrorCode};
use super::wire::decode;
use super::wire::object::Object;

/// How much of a refused body is read and thrown away, in bytes: a client that is still sending would otherwise meet a
/// closed connection before it reads the answer.
const MAX_DRAIN_BYTES: usize = 8 * 1024 * 1024;

/// A JSON object.
pub(super) struct JsonBody<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>();
        let (limit, time) = state.map_or((0, Duration::ZERO), |state| (state.max_body_bytes, state.body_timeout));
        let (headers, payload) = (request.headers().clone(), payload.take());
        async move { in_time(time, object(&headers, payload, limit)).await.map(Self) }.boxed_local()
    }
}

/// Gives up on a body that does not arrive.
pub(super) async fn in_time<T>(time: Duration, reading: impl Future<Output = ApiResult<T>>) -> ApiResult<T> {
    let late = |_| ApiError::new(ErrorCode::RequestTimeout, "the body did not arrive in time; send it again");
    tokio::time::timeout(time, reading).await.map_err(late)?
}

/// Reads a JSON object of at most `limit` bytes.
pub(super) async fn object<T: DeserializeOwned>(
    headers: &HeaderMap,
    mut payload: Payload,
    limit: usize,
) -> ApiResult<T> {
    let bytes = match check_type(headers).and_then(|()| check_length(headers, limit)) {
        Ok(()) => read(&mut payload, limit).await,
        Err(refusal) => Err(refusal),
    };
    if bytes.is_err() {
        drain(&mut payload).await;
    }
    decode::json::<Object<T>>(&bytes?).map(|Object(value)| value)
}

async fn read(payload: &mut Payload, limit: usize) -> ApiResult<BytesMut> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let broken = |error| ApiError::new(ErrorCode::BadRequest, format!("the body could not be read: {error}"));
        let chunk = chunk.map_err(broken)?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

pub(super) async fn drain(payload: &mut Payload) {
    let mut drained = 0;
    while let Some(Ok(chunk)) = payload.next().await {
        drained += chunk.len();
        if drained > MAX_DRAIN_BYTES {
            return;
        }
    }
}

/// Only plain JSON is read. A browser cannot send that type across sites without asking first, so this also stops
/// forms of other sites.
fn check_type(headers: &HeaderMap) -> ApiResult<()> {
    let remedy = "send the body with the header `Content-Type: application/json`";
    let refuse = |what: String| Err(ApiError::new(ErrorCode::UnsupportedMediaType, format!("{what}; {remedy}")));
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return refuse("the request has no Content-Type".to_owned());
    };
    let text = value.to_str().unwrap_or_default();
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return refuse(format!("Content-Type {text:?} is not accepted"));
    }
    let charset = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    if charset.is_some_and(|(_, charset)| !charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")) {
        return refuse("JSON is UTF-8 and no other charset".to_owned());
    }
    match headers.get(header::CONTENT_ENCODING).map(|encoding| encoding.as_bytes()) {
        None | Some(b"identity") => Ok(()),
        Some(_) => refuse("compressed bodies are not accepted".to_owned()),
    }
}

pub(super) fn check_length(headers: &HeaderMap, limit: usize) -> ApiResult<()> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit as u64) { Err(too_large(limit)) } else { Ok(()) }
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(ErrorCode::PayloadTooLarge, format!("the body is larger than {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn check(pairs: &[(HeaderName, &'static str)]) -> Option<ErrorCode> {
        let headers: HeaderMap =
            pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        check_type(&headers).and_then(|()| check_length(&headers, 100)).err().map(|error| error.code)
    }

    #[test]
    fn only_plain_json_is_read() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert_eq!(check(&[(header::CONTENT_TYPE, good)]), None, "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
            "application/jsonx",
            "application/json; charset=latin1",
        ] {
            assert_eq!(check(&[(header::CONTENT_TYPE, bad)]), Some(ErrorCode::UnsupportedMediaType), "{bad}");
        }
        assert_eq!(check(&[]), Some(ErrorCode::UnsupportedMediaType));
        let zipped = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, "gzip")];
        assert_eq!(check(&zipped), Some(ErrorCode::UnsupportedMediaType));
    }

    #[test]
    fn a_declared_length_is_believed() {
        let json = (header::CONTENT_TYPE, "application/json");
        assert_eq!(check(&[json.clone(), (header::CONTENT_LENGTH, "100")]), None);
        assert_eq!(check(&[json, (header::CONTENT_LENGTH, "101")]), Some(ErrorCode::PayloadTooLarge));
    }
}
