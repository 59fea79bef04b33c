//! The stream as a client sees it, driven with made-up states and times.

use civitas_store::RunFault;

use super::*;

fn at(tick: u32, status: RunStatus) -> Progress {
    Progress {
        run_id: Uuid::nil(),
        status,
        tick,
        total_ticks: 100,
        agents_processed: u64::from(tick) * 100,
        running_ms: 1_500,
        fault: None,
        has_results: status.is_terminal(),
        setup: None,
    }
}

/// Sends all that can be sent now; ends with the terminal event where there is one.
fn drain(feed: &mut Feed, now: Instant) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let sent = match feed.next(now) {
            Next::Send(sent) => sent,
            Next::Finish(last) => terminal(last, None, Some(1.5)),
            Next::Wait(_) | Next::Close => return lines,
        };
        lines.push(format!("{} {} {}", sent.event, sent.id.map_or(-1, i64::from), sent.data.get()));
    }
}

#[test]
fn progress_then_exactly_one_end() {
    let start = Instant::now();
    let mut feed = Feed::new(at(0, RunStatus::Running), None);
    let first = r#"progress 0 {"tick":0,"total_ticks":100,"percent":0,"agents_processed":0,"status":"running"}"#;
    assert_eq!(drain(&mut feed, start), [first]);
    feed.update(at(100, RunStatus::Succeeded));
    // The last progress does not wait for its turn.
    let last =
        r#"progress 100 {"tick":100,"total_ticks":100,"percent":100,"agents_processed":10000,"status":"succeeded"}"#;
    let end = r#"completed 100 {"status":"succeeded","node_id":null,"duration_seconds":1.5}"#;
    assert_eq!(drain(&mut feed, start), [last, end]);
    assert!(matches!(feed.next(start), Next::Close));
}

#[test]
fn at_most_ten_progress_events_a_second() {
    let start = Instant::now();
    let mut feed = Feed::new(at(0, RunStatus::Running), None);
    let mut sent = 0;
    for ms in 0..1_000 {
        feed.update(at(ms, RunStatus::Running));
        sent += drain(&mut feed, start + Duration::from_millis(ms.into())).len();
    }
    assert_eq!(sent, 10);
    // What is held back is the latest, and it is due when the pace allows.
    feed.update(at(1_000, RunStatus::Running));
    assert!(
        matches!(feed.next(start + Duration::from_millis(999)), Next::Wait(Some(due)) if due == start + Duration::from_secs(1))
    );
    assert!(drain(&mut feed, start + Duration::from_secs(1))[0].starts_with("progress 1000 "));
}

#[test]
fn a_state_is_told_once_and_a_change_of_status_is_news() {
    let start = Instant::now();
    let mut feed = Feed::new(at(0, RunStatus::Queued), None);
    assert_eq!(drain(&mut feed, start).len(), 1);
    let later = start + PACE;
    feed.update(at(0, RunStatus::Queued));
    assert!(drain(&mut feed, later).is_empty());
    feed.update(at(0, RunStatus::Running));
    assert_eq!(drain(&mut feed, later).len(), 1);
}

#[test]
fn a_client_that_resumes_is_not_told_what_it_knows() {
    let start = Instant::now();
    let mut feed = Feed::new(at(40, RunStatus::Running), Some(40));
    assert!(drain(&mut feed, start).is_empty());
    feed.update(at(41, RunStatus::Running));
    assert!(drain(&mut feed, start)[0].starts_with("progress 41 "));

    let mut ended = Feed::new(at(100, RunStatus::Succeeded), Some(100));
    let lines = drain(&mut ended, start);
    assert_eq!(lines.len(), 1, "the end is always told");
    assert!(lines[0].starts_with("completed 100 "));
}

#[test]
fn the_last_tick_is_not_told_twice() {
    let start = Instant::now();
    let mut feed = Feed::new(at(100, RunStatus::Running), None);
    drain(&mut feed, start);
    feed.update(at(100, RunStatus::Succeeded));
    let lines = drain(&mut feed, start);
    assert!(lines.len() == 1 && lines[0].starts_with("completed"));
}

#[test]
fn failures_and_cancels_say_what_is_left() {
    let fault = RunFault { code: "MODEL_PANIC".into(), message: "m".into(), tick: Some(7), region: Some("CA".into()) };
    let failed = Progress { fault: Some(fault), ..at(6, RunStatus::Failed) };
    let expected = r#"{"status":"failed","error":{"code":"MODEL_PANIC","message":"m","tick":7,"region":"CA"},"ticks_completed":6,"partial_results":true}"#;
    let failed = terminal(failed, None, Some(1.0));
    assert_eq!((failed.event, failed.data.get()), ("failed", expected));

    let cancelled = Progress { has_results: false, ..at(0, RunStatus::Cancelled) };
    let expected = r#"{"status":"cancelled","ticks_completed":0,"partial_results":false,"duration_seconds":null}"#;
    let cancelled = terminal(cancelled, None, None);
    assert_eq!((cancelled.event, cancelled.data.get()), ("cancelled", expected));
}

#[test]
fn a_stopping_server_says_so_and_closes() {
    let mut feed = Feed::new(at(3, RunStatus::Running), None);
    let told = feed.shut_down();
    assert_eq!(
        (told.event, told.id, told.data.get()),
        ("shutdown", None, r#"{"message":"the server is restarting; reconnect"}"#)
    );
    assert!(matches!(feed.next(Instant::now()), Next::Close));
}
