//! What a person reads of event scripts and bundles: tables made from a server's answers. Pure; it shows what an answer holds
//! and makes up nothing.

use serde_json::Value;

use crate::cli::summary::table;

/// A page of a listing.
pub(super) fn listed(page: &Value) -> String {
    let items = list(&page["items"]);
    match (items.is_empty(), page["total"].as_u64()) {
        (true, Some(total)) if total > 0 => return format!("0 of {total}"),
        (true, _) => return "none".to_owned(),
        (false, _) => {}
    }
    let of_bundles = items.iter().any(|item| !item["scripts"].is_null());
    let mut table = table(&["ID", "VERSION", if of_bundles { "SCRIPTS" } else { "EFFECTS" }, "CHANGED", "NAME"]);
    for item in items {
        let holds = match of_bundles {
            true => format!("{} {}", list(&item["scripts"]).len(), text(&item["order"])),
            false => text(&item["effect_count"]),
        };
        table.add_row([text(&item["id"]), text(&item["version"]), holds, changed(item), text(&item["name"])]);
    }
    format!("{table}\n{} of {}", items.len(), text(&page["total"]))
}

/// One script or bundle with all that it holds.
pub(super) fn shown(item: &Value) -> String {
    let head = format!(
        "{}\n{} in project {}, version {} of {}",
        text(&item["name"]),
        text(&item["id"]),
        text(&item["project_id"]),
        text(&item["version"]),
        changed(item)
    );
    match item["scripts"].is_null() {
        true => {
            let lasts = match item["lasts_ticks"].as_u64() {
                Some(ticks) => format!("over after {ticks} ticks"),
                None => "has no end".to_owned(),
            };
            format!("{head}\n{lasts}\n\n{}", effects(list(&item["effects"])))
        }
        false => format!("{head}\n{}\n\n{}", text(&item["order"]), scripts(list(&item["scripts"]))),
    }
}

/// What came of trying one.
pub(super) fn tried(found: &Value) -> String {
    let happens = list(&found["effects"]);
    if found["valid"] == Value::Bool(true) {
        return format!("valid; what a run would have of it:\n\n{}", effects(happens));
    }
    let mut table = table(&["SCRIPT", "EFFECT", "CODE", "PROBLEM"]);
    for problem in list(&found["problems"]) {
        table.add_row([&problem["step"], &problem["effect"], &problem["error_code"], &problem["detail"]].map(text));
    }
    format!("not valid\n\n{table}")
}

fn scripts(steps: &[Value]) -> String {
    let mut table = table(&["", "OFFSET", "SCRIPT"]);
    for (place, step) in steps.iter().enumerate() {
        table.add_row([place.to_string(), text(&step["offset_ticks"]), text(&step["script_id"])]);
    }
    table.to_string()
}

fn effects(effects: &[Value]) -> String {
    let mut table = table(&["", "VARIABLE", "CHANGE", "WHERE", "WHOM", "TICKS", "INTENSITY", "IF"]);
    for (place, effect) in effects.iter().enumerate() {
        let change = format!("{} {}", text(&effect["operation"]), text(&effect["value"]));
        let until = effect["until_tick"].as_u64().map_or_else(String::new, |until| format!(" to {until}"));
        table.add_row([
            place.to_string(),
            text(&effect["variable"]),
            change,
            scope(&effect["regions"]),
            scope(&effect["segments"]),
            format!("{}{until}", text(&effect["from_tick"])),
            intensity(&effect["intensity"]),
            precondition(&effect["precondition"]),
        ]);
    }
    table.to_string()
}

/// Regions or segments; nothing where all are meant.
fn scope(names: &Value) -> String {
    list(names).iter().map(text).collect::<Vec<_>>().join(", ")
}

/// A shape with its numbers: `pulse, ticks 6`.
fn intensity(shape: &Value) -> String {
    let numbers = shape.as_object().into_iter().flatten().filter(|(name, value)| *name != "shape" && !value.is_null());
    let numbers = numbers.map(|(name, value)| format!(", {} {}", name.replace('_', " "), text(value)));
    format!("{}{}", text(&shape["shape"]).replace('_', " "), numbers.collect::<String>())
}

fn precondition(asked: &Value) -> String {
    if asked.is_null() {
        return String::new();
    }
    let of = asked["metric"].as_str().or(asked["variable"].as_str()).unwrap_or("?");
    let place = asked["region"].as_str().map_or_else(String::new, |region| format!(" in {region}"));
    format!("{of}{place} {} {}", text(&asked["comparison"]), text(&asked["value"]))
}

/// When this version was written, to the second.
fn changed(item: &Value) -> String {
    text(&item["updated_at"]).replace('T', " ").chars().take(19).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
