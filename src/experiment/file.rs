//! Configurations in files, for the command line: the body of POST /api/run-experiments as JSON. Owns reading and the
//! bound on a file's size; what stands in it is [`super::body`]'s matter.

use std::fs;
use std::path::Path;

use civitas_engine::EngineError;

use super::{Draft, ExperimentBody, reworded};
use crate::error::{Error, Result};
use crate::http::wire::decode;
use crate::http::wire::number::Whole;
use crate::http::wire::object::Object;

/// The largest file, in bytes: the same as a request's body by default.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Reads an experiment and checks all of it; `seed` takes the place of its own. `check` is for what needs the model or the
/// data set.
///
/// # Errors
/// [`Error::Experiment`] with the file and the field.
pub fn load(
    file: &Path,
    seed: Option<u64>,
    check: impl FnOnce(&Draft) -> std::result::Result<(), EngineError>,
) -> Result<Draft> {
    let checked = read(file).and_then(|bytes| {
        let mut body = parse(&bytes)?;
        body.seed = seed.map(|seed| Whole(seed.into())).or(body.seed);
        let draft = body.draft().map_err(|error| error.detail)?;
        check(&draft).map_err(|error| draft.paths.refused(error).detail)?;
        Ok(draft)
    });
    checked.map_err(|problem| Error::Experiment { origin: file.display().to_string(), problem })
}

fn read(file: &Path) -> std::result::Result<Vec<u8>, String> {
    let wrong = |error: std::io::Error| format!("the file cannot be read: {error}");
    let size = fs::metadata(file).map_err(wrong)?.len();
    if size > MAX_FILE_BYTES {
        return Err(format!("the file is larger than {MAX_FILE_BYTES} bytes"));
    }
    fs::read(file).map_err(wrong)
}

fn parse(bytes: &[u8]) -> std::result::Result<ExperimentBody, String> {
    decode::json(bytes).map(|Object(body)| body).map_err(|error| reworded(error).detail)
}

#[cfg(test)]
mod tests {
    use civitas_engine::{Catalogue, World};

    use super::*;

    fn load_text(text: &str, seed: Option<u64>) -> Result<Draft> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        fs::write(&file, text).unwrap();
        load(&file, seed, |draft| World::check(&draft.spec, &Catalogue::default()))
    }

    const SMALL: &str = r#"{"name": "Small", "environment": {}, "map": {"dataset": "us-2020"}, "seed": 7,
        "agent": {"citizens": [{"agent_class": "citizen", "number": 100}]}, "workflow": [{"type": "step"}]}"#;

    #[test]
    fn a_seed_on_the_command_line_wins() {
        assert_eq!(load_text(SMALL, None).unwrap().spec.seed, 7);
        assert_eq!(load_text(SMALL, Some(u64::MAX)).unwrap().spec.seed, u64::MAX);
    }

    #[test]
    fn mistakes_name_the_file_and_the_field() {
        for (text, words) in [
            ("", "a.json: the body is empty"),
            ("{", "a.json: the body is not valid JSON"),
            ("[]", "a.json: the body must be an object, not an array"),
            (&SMALL.replace("\"step\"", "\"stop\""), "a.json: workflow[0].type must be one of run, step"),
            (&SMALL.replace("us-2020", "mars"), "a.json: map.dataset names no data set `mars`"),
        ] {
            let said = load_text(text, None).unwrap_err().to_string();
            assert!(said.contains(words), "{text}: {said}");
        }
        let missing = load(Path::new("/nowhere.json"), None, |_| Ok(())).unwrap_err();
        assert!(missing.to_string().contains("/nowhere.json: the file cannot be read"), "{missing}");
    }
}
