//! Asks an operation and holds its answer against the example in the repository, or writes it there where the environment has
//! `UPDATE_DOCS`. Owns what an example looks like: ids, times and keys that stay the same from one recording to the next, and
//! lists that are cut short. Values are of one recording; what is compared is every field and its type.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::{Answer, Client, PROJECT};

/// Items of a list that an example keeps, of objects and of plain values.
const ITEMS: (usize, usize) = (2, 6);
/// Lines of a text that an example keeps.
const LINES: usize = 12;
/// Length of an id as text.
const ID_CHARS: usize = 36;

/// Asks a server, and keeps what is said.
pub(crate) struct Recorder {
    pub(crate) client: Client,
    asked: BTreeSet<String>,
    wrong: Vec<String>,
    also: Option<(&'static str, Value)>,
    ids: BTreeMap<String, String>,
    times: BTreeMap<String, String>,
}

impl Recorder {
    /// One that asks as this client.
    pub(crate) fn new(client: Client) -> Self {
        let ids = BTreeMap::from([(PROJECT.to_owned(), PROJECT.to_owned())]);
        Self { client, asked: BTreeSet::new(), wrong: Vec::new(), also: None, ids, times: BTreeMap::new() }
    }

    /// Shows one more body with the next request, of another type; it says the same.
    pub(crate) fn also(&mut self, body: (&'static str, Value)) {
        self.also = Some(body);
    }

    /// Asks with GET; gives the body of the answer.
    pub(crate) fn get(&mut self, id: &str, path: &str) -> Value {
        self.ask(id, "GET", path, None).body
    }

    /// Asks with DELETE.
    pub(crate) fn delete(&mut self, id: &str, path: &str) -> Value {
        self.ask(id, "DELETE", path, None).body
    }

    /// Asks with POST; gives the status and the body of the answer.
    pub(crate) fn post(&mut self, id: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.ask(id, "POST", path, body);
        (answer.status, answer.body)
    }

    /// Asks with PUT.
    pub(crate) fn put(&mut self, id: &str, path: &str, body: Value) -> Value {
        self.ask(id, "PUT", path, Some(body)).body
    }

    fn ask(&mut self, id: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let headers: &[_] = if body.is_some() { &[("Content-Type", "application/json")] } else { &[] };
        let bytes = body.as_ref().map(|body| body.to_string().into_bytes());
        let sent = if matches!(method, "POST" | "PUT") { bytes.or(Some(Vec::new())) } else { None };
        let answer = self.client.send(method, path, headers, sent.as_deref());
        assert!((200..300).contains(&answer.status), "{id}: {} {:.500}", answer.status, answer.text);
        self.keep(id, path, body, &answer);
        answer
    }

    /// Compares an exchange with the example of its operation, or writes it there.
    fn keep(&mut self, id: &str, path: &str, body: Option<Value>, answer: &Answer) {
        assert!(self.asked.insert(id.to_owned()), "{id} is asked twice");
        let path = match path.strip_prefix('/').filter(|path| path.starts_with('/')) {
            Some(path) => path.to_owned(),
            None => format!("/api/v1{path}"),
        };
        let mut request = Map::new();
        request.extend(body.map(|body| ("application/json".to_owned(), body)));
        request.extend(self.also.take().map(|(kind, body)| (kind.to_owned(), body)));
        let mut exchange = json!({"path": path, "status": answer.status, "response": shown(id, answer)});
        if !request.is_empty() {
            exchange["request"] = request.into();
        }
        if exchange["response"].is_null() {
            exchange.as_object_mut().unwrap().remove("response");
        }
        let exchange = self.steady(&exchange);
        let file = folder().join(format!("{id}.json"));
        let known = std::fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let fault = known.map_or(Some("there is none".to_owned()), |known| fault(&known, &exchange));
        let Some(fault) = fault else { return };
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&file, serde_json::to_string_pretty(&exchange).unwrap() + "\n").unwrap();
        } else {
            self.wrong.push(format!("{id}.json: {fault}"));
        }
    }

    /// The operations that were asked; every one must have answered as its example says.
    pub(crate) fn finish(self) -> BTreeSet<String> {
        let how = "run UPDATE_DOCS=1 cargo test --test reference, and look at the difference";
        assert!(self.wrong.is_empty(), "examples are out of date; {how}\n{}", self.wrong.join("\n"));
        self.asked
    }

    /// The same with ids, times and keys that do not change from one recording to the next.
    fn steady(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.steady_text(text).into(),
            Value::Array(items) => items.iter().map(|item| self.steady(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| (self.steady_text(name), self.steady(field)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn steady_text(&mut self, text: &str) -> String {
        if let Some(secret) = text.strip_prefix("civ_") {
            return format!("civ_{}", "x".repeat(secret.len()));
        }
        if text.len() > 15 && text.parse::<Timestamp>().is_ok() {
            let next = "2026-01-09T12:00:00Z".parse::<Timestamp>().unwrap() + (self.times.len() as i64).seconds();
            return self.times.entry(text.to_owned()).or_insert_with(|| next.to_string()).clone();
        }
        let mut steady = text.to_owned();
        for id in ids_in(text) {
            let next = format!("0190a5b2-7c1e-7f3a-9b51-{:012x}", self.ids.len());
            let known = self.ids.entry(id.to_owned()).or_insert(next);
            steady = steady.replace(id, known);
        }
        steady
    }
}

/// The ids within a text.
fn ids_in(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.char_indices().map(|(start, _)| start);
    starts.filter_map(|start| text.get(start..start + ID_CHARS)).filter(|id| Uuid::try_parse(id).is_ok())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http/reference/examples")
}

/// An answer's body as an example shows it; null for bytes.
fn shown(id: &str, answer: &Answer) -> Value {
    let kind = answer.header("content-type");
    if id == "openapi_json" {
        return json!({"openapi": answer.body["openapi"], "info": answer.body["info"]});
    }
    if kind.starts_with("application/json") {
        return cut(&answer.body);
    }
    if kind.starts_with("text/event-stream") {
        let frames: Vec<_> = answer.text.split_inclusive("\n\n").filter(|frame| frame.contains("event: ")).collect();
        let (first, last) = (frames[..2.min(frames.len() - 1)].concat(), frames.last().unwrap());
        return format!("{first}{last}").into();
    }
    if kind.starts_with("text/") || kind.starts_with("application/openmetrics-text") {
        return answer.text.split_inclusive('\n').take(LINES).collect::<String>().into();
    }
    Value::Null
}

/// A value with its lists cut short.
fn cut(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let plain = items.iter().all(|item| !item.is_object() && !item.is_array());
            items.iter().take(if plain { ITEMS.1 } else { ITEMS.0 }).map(cut).collect()
        }
        Value::Object(fields) => {
            // Of many things by name, such as regions, a few show what they look like.
            let many = fields.len() > ITEMS.1 && fields.values().all(Value::is_object);
            let kept = fields.iter().take(if many { ITEMS.0 } else { fields.len() });
            kept.map(|(name, field)| (name.clone(), cut(field))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// Where an exchange is not as the example says: another path, request, status, field or type.
fn fault(known: &Value, real: &Value) -> Option<String> {
    // Which id is which follows from the order of answers.
    let plain = |value: &Value, name: &str| {
        let text = value[name].to_string();
        ids_in(&text).fold(text.clone(), |plain, id| plain.replace(id, "ID"))
    };
    for name in ["path", "request", "status"] {
        let (known, real) = (plain(known, name), plain(real, name));
        if known != real {
            return Some(format!("{name} is {real}, not {known}"));
        }
    }
    misfit(&known["response"], &real["response"], "response")
}

/// The first field that one has and the other not, or that is of another type. Null and empty lists stand for anything.
fn misfit(known: &Value, real: &Value, at: &str) -> Option<String> {
    match (known, real) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Array(known), Value::Array(real)) => misfit(known.first()?, real.first()?, &format!("{at}[0]")),
        (Value::Object(known), Value::Object(real)) => {
            let names: BTreeSet<_> = known.keys().chain(real.keys()).collect();
            names.into_iter().find_map(|name| match (known.get(name), real.get(name)) {
                (Some(known), Some(real)) => misfit(known, real, &format!("{at}.{name}")),
                (Some(_), None) => Some(format!("{at}.{name} is not answered any more")),
                _ => Some(format!("{at}.{name} is new")),
            })
        }
        (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_)) => None,
        _ => Some(format!("{at} is {real:.100}, not {known:.100}")),
    }
}
