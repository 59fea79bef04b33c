//! A data folder that cannot be written: refused at once with what to do, and not a byte of it changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use tempfile::tempdir;

use crate::mounted::Mounted;
use crate::support::{Server, run_civitas};

/// Every file below a folder with its bytes.
pub(crate) fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(content(&path)),
            false => files.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    files.sort();
    files
}

fn store_in(folder: &Path) {
    let server = Server::start(folder, &[]);
    server.create(&json!({}));
    server.stop();
}

fn is_refused(folder: &Path) {
    let data = folder.join("data");
    let before = content(&data);
    for args in [
        &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"][..],
        &["run", "--agents", "500", "--ticks", "2", "--data-dir", "data"],
    ] {
        let refused = run_civitas(folder, args, &[]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{args:?}: {said}");
        assert!(said.contains("error: cannot open the store at data"), "{said}");
        assert!(said.contains("hint: name a folder that can be written with --data-dir DIR"), "{said}");
    }
    assert!(content(&data) == before, "the folder was changed");
}

#[test]
fn a_read_only_file_system_is_refused() {
    let Some(mounted) = Mounted::with_kib(160 * 1024) else { return };
    store_in(mounted.path());
    mounted.make_read_only();
    is_refused(mounted.path());
}

#[test]
fn a_folder_without_the_right_to_write_is_refused() {
    let folder = tempdir().unwrap();
    store_in(folder.path());
    let data = folder.path().join("data");
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let files: Vec<_> = content(&data).into_iter().map(|(path, _)| path).collect();
    files.iter().for_each(|path| set(Path::new(path), 0o444));
    set(&data, 0o555);
    if fs::write(data.join("probe"), b"").is_ok() {
        println!("skipped: rights do not bind this user");
    } else {
        is_refused(folder.path());
    }
    // So that the folder can be removed.
    set(&data, 0o755);
}
