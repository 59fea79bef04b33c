//! Traces and metrics for OpenTelemetry, sent by a real server to a collector that reads what comes: were one of these to fail,
//! somebody who looks for a slow request or a failed run would not find it, or a collector that is away would hold up the server.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Server, eventually};
use tempfile::tempdir;

/// A request as a collector gets it.
#[derive(Clone, Debug)]
struct Sent {
    line: String,
    headers: Vec<String>,
    body: Value,
}

/// A collector: answers the first so many requests with 503, and takes the others.
struct Collector {
    addr: SocketAddr,
    sent: Arc<Mutex<Vec<Sent>>>,
    refusals: usize,
}

impl Collector {
    fn start(refusals: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, sent) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let heard = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || serve(stream, &heard, refusals));
            }
        });
        Self { addr, sent, refusals }
    }

    fn endpoint(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// Every span that was taken.
    fn spans(&self) -> Vec<Value> {
        let sent = self.sent.lock().unwrap().clone();
        let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let scopes = sent.iter().skip(self.refusals).flat_map(|sent| list(&sent.body, "resourceSpans"));
        let spans = scopes.flat_map(|scope| list(&scope, "scopeSpans")).flat_map(|scope| list(&scope, "spans"));
        spans.collect()
    }
}

/// A server that sends to the collector, with one more option.
fn served(folder: &Path, collector: &Collector, option: (&str, &str)) -> Server {
    Server::start(folder, &[("CIVITAS_OTEL__ENDPOINT", &collector.endpoint()), option])
}

/// The metrics of every look that came, by name.
fn looks(collector: &Collector) -> Vec<BTreeMap<String, Value>> {
    let sent = collector.sent.lock().unwrap().clone();
    let looks = sent.iter().filter(|sent| sent.line == "POST /v1/metrics HTTP/1.1");
    let named = |metric: &Value| (metric["name"].as_str().unwrap().to_owned(), metric.clone());
    let of = |sent: &Sent| -> Vec<Value> {
        sent.body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap().clone()
    };
    looks.map(|sent| of(sent).iter().map(named).collect()).collect()
}

/// The value of the only point of a count.
fn count_of(metric: &Value) -> u64 {
    let points = metric["sum"]["dataPoints"].as_array().unwrap();
    assert_eq!((points.len(), &metric["sum"]["isMonotonic"]), (1, &json!(true)), "{metric}");
    points[0]["asInt"].as_str().unwrap().parse().unwrap()
}

/// Reads requests of one connection until it ends.
fn serve(stream: TcpStream, heard: &Mutex<Vec<Sent>>, refusals: usize) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let length =
            head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let mut heard = heard.lock().unwrap();
        heard.push(Sent {
            line: head[0].clone(),
            headers: head[1..].to_vec(),
            body: serde_json::from_slice(&body).unwrap(),
        });
        let status = if heard.len() <= refusals { "503 Service Unavailable" } else { "200 OK" };
        write!(writer, "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}").unwrap();
    }
}

/// An attribute of a span.
fn attribute(span: &Value, key: &str) -> Value {
    let attributes = span["attributes"].as_array().unwrap();
    attributes.iter().find(|found| found["key"] == key).map_or(Value::Null, |found| found["value"].clone())
}

#[test]
fn requests_and_runs_come_to_the_collector() {
    let folder = tempdir().unwrap();
    let collector = Collector::start(1);
    let endpoint = collector.endpoint();
    let env = [("CIVITAS_OTEL__ENDPOINT", endpoint.as_str()), ("CIVITAS_OTEL__HEADERS", "x-scope=acme,x-more=a b")];
    let server = Server::start(folder.path(), &env);
    let id = server.launch(&json!({"horizon_ticks": 8, "population": {"agents": 2000}}));
    server.outcome(&id);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    server.send("GET", &format!("/runs/{id}?"), &[("traceparent", parent)], None).expect(200);
    server.get("/runs/0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10").expect(404);
    server.get("//nothing").expect(404);
    let followed = |span: &Value| span["traceId"] == "0af7651916cd43dd8448eb211c80319c";
    eventually("the spans have come", || {
        let spans = collector.spans();
        (spans.iter().any(followed) && spans.iter().any(|span| span["name"] == "run")).then_some(())
    });
    // What is under way when the server stops is sent as well.
    server.get("/models").expect(200);
    server.stop();

    let spans = collector.spans();
    let named = |name: &str| spans.iter().filter(move |span| span["name"] == name).collect::<Vec<_>>();
    let asked = spans.iter().find(|span| followed(span)).unwrap();
    assert_eq!((&asked["name"], &asked["kind"]), (&json!("GET /api/v1/runs/{id}"), &json!(2)));
    assert_eq!(asked["parentSpanId"], "b7ad6b7169203331");
    assert_eq!(attribute(asked, "http.response.status_code"), json!({"intValue": "200"}));
    assert_eq!(attribute(asked, "http.request.method"), json!({"stringValue": "GET"}));
    assert_eq!(attribute(asked, "url.path"), json!({"stringValue": format!("/api/v1/runs/{id}")}));
    let times =
        ["startTimeUnixNano", "endTimeUnixNano"].map(|name| asked[name].as_str().unwrap().parse::<u64>().unwrap());
    assert!(times[0] > 1_700_000_000_000_000_000 && times[0] < times[1], "{times:?}");
    assert!(!named("POST /api/v1/runs").is_empty() && !named("GET /api/v1/models").is_empty(), "{spans:?}");
    let refused = spans.iter().find(|span| attribute(span, "error.type") == json!({"stringValue": "RUN_NOT_FOUND"}));
    assert_eq!(refused.unwrap()["status"], json!({}), "the server is not to blame");
    assert!(named("GET").iter().any(|span| attribute(span, "url.path") == json!({"stringValue": "/nothing"})));

    let [run] = named("run")[..] else { panic!("{spans:?}") };
    assert_eq!(
        (&run["status"], attribute(run, "civitas.run.status")),
        (&json!({}), json!({"stringValue": "succeeded"}))
    );
    assert_eq!(attribute(run, "civitas.run.id"), json!({"stringValue": id}));
    assert!(attribute(run, "civitas.tenant.id")["stringValue"].is_string(), "{run}");
    let sent = collector.sent.lock().unwrap().clone();
    assert!(sent.iter().all(|sent| sent.line == "POST /v1/traces HTTP/1.1"), "{}", sent[0].line);
    for header in ["content-type: application/json", "x-scope: acme", "x-more: a b"] {
        assert!(sent.iter().all(|sent| sent.headers.iter().any(|line| line.eq_ignore_ascii_case(header))), "{header}");
    }
    let service = &sent[0].body["resourceSpans"][0]["resource"]["attributes"][0];
    assert_eq!(*service, json!({"key": "service.name", "value": {"stringValue": "civitas"}}));
    assert_eq!(sent[0].body, sent[1].body, "what was refused for now is sent again");
}

#[test]
fn a_run_that_fails_says_so_in_its_span() {
    let folder = tempdir().unwrap();
    let collector = Collector::start(0);
    let server = served(folder.path(), &collector, ("CIVITAS_LIMITS__MAX_RUN_MINUTES", "0.0001"));
    let id = server.launch(&json!({"horizon_ticks": 1000, "population": {"agents": 200_000}}));
    let span =
        eventually("the run's span has come", || collector.spans().into_iter().find(|span| span["name"] == "run"));
    let fault =
        eventually("its fault is stored", || Some(server.run(&id)["error"].clone()).filter(|fault| !fault.is_null()));
    assert_eq!(span["status"]["code"], json!(2), "{span}");
    assert_eq!((&fault["code"], &fault["message"]), (&json!("RUN_TIMEOUT"), &span["status"]["message"]), "{span}");
    assert_eq!(attribute(&span, "error.type"), json!({"stringValue": "RUN_TIMEOUT"}));
    assert_eq!(attribute(&span, "civitas.run.status"), json!({"stringValue": "failed"}));
    server.stop();
}

#[test]
fn metrics_come_to_the_collector_as_the_page_shows_them() {
    let folder = tempdir().unwrap();
    let collector = Collector::start(0);
    let server = served(folder.path(), &collector, ("CIVITAS_OTEL__METRICS_EVERY_S", "1"));
    let id = server.launch(&json!({"horizon_ticks": 8, "population": {"agents": 2000}}));
    server.outcome(&id);
    let page = server.get("//metrics").expect(200).text;
    let found = eventually("a look after the run has come", || {
        looks(&collector).into_iter().rfind(|look| look.get("civitas_runs_ended").is_some())
    });
    assert_eq!(count_of(&found["civitas_ticks"]), 8);
    assert_eq!(count_of(&found["civitas_agent_steps"]), 16_000);
    // All that the page shows, under the same names.
    let typed = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for (name, kind) in typed.map(|line| line.split_once(' ').unwrap()) {
        let has_lines = page.lines().any(|line| line.starts_with(name));
        let name = if kind == "info" { format!("{name}_info") } else { name.to_owned() };
        assert_eq!(found.contains_key(&name), has_lines, "{name}");
    }
    let ticks = &found["civitas_tick_seconds"]["histogram"]["dataPoints"][0];
    assert_eq!((&ticks["count"], &found["civitas_tick_seconds"]["unit"]), (&json!("8"), &json!("s")));
    let times = ["startTimeUnixNano", "timeUnixNano"].map(|name| ticks[name].as_str().unwrap().parse::<u64>().unwrap());
    assert!(times[0] > 1_700_000_000_000_000_000 && times[0] < times[1], "{times:?}");
    let runs = found["civitas_runs"]["gauge"]["dataPoints"].as_array().unwrap();
    assert_eq!(runs.len(), 3, "one tenant, queued, paused and running: {runs:?}");
    server.stop();
}

#[test]
fn what_was_counted_last_is_sent_when_the_server_stops() {
    let folder = tempdir().unwrap();
    let collector = Collector::start(0);
    let server = served(folder.path(), &collector, ("CIVITAS_OTEL__METRICS_EVERY_S", "86400"));
    let id = server.launch(&json!({"horizon_ticks": 8, "population": {"agents": 2000}}));
    server.outcome(&id);
    server.stop();
    let [look] = &looks(&collector)[..] else { panic!("one look") };
    assert_eq!(count_of(&look["civitas_ticks"]), 8);
}

#[test]
fn a_collector_that_takes_no_metrics_is_said_once() {
    let folder = tempdir().unwrap();
    let collector = Collector::start(usize::MAX);
    let server = served(folder.path(), &collector, ("CIVITAS_OTEL__METRICS_EVERY_S", "1"));
    eventually("it was tried again and again", || (looks(&collector).len() > 2).then_some(()));
    server.get("/runs").expect(200);
    let said = server.stderr();
    assert_eq!(said.matches("metrics were not sent to the collector").count(), 1, "{said}");
    let told = Instant::now();
    server.stop();
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
}

#[test]
fn a_collector_that_is_away_holds_nobody_up() {
    let folder = tempdir().unwrap();
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{gone}");
    let server = Server::start(folder.path(), &[("CIVITAS_OTEL__ENDPOINT", &endpoint)]);
    for _ in 0..50 {
        server.get("/runs").expect(200);
    }
    eventually("it is said", || server.stderr().contains("spans were not sent to the collector").then_some(()));
    let told = Instant::now();
    server.stop();
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
}

#[test]
fn an_address_that_is_none_is_named() {
    let folder = tempdir().unwrap();
    for (name, value, option) in [
        ("CIVITAS_OTEL__ENDPOINT", "127.0.0.1:4318", "otel.endpoint"),
        ("CIVITAS_OTEL__HEADERS", "s3cret", "otel.headers"),
    ] {
        let done = support::run_civitas(folder.path(), &["serve", "--listen", "127.0.0.1:0"], &[(name, value)]);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains(option) && said.contains("hint: ") && !said.contains("s3cret"), "{said}");
    }
}
