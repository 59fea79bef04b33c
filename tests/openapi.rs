//! The OpenAPI document: were one of these to fail, a client made from it would miss an operation, or meet an answer
//! that it was not told of.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{Client, PROJECT, Server, run_civitas};
use tempfile::tempdir;

/// The eight operations of the API document, those on running runs, those on data sets and the four of the experiment runner, with statuses that they or the issue
/// state.
const OPERATIONS: [(&str, &str, &[u16]); 60] = [
    ("get", "/health/live", &[200]),
    ("get", "/health/ready", &[200, 503]),
    ("get", "/metrics", &[200, 401]),
    ("get", "/api/v1/runs", &[200, 400, 401]),
    ("post", "/api/v1/runs", &[201, 400, 401, 413, 415, 422, 429]),
    ("get", "/api/v1/runs/{id}", &[200, 400, 401, 404]),
    ("post", "/api/v1/runs/{id}/start", &[202, 400, 401, 404, 409, 429]),
    ("post", "/api/v1/runs/{id}/cancel", &[200, 400, 401, 404, 409]),
    ("post", "/api/v1/runs/{id}/pause", &[200, 400, 401, 403, 404, 409]),
    ("post", "/api/v1/runs/{id}/resume", &[202, 400, 401, 403, 404, 409, 429]),
    ("post", "/api/v1/runs/{id}/snapshots", &[201, 400, 401, 403, 404, 409]),
    ("get", "/api/v1/runs/{id}/snapshots", &[200, 400, 401, 404]),
    ("get", "/api/v1/runs/{id}/progress", &[200, 400, 401, 404]),
    ("get", "/api/v1/runs/{id}/results", &[200, 400, 401, 404, 409]),
    ("get", "/api/v1/runs/{id}/manifest", &[200, 400, 401, 404, 409]),
    ("post", "/api/v1/runs/{id}/verify", &[202, 400, 401, 403, 404, 409, 422, 429]),
    ("get", "/api/v1/runs/{id}/verify", &[200, 400, 401, 404]),
    ("delete", "/api/v1/runs/{id}/verify", &[200, 400, 401, 403, 404]),
    ("post", "/api/v1/runs/batch", &[201, 400, 401, 413, 415, 422, 429]),
    ("get", "/api/v1/nodes/{id}", &[200, 400, 401, 404]),
    ("get", "/api/v1/nodes/{id}/children", &[200, 400, 401, 404]),
    ("get", "/api/v1/nodes/{id}/path-analysis", &[200, 400, 401, 404]),
    ("get", "/api/v1/nodes/compare", &[200, 400, 401, 404, 422]),
    ("get", "/api/v1/nodes/universe-map/{project_id}", &[200, 400, 401]),
    ("post", "/api/v1/nodes/fork", &[201, 400, 401, 403, 404, 408, 413, 415, 422, 429]),
    ("get", "/api/v1/event-scripts", &[200, 400, 401]),
    ("post", "/api/v1/event-scripts", &[201, 400, 401, 403, 408, 413, 415, 422]),
    ("post", "/api/v1/event-scripts/validate", &[200, 400, 401, 408, 413, 415, 422]),
    ("get", "/api/v1/event-scripts/{id}", &[200, 400, 401, 404]),
    ("put", "/api/v1/event-scripts/{id}", &[200, 400, 401, 403, 404, 408, 409, 413, 415]),
    ("delete", "/api/v1/event-scripts/{id}", &[200, 400, 401, 403, 404, 409]),
    ("get", "/api/v1/event-scripts/bundles", &[200, 400, 401]),
    ("post", "/api/v1/event-scripts/bundles", &[201, 400, 401, 403, 408, 413, 415, 422]),
    ("post", "/api/v1/event-scripts/bundles/validate", &[200, 400, 401, 404, 408, 413, 415, 422]),
    ("get", "/api/v1/event-scripts/bundles/{id}", &[200, 400, 401, 404]),
    ("put", "/api/v1/event-scripts/bundles/{id}", &[200, 400, 401, 403, 404, 408, 409, 413, 415]),
    ("delete", "/api/v1/event-scripts/bundles/{id}", &[200, 400, 401, 403, 404, 409]),
    ("get", "/api/v1/models", &[200, 401]),
    ("get", "/api/v1/models/{name}", &[200, 401, 404]),
    ("get", "/api/v1/keys", &[200, 401]),
    ("post", "/api/v1/keys", &[201, 400, 401, 403, 408, 413, 415]),
    ("delete", "/api/v1/keys/{id}", &[200, 400, 401, 403, 404, 409]),
    ("get", "/api/v1/telemetry/{id}", &[200, 304, 400, 401, 404]),
    ("get", "/api/v1/telemetry/{id}/slice", &[200, 304, 400, 401, 404]),
    ("get", "/api/v1/telemetry/{id}/keyframe/{tick}", &[200, 304, 400, 401, 404]),
    ("get", "/api/v1/telemetry/{id}/agent/{agent}", &[200, 304, 400, 401, 404]),
    ("get", "/api/v1/telemetry/{id}/events", &[200, 304, 400, 401, 404]),
    ("get", "/api/v1/telemetry/{id}/aggregates", &[200, 304, 400, 401, 404]),
    ("get", "/api/v1/telemetry/{id}/stream", &[200, 400, 401, 404]),
    ("get", "/api/v1/telemetry/{id}/files/{name}", &[200, 304, 400, 401, 404]),
    ("get", "/api/v1/runs/{id}/export", &[200, 400, 401, 404]),
    ("get", "/api/v1/datasets", &[200, 401]),
    ("post", "/api/v1/datasets", &[200, 201, 400, 401, 403, 408, 413, 415, 422]),
    ("get", "/api/v1/datasets/{name}", &[200, 401, 404]),
    ("get", "/api/v1/datasets/{name}/{version}", &[200, 400, 401, 404]),
    ("delete", "/api/v1/datasets/{name}/{version}", &[200, 400, 401, 403, 404, 409]),
    ("post", "/api/run-experiments", &[200, 400, 401, 403, 408, 413, 415, 422, 429]),
    ("get", "/api/run-experiments", &[200, 400, 401]),
    ("get", "/api/experiments/{id}/status", &[200, 401, 404]),
    ("delete", "/api/experiments/{id}/stop", &[200, 401, 403, 404, 409]),
];

fn document(server: &Client) -> Value {
    let served = server.get("/openapi.json").expect(200);
    assert_eq!(served.header("content-type"), "application/json");
    served.body
}

/// Every operation of a document as `(method, path)`.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let methods: Vec<_> = item.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())).collect();
        methods
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn it_holds_every_operation_with_its_statuses() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let document = document(&server);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    for (method, path, statuses) in OPERATIONS {
        let operation = &document["paths"][path][method];
        assert!(
            operation["summary"].is_string() || operation["description"].is_string(),
            "{method} {path}: {operation}"
        );
        for status in statuses {
            assert!(operation["responses"][status.to_string()].is_object(), "{method} {path} lacks {status}");
        }
    }
    let listing = document["paths"]["/api/v1/runs"]["get"]["parameters"].as_array().unwrap();
    let names: BTreeSet<_> = listing.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["project_id", "status", "mode", "skip", "limit", "sort"]));
    let printed = run_civitas(folder.path(), &["openapi"], &[]).stdout;
    assert_eq!(serde_json::from_slice::<Value>(&printed).unwrap(), document, "`civitas openapi` prints what is served");
}

#[test]
fn every_documented_operation_is_there() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.create(&json!({}));
    server.cancel(&id).expect(200);
    for (method, path) in operations(&document(&server)) {
        let real =
            path.replace("{id}", &id).replace("{project_id}", &id).replace("{name}", "none").replace("{version}", "1");
        let real = real.replace("{tick}", "0").replace("{agent}", "0");
        let method = method.to_uppercase();
        let body = (method == "POST").then_some(&b"{}"[..]);
        let answer = server.send(&method, &format!("/{real}"), &[("Content-Type", "application/json")], body);
        let code = answer.body["error_code"].as_str().unwrap_or("none").to_owned();
        assert!(!["NOT_FOUND", "METHOD_NOT_ALLOWED"].contains(&code.as_str()), "{method} {path}: {}", answer.text);
        let known =
            document(&server)["paths"][&path][method.to_lowercase()]["responses"][answer.status.to_string()].clone();
        assert!(known.is_object(), "{method} {path} answered {}, which is not in its document", answer.status);
    }
}

/// Every source file below a folder.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => sources(&path),
        false => vec![fs::read_to_string(path).unwrap()],
    };
    entries.flat_map(read).collect()
}

#[test]
fn every_route_of_the_code_is_documented() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut routes = BTreeSet::new();
    for source in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")) {
        // What stands below is tests, which may make routes of their own.
        let code = source.split("#[cfg(test)]").next().unwrap();
        for unseen in [".route(", "web::resource(", "web::scope(", "#[route("] {
            assert!(!code.contains(unseen), "{unseen} registers a route that the document cannot know");
        }
        for method in ["get", "post", "put", "patch", "delete", "head"] {
            for found in code.split(&format!("#[{method}(\"")).skip(1) {
                let path = found.split('"').next().unwrap();
                // Operations on runs and on experiments stand in scopes; the others spell their path out.
                let scope = match path.split('/').nth(1) {
                    Some("runs" | "nodes" | "datasets" | "models" | "telemetry" | "keys" | "event-scripts") => {
                        "/api/v1"
                    }
                    Some("run-experiments" | "experiments") => "/api",
                    _ => "",
                };
                routes.insert((method.to_owned(), format!("{scope}{path}")));
            }
        }
    }
    assert!(routes.len() >= OPERATIONS.len(), "routes are written in another way now: {routes:?}");
    assert_eq!(operations(&document(&server)), routes);
}

#[test]
fn codes_are_described_as_they_are_answered() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let described = document(&server)["components"]["schemas"]["ErrorCode"]["enum"].clone();
    let codes: Vec<_> = described.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let answered = server.get("/nothing").body["error_code"].clone();
    assert!(codes.contains(&answered.as_str().unwrap()), "{answered} is not among {codes:?}");
    assert!(codes.len() > 30 && codes.iter().all(|code| *code == code.to_uppercase()), "{codes:?}");
}

#[test]
fn every_reference_leads_somewhere() {
    let folder = tempdir().unwrap();
    let document = document(&Server::start(folder.path(), &[]));
    let (mut stack, mut references) = (vec![&document], 0);
    while let Some(value) = stack.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            references += 1;
            let target = document.pointer(reference.strip_prefix('#').unwrap());
            assert!(target.is_some_and(Value::is_object), "{reference} leads nowhere");
        }
        stack.extend(value.as_object().into_iter().flat_map(|fields| fields.values()));
        stack.extend(value.as_array().into_iter().flatten());
    }
    assert!(references > 20, "only {references} references were seen");
}

/// The fields of all parts as those of one object.
fn together(document: &Value, parts: &[Value]) -> Value {
    let mut whole = json!({"type": "object", "properties": {}, "required": []});
    for part in parts {
        let part = part["$ref"].as_str().map_or(part, |reference| document.pointer(&reference[1..]).unwrap());
        let (fields, needed) = (part["properties"].as_object().unwrap(), part["required"].as_array().unwrap());
        whole["properties"].as_object_mut().unwrap().extend(fields.clone());
        whole["required"].as_array_mut().unwrap().extend(needed.clone());
    }
    whole
}

/// What in `value` is not as `schema` says; the first of it.
fn misfit(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return misfit(document, document.pointer(&reference[1..]).unwrap(), value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let misfits: Option<Vec<_>> = choices.iter().map(|choice| misfit(document, choice, value, at)).collect();
        return misfits.map(|misfits| misfits.join(" and "));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return misfit(document, &together(document, parts), value, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
    };
    let fits = |name: &str| name == kind || (name, kind) == ("number", "integer");
    let allowed = match &schema["type"] {
        Value::String(name) => fits(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    };
    if !allowed {
        return Some(format!("{at} is {kind}, not {}", schema["type"]));
    }
    let (known, rest) = (&schema["properties"], &schema["additionalProperties"]);
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            return Some(format!("{at}.{name} is missing"));
        }
    }
    let fields = value.as_object().into_iter().flatten().map(|(name, field)| (format!("{at}.{name}"), name, field));
    let field_misfit = |(at, name, field): (String, &String, &Value)| match (known.get(name), rest) {
        (Some(schema), _) => misfit(document, schema, field, &at),
        (None, Value::Object(_)) => misfit(document, rest, field, &at),
        (None, _) if known.is_object() => Some(format!("{at} is not described")),
        (None, _) => None,
    };
    let items = value.as_array().into_iter().flatten();
    fields.filter_map(field_misfit).chain(items.filter_map(|item| misfit(document, &schema["items"], item, at))).next()
}

/// Checks that `value` is as the schema of this name says.
fn check(document: &Value, schema: &str, value: &Value) {
    let described = &document["components"]["schemas"][schema];
    assert!(described.is_object(), "there is no schema {schema}");
    assert_eq!(misfit(document, described, value, schema), None);
}

#[test]
fn results_are_as_their_schema_says() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&json!({"horizon_ticks": 8}));
    server.outcome(&id);
    check(&document(&server), "Results", &server.get(&format!("/runs/{id}/results")).expect(200).body);
}

#[test]
fn experiments_and_their_results_are_as_their_schemas_say() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let document = document(&server);
    let check = |schema: &str, value: &Value| check(&document, schema, value);
    let campaign = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/campaign.json")).unwrap();
    check("ExperimentBody", &serde_json::from_slice(&campaign).unwrap());
    let json = [("Content-Type", "application/json")];
    let started = server.send("POST", "//api/run-experiments", &json, Some(&campaign)).expect(200).body;
    check("Answer_ExperimentStarted", &started);
    let id = started["data"]["id"].as_str().unwrap();
    server.outcome(id);
    check("Answer_ExperimentStatus", &server.get(&format!("//api/experiments/{id}/status")).expect(200).body);
    check("Answer_Vec_ExperimentItem", &server.get("//api/run-experiments").expect(200).body);
    check("Run", &server.run(id));
    check("Results", &server.get(&format!("/runs/{id}/results")).expect(200).body);
    check("Manifest", &server.get(&format!("/runs/{id}/manifest")).expect(200).body);
    check("VerificationReport", &server.post(&format!("/runs/{id}/verify")).expect(202).body);
    let given_up = server.send("DELETE", &format!("/runs/{id}/verify"), &[], None).expect(200).body;
    check("VerificationReport", &given_up);
    check("Error", &server.send("DELETE", &format!("//api/experiments/{id}/stop"), &[], None).expect(409).body);
}

#[test]
fn answers_are_as_their_schemas_say() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let document = document(&server);
    let check = |schema: &str, value: &Value| check(&document, schema, value);
    let patch = json!({"variable_deltas": {"social_trust": 0.1}});
    let body = json!({"project_id": PROJECT, "config": {"horizon_ticks": 8, "scenario_patch": patch}});
    let created = server.post_json("/runs", &body).expect(201);
    check("RunCreated", &created.body);
    check("Run", &server.run(&created.id()));
    check("RunStarted", &server.start(&created.id()).expect(202).body);
    for event in server.watch(&created.id()).events() {
        check(if event.event == "progress" { "ProgressEvent" } else { "CompletedEvent" }, &event.data);
    }
    check("Run", &server.run(&created.id()));
    check("RunList", &server.get("/runs").expect(200).body);
    let slice = format!("/telemetry/{}/slice?regions=all&segments=all&variables=all", created.id());
    check("TelemetrySlice", &server.get(&slice).expect(200).body);
    let telemetry = |path: &str| server.get(&format!("/telemetry/{}/{path}", created.id())).expect(200).body;
    let keyframe = telemetry("keyframe/8");
    check("TelemetryKeyframe", &keyframe);
    check("TelemetryAgent", &telemetry(&format!("agent/{}", keyframe["agents"][0]["agent"])));
    check("TelemetryEvents", &telemetry("events"));
    check("TelemetryAggregates", &telemetry("aggregates?regions=all"));
    let batch = server.post_json("/runs/batch", &json!({"project_id": PROJECT, "variations": [{}, {}]})).expect(201);
    check("BatchCreated", &batch.body);
    let queued = batch.body["runs"][0]["id"].as_str().unwrap();
    check("RunCancelled", &server.cancel(queued).expect(200).body);
    check("CancelledEvent", &server.wait(queued).data);
    check("Error", &server.cancel(queued).expect(409).body);
    // The check itself can fail.
    let described = &document["components"]["schemas"]["Error"];
    for wrong in [
        json!({"detail": "x", "status_code": 400}),
        json!([]),
        json!({"detail": 1, "status_code": 4, "error_code": "X"}),
    ] {
        assert!(misfit(&document, described, &wrong, "Error").is_some(), "{wrong}");
    }
}

#[test]
fn nodes_are_as_their_schemas_say() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let document = document(&server);
    let check = |schema: &str, value: &Value| check(&document, schema, value);
    let run = server.launch(&json!({"horizon_ticks": 8}));
    server.outcome(&run);
    let root = server.run(&run)["outputs"]["node_id"].as_str().unwrap().to_owned();
    let patch = json!({"variable_deltas": {"social_trust": 0.1}});
    let fork = json!({"parent_node_id": root, "scenario_patch": patch, "runs": 2, "auto_run": true});
    let made = server.post_json("/nodes/fork", &fork).expect(201).body;
    check("NodeForked", &made);
    let child = made["node"]["id"].as_str().unwrap();
    for run in made["runs"].as_array().unwrap() {
        server.outcome(run["id"].as_str().unwrap());
    }
    check("Node", &server.get(&format!("/nodes/{child}")).expect(200).body);
    check("NodeList", &server.get(&format!("/nodes/{root}/children")).expect(200).body);
    check("UniverseMap", &server.get(&format!("/nodes/universe-map/{PROJECT}")).expect(200).body);
    check("NodeComparison", &server.get(&format!("/nodes/compare?node_ids={root},{child}")).expect(200).body);
    check("PathAnalysis", &server.get(&format!("/nodes/{child}/path-analysis")).expect(200).body);
}

#[test]
fn models_say_what_they_can_be_told() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let models = server.get("/models").expect(200).body;
    let named: Vec<_> = models.as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap()).collect();
    assert_eq!(named, ["bass", "bounded_confidence", "degroot", "epidemic", "society", "threshold", "voter"]);
    let society = server.get("/models/society").expect(200).body;
    assert_eq!(society, models[4]);
    assert_eq!(society["parameters"]["properties"]["noise"]["maximum"].as_f64(), Some(1.0));
    let variables: Vec<_> = society["variables"].as_array().unwrap().iter().map(|v| v["name"].clone()).collect();
    assert_eq!(variables, ["economy_confidence", "media_sentiment", "social_trust", "price_sensitivity"]);
    let unknown = server.get("/models/socity").expect(404);
    assert_eq!(unknown.body["error_code"], "MODEL_NOT_FOUND");
    assert!(unknown.body["detail"].as_str().unwrap().contains("did you mean `society`?"), "{}", unknown.text);
    let shifted =
        json!({"project_id": PROJECT, "name": "x", "scenario_patch": {"variable_deltas": {"economy_confidance": 0.1}}});
    let refused = server.post_json("/runs", &shifted).expect(422);
    assert!(refused.text.contains("did you mean `economy_confidence`?"), "{}", refused.text);
}
