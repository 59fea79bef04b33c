//! Who asks: bearer keys on the API, and on servers without keys the checks that keep other sites' pages out. Owns the
//! reading of those headers; whom a key speaks for is [`crate::keys::Access`]'s matter. Keys are never logged.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError};

use super::app::AppState;
use super::errors::{ApiError, ApiResult, ErrorCode};
use crate::keys::Identity;

/// Whom the request speaks for; handlers take it as an argument.
pub(super) struct Caller(pub Identity);

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // A route outside of `authenticate` would be a mistake; it must not answer anybody.
        ready(request.extensions().get::<Identity>().cloned().map(Self).ok_or_else(ApiError::internal))
    }
}

/// Lets a request pass with its [`Identity`], or answers 401.
pub(super) async fn authenticate(
    state: Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(identity) = state.identify(bearer(request.headers())) else {
        let detail = "a valid API key is required; send it as `Authorization: Bearer civ_...`";
        return Ok(refuse(request, &ApiError::new(ErrorCode::Unauthorized, detail)));
    };
    request.extensions_mut().insert(identity);
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// On a server without keys, lets a request pass that was meant for this machine and not made by another site's page.
pub(super) async fn guard_host(
    state: Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if state.is_keyless()
        && let Err(error) = check_local(request.headers())
    {
        return Ok(refuse(request, &error));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn refuse(request: ServiceRequest, error: &ApiError) -> ServiceResponse<BoxBody> {
    request.into_response(error.error_response())
}

/// The token of an `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A page that rebinds its own name to 127.0.0.1 still sends its name as Host, and its origin with every form.
fn check_local(headers: &HeaderMap) -> ApiResult<()> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    if !is_loopback_name(host) {
        let detail = format!("without API keys this server answers to localhost and 127.0.0.1 only, not to {host:?}");
        return Err(ApiError::new(ErrorCode::ForbiddenHost, detail));
    }
    if let Some(origin) = text(header::ORIGIN) {
        let site = origin.split_once("://").map_or("", |(_, site)| site);
        if !is_loopback_name(site) {
            let detail = format!("without API keys this server refuses requests from pages of {origin:?}");
            return Err(ApiError::new(ErrorCode::ForbiddenOrigin, detail));
        }
    }
    Ok(())
}

/// True for `localhost` and loopback addresses, with or without a port.
fn is_loopback_name(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or((rest, "?")),
        None => host.find(':').map_or((host, ""), |colon| host.split_at(colon)),
    };
    let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let loopback = name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    port_ok && loopback
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn bearer_tokens_are_found_whatever_the_case_of_the_scheme() {
        for (value, token) in
            [("Bearer civ_a", Some("civ_a")), ("bearer  civ_a ", Some("civ_a")), ("Basic civ_a", None), ("civ_a", None)]
        {
            assert_eq!(bearer(&headers(&[(header::AUTHORIZATION, value)])), token, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    fn only_loopback_names_are_local() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.0.0.1", "[::1]:8080", "[::1]", "127.8.8.8"] {
            assert!(is_loopback_name(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1:80",
            "[::2]",
            "localhost:x",
            "[::1",
            "[::1]x",
        ] {
            assert!(!is_loopback_name(host), "{host}");
        }
    }

    #[test]
    fn other_sites_pages_are_kept_out() {
        let local = (header::HOST, "localhost:8080");
        let check = |pairs: &[(HeaderName, &'static str)]| check_local(&headers(pairs)).map_err(|error| error.code);
        assert_eq!(check(std::slice::from_ref(&local)), Ok(()));
        assert_eq!(check(&[local.clone(), (header::ORIGIN, "http://localhost:3000")]), Ok(()));
        assert_eq!(check(&[(header::HOST, "rebound.example")]), Err(ErrorCode::ForbiddenHost));
        assert_eq!(check(&[]), Err(ErrorCode::ForbiddenHost));
        assert_eq!(check(&[local.clone(), (header::ORIGIN, "https://evil.example")]), Err(ErrorCode::ForbiddenOrigin));
        assert_eq!(check(&[local, (header::ORIGIN, "null")]), Err(ErrorCode::ForbiddenOrigin));
    }
}
