//! The OpenAPI document, complete: every operation has examples, codes and security, and every example is as its own schema
//! says, those of the API document that civitas was made after included. The document is what the library makes; that a server
//! serves the same is tests/openapi.rs's matter.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Server, said_by_civitas};

/// What an answer can be that is no text: it has no example.
const BYTES: [&str; 1] = ["application/vnd.apache.parquet"];

fn document() -> Value {
    serde_json::to_value(civitas::http::openapi()).unwrap()
}

/// Every operation: method, path, what the document says of it.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all: Vec<_> = paths
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, spec)| (&**method, &**path, spec)))
        .collect();
    assert!(all.len() > 45, "only {} operations were seen", all.len());
    all
}

/// The types of a document. With `strict`, objects have no field but those that are described; without `needed`, they may lack
/// any.
fn types(document: &Value, strict: bool, needed: bool) -> Value {
    let mut types = document["components"]["schemas"].clone();
    let mut parts = BTreeSet::new();
    visit(&mut types, &mut |schema| {
        let refer = |part: &Value| Some(part["$ref"].as_str()?.rsplit('/').next()?.to_owned());
        parts.extend(schema["allOf"].as_array().into_iter().flatten().filter_map(refer));
    });
    if strict {
        for (name, schema) in types.as_object_mut().unwrap() {
            // Of what is put together from parts, only the whole knows every field.
            let part = parts.contains(name);
            visit(schema, &mut |schema| close(schema, part));
        }
    }
    if !needed {
        visit(&mut types, &mut |schema| drop(schema.as_object_mut().map(|fields| fields.remove("required"))));
    }
    types
}

/// Has an object refuse fields that are not described.
fn close(schema: &mut Value, part: bool) {
    let open = schema.get("additionalProperties").is_none();
    let Some(fields) = schema.as_object_mut() else { return };
    if fields.contains_key("allOf") {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
        for part in fields["allOf"].as_array_mut().unwrap() {
            drop(part.as_object_mut().unwrap().remove("additionalProperties"));
        }
    } else if open && !part && fields.get("properties").is_some_and(Value::is_object) {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
}

/// Shows every object in a value, those inside first.
fn visit(value: &mut Value, each: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|field| visit(field, each)),
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, each)),
        _ => return,
    }
    if value.is_object() {
        each(value);
    }
}

/// What is wrong with a value by a schema.
fn misfits(types: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let whole = json!({"allOf": [schema], "components": {"schemas": types}});
    let validator = jsonschema::draft202012::new(&whole).unwrap_or_else(|error| panic!("{schema}: {error}"));
    validator.iter_errors(value).map(|error| format!("{}: {error:.300}", error.instance_path())).collect()
}

#[test]
fn every_example_of_an_operation_is_as_its_schema_says() {
    let document = document();
    let types = types(&document, true, true);
    let mut wrong = Vec::new();
    let mut check = |what: String, content: &Value, value: &Value| {
        wrong.extend(misfits(&types, &content["schema"], value).into_iter().map(|fault| format!("{what}: {fault}")));
    };
    for (method, path, spec) in operations(&document) {
        for parameter in spec["parameters"].as_array().into_iter().flatten() {
            if let Some(example) = parameter.get("example") {
                check(format!("{method} {path}, {}", parameter["name"]), parameter, example);
            }
            assert!(parameter["in"] != "path" || parameter.get("example").is_some(), "{path}: {}", parameter["name"]);
        }
        for (kind, content) in spec["requestBody"]["content"].as_object().into_iter().flatten() {
            let example = content.get("example").unwrap_or_else(|| panic!("{method} {path}: no example of {kind}"));
            check(format!("{method} {path}, {kind}"), content, example);
        }
        let mut successes = 0;
        for (status, response) in
            spec["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'))
        {
            for (kind, content) in response["content"].as_object().into_iter().flatten() {
                successes += usize::from(BYTES.contains(&kind.as_str()));
                if let Some(example) = content.get("example") {
                    successes += 1;
                    check(format!("{method} {path}, {status}"), content, example);
                }
            }
        }
        assert!(successes > 0, "{method} {path} shows no answer");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operation_says_whom_it_is_for_and_what_it_refuses() {
    let document = document();
    let types = types(&document, true, true);
    let mut ids = BTreeSet::new();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    for (method, path, spec) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(ids.insert(spec["operationId"].as_str().unwrap()), "{what} has the id of another");
        assert!(spec["summary"].as_str().is_some_and(|text| text.len() > 10), "{what} does not say what it does");
        assert!(spec["tags"].as_array().unwrap().iter().all(|tag| tags.contains(&tag)), "{what}: {}", spec["tags"]);
        assert!(spec["security"].is_array(), "{what} does not say whom it is for");
        for (status, response) in spec["responses"].as_object().unwrap() {
            let content = &response["content"]["application/json"];
            if content["schema"]["$ref"] != "#/components/schemas/Error" {
                continue;
            }
            let examples = content["examples"].as_object().unwrap_or_else(|| panic!("{what}: {status} names no code"));
            for (code, example) in examples {
                let example = document.pointer(&example["$ref"].as_str().unwrap()[1..]).unwrap();
                let body = &example["value"];
                assert_eq!((&body["error_code"], &body["status_code"].to_string()), (&json!(code), status), "{what}");
                assert_eq!(misfits(&types, &content["schema"], body), [""; 0], "{what}");
            }
        }
    }
}

#[test]
fn every_example_of_the_api_document_is_as_its_schema_says() {
    let document = document();
    let all =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/api_document.json")).unwrap();
    let examples: Vec<Value> = serde_json::from_str(&all).unwrap();
    assert_eq!(examples.len(), 18);
    // Answers of civitas have more fields than that document knows; requests may not need one that it does not.
    let (requests, answers) = (types(&document, true, true), types(&document, true, false));
    for example in &examples {
        let schema = json!({"$ref": format!("#/components/schemas/{}", example["schema"].as_str().unwrap())});
        let types = if example["request"] == true { &requests } else { &answers };
        assert_eq!(misfits(types, &schema, &example["value"]), [""; 0], "{}", example["what"]);
    }
    // The check can fail: another type, and a field that is not described.
    let run = json!({"$ref": "#/components/schemas/Run"});
    for (field, value) in [("status", json!(1)), ("colour", json!("red"))] {
        let mut wrong = examples[0]["value"].clone();
        wrong[field] = value;
        assert_ne!(misfits(&answers, &run, &wrong), [""; 0], "{field}");
    }
}

#[test]
fn a_key_is_asked_for_where_the_document_says_so() {
    let folder = tempdir().unwrap();
    said_by_civitas(folder.path(), &["key", "create", "--tenant", "acme"], 0);
    let server = Server::start(folder.path(), &[]);
    for (method, path, spec) in operations(&document()) {
        let body = (method == "post").then_some(&b"{}"[..]);
        let answer =
            server.send(&method.to_uppercase(), &format!("/{path}"), &[("Content-Type", "application/json")], body);
        let needed =
            spec["security"].as_array().unwrap().iter().all(|way| way.as_object().is_some_and(|way| !way.is_empty()));
        assert_eq!(answer.status == 401, needed, "{method} {path} answered {}", answer.status);
    }
}
