//! Tables that were opened before, so that asking again for one that has not changed does not read its log.

use std::collections::HashMap;
use std::sync::Mutex;

use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStoreExt as _};

use super::log::commit_path;
use super::{Lake, LakeError, LakeTable};

/// Tables of one lake by name, each at the newest version that was asked for.
#[derive(Default)]
pub struct OpenedTables(Mutex<HashMap<String, Opened>>);

#[derive(Clone)]
struct Opened {
    table: LakeTable,
    /// The log file of the version.
    commit: ObjectMeta,
}

impl std::fmt::Debug for OpenedTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedTables").finish_non_exhaustive()
    }
}

impl OpenedTables {
    /// Opens a table at its newest version, like [`Lake::table`]. Looks at two files of the log if the version is known.
    ///
    /// # Errors
    /// Those of [`Lake::table`].
    pub async fn table(&self, lake: &Lake, name: &str) -> Result<Option<LakeTable>, LakeError> {
        let known = self.0.lock().ok().and_then(|opened| opened.get(name).cloned());
        if let Some(known) = known
            && known.is_newest(lake, name).await?
        {
            return Ok(Some(known.table));
        }
        let Some(table) = lake.table(name).await? else { return Ok(None) };
        if let Some(commit) = commit_file(lake, name, table.version()).await?
            && let Ok(mut opened) = self.0.lock()
        {
            opened.insert(name.to_owned(), Opened { table: table.clone(), commit });
        }
        Ok(Some(table))
    }
}

impl Opened {
    /// Whether the log still has the version, as the same file, and no later one.
    async fn is_newest(&self, lake: &Lake, name: &str) -> Result<bool, LakeError> {
        let version = self.table.version();
        let (own, next) =
            futures::try_join!(commit_file(lake, name, version), commit_file(lake, name, version.saturating_add(1)))?;
        Ok(own.as_ref() == Some(&self.commit) && next.is_none())
    }
}

/// The log file of a version. `None` if it does not exist.
async fn commit_file(lake: &Lake, name: &str, version: i64) -> Result<Option<ObjectMeta>, LakeError> {
    match lake.store().head(&Path::from(commit_path(name, version))).await {
        Ok(file) => Ok(Some(file)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(source) => Err(LakeError::Store { table: name.to_owned(), what: "reading the log", source }),
    }
}
