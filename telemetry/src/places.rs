//! From `telemetry.url` to an object store: which places there are, and how patient their clients are. Owns what a URL may say;
//! it writes and reads nothing.

use std::path::{Path as FolderPath, PathBuf};
use std::{fs, io};

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use url::Url;

use crate::error::{Result, TelemetryError};

/// A place as it was opened.
pub(crate) struct Opened {
    pub(crate) store: Box<dyn ObjectStore>,
    /// What stands before every name.
    pub(crate) prefix: Path,
    /// How others name this place, without a slash at the end; none for a folder of this machine.
    pub(crate) url: Option<String>,
    /// Where it is a folder of this machine: that folder.
    pub(crate) folder: Option<PathBuf>,
}

/// Opens the place that `url` names, or `folder` where it is empty.
///
/// # Errors
/// [`TelemetryError::Place`] for a place that cannot be used.
pub(crate) fn open(url: &str, folder: &FolderPath, options: &[(String, String)]) -> Result<Opened> {
    if url.is_empty() {
        return local(folder);
    }
    let parsed = Url::parse(url).map_err(|error| unusable(format!("{url:?} is no URL: {error}")))?;
    match parsed.scheme() {
        "file" => {
            let named = parsed.to_file_path();
            local(&named.map_err(|()| unusable(format!("{url:?} names no folder of this machine")))?)
        }
        "s3" | "s3a" => s3(url, &parsed, options),
        "az" | "azure" | "abfs" | "abfss" => azure(url, &parsed, options),
        scheme => {
            let problem =
                format!("{url:?} starts with {scheme}:, and telemetry can be kept in file:, s3: and az: alone");
            Err(unusable(problem))
        }
    }
}

fn local(folder: &FolderPath) -> Result<Opened> {
    let failed = |error: io::Error| unusable(format!("the folder {} cannot be made: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| unusable(error.to_string()))?;
    Ok(Opened {
        store: Box::new(store.with_fsync(true)),
        prefix: Path::default(),
        url: None,
        folder: Some(folder.to_owned()),
    })
}

/// A bucket of whatever speaks S3.
#[cfg(feature = "s3")]
fn s3(text: &str, url: &Url, options: &[(String, String)]) -> Result<Opened> {
    let mut builder = object_store::aws::AmazonS3Builder::new().with_url(text).with_retry(far::patience());
    for (key, value) in far::known(options) {
        builder = builder.with_config(key, value);
    }
    far::opened(text, url, builder.build())
}

#[cfg(not(feature = "s3"))]
fn s3(text: &str, _: &Url, _: &[(String, String)]) -> Result<Opened> {
    Err(not_built(text, "s3"))
}

/// A container of Azure Blob Storage.
#[cfg(feature = "azure")]
fn azure(text: &str, url: &Url, options: &[(String, String)]) -> Result<Opened> {
    let mut builder = object_store::azure::MicrosoftAzureBuilder::new().with_url(text).with_retry(far::patience());
    for (key, value) in far::known(options) {
        builder = builder.with_config(key, value);
    }
    far::opened(text, url, builder.build())
}

#[cfg(not(feature = "azure"))]
fn azure(text: &str, _: &Url, _: &[(String, String)]) -> Result<Opened> {
    Err(not_built(text, "azure"))
}

/// What places on other machines have in common.
#[cfg(any(feature = "s3", feature = "azure"))]
mod far {
    use std::str::FromStr;

    use object_store::RetryConfig;

    use super::{ObjectStore, Opened, Path, Result, Url, unusable};
    use crate::limits::{REQUEST_RETRIES, REQUEST_RETRY_TIMEOUT};

    pub(super) fn patience() -> RetryConfig {
        // An error says that the program has chosen already whose cryptography its TLS is to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        RetryConfig { max_retries: REQUEST_RETRIES, retry_timeout: REQUEST_RETRY_TIMEOUT, ..RetryConfig::default() }
    }

    /// The options that a kind of place knows. Others are other programs'.
    pub(super) fn known<K: FromStr>(options: &[(String, String)]) -> impl Iterator<Item = (K, &String)> {
        options.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value)))
    }

    pub(super) fn opened(text: &str, url: &Url, built: object_store::Result<impl ObjectStore>) -> Result<Opened> {
        let failed = |error: &dyn std::error::Error| unusable(format!("{text:?} cannot be used: {error}"));
        let prefix = Path::from_url_path(url.path()).map_err(|error| failed(&error))?;
        let store = built.map_err(|error| failed(&error))?;
        let url = Some(text.trim_end_matches('/').to_owned());
        Ok(Opened { store: Box::new(store), prefix, url, folder: None })
    }
}

#[cfg(not(all(feature = "s3", feature = "azure")))]
fn not_built(text: &str, feature: &str) -> TelemetryError {
    unusable(format!("{text:?} needs a program that is built with the feature {feature}, and this one is not"))
}

fn unusable(problem: String) -> TelemetryError {
    TelemetryError::Place { problem: format!("telemetry.url: {problem}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refused = open(url, folder.path(), &[]).err();
        refused.map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_no_place_is_is_told() {
        for (url, wanted) in [
            ("telemetry", "telemetry.url: \"telemetry\" is no URL"),
            (
                "gs://bucket/x",
                "telemetry.url: \"gs://bucket/x\" starts with gs:, and telemetry can be kept in file:, s3: and az: alone",
            ),
            ("memory:///", "telemetry.url: \"memory:///\" starts with memory:"),
            ("file://elsewhere/x", "telemetry.url: \"file://elsewhere/x\" names no folder"),
        ] {
            let said = refused(url);
            assert!(said.starts_with(wanted), "{url}: {said}");
        }
    }

    #[cfg(feature = "s3")]
    #[test]
    fn a_bucket_has_a_name_and_a_prefix() {
        let options = [("aws_region", "eu-west-1"), ("aws_access_key_id", "a"), ("aws_secret_access_key", "b")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = open("s3://civitas/of/us/", folder.path(), &options).expect("a bucket");
        assert_eq!((place.prefix.as_ref(), place.url.as_deref()), ("of/us", Some("s3://civitas/of/us")));
        assert!(refused("s3://").contains("cannot be used"), "{}", refused("s3://"));
    }

    #[cfg(feature = "azure")]
    #[test]
    fn a_container_has_an_account_a_name_and_a_prefix() {
        let options = [("azure_storage_account_name", "society"), ("azure_storage_account_key", "a2V5")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = open("az://civitas/of/us/", folder.path(), &options).expect("a container");
        assert_eq!((place.prefix.as_ref(), place.url.as_deref()), ("of/us", Some("az://civitas/of/us")));
        assert!(refused("az://civitas").contains("cannot be used"), "{}", refused("az://civitas"));
    }
}
