//! Files of tables that exist during a build only. They have no log, so they are in no table of the lake.

use futures::{StreamExt, TryStreamExt};
use object_store::Error;
use object_store::path::Path;

use super::{Lake, LakeError};

/// The area of the lake with these files.
const AREA: &str = "temporary";

impl Lake {
    /// The name under which the machines of a cluster write the files of such a table.
    #[cfg(feature = "cluster")]
    pub(crate) fn temporary_name(table: &str) -> String {
        format!("{AREA}/{table}")
    }

    /// Deletes the files of all such tables. The caller must hold the writer's lock.
    pub(crate) async fn remove_temporary(&self) -> Result<(), LakeError> {
        let failed = |source| LakeError::Store { table: AREA.to_owned(), what: "deleting files", source };
        let found = self.store().list(Some(&Path::from(AREA))).map_ok(|file| file.location).try_collect::<Vec<_>>();
        let found = match found.await {
            Err(Error::NotFound { .. }) => return Ok(()),
            other => other.map_err(failed)?,
        };
        let found = futures::stream::iter(found.into_iter().map(Ok)).boxed();
        let mut deleted = self.store().delete_stream(found);
        while let Some(file) = deleted.next().await {
            match file {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(source) => return Err(failed(source)),
            }
        }
        Ok(())
    }
}
