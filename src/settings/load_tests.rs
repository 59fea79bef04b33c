//! Options from real files and made-up environments: precedence, and what is said of mistakes.

use super::*;

/// Loads with a file of this text, these variables and these flags.
fn load_from(text: &str, environment: &[(&str, &str)], flags: Overrides) -> Result<Settings> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.toml");
    fs::write(&file, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    load(&Sources { file: Some(file), environment, flags })
}

fn problem(text: &str, environment: &[(&str, &str)], flags: Overrides) -> String {
    let error = load_from(text, environment, flags).expect_err(text);
    format!("{error}; {}", error.hint().unwrap_or_default())
}

#[test]
fn the_file_in_the_repository_states_the_defaults() {
    let text = include_str!("../../config.toml");
    assert_eq!(load_from(text, &[], vec![]).unwrap(), Settings::default());
    let stated: toml::Table = toml::from_str(text).unwrap();
    assert_eq!(stated, toml::Table::try_from(Settings::default()).unwrap(), "every option is listed");
}

#[test]
fn later_sources_override_earlier_ones() {
    let file = "[server]\nworkers = 3\n[sim]\nthreads = 3\n[limits]\nmax_running = 3\nmax_run_minutes = 1";
    let environment =
        [("CIVITAS_SIM__THREADS", "4"), ("CIVITAS_LIMITS__MAX_RUNNING", "4"), ("CIVITAS_STORE__DATA_DIR", "/x")];
    let flags = vec![("limits.max_running", "5".to_owned()), ("server.listen", "127.0.0.1:0".to_owned())];
    let settings = load_from(file, &environment, flags).unwrap();
    assert_eq!((settings.server.workers, settings.sim.threads, settings.limits.max_running), (3, 4, 5));
    assert_eq!((settings.limits.max_run_minutes, settings.limits.max_queued), (1.0, 50));
    assert_eq!(settings.store.data_dir, Path::new("/x"));
    assert_eq!(settings.server.listen.port(), 0);
}

#[test]
fn mistakes_name_the_option_the_source_and_the_remedy() {
    for (text, parts) in [
        ("[server]\nlisen = 1", &["unknown option server.lisen", "test.toml", "listen, "][..]),
        ("[sever]\nlisten = 1", &["unknown option sever", "test.toml", "server"]),
        ("server = 1", &["server", "test.toml", "must be a section"]),
        ("[server]\nworkers = \"many\"", &["server.workers", "test.toml"]),
        ("[server]\nworkers = -1", &["server.workers", "test.toml"]),
        ("[server]\nlisten = \"nowhere\"", &["server.listen", "test.toml"]),
        ("[sim]\nsnapshot_keep = 0", &["sim.snapshot_keep must be between 1 and 1000, not 0", "test.toml"]),
        ("[limits]\nmax_run_minutes = 0.0", &["limits.max_run_minutes must be above 0", "test.toml"]),
        ("[log]\nlevel = \"a=b=c\"", &["log.level", "test.toml"]),
        ("[server\n", &["test.toml is not TOML"]),
    ] {
        let said = problem(text, &[], vec![]);
        for part in parts {
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}

#[test]
fn mistakes_in_the_environment_and_in_flags_say_so() {
    let said = problem("", &[("CIVITAS_SERVER__WORKERS", "many")], vec![]);
    assert!(said.contains("server.workers") && said.contains("environment"), "{said}");
    let said = problem("", &[("CIVITAS_SERVER__WORKRES", "1")], vec![]);
    assert!(said.contains("unknown option server.workres") && said.contains("environment"), "{said}");
    let said = problem("", &[("CIVITAS_SERVER_LISTEN", "127.0.0.1:1")], vec![]);
    assert!(said.contains("two underscores"), "{said}");
    let said = problem("", &[], vec![("server.listen", "x".to_owned())]);
    assert!(said.contains("server.listen") && said.contains("flag"), "{said}");
    // Variables of other programs are left alone.
    assert!(load_from("", &[("CIVITAS_HOME", "/x"), ("PATH", "/bin")], vec![]).is_ok());
}

#[test]
fn a_file_that_is_named_must_exist() {
    let sources = Sources { file: Some("/nowhere/at/all.toml".into()), ..Sources::default() };
    assert!(load(&sources).unwrap_err().to_string().contains("/nowhere/at/all.toml"));
}
