//! Watching: were one of these to fail, people who look on would miss the end, be flooded, or slow the run down.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use support::server::{PROGRAM, clean};
use support::sse::Frame;
use support::{Event, Server, Sse, WATCHDOG};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Ids are the ticks told, and rise; one event ends the stream.
fn check_order(events: &[Event]) {
    let (last, before) = events.split_last().unwrap();
    assert!(before.iter().all(|event| event.event == "progress"), "{events:?}");
    assert_eq!((last.event.as_str(), last.id), ("completed", before.last().map_or(last.id, |event| event.id)));
    assert!(before.iter().all(|event| event.id.map(u64::from) == Some(event.tick())), "{events:?}");
    assert!(before.windows(2).skip(1).all(|pair| pair[0].tick() < pair[1].tick()), "{events:?}");
}

#[test]
fn a_long_run_tells_at_most_ten_states_a_second() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.create(&json!({"horizon_ticks": 1000, "population": {"agents": 80_000}}));
    // The server cannot have sent an event after it arrived, nor the first before it was asked for: counted from each
    // watcher's own question, a busy machine can only make the rate look lower. So watchers join at different times.
    let mut first = server.watch(&id);
    let mut events = vec![first.next_event().unwrap()];
    server.start(&id).expect(202);
    let mut others = Vec::new();
    while events.last().unwrap().event == "progress" {
        events.push(first.next_event().unwrap());
        if events.len() % 4 == 0 && others.len() < 5 {
            let stream = server.watch(&id);
            others.push(std::thread::spawn(move || (stream.asked, stream.events())));
        }
    }
    assert!(events.len() > 5, "the run was too short to tell: {events:?}");
    check_order(&events);
    let mut watched = vec![(first.asked, events)];
    watched.extend(others.into_iter().map(|other| other.join().unwrap()));
    for (asked, events) in watched {
        // Beside the first, which waits for nothing, ten a second; the last progress and the end wait for nothing.
        for (told, event) in events[..events.len() - 2].iter().enumerate().skip(1) {
            let most = (event.at - asked).as_secs_f64() * 10.0 + 1.0;
            assert!(told as f64 <= most, "event {told} came after {:?}", event.at - asked);
        }
    }
}

#[test]
fn a_run_that_has_ended_answers_at_once_and_closes() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&json!({"horizon_ticks": 30, "population": {"agents": 3000}}));
    server.outcome(&id);
    let events = server.watch(&id).events();
    check_order(&events);
    assert_eq!(events.iter().map(|event| event.event.as_str()).collect::<Vec<_>>(), ["progress", "completed"]);
    assert_eq!((events[0].tick(), &events[0].data["percent"]), (30, &json!(100)));
    assert_eq!(events[1].data["duration_seconds"], server.run(&id)["timing"]["duration_seconds"]);
    // A client that has seen the last progress is told the end alone, else it would reconnect for ever.
    let rest = server.watch_with(&id, &[("Last-Event-ID", "30")]).events();
    assert_eq!(rest.iter().map(|event| event.event.as_str()).collect::<Vec<_>>(), ["completed"]);
}

#[test]
fn a_client_that_comes_back_is_not_told_twice() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&json!({"horizon_ticks": 1000, "population": {"agents": 80_000}}));
    let mut stream = server.watch(&id);
    let mut seen = 0;
    while seen == 0 {
        seen = stream.next_event().unwrap().tick();
    }
    drop(stream);
    // The first claims to know what is yet to come, so that it is still to come when the server is asked.
    let later = seen.midpoint(1000);
    let known_later = server.watch_with(&id, &[("Last-Event-ID", &later.to_string())]);
    let query = Sse::open(server.addr(), &format!("/api/v1/runs/{id}/progress?last_event_id={later}"), &[]);
    let known = server.watch_with(&id, &[("Last-Event-ID", &seen.to_string())]);
    for (known, stream) in [(later, known_later), (later, query), (seen, known)] {
        let events = stream.events();
        check_order(&events);
        assert!(events.len() >= 2, "at least the last progress is news: {events:?}");
        assert!(events[..events.len() - 1].iter().all(|event| event.tick() > known), "known {known}: {events:?}");
    }
}

#[test]
fn a_silent_stream_is_kept_alive_by_comments() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SERVER__SSE_HEARTBEAT_S", "1")]);
    let id = server.create(&json!({"horizon_ticks": 2}));
    let mut stream = server.watch(&id);
    let mut comments = 0;
    while comments < 2 {
        match stream.next_frame().unwrap() {
            Frame::Comment(_) => comments += 1,
            Frame::Event(event) => assert_eq!(event.data["status"], json!("queued")),
            Frame::Other(_) => {}
        }
    }
    server.start(&id).expect(202);
    assert_eq!(stream.events().pop().unwrap().event, "completed");
}

#[test]
fn a_browser_that_takes_compressed_answers_sees_events_as_they_come() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.create(&json!({"horizon_ticks": 3}));
    let mut stream = server.watch_with(&id, &[("Accept-Encoding", "gzip, deflate, br, zstd")]);
    // Were it held back until a block is full, it would never come: nothing else happens on this stream.
    assert_eq!(stream.next_event().unwrap().data["status"], json!("queued"));
    server.start(&id).expect(202);
    assert_eq!(stream.events().pop().unwrap().event, "completed");
}

/// How many sockets this process may have, less some for all else.
fn spare_sockets() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next());
    open.and_then(|open| open.parse::<usize>().ok()).unwrap_or(1024).saturating_sub(124)
}

#[test]
fn a_thousand_watchers_all_see_the_end() {
    let folder = tempdir().unwrap();
    // The server needs a descriptor for each as well, whatever limit this test was started with.
    let mut shell = clean(Command::new("sh"), folder.path());
    shell.args(["-c", "ulimit -Sn 4096 2>/dev/null; exec \"$0\" serve --listen 127.0.0.1:0 --data-dir data", PROGRAM]);
    let server = Server::from_command(shell, &[]);
    let id = server.create(&json!({"horizon_ticks": 50}));
    // Where the limit is the common 1,024, the sockets that fit.
    let (watchers, addr) = (spare_sockets().min(1000), server.addr());
    assert!(watchers >= 900, "raise the limit of open files: {watchers} watchers are too few to tell");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (joined, mut all_joined) = tokio::sync::mpsc::channel(watchers);
    let streams: Vec<_> =
        (0..watchers).map(|_| runtime.spawn(watch_to_end(addr, id.clone(), joined.clone()))).collect();
    runtime.block_on(async {
        for _ in 0..watchers {
            tokio::time::timeout(WATCHDOG, all_joined.recv()).await.unwrap().unwrap();
        }
    });
    server.start(&id).expect(202);
    runtime.block_on(async {
        for stream in streams {
            let said = tokio::time::timeout(WATCHDOG, stream).await.unwrap().unwrap();
            assert!(said.contains("event: completed"), "{said}");
            assert!(said.contains(r#""tick":50,"#) && said.ends_with("0\r\n\r\n"), "{said}");
        }
    });
}

/// Reads a stream to its end, and tells when its first event is there.
async fn watch_to_end(addr: SocketAddr, id: String, joined: tokio::sync::mpsc::Sender<()>) -> String {
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let request = format!("GET /api/v1/runs/{id}/progress HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut said, mut told) = (Vec::new(), false);
    while stream.read_buf(&mut said).await.unwrap() > 0 {
        if !told && String::from_utf8_lossy(&said).contains("event: progress") {
            told = true;
            joined.send(()).await.unwrap();
        }
    }
    String::from_utf8(said).unwrap()
}

#[test]
fn watchers_that_do_not_read_or_vanish_change_nothing() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let spec = json!({"horizon_ticks": 400, "population": {"agents": 20_000}, "seed": 11});
    let undisturbed = server.launch(&spec);
    let expected = server.outcome(&undisturbed);

    let id = server.create(&spec);
    let ask = || {
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        let request = format!("GET /api/v1/runs/{id}/progress HTTP/1.1\r\nHost: {}\r\n\r\n", server.addr());
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let deaf: Vec<_> = (0..50).map(|_| ask()).collect();
    (0..50).for_each(|_| drop(ask()));
    server.start(&id).expect(202);
    (0..50).for_each(|_| drop(ask()));
    assert_eq!(server.outcome(&id), expected);
    // They have kept their connections all the while, and the server still answers everybody else.
    deaf[0].set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert!(deaf[0].peek(&mut [0]).unwrap() > 0);
    assert_eq!(server.get("//health").expect(200).body, json!({"status": "ok"}));
}
