//! Documentation that is made from the code: what the pages list must be what there is. After a change of the code run
//! `UPDATE_DOCS=1 cargo test --test docs` and look at the difference.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;

use civitas::engine::Catalogue;
use civitas::http::errors::ErrorCode;

/// Compares the part of a page between `<!-- NAME -->` and `<!-- /NAME -->` with what the code says.
fn check(page: &str, name: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (head, rest) = text.split_once(&open).unwrap_or_else(|| panic!("{page} has no {open}"));
    let (found, tail) = rest.split_once(&close).unwrap_or_else(|| panic!("{page} has no {close}"));
    if found == wanted {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{open}{wanted}{close}{tail}")).unwrap();
        return;
    }
    panic!("docs/{page} is out of date; run UPDATE_DOCS=1 cargo test --test docs\nwanted:\n{wanted}\nfound:\n{found}");
}

#[test]
fn every_error_and_every_fault_of_a_run_is_documented() {
    let mut table = "| code | status | meaning |\n|---|---|---|\n".to_owned();
    for code in ErrorCode::ALL {
        writeln!(table, "| `{}` | {} | {} |", code.as_str(), code.status(), code.meaning()).unwrap();
    }
    check("errors.md", "error codes", &table);
    let mut table = "| code | meaning |\n|---|---|\n".to_owned();
    for (code, meaning) in civitas::faults::ALL {
        writeln!(table, "| `{code}` | {meaning} |").unwrap();
    }
    check("errors.md", "run faults", &table);
}

#[test]
fn every_parameter_variable_and_metric_is_documented() {
    let catalogue = Catalogue::default();
    let society = catalogue.cards().find(|card| card.name == "society").unwrap();
    let mut text = "| parameter | unit | range | default | meaning |\n|---|---|---|---|---|\n".to_owned();
    for p in society.parameters {
        writeln!(text, "| `{}` | {} | {} to {} | {} | {} |", p.name, p.unit, p.min, p.max, p.default, p.description)
            .unwrap();
    }
    text += "\n| variable | default | meaning |\n|---|---|---|\n";
    for v in society.variables {
        writeln!(text, "| `{}` | {} | {} |", v.name, v.default, v.description).unwrap();
    }
    text += "\n| metric | unit | meaning |\n|---|---|---|\n";
    for m in society.metrics {
        writeln!(text, "| `{}` | {} | {} |", m.name, m.unit, m.description).unwrap();
    }
    check("society.md", "tables", &text);
}
