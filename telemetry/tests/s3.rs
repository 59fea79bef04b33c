//! Telemetry in an object store that speaks S3, against a server that does: were this to fail, what a run recorded there would be
//! other than in a folder, or nothing. CIVITAS_TEST_S3 says where the server listens, for instance
//! `moto_server -p 5000` and http://127.0.0.1:5000; a bucket `civitas` must be there.

#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use civitas_actors::TelemetryChoice;
use civitas_store::{DEFAULT_TENANT, RunStatus};
use civitas_telemetry::{Names, Objects, SliceQuery, telemetry_folder};
use common::{rows, run_of, runtime, runtime_with, spec};
use tempfile::tempdir;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server: set CIVITAS_TEST_S3 and run with --ignored"]
async fn what_is_recorded_there_is_what_a_folder_would_have() {
    let endpoint = std::env::var("CIVITAS_TEST_S3").unwrap();
    let options = [
        ("aws_endpoint", endpoint.as_str()),
        ("aws_access_key_id", "test"),
        ("aws_secret_access_key", "test"),
        ("aws_region", "us-east-1"),
        ("aws_allow_http", "true"),
    ];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (folder, elsewhere) = (tempdir().unwrap(), tempdir().unwrap());
    let objects = Objects::open("s3://civitas/tests/", folder.path(), &options).unwrap();
    let mut found = Vec::new();
    for place in [Some(objects), None] {
        let (runtime, reader, store) = match place {
            Some(objects) => runtime_with(objects, folder.path(), 2, 3).await,
            None => runtime(elsewhere.path(), 1, 1).await,
        };
        let run = runtime.submit_and_start(run_of(spec(2_000, 30), 7, TelemetryChoice::default())).await.unwrap().id;
        assert_eq!(runtime.wait(DEFAULT_TENANT, run).await.unwrap().status, RunStatus::Succeeded);
        let index = reader.index(run).await.unwrap();
        assert_eq!((index.state.as_str(), index.last_tick), ("complete", Some(30)));
        let query = SliceQuery { from_tick: Some(9), regions: Names::All, ..SliceQuery::default() };
        found.push((rows(&reader, run).await, reader.slice(&index, &query).await.unwrap()));
        let url = reader.objects().url_of(&telemetry_folder(run));
        assert!(url.is_none_or(|url| url == format!("s3://civitas/tests/telemetry/{run}")));
        runtime.shutdown().await.unwrap();
        store.close();
    }
    assert_eq!(found[0], found[1]);
    assert!(!folder.path().join("objects").exists(), "nothing lies in the folder");
}
