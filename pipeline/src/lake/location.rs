//! Where a lake lies: a local folder, or a prefix in an S3-compatible bucket.

use std::collections::BTreeMap;
use std::path::PathBuf;

use url::Url;

/// Where the lake lies.
#[derive(Clone, PartialEq, Eq)]
pub enum LakeLocation {
    /// A folder on a local volume; it is made if it does not exist.
    Local(PathBuf),
    /// `s3://bucket/prefix` of S3 or a store that speaks it (MinIO, OSS, COS, R2).
    Url {
        /// The bucket and prefix.
        url: Url,
        /// `endpoint`, `region`, `access_key_id`, `secret_access_key`, `session_token`, `allow_http`,
        /// `virtual_hosted_style`; other keys are refused. The store must honour `If-None-Match` on put.
        options: BTreeMap<String, String>,
        /// A local folder for the lock file, shared by all writers of this machine.
        lock_dir: PathBuf,
    },
}

impl std::fmt::Debug for LakeLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(path) => f.debug_tuple("Local").field(path).finish(),
            Self::Url { url, .. } => f.debug_tuple("Url").field(&url.as_str()).finish(),
        }
    }
}
