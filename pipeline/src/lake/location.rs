//! The location of a lake: a local folder, or a prefix in an S3-compatible bucket.

use std::collections::BTreeMap;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use url::Url;

use super::LakeError;
use super::disk::{self, Disk, SystemDisk};
use super::durable::{DurableStore, STAGING};

/// The location of the lake.
#[derive(Clone, PartialEq, Eq)]
pub enum LakeLocation {
    /// A folder on a local volume, which is created if it does not exist.
    Local(PathBuf),
    /// `s3://bucket/prefix` of S3 or a compatible store (`MinIO`, OSS, COS, R2).
    Url {
        /// The bucket and prefix.
        url: Url,
        /// `endpoint`, `region`, `access_key_id`, `secret_access_key`, `session_token`, `allow_http`,
        /// `virtual_hosted_style`; other keys are an error. The store must support `If-None-Match` and `If-Match` on put.
        options: BTreeMap<String, String>,
        /// A local folder for the lock file, shared by all writers of this machine.
        lock_dir: PathBuf,
        /// The name of this machine and process in the writer's lease.
        owner: String,
        /// Time without a renewal after which another machine takes the lease over.
        lease_term: Duration,
    },
}

/// The store of a lake and what its writers lock.
pub(super) struct Opened {
    /// The store whose root is the lake.
    pub(super) store: Arc<dyn ObjectStore>,
    /// The lock file of this machine's writers.
    pub(super) lock_file: PathBuf,
    /// A store for renewals of the lease, the name of this process in it, and its term.
    pub(super) lease: Option<(Arc<dyn ObjectStore>, String, Duration)>,
}

impl std::fmt::Debug for LakeLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(path) => f.debug_tuple("Local").field(path).finish(),
            Self::Url { url, .. } => f.debug_tuple("Url").field(&url.as_str()).finish(),
        }
    }
}

impl LakeLocation {
    /// Opens the store.
    pub(super) fn open(&self) -> Result<Opened, LakeError> {
        match self {
            Self::Local(root) => {
                let store = local_store(root, Arc::new(SystemDisk))?;
                Ok(Opened { store, lock_file: root.join(".lock"), lease: None })
            }
            Self::Url { url, options, lock_dir, owner, lease_term } => {
                make_folder(&SystemDisk, lock_dir)?;
                let store = object_store_at(url, options, None)?;
                let renewals = object_store_at(url, options, Some(*lease_term / 3))?;
                let lease = Some((renewals, owner.clone(), *lease_term));
                Ok(Opened { store, lock_file: lock_dir.join("lake.lock"), lease })
            }
        }
    }
}

/// Opens a durable store below a folder after checking that the volume supports hard links.
pub(super) fn local_store(root: &FsPath, disk: Arc<dyn Disk>) -> Result<Arc<dyn ObjectStore>, LakeError> {
    make_folder(disk.as_ref(), root)?;
    let store = DurableStore::new(root, disk).map_err(|source| LakeError::Store {
        table: "the lake".to_owned(),
        what: "opening the store",
        source,
    })?;
    let probe = root.join(STAGING).join(format!("probe-{}", uuid::Uuid::new_v4()));
    let link = probe.with_extension("link");
    let linked = std::fs::write(&probe, b"").and_then(|()| std::fs::hard_link(&probe, &link));
    let _ = std::fs::remove_file(&probe);
    let _ = std::fs::remove_file(&link);
    match linked {
        Ok(()) => Ok(Arc::new(store)),
        Err(source) => Err(LakeError::NoHardLinks { path: root.display().to_string(), source }),
    }
}

fn make_folder(disk: &dyn Disk, path: &FsPath) -> Result<(), LakeError> {
    disk::make_folder(disk, path).map_err(|source| LakeError::Io {
        what: "creating the folder",
        path: path.display().to_string(),
        source,
    })
}

/// Opens a store whose root is `s3://bucket/prefix`. With a timeout requests, with their repetitions, take no longer.
///
/// # Errors
/// [`LakeError::Location`] if the URL or an option is invalid.
pub(super) fn object_store_at(
    url: &Url,
    options: &BTreeMap<String, String>,
    timeout: Option<Duration>,
) -> Result<Arc<dyn ObjectStore>, LakeError> {
    let (bucket, prefix) = s3_store(url, options, timeout)?;
    Ok(Arc::new(PrefixStore::new(bucket, prefix)))
}

fn s3_store(
    url: &Url,
    options: &BTreeMap<String, String>,
    timeout: Option<Duration>,
) -> Result<(AmazonS3, Path), LakeError> {
    let invalid = |why: String| LakeError::Location(format!("{url}: {why}"));
    let bucket = url.host_str().filter(|_| url.scheme() == "s3");
    let bucket = bucket.ok_or_else(|| invalid("use a folder or s3://bucket/prefix".to_owned()))?;
    let prefix = Path::from_url_path(url.path()).map_err(|error| invalid(error.to_string()))?;
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_conditional_put(S3ConditionalPut::ETagMatch);
    if let Some(timeout) = timeout {
        let retry = RetryConfig { retry_timeout: timeout, ..RetryConfig::default() };
        builder = builder.with_client_options(ClientOptions::new().with_timeout(timeout)).with_retry(retry);
    }
    for (key, value) in options {
        let key = match key.as_str() {
            "endpoint" => AmazonS3ConfigKey::Endpoint,
            "region" => AmazonS3ConfigKey::Region,
            "access_key_id" => AmazonS3ConfigKey::AccessKeyId,
            "secret_access_key" => AmazonS3ConfigKey::SecretAccessKey,
            "session_token" => AmazonS3ConfigKey::Token,
            "virtual_hosted_style" => AmazonS3ConfigKey::VirtualHostedStyleRequest,
            "allow_http" => {
                let allow = value.parse().map_err(|_| invalid("allow_http must be true or false".to_owned()))?;
                builder = builder.with_allow_http(allow);
                continue;
            }
            other => return Err(invalid(format!("unknown option `{other}`"))),
        };
        builder = builder.with_config(key, value);
    }
    let store = builder.build().map_err(|error| invalid(error.to_string()))?;
    Ok((store, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn store(url: &str, pairs: &[(&str, &str)]) -> Result<(AmazonS3, Path), LakeError> {
        s3_store(&url.parse().expect("a url"), &options(pairs), None)
    }

    #[test]
    fn a_bucket_with_a_prefix_is_opened() {
        let keys = [
            ("endpoint", "http://127.0.0.1:9000"),
            ("region", "cn-north-1"),
            ("access_key_id", "id"),
            ("secret_access_key", "secret"),
            ("allow_http", "true"),
        ];
        let (_, prefix) = store("s3://union/zhihui/lake", &keys).expect("a store");
        assert_eq!(prefix.as_ref(), "zhihui/lake");
    }

    #[test]
    fn other_schemes_and_unknown_options_are_errors_that_name_them() {
        let message = |url, pairs: &[(&str, &str)]| store(url, pairs).expect_err("refused").to_string();
        assert!(message("gs://union/lake", &[]).contains("s3://bucket/prefix"));
        assert!(message("s3://union/lake", &[("secret", "x")]).contains("`secret`"));
        assert!(message("s3://union/lake", &[("allow_http", "perhaps")]).contains("true or false"));
    }

    #[test]
    fn keys_are_not_printed() {
        let location = LakeLocation::Url {
            url: "s3://union/lake".parse().expect("a url"),
            options: options(&[("secret_access_key", "hidden")]),
            lock_dir: PathBuf::new(),
            owner: String::new(),
            lease_term: Duration::ZERO,
        };
        assert!(!format!("{location:?}").contains("hidden"));
    }
}
