//! Times as the API writes them. Owns the conversion from stored milliseconds to RFC 3339 and the reading of the wall
//! clock for API keys; it must not be used to decide anything about a run.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// The time `ms` milliseconds after the Unix epoch as RFC 3339 in UTC with milliseconds, for instance
/// `2026-01-09T12:00:05.000Z`. Times beyond the year 9999 are written as the last moment of it.
pub fn rfc3339(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    format!("{time:.3}")
}

/// Milliseconds since the Unix epoch; 0 for a clock set before it.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds as seconds.
pub fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_767_960_005_120), "2026-01-09T12:00:05.120Z");
        assert!(rfc3339(u64::MAX).starts_with("9999-12-"));
    }
}
