//! Tests of the error contract: were one of these to fail, a client would meet a body, a code or a header that is not documented.

use civitas_store::RunStatus;
use serde_json::json;
use uuid::Uuid;

use super::*;

#[test]
fn codes_are_unique_and_in_order_of_status() {
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let mut unique = codes.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), codes.len());
    assert!(ErrorCode::ALL.is_sorted_by_key(|code| code.status()));
    for code in ErrorCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), json!(code.as_str()));
    }
}

#[test]
fn the_documented_bodies_come_out_to_the_letter() {
    let invalid = ApiError::from(EngineError::invalid("horizon_ticks", "must be between 1 and 1000"));
    let body = json!({"detail": "horizon_ticks must be between 1 and 1000", "status_code": 400,
        "error_code": "VALIDATION_ERROR"});
    assert_eq!(serde_json::to_value(invalid.body()).unwrap(), body);

    let running = ApiError::from(RuntimeError::AlreadyRunning(Uuid::nil()));
    let body = json!({"detail": "Run is already running", "status_code": 409, "error_code": "ALREADY_RUNNING"});
    assert_eq!(serde_json::to_value(running.body()).unwrap(), body);

    let quota = RuntimeError::Quota { what: "Concurrent run", used: 10, limit: 10, retry_after_s: 30 };
    let quota = ApiError::from(quota);
    let body = json!({"detail": "Concurrent run limit exceeded (10/10). Try again later.", "status_code": 429,
        "error_code": "QUOTA_EXCEEDED", "retry_after": 30});
    assert_eq!(serde_json::to_value(quota.body()).unwrap(), body);
    assert_eq!(quota.error_response().headers().get(header::RETRY_AFTER).unwrap(), "30");
}

#[test]
fn headers_go_with_their_codes() {
    let unauthorized = ApiError::new(ErrorCode::Unauthorized, "x").error_response();
    assert_eq!(unauthorized.headers().get(header::WWW_AUTHENTICATE).unwrap(), "Bearer");
    let wrong = ApiError::method_not_allowed("DELETE", "GET, POST".to_owned()).error_response();
    assert_eq!(wrong.status().as_u16(), 405);
    assert_eq!(wrong.headers().get(header::ALLOW).unwrap(), "GET, POST");
}

#[test]
fn runtime_errors_have_their_codes() {
    let id = Uuid::nil();
    let cases = [
        (RuntimeError::NotFound(id), "RUN_NOT_FOUND"),
        (RuntimeError::AlreadyEnded(id, RunStatus::Failed), "ALREADY_ENDED"),
        (RuntimeError::NoResultsYet(id, RunStatus::Running), "RESULTS_NOT_READY"),
        (RuntimeError::WrongStatus(id, RunStatus::Paused, "resume it instead"), "WRONG_STATUS"),
        (RuntimeError::NoResults(id, RunStatus::Cancelled), "NO_RESULTS"),
        (RuntimeError::ManifestNotReady(id, RunStatus::Running), "MANIFEST_NOT_READY"),
        (RuntimeError::NoManifest(id), "NO_MANIFEST"),
        (RuntimeError::OtherResults(id, "results of version 1".to_owned()), "OTHER_RESULTS"),
        (RuntimeError::ShuttingDown, "SHUTTING_DOWN"),
        (RuntimeError::Overloaded, "OVERLOADED"),
        (RuntimeError::Store(StoreError::Closed), "STORE_ERROR"),
        (RuntimeError::Store(StoreError::NoRoom { free: 3 << 20, reserve: 64 << 20 }), "INSUFFICIENT_STORAGE"),
        (RuntimeError::Start("secret".to_owned()), "INTERNAL_ERROR"),
    ];
    for (error, code) in cases {
        let error = ApiError::from(error);
        assert_eq!(error.code.as_str(), code);
        assert!(!error.detail.contains("secret"));
    }
}
