//! What no route of the API takes: the web page's files and the page of the API, else unknown paths (404) and known paths with another method (405
//! with Allow). The table of paths is made from the OpenAPI document, so it cannot differ from what is served.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::{OpenApi, PathItem};

use super::app::AppState;
use super::errors::{ApiError, ApiResult, ErrorCode};
use super::page;

/// Every path with its methods.
#[derive(Debug)]
pub(super) struct Routes(Vec<(Vec<Segment>, Vec<&'static str>)>);

#[derive(Debug, PartialEq)]
enum Segment {
    Literal(String),
    Parameter,
}

impl Routes {
    /// The paths of a document.
    pub(super) fn of(document: &OpenApi) -> Self {
        let route = |(path, item): (&String, &PathItem)| (path.split('/').map(Segment::of).collect(), methods(item));
        Self(document.paths.paths.iter().map(route).collect())
    }

    /// The methods of a path, `GET, POST`; `None` where there is no such path. A path that is spelled out hides those
    /// with parameters.
    pub(super) fn allowed(&self, path: &str) -> Option<String> {
        self.literal(path).or_else(|| self.find(path, |_| true))
    }

    /// The same for paths without parameters alone.
    pub(super) fn literal(&self, path: &str) -> Option<String> {
        self.find(path, |segments| !segments.contains(&Segment::Parameter))
    }

    fn find(&self, path: &str, wanted: impl Fn(&[Segment]) -> bool) -> Option<String> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |segments: &[Segment]| {
            segments.len() == parts.len() && segments.iter().zip(&parts).all(|(segment, part)| segment.fits(part))
        };
        let found = self.0.iter().find(|(segments, _)| wanted(segments) && fits(segments));
        found.map(|(_, methods)| methods.join(", "))
    }
}

impl Segment {
    fn of(text: &str) -> Self {
        if text.starts_with('{') { Self::Parameter } else { Self::Literal(text.to_owned()) }
    }

    fn fits(&self, part: &str) -> bool {
        match self {
            Self::Literal(text) => text == part,
            Self::Parameter => !part.is_empty(),
        }
    }
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    let all = [
        ("GET", &item.get),
        ("HEAD", &item.head),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    all.into_iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| method).collect()
}

/// Answers what no route takes: the files of the web page, the page of the API, and errors.
pub(super) async fn fallback(state: Data<AppState>, request: HttpRequest) -> ApiResult<HttpResponse> {
    if let Some(answer) = page::answer(&request).or_else(|| state.reference.answer(&request)) {
        return answer;
    }
    Err(match state.routes.allowed(request.path()) {
        Some(allow) => ApiError::method_not_allowed(request.method().as_str(), allow),
        None => {
            let detail = format!("there is nothing at {}; /api/v1/openapi.json lists every path", request.path());
            ApiError::new(ErrorCode::NotFound, detail)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::openapi;

    #[test]
    fn the_table_knows_every_path_and_method() {
        let routes = Routes::of(&openapi());
        let id = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";
        for (path, methods) in [
            ("/api/v1/runs", Some("GET, POST")),
            ("/api/v1/runs/batch", Some("POST")),
            (&format!("/api/v1/runs/{id}"), Some("GET")),
            (&format!("/api/v1/runs/{id}/start"), Some("POST")),
            (&format!("/api/v1/runs/{id}/cancel"), Some("POST")),
            (&format!("/api/v1/runs/{id}/progress"), Some("GET")),
            (&format!("/api/v1/runs/{id}/results"), Some("GET")),
            (&format!("/api/v1/runs/{id}/fork"), Some("POST")),
            (&format!("/api/v1/runs/{id}/pause"), Some("POST")),
            (&format!("/api/v1/runs/{id}/resume"), Some("POST")),
            (&format!("/api/v1/runs/{id}/snapshots"), Some("GET, POST")),
            (&format!("/api/v1/runs/{id}/manifest"), Some("GET")),
            (&format!("/api/v1/runs/{id}/verify"), Some("GET, POST, DELETE")),
            (&format!("/api/v1/telemetry/{id}"), Some("GET")),
            (&format!("/api/v1/telemetry/{id}/slice"), Some("GET")),
            (&format!("/api/v1/nodes/{id}"), Some("GET")),
            (&format!("/api/v1/nodes/{id}/children"), Some("GET")),
            (&format!("/api/v1/nodes/{id}/path-analysis"), Some("GET")),
            ("/api/v1/nodes/fork", Some("POST")),
            ("/api/v1/nodes/compare", Some("GET")),
            (&format!("/api/v1/nodes/universe-map/{id}"), Some("GET")),
            (&format!("/api/v1/telemetry/{id}/keyframe/20"), Some("GET")),
            (&format!("/api/v1/telemetry/{id}/files/metrics-000000.parquet"), Some("GET")),
            (&format!("/api/v1/runs/{id}/export"), Some("GET")),
            ("/api/v1/models", Some("GET")),
            ("/api/v1/models/society", Some("GET")),
            ("/api/v1/keys", Some("GET, POST")),
            (&format!("/api/v1/keys/{id}"), Some("DELETE")),
            ("/api/v1/datasets", Some("GET, POST")),
            ("/api/v1/datasets/a", Some("GET")),
            ("/api/v1/datasets/a/1", Some("GET, DELETE")),
            ("/api/run-experiments", Some("GET, POST")),
            (&format!("/api/experiments/{id}/status"), Some("GET")),
            (&format!("/api/experiments/{id}/stop"), Some("DELETE")),
            ("/api/v1/openapi.json", Some("GET")),
            ("/health", Some("GET")),
            ("/health/live", Some("GET")),
            ("/health/ready", Some("GET")),
            ("/metrics", Some("GET")),
            ("/api/v1/runs/", None),
            ("/api/v1", None),
            ("/api", None),
            (&format!("/api/experiments/{id}"), None),
            ("/", None),
        ] {
            assert_eq!(routes.allowed(path).as_deref(), methods, "{path}");
        }
        assert_eq!(routes.0.len(), 43, "a new path belongs in this test");
    }
}
